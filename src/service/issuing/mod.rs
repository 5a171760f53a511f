//! Our OpenID Provider: what panel apps may ask, and what they get.
//!
//! Owns codes, tokens, ID tokens, introspection, revocation and the end of a session that an app asks for. Hands on
//! documents and addresses. Must not know HTTP. Every use of a code or token compares person, epoch and session in
//! the database (law 5).

mod authorize;
mod browser;
mod claims;
mod code;
mod end_session;
mod forward;
mod id_token;
mod introspect;
mod refresh;
mod revoke;
#[cfg(test)]
mod tests;
mod token;

pub use authorize::{Next, authorize};
pub use browser::{SignedIn, sign_out, signed_in};
pub use claims::{OrgClaim, PersonClaims};
pub use end_session::{EndSession, Ended, end_session};
pub use forward::{Verdict, may_return_to, verdict};
pub use introspect::{introspect, userinfo};
pub use revoke::revoke;
pub use token::{Tokens, token};

use crate::base::class::{Class, Classify};
use crate::base::ids::AppId;
use crate::base::token::reveal;
use crate::protocol::jose::signing::SigningFault;
use crate::protocol::oauth::{ClientProof, Params, ShownFault, TokenFault};
use crate::service::Gateway;
use crate::service::access::GroundError;
use crate::service::keys::KeysError;
use crate::store::{AppRow, AsStoreError, StoreError};

/// Why an app does not get what it asks for.
#[derive(Debug, thiserror::Error)]
pub enum IssuingError {
    /// To be shown to the person, never redirected.
    #[error(transparent)]
    Shown(#[from] ShownFault),
    /// To be told to the app.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// The bearer token is missing or not good (any more).
    #[error("the access token is not valid (any more)")]
    BearerDead,
    /// Access cannot be derived.
    #[error(transparent)]
    Ground(#[from] GroundError),
    /// There is no key to sign with.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Signing failed.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// A stored value cannot be read.
    #[error("a stored {0} cannot be read")]
    Malformed(&'static str),
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl AsStoreError for IssuingError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Ground(e) => e.as_store_error(),
            Self::Keys(e) => e.as_store_error(),
            Self::Shown(_) | Self::Token(_) | Self::BearerDead | Self::Signing(_) | Self::Malformed(_) => None,
        }
    }
}

impl Classify for IssuingError {
    fn class(&self) -> Class {
        match self {
            Self::Shown(_) => Class::BadInput,
            Self::Token(TokenFault::ClientUnproved | TokenFault::BadAuthorization) | Self::BearerDead => {
                Class::Unauthenticated
            }
            Self::Token(_) => Class::BadInput,
            Self::Ground(e) => e.class(),
            Self::Keys(e) => e.class(),
            Self::Signing(_) | Self::Malformed(_) => Class::Bug,
            Self::Store(e) => e.class(),
        }
    }
}

/// The app with this `client_id`.
async fn app(gw: &Gateway, client_id: &str) -> Result<Option<AppRow>, StoreError> {
    let Ok(id) = client_id.parse::<AppId>() else { return Ok(None) };
    gw.store.app(id).await
}

/// The app that has proved itself.
async fn proved(gw: &Gateway, authorization: Option<&str>, params: &Params) -> Result<AppRow, IssuingError> {
    let proof = ClientProof::read(authorization, params)?;
    let app = app(gw, &proof.id).await?.ok_or(TokenFault::ClientUnproved)?;
    if gw.mint.matches(reveal(&proof.secret), &app.secret) { Ok(app) } else { Err(TokenFault::ClientUnproved.into()) }
}
