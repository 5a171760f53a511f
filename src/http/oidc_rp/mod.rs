//! The OpenID relying party of each connection: `/oidc/{connection}/login`, `/callback`.
//!
//! Owns the addresses. Must not know what holds in an answer: `service::login` does.

use super::signing_in::{self, Browser, Protocol, Wish};
use crate::service::Gateway;
use crate::service::login::{self, LoginError};
use axum::Router;
use axum::extract::{Path, Query, RawQuery, State};
use axum::response::Response;
use axum::routing::get;

/// The routes of every OpenID connection.
pub fn routes() -> Router<Gateway> {
    Router::new().route("/oidc/{connection}/login", get(start)).route("/oidc/{connection}/callback", get(finish))
}

async fn start(
    State(gw): State<Gateway>,
    Path(connection): Path<String>,
    Query(wish): Query<Wish>,
    browser: Browser,
) -> Response {
    signing_in::start(&gw, Protocol::Oidc, &connection, wish, browser).await
}

async fn finish(
    State(gw): State<Gateway>,
    Path(connection): Path<String>,
    RawQuery(query): RawQuery,
    browser: Browser,
) -> Response {
    let query = query.unwrap_or_default();
    let outcome = async {
        let id = connection.parse().map_err(|_| LoginError::NoConnection)?;
        login::finish_oidc(&gw, id, browser.flow.as_deref(), &query, &browser.caller).await
    };
    match outcome.await {
        Ok(session) => signing_in::enter(&gw, &session),
        Err(error) => signing_in::refused(&error, &browser.caller),
    }
}
