//! SCIM events as security event token payloads (RFC 9967 over RFC 8417): what happened, as claims to be signed.

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
    /// The resource is in the feed from now on.
    FeedAdd,
    /// The resource is in the feed no longer.
    FeedRemove,
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
    /// The answer to an asynchronous request.
    AsyncResponse(Value),
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
            Self::FeedAdd => "feed:add".to_owned(),
            Self::FeedRemove => "feed:remove".to_owned(),
            Self::Create(told) => content("create", told),
            Self::Patch(told) => content("patch", told),
            Self::Put(told) => content("put", told),
            Self::Delete => "prov:delete".to_owned(),
            Self::Activate => "prov:activate".to_owned(),
            Self::Deactivate => "prov:deactivate".to_owned(),
            Self::AsyncResponse(_) => "misc:asyncresp".to_owned(),
        };
        format!("{EVENT_PREFIX}{tail}")
    }

    fn payload(&self) -> Value {
        match self {
            Self::Create(told) | Self::Patch(told) | Self::Put(told) => match told {
                Content::Full(data) => json!({ "data": data }),
                Content::Notice(attributes) => json!({ "attributes": attributes }),
            },
            Self::AsyncResponse(answer) => answer.clone(),
            _ => json!({}),
        }
    }
}

/// Every event URI that a provisioning feed may carry, for `securityEvents.eventUris`.
#[must_use]
pub fn event_uris() -> Vec<String> {
    [
        "feed:add",
        "feed:remove",
        "prov:create:notice",
        "prov:create:full",
        "prov:patch:notice",
        "prov:patch:full",
        "prov:put:notice",
        "prov:put:full",
        "prov:delete",
        "prov:activate",
        "prov:deactivate",
    ]
    .iter()
    .map(|tail| format!("{EVENT_PREFIX}{tail}"))
    .collect()
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
    /// The transaction that the events come from (`txn`).
    pub transaction: String,
    /// When the token is made (`iat`).
    pub issued: DateTime<Utc>,
    /// When it happened (`toe`).
    pub occurred: DateTime<Utc>,
}

/// The claims of a token, ready to be signed. The subject is in `sub_id`, never in `sub`.
#[must_use]
pub fn claims(envelope: &Envelope, subject: &EventSubject, events: &[EventKind]) -> Value {
    let mut sub_id = json!({ "format": "scim", "uri": format!("{}/{}", subject.kind.endpoint(), subject.id) });
    if let Some(external_id) = &subject.external_id {
        sub_id["externalId"] = json!(external_id);
    }
    let events: Document = events.iter().map(|event| (event.uri(), event.payload())).collect();
    json!({
        "iss": envelope.issuer,
        "aud": envelope.audience,
        "jti": envelope.token_id,
        "txn": envelope.transaction,
        "iat": envelope.issued.timestamp(),
        "toe": envelope.occurred.timestamp(),
        "sub_id": sub_id,
        "events": events,
    })
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
            transaction: "t".into(),
            issued: at,
            occurred: at,
        };
        let subject = EventSubject { kind: ResourceType::User, id: "u1".into(), external_id: Some("e".into()) };
        let notice = EventKind::Patch(Content::Notice(vec!["title".into()]));
        let claims = claims(&envelope, &subject, &[notice, EventKind::Deactivate]);
        assert_eq!(claims["sub_id"], json!({ "format": "scim", "uri": "/Users/u1", "externalId": "e" }));
        assert!(claims.get("sub").is_none());
        let events = json!({
            "urn:ietf:params:scim:event:prov:patch:notice": { "attributes": ["title"] },
            "urn:ietf:params:scim:event:prov:deactivate": {}
        });
        assert_eq!(claims["events"], events);
    }

    #[test]
    fn r100_every_event_uri_of_a_feed_is_advertised() {
        let full = EventKind::Create(Content::Full(Document::new()));
        for event in [EventKind::FeedAdd, EventKind::FeedRemove, full, EventKind::Delete, EventKind::Activate] {
            assert!(event_uris().contains(&event.uri()), "{}", event.uri());
        }
    }
}
