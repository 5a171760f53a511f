//! What can stand against a file.

use super::answer::Outcome;
use crate::domain::email::NotAnEmail;
use crate::domain::panel::PanelError;
use crate::domain::rule::RuleError;
use crate::protocol::saml::MetadataFault;
use crate::protocol::scim::schema::SchemaFault;
use crate::service::access::GroundError;
use crate::service::console::ConsoleError;
use crate::service::passwords::PasswordError;
use crate::store::{AsStoreError, StoreError};
use std::path::PathBuf;

/// Why a file was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The text is no such file: an unknown key, or a value of the wrong kind.
    #[error("{0}")]
    Shape(#[from] Box<toml::de::Error>),
    /// The same thing stands there twice.
    #[error("{0:?} stands in the file twice")]
    Twice(String),
    /// Not a slug or key.
    #[error("{0:?} cannot be a key: letters, digits, - and _")]
    BadKey(String),
    /// Not a domain.
    #[error("{0:?} is not a domain")]
    BadDomain(String),
    /// A domain has one owner in the whole installation (law 3).
    #[error("the domain {0} is proved by another organization")]
    DomainOfAnother(String),
    /// A connection serves domains of its own organization.
    #[error("the connection {connection} names the domain {domain}, which is not among the organization's")]
    DomainNotHere {
        /// The connection.
        connection: String,
        /// The domain.
        domain: String,
    },
    /// A schema of its own breaks a rule.
    #[error("the schema {urn:?}: {fault}")]
    Schema {
        /// Its URN.
        urn: String,
        /// The rule.
        fault: SchemaFault,
    },
    /// Not an address.
    #[error("{text:?} is not an e-mail address")]
    Email {
        /// What the file says.
        text: String,
        /// Why.
        #[source]
        cause: NotAnEmail,
    },
    /// No such panel.
    #[error("there is no panel definition {0:?}")]
    NoPanel(String),
    /// The panel's definition does not parse.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// The panel has no such role.
    #[error("the connection {connection} names the highest role {role}, which the panel does not have")]
    NoRole {
        /// The connection.
        connection: String,
        /// The role.
        role: String,
    },
    /// The variable is not set.
    #[error("the variable {0} is not set")]
    NoVariable(String),
    /// A file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A connection's keys do not go with its kind, or one is missing.
    #[error("the connection {connection}: {what}")]
    Connection {
        /// The connection.
        connection: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The IdP's metadata cannot be used.
    #[error("the metadata of the connection {connection} is refused")]
    Metadata {
        /// The connection.
        connection: String,
        /// Why.
        #[source]
        cause: MetadataFault,
    },
    /// What an OAuth client is to prove itself by cannot be used.
    #[error("the client {client}: {cause}")]
    DirectoryClient {
        /// The client and its directory.
        client: String,
        /// Why.
        cause: Box<ConsoleError>,
    },
    /// A key set is no JSON.
    #[error("the key set of the client {client} is no JSON")]
    Keys {
        /// The client and its directory.
        client: String,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// A rule yields no whole answer.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Their IdP signs them in.
    #[error("{0} comes from an identity provider and cannot have a password")]
    PasswordOfManaged(String),
    /// Something else of the operator's.
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// A password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A stored or made value does not parse.
    #[error("a stored {0} cannot be read")]
    Malformed(&'static str),
    /// Access cannot be derived.
    #[error(transparent)]
    Ground(#[from] GroundError),
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
    /// No failure: the rehearsal is over and nothing of it is kept.
    #[error("rehearsed")]
    Rehearsed(Box<Outcome>),
    /// A rehearsal that was kept.
    #[error("the rehearsal did not end as one")]
    NotRehearsed,
}

impl AsStoreError for ApplyError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Ground(e) => e.as_store_error(),
            Self::Console(e) => e.as_store_error(),
            _ => None,
        }
    }
}
