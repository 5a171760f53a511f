//! A logged call that is made once more, as a dry run: what it takes, and what came of it beside what came of it then.

use super::call::{CUT, Credential, WITHOUT_PASSWORD};
use super::entry::Entry;
use super::view::{self, EntryView};
use crate::base::urls::SCIM_TOKEN_PATH;
use crate::protocol::scim::profile::Applied;
use serde::Serialize;
use serde_json::Value;

/// Why an entry cannot be replayed: the log does not have the whole call.
#[derive(Debug, thiserror::Error)]
#[error("this entry cannot be replayed: {0}")]
pub struct NotReplayable(pub &'static str);

/// A recorded call: what it takes to make it once more.
#[derive(Debug, Clone)]
pub struct RecordedCall {
    /// The method.
    pub method: String,
    /// The path below the directory's base.
    pub address: String,
    /// The query string.
    pub query: Option<String>,
    /// `If-Match`.
    pub precondition: Option<String>,
    /// The body; `None` where there was none.
    pub body: Option<String>,
}

/// What the door says to a call that is made once more.
#[derive(Debug)]
pub struct NewAnswer {
    /// The status.
    pub status: u16,
    /// The `scimType` of a refusal.
    pub scim_type: Option<&'static str>,
    /// The body.
    pub body: Option<String>,
    /// The rewrites that it needs.
    pub applied: Applied,
    /// What is not applied.
    pub skipped: Vec<String>,
}

/// An answer as it is shown: masked as the log is.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// The status.
    pub status: u16,
    /// The `scimType` of a refusal.
    pub scim_type: Option<String>,
    /// The rewrites that the call needs.
    pub quirks: Vec<String>,
    /// What is not applied.
    pub skipped: Vec<String>,
    /// The body.
    pub response: Option<Value>,
}

/// One line for people.
impl std::fmt::Display for AnswerView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(scim_type) = &self.scim_type {
            write!(f, " {scim_type}")?;
        }
        if !self.quirks.is_empty() {
            write!(f, "  {}", self.quirks.join(","))?;
        }
        if !self.skipped.is_empty() {
            write!(f, "  skipped {}", self.skipped.join(","))?;
        }
        Ok(())
    }
}

/// A call as it was logged, and what it would come to now. Nothing of it is kept.
#[derive(Debug, Serialize)]
pub struct Replay {
    /// The call as the log has it.
    pub logged: EntryView,
    /// The answer that it would have now.
    pub now: AnswerView,
    /// What to know when the two are compared.
    pub notes: Vec<&'static str>,
}

/// The call of an entry, with the credential that made it.
///
/// # Errors
/// [`NotReplayable`] where the log has only a part of the call, or nothing that was looked at.
pub fn recall(entry: &Entry) -> Result<(RecordedCall, Credential), NotReplayable> {
    let (head, bodies) = (&entry.head, entry.bodies.clone().unwrap_or_default());
    let because = |why| Err(NotReplayable(why));
    if head.lost > 0 {
        return because("it counts calls that are not in the log");
    }
    if head.path == SCIM_TOKEN_PATH {
        return because("a token is asked for with a secret or an assertion, which is not in the log");
    }
    let Some(caller) = &head.caller else {
        return because("the call was turned away at the door, before anybody looked at what it asks");
    };
    if head.refusal.as_deref().is_some_and(|why| why != super::Refusal::BrokenOff.as_str()) {
        return because("the call was turned away at the door, before anybody looked at what it asks");
    }
    if head.path == "/Me" {
        return because("what /Me answers is asked by a person, whose token is not in the log");
    }
    if head.query_left_out {
        return because("its query was left out, since it may hold a password");
    }
    if bodies.request_note.as_deref() == Some(CUT) {
        return because("its body is longer than what the log keeps");
    }
    let with_body = matches!(head.method.as_str(), "POST" | "PUT" | "PATCH");
    if with_body && bodies.request.is_none() {
        return because("the log has no body of it: there was none, it was no JSON, or it was too large");
    }
    let rebuilt = || head.resource().map_or_else(|| head.path.clone(), |id| head.path.replace("{id}", &id.to_string()));
    let call = RecordedCall {
        method: head.method.clone(),
        address: head.address.clone().unwrap_or_else(rebuilt),
        query: head.query.clone(),
        precondition: bodies.precondition,
        body: bodies.request,
    };
    let kind = if caller.kind == "client" { "client" } else { "token" };
    Ok((call, Credential { kind, id: caller.id.as_str().into(), label: caller.label.as_str().into() }))
}

/// Both answers, masked.
#[must_use]
pub fn replayed(entry: &Entry, new: NewAnswer) -> Replay {
    let logged = EntryView::of(entry, false);
    let subject = view::subject_of_answer(&entry.head.path, new.status);
    let now = AnswerView {
        status: new.status,
        scim_type: new.scim_type.map(str::to_owned),
        quirks: new.applied.quirks().iter().map(|quirk| quirk.id().to_owned()).collect(),
        skipped: new.skipped.iter().map(|name| view::masked_value_or_id(name)).collect(),
        response: view::shown(new.body.as_deref(), subject, false),
    };
    let mut notes = Vec::new();
    if entry.head.path == "/Bulk" {
        notes.push(
            "Each operation was tried by itself and undone before the next: one that needs what an earlier one makes or \
             changes may be refused or skipped here and succeed in truth.",
        );
    }
    if logged.notes.iter().any(|note| note.ends_with(WITHOUT_PASSWORD)) {
        notes.push("The call was replayed without the password that the log does not keep.");
    }
    Replay { logged, now, notes }
}
