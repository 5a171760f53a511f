//! What every request passes through: an id, a log line, limits, security headers, an answer when something breaks.
//!
//! Owns nothing of any dialect. Must not know our other rooms, `base` aside.

mod headers;
mod log;
mod problem;

pub use headers::HEADERS;
pub use log::RequestId;
pub use problem::Problem;

use crate::base::sources::Sources;
use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Response};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use log::{Line, Route};
use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Service, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;

/// How large a body may be where a route says nothing else, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A room that finds its way by itself and whose callers understand one form of answer alone. It is asked before all
/// routes: on the way through a router a request is put into half a dozen boxes, and copied into each.
pub trait Room: Send + Sync + 'static {
    /// How the log names an address, if it is in this room.
    fn names(&self, path: &str) -> Option<&'static str>;

    /// The answer, whatever the request is.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// The media type of the answer to a request with these headers.
    fn media(&self, headers: &HeaderMap) -> &'static str;

    /// In the room's words, what the edge has to say in its place: 408 or 500.
    fn words(&self, status: StatusCode, media: &'static str) -> Response;
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
}

/// All that answers, behind the edge: a room that finds its way by itself, and the routes of all others. Cheap to clone.
pub struct Doors<R>(Arc<Behind<R>>);

struct Behind<R> {
    edge: Arc<Edge>,
    room: R,
    routes: Router,
}

impl<R> Clone for Doors<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Room> Doors<R> {
    /// Puts the edge in front of a room and of all routes; there, as one layer: each one costs every request a box and a
    /// copy of all behind it.
    pub fn behind(edge: Edge, room: R, routes: Router) -> Self {
        let edge = Arc::new(edge);
        let layers = ServiceBuilder::new()
            .layer(from_fn_with_state(edge.clone(), pass))
            .layer(CatchPanicLayer::custom(broken))
            .layer(DefaultBodyLimit::max(BODY_LIMIT));
        let routes = routes.fallback(nothing_here).method_not_allowed_fallback(wrong_method).layer(layers);
        Self(Arc::new(Behind { edge, room, routes }))
    }
}

impl<R: Room> Service<Request> for Doors<R> {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.0.room.names(request.uri().path()) {
            Some(name) => Box::pin(visit(self.0.clone(), name, request).map(Ok)),
            None => Box::pin(self.0.routes.clone().call(request)),
        }
    }
}

/// A request for a room that finds its way by itself.
async fn visit<R: Room>(doors: Arc<Behind<R>>, name: &'static str, mut request: Request) -> Response {
    let Behind { edge, room, .. } = &*doors;
    let (line, media) = (edge.begin(&mut request, Some(Route::Named(name))), room.media(request.headers()));
    let asked_for_head = request.method() == Method::HEAD;
    // Boxed before it is wrapped: each wrapping would copy all that a room may need.
    let answer = AssertUnwindSafe(Box::pin(room.answer(request))).catch_unwind();
    let mut response = match tokio::time::timeout(edge.timeout, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!("a room broke off");
            room.words(StatusCode::INTERNAL_SERVER_ERROR, media)
        }
        Err(_) => room.words(StatusCode::REQUEST_TIMEOUT, media),
    };
    if asked_for_head {
        behead(&mut response);
    }
    edge.end(line, response)
}

/// A request for a route: an id, a log line, an end to what takes too long, security headers.
async fn pass(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get().cloned().map(Route::Matched);
    let line = edge.begin(&mut request, route);
    // No timer is begun for what is answered at once.
    let answered = tokio::time::timeout(edge.timeout, next.run(request)).await;
    edge.end(line, answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response()))
}

impl Edge {
    fn begin(&self, request: &mut Request, route: Option<Route>) -> Line {
        log::begin(&self.sources, request, route)
    }

    fn end(&self, line: Line, mut response: Response) -> Response {
        headers::secure(self.secure, response.headers_mut());
        line.end(&mut response);
        response
    }
}

/// The head of an answer alone, which says how long its body would be (RFC 9110 §9.3.2).
fn behead(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}

/// Whether the caller is a browser that wants a page.
#[must_use]
pub fn wants_page(headers: &HeaderMap) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use axum::http::HeaderMap;
    use axum::routing::get;
    use tower::ServiceExt as _;

    /// A room that breaks off, sleeps for too long, or says a word.
    struct Talk;

    impl Room for Talk {
        fn names(&self, path: &str) -> Option<&'static str> {
            path.starts_with("/talk/").then_some("/talk/{word}")
        }

        async fn answer(&self, request: Request) -> Response {
            match request.uri().path() {
                "/talk/break" => panic!("broken on purpose"),
                "/talk/sleep" => tokio::time::sleep(Duration::from_secs(31)).await,
                _ => {}
            }
            "hello".into_response()
        }

        fn media(&self, _: &HeaderMap) -> &'static str {
            "text/talk"
        }

        fn words(&self, status: StatusCode, media: &'static str) -> Response {
            (status, [(header::CONTENT_TYPE, media)], "sorry").into_response()
        }
    }

    async fn ask(method: Method, path: &str) -> (u16, HeaderMap, String) {
        let edge = Edge { sources: Sources::system(), secure: true, timeout: Duration::from_secs(30) };
        let doors = Doors::behind(edge, Talk, Router::new().route("/there", get(async || "there")));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = doors.oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1024).await.unwrap();
        (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn what_breaks_off_or_takes_too_long_in_a_room_is_told_in_its_words() {
        for (path, status, said) in
            [("/talk/break", 500, "sorry"), ("/talk/sleep", 408, "sorry"), ("/talk/", 200, "hello")]
        {
            let (told, headers, body) = ask(Method::GET, path).await;
            assert_eq!((told, body.as_str()), (status, said), "{path}");
            assert_eq!(headers[header::CONTENT_TYPE] == "text/talk", status != 200, "{path}");
            assert!(headers.contains_key("x-request-id") && headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        }
    }

    #[tokio::test]
    async fn the_head_of_an_answer_tells_how_long_its_body_would_be_in_a_room_as_at_a_route() {
        for (path, length) in [("/talk/", "5"), ("/there", "5")] {
            let (status, headers, body) = ask(Method::HEAD, path).await;
            assert_eq!((status, headers[header::CONTENT_LENGTH].to_str().unwrap(), body.as_str()), (200, length, ""));
        }
        let (status, headers, _) = ask(Method::GET, "/nowhere").await;
        assert!(status == 404 && headers.contains_key("x-request-id"));
    }
}
