//! A request that may have to be answered twice: once by a remembered proof of the caller, and where that proves stale,
//! again by a new one.

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the reader of the body leaves its bytes: it goes with the request, as an extension.
#[derive(Debug, Clone, Default)]
pub(super) struct BodyBytes(Arc<Mutex<Option<Bytes>>>);

impl BodyBytes {
    /// Keeps them; they are shared, not copied.
    pub(super) fn keep(&self, bytes: &Bytes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes.clone());
    }
}

/// What is needed to put the same request again.
pub(super) struct Again {
    parts: Parts,
    bytes: BodyBytes,
}

impl Again {
    /// The request on its first way, and what is needed for a second.
    pub(super) fn of(mut parts: Parts, body: Body) -> (Request, Self) {
        let bytes = BodyBytes::default();
        parts.extensions.insert(bytes.clone());
        (Request::from_parts(parts.clone(), body), Self { parts, bytes })
    }

    /// All of it but the body.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The same request, with the body as it was read: only what was read as a whole can turn out to be stale.
    pub(super) fn request(self) -> Request {
        let bytes = self.bytes.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        Request::from_parts(self.parts, Body::from(bytes))
    }
}
