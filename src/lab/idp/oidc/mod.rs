//! The OpenID side of the emulated IdP: discovery, code flow with PKCE, userinfo, logout.
//!
//! Owns clients, codes and tokens of the IdP; hands on ID tokens with every fault that a relying party must refuse.
//! Must not know SAML, nor how the product verifies.

mod authorize;
mod claims;
mod discovery;
mod introspect;
pub(super) mod jws;
pub mod knobs;
pub(super) mod logout;
mod token;
mod userinfo;

use super::core::Core;
use super::person::Person;
use axum::routing::get;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::Arc;

/// A relying party that the IdP knows.
#[derive(Debug, Clone)]
pub struct Client {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: SecretString,
    /// Where codes may go, compared exactly.
    pub redirect_uris: Vec<String>,
}

/// One sign-in of a person at a client.
#[derive(Debug, Clone)]
pub(super) struct SignIn {
    pub(super) person: Person,
    pub(super) client_id: String,
    pub(super) nonce: Option<String>,
    pub(super) at: DateTime<Utc>,
    pub(super) sid: String,
}

/// A code that can be redeemed once.
pub(super) struct Grant {
    pub(super) sign_in: SignIn,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
}

/// What was handed out.
#[derive(Default)]
pub(super) struct Grants {
    pub(super) codes: HashMap<String, Grant>,
    pub(super) access_tokens: HashMap<String, SignIn>,
}

/// The doors under `/oidc`, and discovery.
pub(super) fn routes() -> axum::Router<Arc<Core>> {
    axum::Router::new()
        .route("/.well-known/openid-configuration", get(discovery::configuration))
        .route("/oidc/jwks", get(discovery::jwks))
        .route("/oidc/authorize", get(authorize::by_query).post(authorize::by_form))
        .route("/oidc/token", axum::routing::post(token::redeem))
        .route("/oidc/introspect", axum::routing::post(introspect::introspect))
        .route("/oidc/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .route("/oidc/end_session", get(logout::end_session).post(logout::end_session))
}

#[cfg(test)]
mod tests;
