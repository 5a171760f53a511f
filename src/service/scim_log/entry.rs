//! An entry as blocks keep it: one form for what is written and what is read.

use super::call::{Call, Fit};
use crate::base::ids::{LogId, ResourceId};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// What a list shows of a call, and what filters ask for. `T` is a text: lent by a call, or read from a block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head<T = String> {
    id: [u8; 16],
    /// Microseconds since 1970.
    at: i64,
    micros: u64,
    /// Empty where the entry only tells of a loss.
    pub(super) method: T,
    /// The template, as `/Users/{id}`.
    pub(super) path: T,
    resource: Option<[u8; 16]>,
    /// The path below the directory's base, where the template does not say it.
    pub(super) address: Option<T>,
    pub(super) query: Option<T>,
    /// Whether there was a query that may hold a password.
    pub(super) query_left_out: bool,
    /// 0 where the call broke off.
    pub(super) status: u16,
    pub(super) scim_type: Option<T>,
    pub(super) refusal: Option<T>,
    /// What was presented in place of a token of this directory, told safely.
    pub(super) hint: Option<T>,
    /// How many calls are not in the log, at this place.
    pub(super) lost: u64,
    /// The request id.
    pub(super) request: Option<T>,
    pub(super) caller: Option<Caller<T>>,
    pub(super) agent: Option<T>,
    pub(super) quirks: Vec<T>,
    pub(super) skipped: Vec<T>,
}

/// The credential of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller<T = String> {
    /// `token` or `client`.
    pub kind: T,
    /// Its id.
    pub id: T,
    /// What the admin calls it.
    pub label: T,
}

/// What was sent and answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bodies<T = String> {
    pub(super) request: Option<T>,
    /// Why the request's body is not as it came.
    pub(super) request_note: Option<T>,
    pub(super) answer: Option<T>,
    /// Why the answer's body is not as it went.
    pub(super) answer_note: Option<T>,
    /// `If-Match`.
    pub(super) precondition: Option<T>,
}

/// An entry, opened. It is in clear: it is shown by [`EntryView`](super::EntryView) alone, which masks.
#[derive(Debug, Clone)]
pub struct Entry {
    /// All but the bodies.
    pub head: Head,
    /// The bodies, where they were asked for.
    pub(super) bodies: Option<Bodies>,
}

impl<T> Head<T> {
    /// The entry's id: grows with each entry that one instance writes.
    pub fn id(&self) -> LogId {
        LogId(self.id)
    }

    /// When the call came.
    pub fn at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.at).unwrap_or_default()
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        Duration::microseconds(i64::try_from(self.micros).unwrap_or(i64::MAX))
    }

    /// The request id, as in `X-Request-Id` and in the audit.
    pub fn request(&self) -> Option<&T> {
        self.request.as_ref()
    }

    pub(super) fn resource(&self) -> Option<ResourceId> {
        self.resource.map(ResourceId)
    }
}

impl<'a> Head<&'a str> {
    /// Of a call.
    pub(super) fn of(id: LogId, call: &'a Call<'_>, fit: &'a Fit<'_>) -> Self {
        Self {
            id: id.0,
            at: call.at.timestamp_micros(),
            micros: u64::try_from(call.took.as_micros()).unwrap_or(u64::MAX),
            method: call.method,
            path: call.path,
            resource: call.resource.map(|id| id.0),
            address: (!call.template_says_address()).then_some(call.address),
            query: fit.query,
            query_left_out: fit.query_left_out,
            status: call.status,
            scim_type: call.scim_type,
            refusal: call.refusal.map(super::Refusal::as_str),
            hint: call.hint,
            lost: 0,
            request: call.request,
            caller: call.caller.map(|of| Caller { kind: of.kind, id: &*of.id, label: &*of.label }),
            agent: call.agent,
            quirks: call.applied.quirks().iter().map(|quirk| quirk.id()).collect(),
            skipped: call.skipped.iter().map(String::as_str).collect(),
        }
    }

    /// Of a number of calls that have no entry.
    pub(super) fn of_loss(id: LogId, at: DateTime<Utc>, calls: u64) -> Self {
        Self { id: id.0, at: at.timestamp_micros(), lost: calls, ..Self::default() }
    }
}

impl<'a> Bodies<&'a str> {
    /// Of a call.
    pub(super) fn of(call: &'a Call<'_>, fit: &'a Fit<'_>) -> Self {
        Self {
            request: fit.request.as_deref(),
            request_note: fit.request_note,
            answer: fit.answer.as_deref(),
            answer_note: fit.answer_note,
            precondition: call.precondition,
        }
    }
}
