//! SCIM events as security event token payloads (RFC 9967 over RFC 8417): what happened, as claims to be signed.
//!
//! What is known when it happens ([`happened`]) is kept; who says it to whom is added when the token is made ([`claims`]).

mod difference;

pub use difference::changed_paths;
pub use difference::patch_between;

use chrono::DateTime;
use chrono::Utc;
use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::Document;
use crate::protocol::scim::schema::ResourceType;

/// The namespace of the event URIs.
pub const EVENT_PREFIX: &str = "urn:ietf:params:scim:event:";

/// What happened to a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// It was created.
    Create(Content),
    /// It was changed by PATCH.
    Patch(Content),
    /// It was replaced by PUT.
    Put(Content),
    /// It was deleted.
    Delete,
    /// It was set active.
    Activate,
    /// It was set inactive.
    Deactivate,
}

/// What an event tells of the change: never both.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The data itself.
    Full(Document),
    /// The names of the attributes.
    Notice(Vec<String>),
}

impl EventKind {
    /// The event URI.
    #[must_use]
    pub fn uri(&self) -> String {
        let content = |name: &str, content: &Content| match content {
            Content::Full(_) => format!("prov:{name}:full"),
            Content::Notice(_) => format!("prov:{name}:notice"),
        };
        let tail = match self {
            Self::Create(told) => content("create", told),
            Self::Patch(told) => content("patch", told),
            Self::Put(told) => content("put", told),
            Self::Delete => "prov:delete".to_owned(),
            Self::Activate => "prov:activate".to_owned(),
            Self::Deactivate => "prov:deactivate".to_owned(),
        };
        format!("{EVENT_PREFIX}{tail}")
    }

    fn payload(&self) -> Value {
        match self {
            Self::Create(told) | Self::Patch(told) | Self::Put(told) => match told {
                Content::Full(data) => json!({ "data": data }),
                Content::Notice(attributes) => json!({ "attributes": attributes }),
            },
            Self::Delete | Self::Activate | Self::Deactivate => json!({}),
        }
    }
}

/// The event URIs that are sent of Users and Groups, for `securityEvents.eventUris`: with the data of Users
/// where `full`, else with the names of attributes alone. Groups are always told by notices.
#[must_use]
pub fn event_uris(full: bool) -> Vec<String> {
    let notices = ["prov:create:notice", "prov:patch:notice", "prov:put:notice"];
    let data: &[&str] = if full { &["prov:create:full", "prov:patch:full", "prov:put:full"] } else { &[] };
    let bare = ["prov:delete", "prov:activate", "prov:deactivate"];
    notices.iter().chain(data).chain(&bare).map(|tail| format!("{EVENT_PREFIX}{tail}")).collect()
}

/// The resource that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSubject {
    /// Its kind.
    pub kind: ResourceType,
    /// Its id.
    pub id: String,
    /// The client's id of it.
    pub external_id: Option<String>,
}

/// The frame of a security event token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Who says it (`iss`).
    pub issuer: String,
    /// To whom (`aud`).
    pub audience: String,
    /// The token's own id (`jti`).
    pub token_id: String,
    /// When the token is made (`iat`).
    pub issued: DateTime<Utc>,
}

/// What happened, before it is said to anybody: `txn` (the transaction that it comes from), `toe` (when), `sub_id` and
/// `events`.
#[must_use]
pub fn happened(transaction: &str, at: DateTime<Utc>, subject: &EventSubject, events: &[EventKind]) -> Document {
    let mut sub_id = json!({ "format": "scim", "uri": format!("{}/{}", subject.kind.endpoint(), subject.id) });
    if let Some(external_id) = &subject.external_id {
        sub_id["externalId"] = json!(external_id);
    }
    let events: Document = events.iter().map(|event| (event.uri(), event.payload())).collect();
    let mut told = Document::new();
    told.insert("txn".to_owned(), json!(transaction));
    told.insert("toe".to_owned(), json!(at.timestamp()));
    told.insert("sub_id".to_owned(), sub_id);
    told.insert("events".to_owned(), Value::Object(events));
    told
}

/// The claims of a token, ready to be signed. The subject is in `sub_id`, never in `sub`.
#[must_use]
pub fn claims(envelope: &Envelope, happened: Document) -> Document {
    let mut claims = Document::new();
    claims.insert("iss".to_owned(), json!(envelope.issuer));
    claims.insert("aud".to_owned(), json!(envelope.audience));
    claims.insert("jti".to_owned(), json!(envelope.token_id));
    claims.insert("iat".to_owned(), json!(envelope.issued.timestamp()));
    claims.extend(happened);
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r098_an_event_token_names_its_subject_and_tells_data_or_attributes() {
        let at = DateTime::from_timestamp(1000, 0).unwrap();
        let envelope = Envelope {
            issuer: "https://x.test".into(),
            audience: "https://y.test".into(),
            token_id: "j".into(),
            issued: at,
        };
        let subject = EventSubject { kind: ResourceType::User, id: "u1".into(), external_id: Some("e".into()) };
        let notice = EventKind::Patch(Content::Notice(vec!["title".into()]));
        let claims = claims(&envelope, happened("t", at, &subject, &[notice, EventKind::Deactivate]));
        assert_eq!(claims["sub_id"], json!({ "format": "scim", "uri": "/Users/u1", "externalId": "e" }));
        assert!(claims.get("sub").is_none());
        let events = json!({
            "urn:ietf:params:scim:event:prov:patch:notice": { "attributes": ["title"] },
            "urn:ietf:params:scim:event:prov:deactivate": {}
        });
        assert_eq!(claims["events"], events);
        assert_eq!((&claims["txn"], &claims["jti"], &claims["toe"]), (&json!("t"), &json!("j"), &json!(1000)));
    }

    #[test]
    fn r100_the_event_uris_that_are_advertised_are_those_that_are_sent() {
        let full = EventKind::Create(Content::Full(Document::new()));
        let notice = EventKind::Put(Content::Notice(Vec::new()));
        for event in [&full, &notice, &EventKind::Delete, &EventKind::Activate, &EventKind::Deactivate] {
            assert!(event_uris(true).contains(&event.uri()), "{}", event.uri());
            assert_eq!(event_uris(false).contains(&event.uri()), *event != full, "{}", event.uri());
        }
    }
}
