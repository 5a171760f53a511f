//! A refusal that programs can read (RFC 9457).

use crate::base::class::Class;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// A problem document with a stable `code`.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    more: Map<String, Value>,
}

impl Problem {
    /// A problem; `code` is stable, `detail` is for people.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), more: Map::new() }
    }

    /// A fault of ours, about which the caller is told nothing but the request id in the headers.
    #[must_use]
    pub fn bug() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here; the request id says what.")
    }

    /// The problem of a class, in general words.
    #[must_use]
    pub fn of_class(class: Class) -> Self {
        match class {
            Class::BadInput => Self::new(StatusCode::BAD_REQUEST, "bad_request", "The request cannot be used."),
            Class::Unauthenticated => {
                Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "A valid token is needed.")
            }
            Class::Forbidden => Self::new(StatusCode::FORBIDDEN, "forbidden", "This is not allowed."),
            Class::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address."),
            Class::Conflict => Self::new(StatusCode::CONFLICT, "conflict", "The state of things stands against it."),
            Class::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too much at once; try again."),
            Class::Bug => Self::bug(),
        }
    }

    /// Adds a member of its own.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.more.insert(key.to_owned(), value.into());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("type".into(), "about:blank".into());
        body.insert("title".into(), self.status.canonical_reason().unwrap_or_default().into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("code".into(), self.code.into());
        body.insert("detail".into(), self.detail.into());
        let mut response = (self.status, Json(Value::Object(body))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
