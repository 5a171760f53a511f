//! What `apply` answers: everything that was made, with what can be shown only once.

use crate::base::ids::{AppId, ConnectionId, DirectoryId, OrgId, PersonId};
use crate::base::token::reveal;
use crate::service::console::directory_clients::ClientMade;
use secrecy::SecretString;
use serde::{Serialize, Serializer};

/// The whole answer.
#[derive(Debug, Default, Serialize)]
pub struct Answer {
    /// The organizations of the file.
    pub organizations: Vec<OrganizationAnswer>,
    /// Its people, owners aside.
    pub people: Vec<PersonAnswer>,
    /// Its apps.
    pub apps: Vec<AppAnswer>,
    /// What changed, in words.
    pub changed: Vec<String>,
}

/// One organization.
#[derive(Debug, Serialize)]
pub struct OrganizationAnswer {
    /// Its slug.
    pub slug: String,
    /// Its id.
    pub id: OrgId,
    /// Its directories, as the file names them.
    pub directories: Vec<DirectoryAnswer>,
    /// Its connections, as the file names them.
    pub connections: Vec<ConnectionAnswer>,
}

/// One directory.
#[derive(Debug, Serialize)]
pub struct DirectoryAnswer {
    /// Its key.
    pub key: String,
    /// Its id.
    pub id: DirectoryId,
    /// What the IdP is told.
    pub scim_base_url: String,
    /// The token, if it was made now.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub token: Option<SecretString>,
    /// Its OAuth clients, as the file names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientMade>,
}

/// One connection.
#[derive(Debug, Serialize)]
pub struct ConnectionAnswer {
    /// Its key.
    pub key: String,
    /// Its id.
    pub id: ConnectionId,
    /// `saml` or `oidc`.
    pub kind: &'static str,
    /// Our entity id, for SAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// Where assertions go, for SAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acs_url: Option<String>,
    /// Where our metadata is, for SAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// Where answers go, for OpenID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// Where a sign-in starts.
    pub login_url: String,
}

/// One person.
#[derive(Debug, Serialize)]
pub struct PersonAnswer {
    /// The e-mail as the file has it.
    pub email: String,
    /// The id.
    pub id: PersonId,
}

/// One app.
#[derive(Debug, Serialize)]
pub struct AppAnswer {
    /// Its key.
    pub key: String,
    /// Its client id.
    pub client_id: AppId,
    /// Its secret, if it was made now.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub client_secret: Option<SecretString>,
}

/// What one organization's unit came to.
#[derive(Debug)]
pub struct Outcome {
    pub(super) organization: OrganizationAnswer,
    pub(super) people: Vec<PersonAnswer>,
    pub(super) changed: Vec<String>,
    pub(super) warnings: Vec<String>,
}

fn shown<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(reveal).serialize(serializer)
}
