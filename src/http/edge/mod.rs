//! What every request passes through: an id, a log line, limits, security headers, an answer when something breaks.
//!
//! Owns nothing of any dialect. Must not know our other rooms, `base` aside.

mod headers;
mod log;
mod problem;

pub use log::RequestId;
pub use problem::Problem;

use crate::base::sources::Sources;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Response};
use std::any::Any;
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

/// How large a body may be where a route says nothing else, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A room whose callers understand one form of answer alone: what the edge answers there is told in it.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The media type that the answer to a request will have, if the request is for that room.
    pub spoken_to: fn(&Request) -> Option<&'static str>,
    /// The answer in that room's words, where it is not yet.
    pub retell: fn(Response, &'static str) -> Response,
}

/// What the edge needs to know.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Time and chance.
    pub sources: Sources,
    /// Whether clients reach us over TLS.
    pub secure: bool,
    /// How long a request may take.
    pub timeout: Duration,
    /// The room with words of its own.
    pub dialect: Dialect,
}

/// Puts the edge in front of all routes, as one layer: each one costs every request a box and a copy of all behind it.
pub fn around(routes: Router, edge: Edge) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(edge.clone(), pass))
        .layer(CatchPanicLayer::custom(broken))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    routes.fallback(nothing_here).method_not_allowed_fallback(wrong_method).layer(layers)
}

/// An id, a log line, an end to what takes too long, the room's own words, security headers.
async fn pass(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let line = log::begin(&edge.sources, &mut request);
    let spoken = (edge.dialect.spoken_to)(&request);
    // No timer is begun for what is answered at once.
    let answered = tokio::time::timeout(edge.timeout, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response());
    if let Some(media) = spoken {
        response = (edge.dialect.retell)(response, media);
    }
    headers::secure(edge.secure, response.headers_mut());
    line.end(&mut response);
    response
}

/// Whether the caller is a browser that wants a page.
#[must_use]
pub fn wants_page(headers: &axum::http::HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("text/html"))
}

async fn nothing_here(request: Request) -> Response {
    if wants_page(request.headers()) {
        let page = "<!doctype html><html lang=\"en\"><title>Not found</title><h1>There is nothing here</h1>\
                    <p><a href=\"/\">To the start</a></p></html>";
        return (StatusCode::NOT_FOUND, Html(page)).into_response();
    }
    Problem::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.").into_response()
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take that method.")
}

fn broken(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler broke off");
    Problem::bug().into_response()
}
