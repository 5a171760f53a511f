//! `/scim/oauth/token`: an OAuth client of a directory gets an access token (RFC 6749 §4.4). And what it can learn of it
//! beforehand: `/.well-known/oauth-authorization-server/scim` (RFC 8414 §3.1).

use crate::base::class::{Class, Classify as _};
use crate::base::token::reveal;
use crate::http::edge::{Problem, RequestId};
use crate::http::proxy;
use crate::protocol::oauth::credentials::{self, SCOPE};
use crate::protocol::oauth::{CredentialsFault, Params};
use crate::service::Gateway;
use crate::service::directory_oauth::{self, DirectoryOAuthError};
use axum::Json;
use axum::body;
use axum::extract::{Request, State};
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
    let gw = request.extensions().get::<RequestId>().map_or_else(|| gw.clone(), |id| gw.within(id.0.clone()));
    match issued(&gw, request).await {
        Ok(body) => fresh(StatusCode::OK, body),
        Err(error) => refusal(&error),
    }
}

async fn issued(gw: &Gateway, request: Request) -> Result<Value, DirectoryOAuthError> {
    let (parts, body) = request.into_parts();
    if !is_form(&parts.headers) {
        return Err(CredentialsFault::NotAForm.into());
    }
    let body = body::to_bytes(body, LONGEST).await.map_err(|_| CredentialsFault::NotAForm)?;
    let authorization = parts.headers.get(header::AUTHORIZATION).map(HeaderValue::to_str).transpose();
    let authorization = authorization.map_err(|_| CredentialsFault::BadAuthorization)?;
    let from = proxy::client(gw, &parts).map(|ip| ip.to_string()).unwrap_or_default();
    let token = directory_oauth::token(gw, authorization, &Params::parse(&body), &from).await?;
    Ok(json!({
        "access_token": reveal(&token.access_token),
        "token_type": "Bearer",
        "expires_in": token.expires_in,
        "scope": SCOPE,
    }))
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
