//! What can stand against an operator's or administrator's wish.

use crate::base::class::{Class, Classify};
use crate::domain::email::NotAnEmail;
use crate::domain::person::{Field, FieldState};
use crate::domain::rule::RuleError;
use crate::protocol::scim::schema::SchemaFault;
use crate::service::access::GroundError;
use crate::service::schemas::SchemaRefusal;
use crate::service::scim_log::{LogReadError, NotReplayable};
use crate::store::{AsStoreError, StoreError};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// No such organization, or it is a neighbour's.
    #[error("there is no organization {0:?}")]
    NoOrganization(String),
    /// No such person here.
    #[error("there is no such person here")]
    NoPerson,
    /// Nothing of this person waits for an admin.
    #[error("nothing of this person is set aside")]
    NothingAside,
    /// No such directory here.
    #[error("there is no directory {0:?} here")]
    NoDirectory(String),
    /// No such schema here.
    #[error("there is no schema {0} here")]
    NoSchema(String),
    /// A schema that breaks a rule.
    #[error(transparent)]
    Schema(#[from] SchemaFault),
    /// No such OAuth client of this directory.
    #[error("there is no such OAuth client of this directory")]
    NoDirectoryClient,
    /// What a client is to prove itself by cannot be used.
    #[error("{field} {rule}")]
    DirectoryClient {
        /// The field.
        field: &'static str,
        /// What is wrong with it, and what to write.
        rule: String,
    },
    /// No such token here.
    #[error("there is no such token here")]
    NoToken,
    /// No such entry in this log.
    #[error("there is no such entry in this log")]
    NoEntry,
    /// A filter that cannot be read.
    #[error("{field} {rule}")]
    Filter {
        /// The parameter.
        field: &'static str,
        /// What is wrong with it, and what to write.
        rule: &'static str,
    },
    /// An entry of the SCIM log cannot be shown.
    #[error(transparent)]
    Log(#[from] LogReadError),
    /// An entry of the SCIM log cannot be replayed.
    #[error(transparent)]
    Replay(#[from] NotReplayable),
    /// The key is in use.
    #[error("the key {0:?} is in use")]
    KeyTaken(String),
    /// The field is somebody else's.
    #[error("{} is {}", .field.as_str(), .state.lock.as_ref().map_or("", |lock| lock.why.as_str()))]
    FieldLocked {
        /// The field.
        field: Field,
        /// Who owns it, and where it can be changed.
        state: FieldState,
    },
    /// Nobody could manage people any more (law 8).
    #[error("this is the last person who can manage people")]
    LastAdmin,
    /// Not an address.
    #[error(transparent)]
    Email(#[from] NotAnEmail),
    /// The role and clients make no whole answer.
    #[error(transparent)]
    Grant(#[from] RuleError),
    /// Not an absolute http or https address.
    #[error("not an absolute http or https address without a fragment: {0:?}")]
    Uri(String),
    /// A stored value does not parse.
    #[error("a stored {0} cannot be read")]
    Malformed(&'static str),
    /// Access cannot be derived.
    #[error(transparent)]
    Ground(GroundError),
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl From<GroundError> for ConsoleError {
    fn from(error: GroundError) -> Self {
        match error {
            GroundError::LastAdmin => Self::LastAdmin,
            error => Self::Ground(error),
        }
    }
}

impl From<SchemaRefusal> for ConsoleError {
    fn from(refusal: SchemaRefusal) -> Self {
        match refusal {
            SchemaRefusal::Fault(fault) => Self::Schema(fault),
            SchemaRefusal::Store(e) => Self::Store(e),
        }
    }
}

impl AsStoreError for ConsoleError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Ground(e) => e.as_store_error(),
            _ => None,
        }
    }
}

impl Classify for ConsoleError {
    fn class(&self) -> Class {
        match self {
            Self::NoOrganization(_)
            | Self::NoPerson
            | Self::NoDirectory(_)
            | Self::NoSchema(_)
            | Self::NoToken
            | Self::NoDirectoryClient
            | Self::NoEntry => Class::NotFound,
            Self::KeyTaken(_) | Self::FieldLocked { .. } | Self::LastAdmin | Self::NothingAside | Self::Replay(_) => {
                Class::Conflict
            }
            Self::Log(LogReadError::Store(e)) => e.class(),
            Self::Email(_)
            | Self::Schema(_)
            | Self::Grant(_)
            | Self::Uri(_)
            | Self::Filter { .. }
            | Self::DirectoryClient { .. } => Class::BadInput,
            Self::Malformed(_) | Self::Log(_) => Class::Bug,
            Self::Ground(e) => e.class(),
            Self::Store(e) => e.class(),
        }
    }
}
