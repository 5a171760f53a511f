//! A call of a directory on its way: its head, and its body until somebody reads it.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};

/// The head of a call and its body. The head is lent: what one proof of the caller did not get is put once more by
/// another ([`ReadBody::again`]).
pub(super) struct Incoming<'a> {
    /// Everything but the body.
    pub(super) head: &'a Parts,
    /// The body.
    pub(super) body: Body,
    /// Where the reader of the body leaves it.
    pub(super) read: ReadBody,
}

impl Incoming<'_> {
    /// The method.
    pub(super) fn method(&self) -> &Method {
        &self.head.method
    }

    /// The headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The query string, as sent.
    pub(super) fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }
}

/// The body of a call once it was read. The bytes are shared, not copied.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadBody(Arc<Mutex<Option<Read>>>);

#[derive(Debug)]
struct Read {
    bytes: Bytes,
    json: bool,
}

impl ReadBody {
    /// Keeps a body that was read.
    pub(super) fn keep(&self, bytes: &Bytes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Read { bytes: bytes.clone(), json: false });
    }

    /// What was read is JSON: fit for the log.
    pub(super) fn is_json(&self) {
        if let Some(read) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            read.json = true;
        }
    }

    /// The body once more: only what was read as a whole can turn out to have had a stale proof.
    pub(super) fn again(&self) -> Body {
        let read = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        read.map_or_else(Body::empty, |read| Body::from(read.bytes))
    }

    /// What the log is told of it.
    pub(super) fn for_log(&self) -> Option<Bytes> {
        let read = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        read.filter(|read| read.json).map(|read| read.bytes)
    }
}
