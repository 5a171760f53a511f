//! Everything about an organization of the file that can be known before its unit of work begins.

use super::file::{ConnectionFile, Kind, OrganizationFile};
use super::metadata::{self, Metadata};
use super::{ApplyError, Variables, directory_clients};
use crate::base::ids::OrgNo;
use crate::domain::directory_client::ClientMethod;
use crate::domain::email::{Email, normal_domain};
use crate::domain::panel::PanelDefinition;
use crate::service::{Gateway, passwords};
use crate::store::people;
use secrecy::SecretString;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// An organization of the file, with all that comes from outside the database.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) file: OrganizationFile,
    pub(super) org: OrgNo,
    pub(super) new: bool,
    pub(super) definition: Arc<PanelDefinition>,
    /// Folded e-mail → the hash to set; people whose password stands already are left out.
    pub(super) hashes: HashMap<String, String>,
    /// Connection → what was read of its IdP.
    pub(super) metadata: HashMap<String, Metadata>,
    /// Connection → client secret.
    pub(super) secrets: HashMap<String, SecretString>,
    /// Directory and its OAuth client → what the client proves itself by.
    pub(super) methods: HashMap<(String, String), ClientMethod>,
}

impl Plan {
    pub(super) async fn make(
        gw: &Gateway,
        mut file: OrganizationFile,
        number: usize,
        folder: &Path,
        variables: Variables<'_>,
    ) -> Result<Self, ApplyError> {
        if !file.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(ApplyError::BadKey(file.slug));
        }
        let found = gw.store.slug_entry(&file.slug).await?;
        // A rehearsal needs a number that nobody has; the real one is drawn when it is kept.
        let rehearsal = i64::MAX - i64::try_from(number).unwrap_or(0);
        let org = found.unwrap_or(OrgNo(rehearsal));
        let definition = definition(gw, &file.panel).await?;
        domains(gw, &mut file, found).await?;
        let mut plan = Self {
            org,
            new: found.is_none(),
            definition,
            hashes: HashMap::new(),
            metadata: HashMap::new(),
            secrets: HashMap::new(),
            methods: HashMap::new(),
            file,
        };
        for directory in &plan.file.directory {
            for client in &directory.client {
                let method = directory_clients::method(gw, directory, client, folder)?;
                plan.methods.insert((directory.key.clone(), client.key.clone()), method);
            }
        }
        for connection in &plan.file.connection {
            check_kind(gw, connection)?;
            if let Some(read) = metadata::read(gw, connection, folder)? {
                plan.metadata.insert(connection.key.clone(), read);
            }
            if let Some(name) = &connection.client_secret_env {
                plan.secrets.insert(connection.key.clone(), variable(variables, name)?);
            }
        }
        plan.hash_all(gw, variables).await?;
        Ok(plan)
    }

    async fn hash_all(&mut self, gw: &Gateway, variables: Variables<'_>) -> Result<(), ApplyError> {
        let owner = (&self.file.owner.email, &self.file.owner.password_env);
        let people = self.file.person.iter().map(|person| (&person.email, &person.password_env));
        for (text, name) in std::iter::once(owner).chain(people) {
            let key = email(text)?.key();
            let Some(name) = name else { continue };
            let password = variable(variables, name)?;
            let (org, asked) = (self.org, key.clone());
            let stored = gw
                .store
                .read::<_, ApplyError, _>(org, async move |tx| {
                    let Some(person) = people::by_key(tx, &asked).await?.into_iter().next() else { return Ok(None) };
                    Ok(people::password(tx, person.id).await?)
                })
                .await?;
            if stored.is_some() && passwords::verify(gw, stored, &password).await? {
                continue;
            }
            self.hashes.insert(key, passwords::hash(gw, &password).await?);
        }
        Ok(())
    }
}

/// An e-mail of the file.
pub(super) fn email(text: &str) -> Result<Email, ApplyError> {
    Email::parse(text).map_err(|cause| ApplyError::Email { text: text.to_owned(), cause })
}

fn variable(variables: Variables<'_>, name: &str) -> Result<SecretString, ApplyError> {
    let value = variables(name).filter(|value| !value.is_empty());
    value.map(SecretString::from).ok_or_else(|| ApplyError::NoVariable(name.to_owned()))
}

async fn definition(gw: &Gateway, key: &str) -> Result<Arc<PanelDefinition>, ApplyError> {
    let failed = gw.store.failed_commits();
    let found = gw.store.panel(key).await?;
    let (version, source) = found.ok_or_else(|| ApplyError::NoPanel(key.to_owned()))?;
    match gw.panels.get(failed, key, version) {
        Some(definition) => Ok(definition),
        None => Ok(gw.panels.put(failed, key, version, &source)?),
    }
}

/// Brings every domain to the form that is kept, and refuses a neighbour's.
async fn domains(gw: &Gateway, file: &mut OrganizationFile, own: Option<OrgNo>) -> Result<(), ApplyError> {
    let normal = |text: &str| normal_domain(text).ok_or_else(|| ApplyError::BadDomain(text.to_owned()));
    for domain in &mut file.domains {
        domain.name = normal(&domain.name)?;
        let holder = gw.store.domain_entry(&domain.name).await?;
        if holder.is_some() && holder != own {
            return Err(ApplyError::DomainOfAnother(domain.name.clone()));
        }
    }
    for connection in &mut file.connection {
        for domain in &mut connection.domains {
            *domain = normal(domain)?;
        }
    }
    Ok(())
}

fn check_kind(gw: &Gateway, file: &ConnectionFile) -> Result<(), ApplyError> {
    let wrong = |what| Err(ApplyError::Connection { connection: file.key.clone(), what });
    match file.kind {
        Kind::Saml if file.issuer.is_some() || file.client_id.is_some() || file.client_secret_env.is_some() => {
            wrong("issuer, client_id and client_secret_env are for oidc")
        }
        Kind::Saml => Ok(()),
        Kind::Oidc if file.metadata.is_some() || file.metadata_file.is_some() => wrong("metadata is for saml"),
        Kind::Oidc => match (&file.issuer, &file.client_id) {
            (Some(issuer), Some(_)) => match Url::parse(issuer) {
                Ok(url) if url.scheme() == "https" => Ok(()),
                Ok(url) if url.scheme() == "http" && metadata::may_be_plain(gw, &url) => Ok(()),
                _ => wrong("the issuer must be an https address (http only where upstream.allow says so)"),
            },
            _ => wrong("oidc needs issuer and client_id"),
        },
    }
}
