//! Reading a body: bounded, JSON, of a media type that SCIM knows.

use super::answer::ScimFault;
use super::record::ReadBody;
use crate::protocol::scim::error::ScimError;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use serde_json::Value;

/// The body of a call on Users.
pub(super) const SMALL: usize = 1024 * 1024;
/// The body of a call on Groups.
pub(super) const LARGE: usize = 16 * 1024 * 1024;

/// The JSON body of a request.
pub(super) async fn json(request: Request, limit: usize) -> Result<Value, ScimFault> {
    json_or(request, limit, || {
        ScimFault::plain(StatusCode::PAYLOAD_TOO_LARGE, format!("The body may have {limit} bytes at most."))
    })
    .await
}

/// The same, with words of its own for a body that is too large.
pub(super) async fn json_or(
    request: Request,
    limit: usize,
    too_large: impl FnOnce() -> ScimFault,
) -> Result<Value, ScimFault> {
    if let Some(kind) = request.headers().get(header::CONTENT_TYPE) {
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(kind.as_str(), "application/scim+json" | "application/json" | "") {
            return Err(ScimFault::plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Content-Type: send application/scim+json or application/json.",
            ));
        }
    }
    let log = request.extensions().get::<ReadBody>().cloned();
    let bytes = to_bytes(request.into_body(), limit).await.map_err(|_| too_large())?;
    let body = serde_json::from_slice(&bytes).map_err(|e| {
        ScimError::invalid_syntax(format!("The body is no JSON: line {}, column {}.", e.line(), e.column()))
    })?;
    if let Some(log) = log {
        log.keep(&bytes);
    }
    Ok(body)
}
