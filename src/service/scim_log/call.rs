//! One call of a directory, as the door hands it to the log.

use crate::base::ids::{OrgNo, ResourceId, SourceNo};
use crate::protocol::scim::profile::Applied;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// How much of a body is kept, in bytes.
const BODY: usize = 64 * 1024;
/// How much of a user agent is kept, in characters.
const AGENT: usize = 200;

/// Why a call was turned away before anybody looked at what it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No token at all.
    NoToken,
    /// What was presented is no token of this directory.
    WrongToken,
    /// Too many calls.
    TooFast,
    /// The directory is disabled.
    Disabled,
    /// A client that asked for a token has not proved to be that client.
    NotProved,
    /// The call ended without an answer of ours: the client went away, or the time was over.
    BrokenOff,
}

impl Refusal {
    /// The words of the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoToken => "no token",
            Self::WrongToken => "wrong token",
            Self::TooFast => "too many calls",
            Self::Disabled => "directory disabled",
            Self::NotProved => "client not proved",
            Self::BrokenOff => "broken off",
        }
    }
}

/// A body, or the beginning of one.
#[derive(Debug, Clone)]
pub struct KeptBody {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether there was more.
    pub cut: bool,
}

impl KeptBody {
    /// Keeps a body: shared where it is small, cut (and copied, so that the whole one is let go) where it is large.
    #[must_use]
    pub fn of(bytes: &Bytes) -> Self {
        if bytes.len() <= BODY {
            return Self { bytes: bytes.clone(), cut: false };
        }
        Self { bytes: Bytes::copy_from_slice(&bytes[..BODY]), cut: true }
    }
}

/// A call. Bodies are shared with the answer, not copied; everything else is work for the writer.
#[derive(Debug)]
pub struct Call {
    /// The organization.
    pub org: OrgNo,
    /// The directory.
    pub src: SourceNo,
    /// When it came.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// The method.
    pub method: String,
    /// The template of its path.
    pub path: &'static str,
    /// The resource in its path.
    pub resource: Option<ResourceId>,
    /// The path below the directory's base, as sent.
    pub address: String,
    /// The query string, as sent.
    pub query: Option<String>,
    /// `If-Match`.
    pub precondition: Option<String>,
    /// The status; 0 where it broke off.
    pub status: u16,
    /// The `scimType` of a refusal.
    pub scim_type: Option<&'static str>,
    /// Why it was turned away.
    pub refusal: Option<Refusal>,
    /// What was presented in place of a token, told safely.
    pub hint: Option<String>,
    /// The request id.
    pub request: Option<Arc<str>>,
    /// The credential that called: kind, id and label.
    pub caller: Option<Credential>,
    /// The user agent.
    pub agent: Option<String>,
    /// The request body, where it was JSON.
    pub body: Option<KeptBody>,
    /// The answer's body.
    pub answer: Option<KeptBody>,
    /// The rewrites that it needed.
    pub applied: Applied,
    /// What was not applied.
    pub skipped: Vec<String>,
}

impl Call {
    /// About how much memory it holds.
    pub(super) fn size(&self) -> usize {
        let body = |kept: &Option<KeptBody>| kept.as_ref().map_or(0, |kept| kept.bytes.len());
        512 + body(&self.body) + body(&self.answer)
    }

    /// A user agent, bounded.
    #[must_use]
    pub fn agent(text: &str) -> String {
        text.chars().take(AGENT).collect()
    }
}

/// What a directory's client has proved itself by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// `token`, or `client` for an OAuth client.
    pub kind: &'static str,
    /// Its id.
    pub id: Arc<str>,
    /// What the admin calls it.
    pub label: Arc<str>,
}
