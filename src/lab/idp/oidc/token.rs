//! The token endpoint: a code, once, for tokens.

use super::claims::id_token;
use super::{Client, SignIn};
use crate::lab::idp::core::Core;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct TokenFields {
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    redirect_uri: String,
    code_verifier: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

pub(super) async fn redeem(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    Form(fields): Form<TokenFields>,
) -> Response {
    let posted = fields.client_id.as_deref().zip(fields.client_secret.as_deref());
    let Some(client) = authenticated(&core, &headers, posted) else {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    };
    if fields.grant_type != "authorization_code" {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let Some(sign_in) = redeemed(&core, &client, &fields) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let id_token = match id_token(&core, &client, &sign_in) {
        Ok(token) => token,
        Err(error) => {
            tracing::error!(%error, "the emulated IdP cannot make an ID token");
            return refused(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
        }
    };
    let access_token = core.random();
    core.memory().grants.access_tokens.insert(access_token.clone(), sign_in);
    let body = json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": 300, "scope": "openid", "id_token": id_token
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Takes the code out: whatever comes of it, it is used up.
fn redeemed(core: &Core, client: &Client, fields: &TokenFields) -> Option<SignIn> {
    let grant = core.memory().grants.codes.remove(&fields.code)?;
    let pkce_holds = match (&grant.challenge, &fields.code_verifier) {
        (Some(challenge), Some(verifier)) => {
            *challenge == URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref())
        }
        (None, None) => true,
        _ => false,
    };
    let holds = pkce_holds && grant.sign_in.client_id == client.client_id && grant.redirect_uri == fields.redirect_uri;
    holds.then_some(grant.sign_in)
}

/// The client that proves itself by Basic or by the form (RFC 6749 §2.3.1).
pub(super) fn authenticated(core: &Core, headers: &HeaderMap, posted: Option<(&str, &str)>) -> Option<Client> {
    let (client_id, secret) = match basic(headers) {
        Some(pair) => pair,
        None => posted.map(|(id, secret)| (id.to_owned(), secret.to_owned()))?,
    };
    let client = core.memory().clients.get(&client_id).cloned()?;
    verify_slices_are_equal(client.client_secret.expose_secret().as_bytes(), secret.as_bytes()).ok()?;
    Some(client)
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "error": error }))).into_response()
}
