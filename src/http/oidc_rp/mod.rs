//! The OpenID relying party of each connection: `/oidc/{connection}/login`, `/callback`.
//!
//! Owns the addresses. Must not know what holds in an answer: `service::login` does.

use super::cookies;
use super::signing_in::{self, Asker};
use crate::service::Gateway;
use crate::service::login::{self, LoginError};
use axum::Router;
use axum::extract::{Path, Query, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

/// The routes of every OpenID connection.
pub fn routes() -> Router<Gateway> {
    Router::new().route("/oidc/{connection}/login", get(start)).route("/oidc/{connection}/callback", get(finish))
}

/// What may stand behind `/login`.
#[derive(Debug, Deserialize)]
struct Start {
    return_to: Option<String>,
    email: Option<String>,
}

async fn start(
    State(gw): State<Gateway>,
    Path(connection): Path<String>,
    Query(start): Query<Start>,
    headers: HeaderMap,
    Asker(caller): Asker,
) -> Response {
    let outcome = async {
        let id = connection.parse().map_err(|_| LoginError::NoConnection)?;
        let back = signing_in::checked_return(&gw, start.return_to.as_deref()).await?;
        login::start_oidc(&gw, id, cookies::flow(&gw, &headers), back, start.email.as_deref()).await
    };
    match outcome.await {
        Ok(started) => signing_in::go(&gw, started),
        Err(error) => signing_in::refused(&error, &caller),
    }
}

async fn finish(
    State(gw): State<Gateway>,
    Path(connection): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Asker(caller): Asker,
) -> Response {
    let query = query.unwrap_or_default();
    let outcome = async {
        let id = connection.parse().map_err(|_| LoginError::NoConnection)?;
        login::finish_oidc(&gw, id, cookies::flow(&gw, &headers), &query, &caller).await
    };
    match outcome.await {
        Ok(session) => signing_in::enter(&gw, &session),
        Err(error) => signing_in::refused(&error, &caller),
    }
}
