//! What a directory has told of its changes (RFC 9967), for programs of its organization and for the operator.

use super::ConsoleError;
use super::scim_log::Logged;
use crate::base::ids::EventId;
use crate::protocol::scim::Document;
use crate::protocol::scim::event::{self, Envelope};
use crate::service::Gateway;
use crate::store::{StoreError, Tx, outbox};
use serde::{Deserialize, Serialize};

/// Events of one page at most.
const PAGE: i64 = 1000;

/// Which events are asked for, as texts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// The cursor: events after this one.
    pub after: Option<String>,
    /// How many, 1,000 at most.
    pub limit: Option<String>,
}

/// A page of events, oldest first.
#[derive(Debug, Serialize)]
pub struct EventPage {
    /// The claims of a security event token each, as they will be signed.
    pub events: Vec<Document>,
    /// Goes into `after`; `null` where this page was not full.
    pub next: Option<EventId>,
}

/// A page of a directory's events. Instances write at the same time: what carries an earlier instant may still come
/// within a second or two.
///
/// # Errors
/// [`ConsoleError::Filter`], or when the store fails.
pub async fn page(gw: &Gateway, of: &Logged, query: &EventQuery) -> Result<EventPage, ConsoleError> {
    let bad = |field, rule| ConsoleError::Filter { field, rule };
    let after = match query.after.as_deref() {
        Some(text) => text.parse().map_err(|_| bad("after", "is no id of an event; send what `next` said"))?,
        None => EventId([0; 16]),
    };
    let limit = match query.limit.as_deref() {
        Some(text) => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| bad("limit", "is no number above 0"))?,
        None => 100,
    };
    let (directory, limit) = (of.directory.id, limit.min(PAGE));
    let work = async move |tx: &mut Tx| outbox::scim_after(tx, directory, after, limit).await;
    let found = gw.store.read::<_, StoreError, _>(of.org, work).await?;
    let full = i64::try_from(found.len()).is_ok_and(|n| n == limit);
    let next = found.last().filter(|_| full).map(|event| event.id);
    let events = found.into_iter().map(|kept| {
        let happened: Document = serde_json::from_str(&kept.body).map_err(|_| StoreError::Malformed("event"))?;
        let envelope = Envelope {
            issuer: gw.urls.issuer().to_owned(),
            audience: gw.urls.scim(directory),
            token_id: kept.id.to_string(),
            issued: kept.at,
        };
        Ok(event::claims(&envelope, happened))
    });
    Ok(EventPage { events: events.collect::<Result<_, StoreError>>()?, next })
}
