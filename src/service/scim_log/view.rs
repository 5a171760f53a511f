//! An entry as it is shown: opened, and masked unless somebody asks to see it clear.

use super::entry::{Caller, Entry};
use crate::base::ids::{LogId, ResourceId};
use crate::protocol::scim::privacy::{Subject, masked, masked_address, masked_query, masked_value};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// An entry.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    /// Its id.
    pub id: LogId,
    /// When the call came.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub millis: f64,
    /// The request id, as in `X-Request-Id` and in the audit.
    pub request_id: Option<String>,
    /// The method.
    pub method: String,
    /// The template of the path.
    pub path: String,
    /// The resource in the path.
    #[serde(serialize_with = "written")]
    pub resource: Option<ResourceId>,
    /// The path as sent, where the template does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The query, decoded.
    pub query: Option<String>,
    /// The status; `null` where the call broke off.
    pub status: Option<u16>,
    /// The `scimType` of the refusal.
    pub scim_type: Option<String>,
    /// Why the call was turned away before it was looked at.
    pub refused: Option<String>,
    /// What was presented in place of a token of this directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented: Option<String>,
    /// Who called.
    pub caller: Option<Caller>,
    /// The user agent.
    pub user_agent: Option<String>,
    /// The rewrites that the call needed.
    pub quirks: Vec<String>,
    /// What was not applied.
    pub skipped: Vec<String>,
    /// Calls that are not in the log at this place.
    #[serde(skip_serializing_if = "is_zero")]
    pub lost: u64,
    /// The request body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
    /// Why something is not shown as it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One line for people: time, method and path, status, duration, and what is worth a second look.
impl std::fmt::Display for EntryView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.at.format("%Y-%m-%d %H:%M:%S%.3f"))?;
        if self.lost > 0 {
            return write!(f, "  … {} calls are not in this log: there were too many at once", self.lost);
        }
        let path = self.resource.map_or_else(|| self.path.clone(), |id| self.path.replace("{id}", &id.to_string()));
        write!(f, "  {} {}", self.method, self.address.as_deref().unwrap_or(&path))?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        match self.status {
            Some(status) => write!(f, "  {status}")?,
            None => f.write_str("  ---")?,
        }
        if let Some(scim_type) = &self.scim_type {
            write!(f, " {scim_type}")?;
        }
        write!(f, "  {:.1} ms", self.millis)?;
        if let Some(refused) = &self.refused {
            write!(f, "  refused: {refused}")?;
        }
        if let Some(presented) = &self.presented {
            write!(f, " ({presented})")?;
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

fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn written<S: serde::Serializer>(id: &Option<ResourceId>, s: S) -> Result<S::Ok, S::Error> {
    id.as_ref().map(ToString::to_string).serialize(s)
}

fn subject(path: &str) -> Subject {
    if path.starts_with("/Groups") { Subject::Group } else { Subject::User }
}

/// What an answer with this status tells of; a discovery document is of our own making.
pub(super) fn subject_of_answer(path: &str, status: u16) -> Subject {
    let discovery = ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Roles", "/Entitlements"];
    if (200..300).contains(&status) && discovery.iter().any(|known| path.starts_with(known)) {
        return Subject::Server;
    }
    subject(path)
}

/// A body as it is shown; what was cut is no JSON any more and shows clear or not at all.
pub(super) fn shown(body: Option<&str>, subject: Subject, clear: bool) -> Option<Value> {
    let body = body?;
    match (serde_json::from_str::<Value>(body), clear) {
        (Ok(value), true) => Some(value),
        (Ok(value), false) => Some(masked(&value, subject)),
        (Err(_), true) => Some(Value::String(body.to_owned())),
        (Err(_), false) => None,
    }
}

impl EntryView {
    /// An entry as it is shown. Without `clear` its personal values are masked by schema.
    #[must_use]
    pub fn of(entry: &Entry, clear: bool) -> Self {
        let (head, bodies) = (entry.head.clone(), entry.bodies.clone().unwrap_or_default());
        let (id, at, took, resource) = (head.id(), head.at(), head.took(), head.resource());
        let subject = subject(&head.path);
        let of_answer = subject_of_answer(&head.path, head.status);
        let mask = |value: String| if clear { value } else { masked_value_or_id(&value) };
        let mut notes = Vec::new();
        notes.extend(head.query_left_out.then(|| "the query was left out: it asks for a password".to_owned()));
        notes.extend(bodies.request_note.map(|note| format!("request: {note}")));
        notes.extend(bodies.answer_note.map(|note| format!("response: {note}")));
        Self {
            id,
            at,
            #[expect(clippy::cast_precision_loss, reason = "no call takes 2^52 microseconds")]
            millis: took.num_microseconds().unwrap_or(i64::MAX) as f64 / 1000.0,
            request_id: head.request,
            method: head.method,
            path: head.path,
            resource,
            address: head.address.map(|address| {
                let address = format!("/{}", address.trim_start_matches('/'));
                if clear { address } else { masked_address(&address) }
            }),
            query: head.query.map(|query| if clear { query } else { masked_query(&query) }),
            status: (head.status != 0).then_some(head.status),
            scim_type: head.scim_type,
            refused: head.refusal,
            presented: head.hint,
            caller: head.caller,
            user_agent: head.agent,
            quirks: head.quirks,
            skipped: head.skipped.into_iter().map(mask).collect(),
            lost: head.lost,
            request: shown(bodies.request.as_deref(), subject, clear),
            response: shown(bodies.answer.as_deref(), of_answer, clear),
            notes,
        }
    }
}

/// What was skipped is an id or the name of an attribute; a client may have put something else in its place.
pub(super) fn masked_value_or_id(value: &str) -> String {
    let plain = value.len() < 200
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'_' | b'$'));
    let id = value.parse::<ResourceId>().is_ok();
    let name = plain
        && (value.starts_with("urn:")
            || value.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '.' | '$' | '_')));
    if id || name { value.to_owned() } else { masked_value(value) }
}
