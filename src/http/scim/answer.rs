//! Answers and refusals in SCIM's dialect.

use crate::base::class::Class;
use crate::http::edge::HEADERS;
use crate::protocol::scim::error::{ScimError, ScimType};
use crate::protocol::scim::media;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::representation::Unreadable;
use crate::service::provisioning::ProvisionError;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;
use std::fmt::Write as _;

/// What a browser may make of an answer: nothing. It is shorter than what pages are sent with.
static POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Bytes of one name in `Scim-Skipped`.
const LONGEST_NAME: usize = 200;
/// Bytes of `Scim-Skipped`: proxies refuse an answer whose headers do not fit into 4 KiB.
const LONGEST_LIST: usize = 2000;

/// Which media type the client reads: SCIM's own, unless it asks for plain JSON and not for ours.
pub(super) fn media_of(headers: &HeaderMap) -> &'static str {
    media::answer_type(headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()))
}

/// An answer before its media type is known.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Option<Bytes>,
    scim_type: Option<&'static str>,
    told: Told,
}

/// What left, for the log: the body is shared with the answer.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) status: StatusCode,
    pub(super) scim_type: Option<&'static str>,
    pub(super) body: Option<Bytes>,
    pub(super) told: Told,
}

/// What the log is told of a call beside its answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The dialect rewrites that the call needed.
    pub(super) applied: Applied,
    /// What was not applied.
    pub(super) skipped: Vec<String>,
}

impl Answer {
    /// No body.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None, scim_type: None, told: Told::default() }
    }

    /// A JSON body.
    pub(super) fn json(status: StatusCode, body: Value) -> Self {
        let bytes = serde_json::to_vec(&body).expect("a value is written to memory");
        Self { body: Some(bytes.into()), ..Self::empty(status) }
    }

    /// A body that is JSON text.
    pub(super) fn text(status: StatusCode, body: Vec<u8>) -> Self {
        Self { body: Some(body.into()), ..Self::empty(status) }
    }

    /// With a header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Names what was not applied (law 1).
    pub(super) fn skipping(mut self, skipped: Vec<String>) -> Self {
        if skipped.is_empty() {
            return self;
        }
        let mut list = String::new();
        for (at, name) in skipped.iter().enumerate() {
            let name = written(name);
            if list.len() + name.len() > LONGEST_LIST {
                // Writing to a String does not fail.
                let _ = write!(list, ", and {} more", skipped.len() - at);
                break;
            }
            list.push_str(if at == 0 { "" } else { ", " });
            list.push_str(&name);
        }
        self.told.skipped = skipped;
        self.with(HeaderName::from_static("scim-skipped"), list)
    }

    /// Notes the dialect rewrites that the call needed.
    pub(super) fn noting(mut self, applied: &Applied) -> Self {
        self.told.applied.extend(applied);
        self
    }

    /// The response, and what the log is told of it.
    pub(super) fn into_response(self, media: &'static str) -> (Response, Sent) {
        let mut response = Response::new(self.body.clone().map_or_else(Body::empty, Body::from));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        // The media type, what is told beside it, and what the edge adds.
        headers.reserve(1 + self.headers.len() + HEADERS);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        (response, Sent { status: self.status, scim_type: self.scim_type, body: self.body, told: self.told })
    }
}

/// One name in a header: what is no plain character there is percent-encoded, and what is too long is cut.
fn written(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes().take(LONGEST_NAME) {
        if byte.is_ascii_graphic() && !matches!(byte, b',' | b'%') {
            out.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A refusal of this door.
#[derive(Debug)]
pub(super) struct ScimFault {
    error: ScimError,
    headers: Vec<(HeaderName, String)>,
}

impl ScimFault {
    /// A refusal without a `scimType`.
    pub(super) fn plain(status: StatusCode, detail: impl Into<String>) -> Self {
        ScimError::plain(status.as_u16(), detail).into()
    }

    /// With a header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Whether the caller has to be proved anew: inside of the door nothing else is a 401 ([`ProvisionError::Stale`]).
    pub(super) fn is_stale(&self) -> bool {
        self.error.status == StatusCode::UNAUTHORIZED.as_u16()
    }

    pub(super) fn into_answer(self) -> Answer {
        let status = StatusCode::from_u16(self.error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let scim_type = self.error.scim_type.map(ScimType::keyword);
        Answer { headers: self.headers, scim_type, ..Answer::json(status, self.error.to_json()) }
    }
}

impl From<ScimError> for ScimFault {
    fn from(error: ScimError) -> Self {
        Self { error, headers: Vec::new() }
    }
}

impl From<ProvisionError> for ScimFault {
    fn from(error: ProvisionError) -> Self {
        if let Some(error) = error.scim() {
            return error.into();
        }
        Self::failed(error.class(), &error)
    }
}

impl From<Unreadable> for ScimFault {
    fn from(error: Unreadable) -> Self {
        Self::failed(Class::Bug, &error)
    }
}

impl ScimFault {
    /// A fault of ours, or a pause that is asked for: the log has the cause, the client the class.
    pub(super) fn failed(class: Class, error: &dyn std::error::Error) -> Self {
        if class == Class::Busy {
            return Self::plain(StatusCode::SERVICE_UNAVAILABLE, "Too much at once; come again in a second.")
                .with(header::RETRY_AFTER, "1");
        }
        let cause = std::iter::successors(error.source(), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>();
        tracing::error!(%error, cause = cause.join(": "), "a SCIM call failed");
        Self::plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The call failed and nothing was changed; the log has the cause.",
        )
    }
}
