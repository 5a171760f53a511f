//! The OpenID Provider's addresses: what panel apps and their browsers call.
//!
//! Owns `/.well-known/openid-configuration` and `/oauth2/…`. Hands on parameters to `service::issuing`. Must not know
//! the store.

mod answer;
mod authorize;
mod discovery;
mod end_session;
mod page;
mod token;
mod userinfo;

use crate::service::Gateway;
use axum::Router;
use axum::routing::{get, post};

/// The routes.
pub fn routes() -> Router<Gateway> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::document))
        .route("/oauth2/jwks", get(discovery::jwks))
        .route("/oauth2/authorize", get(authorize::authorize).post(authorize::authorize))
        .route("/oauth2/token", post(token::token))
        .route("/oauth2/introspect", post(token::introspect))
        .route("/oauth2/revoke", post(token::revoke))
        .route("/oauth2/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .route("/oauth2/end-session", get(end_session::ask).post(end_session::ask))
}
