//! Userinfo: the claims again, for the bearer of an access token.

use super::claims::identity;
use crate::lab::idp::core::Core;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use std::sync::Arc;

pub(super) async fn userinfo(State(core): State<Arc<Core>>, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let memory = core.memory();
    let Some(sign_in) = bearer.and_then(|token| memory.grants.access_tokens.get(token)) else {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")])
            .into_response();
    };
    let mut claims = identity(&memory.oidc, &sign_in.person);
    if memory.oidc.foreign_userinfo {
        claims["sub"] = json!("somebody-else");
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response()
}
