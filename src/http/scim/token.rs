//! `/scim/oauth/token`: an OAuth client of a directory gets an access token (RFC 6749 §4.4). And what it can learn of it
//! beforehand: `/.well-known/oauth-authorization-server/scim` (RFC 8414 §3.1).

use super::answer::{Sent, Told};
use super::record::{Recorder, Template};
use super::within;
use crate::base::class::{Class, Classify as _};
use crate::base::token::reveal;
use crate::base::urls::SCIM_TOKEN_PATH;
use crate::http::edge::Problem;
use crate::http::proxy;
use crate::protocol::oauth::credentials::{self, SCOPE};
use crate::protocol::oauth::{CredentialsFault, Params};
use crate::service::Gateway;
use crate::service::directory_oauth::{self, Answered, DirectoryOAuthError, IssuedToken};
use crate::service::scim_log::Refusal;
use axum::Json;
use axum::body::{self, Body};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The longest request, in bytes: an assertion may have 64 KiB.
const LONGEST: usize = 96 * 1024;

/// Anybody may read the metadata, and keep them for a while.
const OPEN: [(HeaderName, &str); 2] =
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::CACHE_CONTROL, "public, max-age=300")];

pub(super) async fn metadata(State(gw): State<Gateway>) -> impl IntoResponse {
    (OPEN, Json(credentials::metadata(&gw.urls.scim_issuer(), &gw.urls.scim_token())))
}

pub(super) async fn token(State(gw): State<Gateway>, request: Request) -> Response {
    let gw = within(gw, &request);
    let (parts, body) = request.into_parts();
    let template = Template { path: SCIM_TOKEN_PATH, resource: None };
    let mut recorder = Recorder::begin(&gw, &parts, template, SCIM_TOKEN_PATH);
    let Answered { outcome, named } =
        asked(&gw, &parts, body).await.unwrap_or_else(|fault| Answered { outcome: Err(fault.into()), named: None });
    let response = outcome.as_ref().map_or_else(refusal, issued);
    if let Some(named) = named {
        recorder.of_client(named, outcome.as_ref().err().and_then(turned_away));
        recorder.end(&Sent { status: response.status(), scim_type: None, body: None, told: Told::default() });
    }
    response
}

async fn asked(gw: &Gateway, parts: &Parts, body: Body) -> Result<Answered, CredentialsFault> {
    if !is_form(&parts.headers) {
        return Err(CredentialsFault::NotAForm);
    }
    let body = body::to_bytes(body, LONGEST).await.map_err(|_| CredentialsFault::NotAForm)?;
    let authorization = parts.headers.get(header::AUTHORIZATION).map(HeaderValue::to_str).transpose();
    let authorization = authorization.map_err(|_| CredentialsFault::BadAuthorization)?;
    let from = proxy::client(gw, parts).map(|ip| ip.to_string()).unwrap_or_default();
    Ok(directory_oauth::token(gw, authorization, &Params::parse(&body), &from).await)
}

fn issued(token: &IssuedToken) -> Response {
    let body = json!({
        "access_token": reveal(&token.access_token),
        "token_type": "Bearer",
        "expires_in": token.expires_in,
        "scope": SCOPE,
    });
    fresh(StatusCode::OK, body)
}

/// How the log names a refusal that is no matter of what the request says.
fn turned_away(error: &DirectoryOAuthError) -> Option<Refusal> {
    match error {
        DirectoryOAuthError::Fault(CredentialsFault::Disabled) => Some(Refusal::Disabled),
        DirectoryOAuthError::Fault(fault) if fault.code() == "invalid_client" => Some(Refusal::NotProved),
        DirectoryOAuthError::TooMany(_) => Some(Refusal::TooFast),
        DirectoryOAuthError::Fault(_) | DirectoryOAuthError::NoKeys | DirectoryOAuthError::Store(_) => None,
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn refusal(error: &DirectoryOAuthError) -> Response {
    let told = |status, code: &str| fresh(status, json!({"error": code, "error_description": error.to_string()}));
    match error {
        DirectoryOAuthError::Fault(fault) if fault.code() == "invalid_client" => {
            let mut response = told(StatusCode::UNAUTHORIZED, fault.code());
            let challenge = HeaderValue::from_static("Basic realm=\"scim\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response
        }
        DirectoryOAuthError::Fault(fault) => told(StatusCode::BAD_REQUEST, fault.code()),
        DirectoryOAuthError::TooMany(seconds) => {
            let mut response = told(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            response
        }
        DirectoryOAuthError::NoKeys => {
            let mut response = told(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
            response
        }
        DirectoryOAuthError::Store(e) => {
            let class = error.class();
            if class == Class::Bug {
                tracing::error!(error = e as &dyn std::error::Error, "a token could not be given");
            }
            Problem::of_class(class).into_response()
        }
    }
}

/// JSON that nobody stores (RFC 6749 §5.1).
fn fresh(status: StatusCode, body: Value) -> Response {
    let never = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    (status, never, Json(body)).into_response()
}
