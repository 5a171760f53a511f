//! The id and the one log line of a request: no personal data, no raw path (tokens stand in paths).

use crate::base::sources::Sources;
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// The id of a request: in the log, in the audit and in the answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

pub(super) async fn number(State(sources): State<Sources>, mut request: Request, next: Next) -> Response {
    let id = format!("{:032x}", u128::from_be_bytes(sources.bytes::<16>()));
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

pub(super) async fn log(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    tracing::info!(
        %method,
        route = route.as_ref().map_or("-", MatchedPath::as_str),
        status = response.status().as_u16(),
        millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        request = id.as_ref().map_or("", |id| id.0.as_str()),
        "request"
    );
    response
}
