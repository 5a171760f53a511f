//! What answers below `/scim/v2` before or instead of our own routes (the edge's time-out, an address that is no UTF-8, a
//! handler that broke off) speaks SCIM as well.

use super::answer::{self, ScimFault};
use crate::http::edge::Dialect;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;

/// How the edge makes its own answers below `/scim/v2` speak SCIM.
pub const DIALECT: Dialect = Dialect { spoken_to: media, retell };

/// The media type of answers to a request of ours.
fn media(request: &Request) -> Option<&'static str> {
    request.uri().path().starts_with("/scim/v2").then(|| answer::media_of(request.headers()))
}

/// Puts a refusal that is not SCIM's into SCIM's words; its headers stay.
fn retell(response: Response, media: &'static str) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_told(&response) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let (told, _) = words(status).into_answer().into_response(media);
    parts.status = told.status();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in told.headers() {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, told.into_body())
}

fn is_told(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/scim+json") || kind.starts_with("application/json")
}

fn words(status: StatusCode) -> ScimFault {
    match status {
        StatusCode::BAD_REQUEST => ScimFault::plain(status, "The address cannot be read; send it in UTF-8."),
        StatusCode::NOT_FOUND => ScimFault::plain(status, "There is nothing at this address; see the directory's base URL."),
        // 408 is no status of SCIM, and clients give up on it.
        StatusCode::REQUEST_TIMEOUT => ScimFault::plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "The call took too long and was given up; ask for less at once, and read the resource before you try again.",
        )
        .with(header::RETRY_AFTER, "1"),
        StatusCode::INTERNAL_SERVER_ERROR => ScimFault::plain(status, "The call failed; the log has the cause."),
        _ => ScimFault::plain(status, status.canonical_reason().unwrap_or("refused")),
    }
}
