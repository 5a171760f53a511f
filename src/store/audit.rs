//! The audit: events written with their change; the chain over them is linked later, so that writers never queue.

use super::engine::{Insert, args};
use super::{Record, StoreError, Tx};
use crate::base::ids::EventId;
use chrono::{DateTime, Utc};

const EVENTS: Insert = Insert { table: "event", columns: "org, id, at, actor, deed, target, body", tail: "" };

/// Appends events to this unit of work. The unit does it itself, for what stands in its `Done`.
pub(super) async fn append(tx: &mut Tx, records: &[Record]) -> Result<(), StoreError> {
    let org = tx.org();
    let row = |record: &Record| {
        args![
            org,
            record.id,
            record.at,
            record.actor.as_str(),
            record.deed,
            record.target.clone(),
            record.body.to_string()
        ]
        .to_vec()
    };
    tx.conn.insert_later(&EVENTS, records.iter().map(row).collect()).await
}

/// An audit event as it is read back.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub deed: String,
    /// To whom or what.
    pub target: Option<String>,
    /// Before and after: a JSON object.
    pub body: String,
}

/// The newest events of the organization, newest first.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx, limit: i64) -> Result<Vec<Event>, StoreError> {
    let org = tx.org();
    let rows = tx
        .conn
        .all(
            "SELECT id, at, actor, deed, target, body FROM event WHERE org = $1 ORDER BY id DESC LIMIT $2",
            args![org, limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Event {
                id: EventId(row.key(0)?),
                at: row.time(1)?,
                actor: row.text(2)?,
                deed: row.text(3)?,
                target: row.opt_text(4)?,
                body: row.text(5)?,
            })
        })
        .collect()
}
