//! Answers in OAuth's words: never stored, refusals as `error` and `error_description`.

use super::page;
use crate::base::class::{Class, Classify as _};
use crate::http::edge::Problem;
use crate::protocol::oauth::TokenFault;
use crate::service::issuing::IssuingError;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

/// A refusal on its way out.
pub(super) struct Refusal(pub(super) IssuingError);

impl<E: Into<IssuingError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self.0 {
            IssuingError::Shown(fault) => page::refused(&fault.to_string()),
            IssuingError::Token(fault) => token_fault(fault),
            IssuingError::BearerDead => bearer_dead(),
            error => {
                let class = error.class();
                if class == Class::Bug {
                    tracing::error!(error = &error as &dyn std::error::Error, "issuing failed");
                }
                Problem::of_class(class).into_response()
            }
        }
    }
}

fn token_fault(fault: TokenFault) -> Response {
    let unproved = matches!(fault, TokenFault::ClientUnproved | TokenFault::BadAuthorization);
    let status = if unproved { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let body = json!({ "error": fault.code(), "error_description": fault.to_string() });
    let mut response = (status, fresh(&body)).into_response();
    if unproved {
        let challenge = HeaderValue::from_static("Basic realm=\"doorward\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn bearer_dead() -> Response {
    let body = json!({ "error": "invalid_token", "error_description": IssuingError::BearerDead.to_string() });
    let mut response = (StatusCode::UNAUTHORIZED, fresh(&body)).into_response();
    let challenge = HeaderValue::from_static("Bearer realm=\"doorward\", error=\"invalid_token\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// JSON that nobody stores.
pub(super) fn fresh<T: Serialize>(body: &T) -> Response {
    let mut response = Json(body).into_response();
    no_store(response.headers_mut());
    response
}

/// Says that nobody may store it (RFC 6749 §5.1).
pub(super) fn no_store(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

/// A redirect by which a browser changes to GET, and which nobody stores.
pub(super) fn see_other(address: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(address) else { return Problem::bug().into_response() };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    no_store(response.headers_mut());
    response
}

/// The `Authorization` header.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<&str>, TokenFault> {
    headers.get(header::AUTHORIZATION).map(|value| value.to_str().map_err(|_| TokenFault::BadAuthorization)).transpose()
}
