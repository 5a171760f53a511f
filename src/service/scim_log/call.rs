//! One call of a directory, as the door tells it to the log.

use crate::base::ids::{OrgNo, ResourceId, SourceNo};
use crate::protocol::scim::privacy::{Scrubbed, query_names_password, without_password};
use crate::protocol::scim::profile::Applied;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// How much of a body is kept, in bytes.
const BODY: usize = 64 * 1024;
/// How much of a user agent is kept, in bytes.
const AGENT: usize = 200;
/// How much of a method is kept, in bytes.
const METHOD: usize = 16;

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

/// A call. Everything is lent: what the log keeps of it, it copies at once.
#[derive(Debug)]
pub struct Call<'a> {
    /// The organization.
    pub org: OrgNo,
    /// The directory.
    pub src: SourceNo,
    /// When it came.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// The method ([`Call::method`]).
    pub method: &'a str,
    /// The template of its path.
    pub path: &'static str,
    /// The resource in its path.
    pub resource: Option<ResourceId>,
    /// The path below the directory's base, as sent.
    pub address: &'a str,
    /// The query string, as sent.
    pub query: Option<&'a str>,
    /// `If-Match`.
    pub precondition: Option<&'a str>,
    /// The status; 0 where it broke off.
    pub status: u16,
    /// The `scimType` of a refusal.
    pub scim_type: Option<&'static str>,
    /// Why it was turned away.
    pub refusal: Option<Refusal>,
    /// What was presented in place of a token, told safely.
    pub hint: Option<&'a str>,
    /// The request id.
    pub request: Option<&'a str>,
    /// The credential that called.
    pub caller: Option<&'a Credential>,
    /// The user agent ([`Call::agent`]).
    pub agent: Option<&'a str>,
    /// The request body, where it was JSON.
    pub body: Option<&'a [u8]>,
    /// The answer's body.
    pub answer: Option<&'a [u8]>,
    /// The rewrites that it needed.
    pub applied: &'a Applied,
    /// What was not applied.
    pub skipped: &'a [String],
}

impl Call<'_> {
    /// A user agent, bounded.
    #[must_use]
    pub fn agent(text: &str) -> &str {
        &text[..text.floor_char_boundary(AGENT)]
    }

    /// A method, bounded.
    #[must_use]
    pub fn method(text: &str) -> &str {
        &text[..text.floor_char_boundary(METHOD)]
    }

    /// Whether the template and the resource say what was sent.
    pub(super) fn template_says_address(&self) -> bool {
        let (path, address) = (self.path.trim_matches('/'), self.address.trim_matches('/'));
        match (self.resource, path.split_once("{id}")) {
            (Some(id), Some((before, after))) => {
                let named = address.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                named.is_some_and(|named| named.parse() == Ok(id))
            }
            _ => path == address,
        }
    }
}

/// What of a call is fit to be kept: no password, and no more than the log has room for.
pub(super) struct Fit<'a> {
    pub(super) query: Option<&'a str>,
    pub(super) query_left_out: bool,
    pub(super) request: Option<Cow<'a, str>>,
    pub(super) request_note: Option<&'static str>,
    pub(super) answer: Option<Cow<'a, str>>,
    pub(super) answer_note: Option<&'static str>,
}

impl<'a> Fit<'a> {
    pub(super) fn of(call: &Call<'a>) -> Self {
        let query = call.query.filter(|query| !query.is_empty());
        let query_left_out = query.is_some_and(query_names_password);
        let (request, request_note) = call.body.map_or((None, None), request);
        let answer = call.answer.map(|answer| text(&answer[..answer.len().min(BODY)]));
        let answer_note = call.answer.is_some_and(|answer| answer.len() > BODY).then_some(CUT);
        Self { query: query.filter(|_| !query_left_out), query_left_out, request, request_note, answer, answer_note }
    }
}

/// A request's body that is fit to be kept, and a note where it is not as it came.
fn request(body: &[u8]) -> (Option<Cow<'_, str>>, Option<&'static str>) {
    let kept = &body[..body.len().min(BODY)];
    match without_password(kept) {
        Scrubbed::Clean => (Some(text(kept)), (body.len() > BODY).then_some(CUT)),
        Scrubbed::Rewritten(bytes) => (Some(Cow::Owned(text(&bytes).into_owned())), Some(WITHOUT_PASSWORD)),
        Scrubbed::Unfit => (None, Some("left out: it was cut and may hold a password")),
    }
}

/// A body as text: what is sent and answered is UTF-8, up to a letter that is cut. (To look for what is not takes longer
/// than to see that all is well.)
fn text(body: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
}

/// The note of a body that held a password.
pub(super) const WITHOUT_PASSWORD: &str = "a password was left out";
/// The note of a body that is longer than what is kept.
pub(super) const CUT: &str = "cut at 65536 bytes";

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
