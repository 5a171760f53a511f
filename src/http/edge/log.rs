//! The id and the one log line of a request: no personal data, no raw path (tokens stand in paths).

use crate::base::ids;
use crate::base::sources::Sources;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use std::sync::Arc;
use std::time::Instant;

/// The id of a request: in the log, in the audit and in the answer. It begins with its time, so that what it names is found
/// by when it was.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// Where a request goes, without what stands in its path.
pub(super) enum Route {
    Matched(MatchedPath),
    Named(&'static str),
}

impl Route {
    fn as_str(&self) -> &str {
        match self {
            Self::Matched(path) => path.as_str(),
            Self::Named(name) => name,
        }
    }
}

/// The line of a request that is on its way.
pub(super) struct Line {
    id: Arc<str>,
    method: Method,
    route: Option<Route>,
    begun: Instant,
}

/// Numbers a request and begins its line.
pub(super) fn begin(sources: &Sources, request: &mut Request, route: Option<Route>) -> Line {
    let id: Arc<str> = ids::request(sources).into();
    request.extensions_mut().insert(RequestId(id.clone()));
    Line { id, method: request.method().clone(), route, begun: Instant::now() }
}

impl Line {
    /// Writes the line; the answer tells the id.
    pub(super) fn end(self, response: &mut Response) {
        if let Ok(value) = HeaderValue::from_str(&self.id) {
            response.headers_mut().insert("x-request-id", value);
        }
        tracing::info!(
            method = self.method.as_str(),
            route = self.route.as_ref().map_or("-", Route::as_str),
            status = response.status().as_u16(),
            millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            request = &*self.id,
            "request"
        );
    }
}
