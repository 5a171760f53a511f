//! Access tokens for OAuth clients of directories: client credentials by secret, signed assertion or federated identity.
//!
//! Owns the proof of a client and the tokens that it is given, which are rows like those that an admin makes, so that
//! the SCIM door proves both in one index hit. Must not know HTTP.

mod issue;
mod proof;
mod throttle;

pub use issue::{Answered, IssuedToken, Named, token};
pub use throttle::TokenThrottle;

use crate::base::class::{Class, Classify};
use crate::protocol::oauth::CredentialsFault;
use crate::store::{AsStoreError, StoreError};

/// Why a client gets no token.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryOAuthError {
    /// To be told to the client.
    #[error(transparent)]
    Fault(#[from] CredentialsFault),
    /// It asks too often, or was wrong too often.
    #[error("too many requests; come again in {0} s")]
    TooMany(u64),
    /// The keys that would prove the client cannot be had just now.
    #[error("the keys of this client (jwks_uri) cannot be fetched just now; try again later")]
    NoKeys,
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl AsStoreError for DirectoryOAuthError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Fault(_) | Self::TooMany(_) | Self::NoKeys => None,
        }
    }
}

impl Classify for DirectoryOAuthError {
    fn class(&self) -> Class {
        match self {
            Self::Fault(fault) if fault.code() == "invalid_client" => Class::Unauthenticated,
            Self::Fault(_) => Class::BadInput,
            Self::TooMany(_) | Self::NoKeys => Class::Busy,
            Self::Store(e) => e.class(),
        }
    }
}
