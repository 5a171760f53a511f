//! Logout: at the IdP by the browser, and told to relying parties behind its back.

use super::jws;
use crate::lab::error::LabError;
use crate::lab::idp::core::Core;
use crate::lab::page::{message, see_other};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use url::Url;

#[derive(Deserialize)]
pub(super) struct EndSession {
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

pub(super) async fn end_session(State(core): State<Arc<Core>>, Query(fields): Query<EndSession>) -> Response {
    core.memory().signed_in = None;
    let back = fields.post_logout_redirect_uri.and_then(|uri| Url::parse(&uri).ok());
    let Some(mut back) = back else {
        return message(StatusCode::OK, "Signed out", "You are signed out at your identity provider.");
    };
    if let Some(state) = fields.state {
        back.query_pairs_mut().append_pair("state", &state);
    }
    see_other(back.as_str())
}

/// A logout token (OpenID Connect Back-Channel Logout §2.4) about every session of the person at the client, or about
/// one with `sid`.
pub(in crate::lab::idp) fn logout_token(
    core: &Core,
    client_id: &str,
    user_name: &str,
    sid: Option<&str>,
) -> Result<String, LabError> {
    let person = core.person(user_name)?;
    let algorithm = core.memory().oidc.algorithm;
    let keys = core.keys();
    let key = keys.for_tokens(algorithm);
    let now = core.sources.now().timestamp();
    let mut claims = json!({
        "iss": core.base_url,
        "aud": client_id,
        "sub": person.subject,
        "iat": now,
        "exp": now + 120,
        "jti": core.random(),
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    if let Some(sid) = sid {
        claims["sid"] = json!(sid);
    }
    jws::signed(&jws::header(key, "logout+jwt"), &claims, key)
}
