//! A logged call that is made once more, as a dry run: what it takes, and what came of it beside what came of it then.

use super::call::Credential;
use super::entry::Entry;
use super::sealed::{CUT, RecordedCall, WITHOUT_PASSWORD};
use super::view::{self, EntryView, LogReadError};
use crate::base::urls::SCIM_TOKEN_PATH;
use crate::protocol::scim::profile::Applied;
use serde::Serialize;
use serde_json::Value;

/// Why an entry cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum NotReplayable {
    /// The log does not have the whole call.
    #[error("this entry cannot be replayed: {0}")]
    Because(&'static str),
    /// It cannot be opened.
    #[error(transparent)]
    Unreadable(#[from] LogReadError),
}

/// What the door says to a call that is made once more.
#[derive(Debug)]
pub struct NewAnswer {
    /// The status.
    pub status: u16,
    /// The `scimType` of a refusal.
    pub scim_type: Option<&'static str>,
    /// The body.
    pub body: Option<Vec<u8>>,
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
    let row = &entry.row;
    let because = |why| Err(NotReplayable::Because(why));
    if row.lost > 0 {
        return because("it counts calls that are not in the log");
    }
    if row.path == SCIM_TOKEN_PATH {
        return because("a token is asked for with a secret or an assertion, which is not in the log");
    }
    let (Some(kind), Some(id)) = (&row.caller_kind, &row.caller) else {
        return because("the call was turned away at the door, before anybody looked at what it asks");
    };
    if row.refusal.as_deref().is_some_and(|why| why != super::Refusal::BrokenOff.as_str()) {
        return because("the call was turned away at the door, before anybody looked at what it asks");
    }
    if row.path == "/Me" {
        return because("what /Me answers is asked by a person, whose token is not in the log");
    }
    let opened = view::opened(entry)?;
    if opened.query.is_none() && opened.head_note.is_some() {
        return because("its query was left out, since it may hold a password");
    }
    if opened.body_note.as_deref() == Some(CUT) {
        return because("its body is longer than what the log keeps");
    }
    let with_body = matches!(row.method.as_str(), "POST" | "PUT" | "PATCH");
    if with_body && opened.body.is_none() {
        return because("the log has no body of it: there was none, it was no JSON, or it was too large");
    }
    let rebuilt = || row.resource.map_or_else(|| row.path.clone(), |id| row.path.replace("{id}", &id.to_string()));
    let call = RecordedCall {
        method: row.method.clone(),
        address: opened.address.unwrap_or_else(rebuilt),
        query: opened.query,
        precondition: opened.precondition,
        body: opened.body,
    };
    let kind = if kind == "client" { "client" } else { "token" };
    let label = row.caller_label.clone().unwrap_or_default();
    Ok((call, Credential { kind, id: id.as_str().into(), label: label.into() }))
}

/// Both answers, masked.
///
/// # Errors
/// [`LogReadError::Form`].
pub fn replayed(entry: &Entry, new: NewAnswer) -> Result<Replay, LogReadError> {
    let logged = EntryView::of(entry, false)?;
    let subject = view::subject_of_answer(&entry.row.path, new.status.into());
    let now = AnswerView {
        status: new.status,
        scim_type: new.scim_type.map(str::to_owned),
        quirks: new.applied.quirks().iter().map(|quirk| quirk.id().to_owned()).collect(),
        skipped: new.skipped.iter().map(|name| view::masked_value_or_id(name)).collect(),
        response: view::shown(new.body.as_deref(), subject, false),
    };
    let mut notes = Vec::new();
    if entry.row.path == "/Bulk" {
        notes.push(
            "Each operation was tried by itself and undone before the next: one that needs what an earlier one makes or \
             changes may be refused or skipped here and succeed in truth.",
        );
    }
    if logged.notes.iter().any(|note| note.ends_with(WITHOUT_PASSWORD)) {
        notes.push("The call was replayed without the password that the log does not keep.");
    }
    Ok(Replay { logged, now, notes })
}
