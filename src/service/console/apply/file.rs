//! The shape of the file; an unknown key is an error.

use super::ApplyError;
use crate::domain::client::ClientScope;
use crate::domain::directory::{DirectorySettings, RoleLists, Told};
use crate::domain::enforcement::Enforcement;
use crate::domain::identity::{GroupsAbsent, MatchBy};
use crate::domain::rule::MappingRule;
use crate::protocol::scim::schema::DeclaredSchema;
use crate::service::console::apps::{AppSettings, AppWish};
use crate::service::provisioning::Profile;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::HashSet;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplyFile {
    #[serde(default)]
    pub(super) organization: Vec<OrganizationFile>,
    #[serde(default)]
    pub(super) app: Vec<AppFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationFile {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) panel: String,
    pub(super) seats: Option<u32>,
    #[serde(default)]
    pub(super) domains: Vec<DomainFile>,
    pub(super) owner: OwnerFile,
    #[serde(default)]
    pub(super) client: Vec<ClientFile>,
    #[serde(default)]
    pub(super) directory: Vec<DirectoryFile>,
    #[serde(default)]
    pub(super) connection: Vec<ConnectionFile>,
    #[serde(default)]
    pub(super) schema: Vec<DeclaredSchema>,
    pub(super) rule: Option<Vec<MappingRule>>,
    #[serde(default)]
    pub(super) person: Vec<PersonFile>,
    pub(super) enforcement: Option<Enforcement>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainFile {
    pub(super) name: String,
    #[serde(default)]
    pub(super) verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnerFile {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) password_env: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientFile {
    pub(super) key: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) departments: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectoryFile {
    pub(super) key: String,
    #[serde(default, deserialize_with = "profile")]
    pub(super) profile: Option<Profile>,
    pub(super) events: Option<Told>,
    pub(super) roles: Option<RoleLists>,
    #[serde(default)]
    pub(super) client: Vec<DirectoryClientFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectoryClientFile {
    pub(super) key: String,
    pub(super) jwks_file: Option<String>,
    pub(super) jwks_uri: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) audience: Option<String>,
}

impl DirectoryFile {
    /// The settings from now on: what the file leaves out stays.
    pub(super) fn settings(&self, before: DirectorySettings) -> DirectorySettings {
        DirectorySettings { events: self.events.unwrap_or(before.events), roles: self.roles.unwrap_or(before.roles) }
    }
}

fn profile<'de, D: Deserializer<'de>>(text: D) -> Result<Option<Profile>, D::Error> {
    String::deserialize(text)?.parse().map(Some).map_err(D::Error::custom)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Saml,
    Oidc,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionFile {
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) metadata_file: Option<String>,
    pub(super) metadata: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret_env: Option<String>,
    pub(super) groups_attribute: Option<String>,
    pub(super) groups_absent: Option<GroupsAbsent>,
    #[serde(rename = "match")]
    pub(super) match_by: Option<MatchBy>,
    pub(super) just_in_time: Option<bool>,
    pub(super) highest_role: Option<String>,
    #[serde(default)]
    pub(super) domains: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonFile {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: Option<String>,
    pub(super) clients: Option<ClientScope>,
    pub(super) template: Option<String>,
    pub(super) password_env: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppFile {
    key: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
}

impl AppFile {
    pub(super) fn into_wish(self) -> AppWish {
        let settings = AppSettings {
            backchannel_logout_uri: self.backchannel_logout_uri,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
        };
        AppWish { key: self.key, redirect_uris: self.redirect_uris, settings }
    }
}

/// Reads the file; nothing stands there twice.
pub(super) fn read(text: &str) -> Result<ApplyFile, ApplyError> {
    let file: ApplyFile = toml::from_str(text).map_err(Box::new)?;
    unique(file.organization.iter().map(|o| o.slug.as_str()))?;
    unique(file.app.iter().map(|app| app.key.as_str()))?;
    let all = file.organization.iter().flat_map(|o| &o.domains);
    unique(all.filter(|domain| domain.verified).map(|domain| domain.name.as_str()))?;
    for organization in &file.organization {
        let sources = organization.directory.iter().map(|d| d.key.as_str());
        unique(sources.chain(organization.connection.iter().map(|c| c.key.as_str())))?;
        for directory in &organization.directory {
            unique(directory.client.iter().map(|client| client.key.as_str()))?;
        }
        unique(organization.client.iter().map(|client| client.key.as_str()))?;
        unique(organization.schema.iter().map(|schema| schema.urn.as_deref().unwrap_or_default()))?;
        unique(organization.person.iter().map(|person| person.email.as_str()))?;
    }
    Ok(file)
}

fn unique<'a>(keys: impl Iterator<Item = &'a str>) -> Result<(), ApplyError> {
    let mut seen = HashSet::new();
    for key in keys {
        if key.is_empty() || key.chars().any(char::is_control) {
            return Err(ApplyError::BadKey(key.to_owned()));
        }
        if !seen.insert(crate::base::fold::fold(key)) {
            return Err(ApplyError::Twice(key.to_owned()));
        }
    }
    Ok(())
}
