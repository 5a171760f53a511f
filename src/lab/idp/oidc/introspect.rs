//! Introspection of access tokens (RFC 7662).

use super::claims::identity;
use super::token::authenticated;
use crate::lab::idp::core::Core;
use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Introspection {
    token: String,
    client_id: Option<String>,
    client_secret: Option<String>,
}

pub(super) async fn introspect(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    Form(fields): Form<Introspection>,
) -> Response {
    let posted = fields.client_id.as_deref().zip(fields.client_secret.as_deref());
    let Some(client) = authenticated(&core, &headers, posted) else {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    };
    let memory = core.memory();
    let sign_in = memory.grants.access_tokens.get(&fields.token).filter(|found| found.client_id == client.client_id);
    let answer = sign_in.map_or(json!({ "active": false }), |sign_in| {
        let mut claims = identity(&memory.oidc, &sign_in.person);
        claims["active"] = json!(true);
        claims["client_id"] = json!(sign_in.client_id);
        claims["sid"] = json!(sign_in.sid);
        claims
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}
