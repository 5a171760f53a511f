//! `/oauth2/token`, `/introspect` and `/revoke`: an app proves itself and asks.

use super::answer::{Refusal, authorization, fresh, no_store};
use crate::base::token::reveal;
use crate::protocol::oauth::Params;
use crate::service::{Gateway, issuing};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

pub(super) async fn token(State(gw): State<Gateway>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let tokens = issuing::token(&gw, authorization(&headers)?, &Params::parse(&body)).await?;
    Ok(fresh(&json!({
        "access_token": reveal(&tokens.access_token),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "refresh_token": reveal(&tokens.refresh_token),
        "id_token": reveal(&tokens.id_token),
        "scope": tokens.scope,
    })))
}

pub(super) async fn introspect(
    State(gw): State<Gateway>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    Ok(fresh(&issuing::introspect(&gw, authorization(&headers)?, &Params::parse(&body)).await?))
}

pub(super) async fn revoke(State(gw): State<Gateway>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    issuing::revoke(&gw, authorization(&headers)?, &Params::parse(&body)).await?;
    let mut response = StatusCode::OK.into_response();
    no_store(response.headers_mut());
    Ok(response)
}
