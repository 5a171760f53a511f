//! The audit: events written with their change; the chain over them is linked later, so that writers never queue.

use super::engine::{Insert, Row, args, vals};
use super::{Record, StoreError, Tx};
use crate::base::ids::EventId;
use chrono::{DateTime, Utc};

static EVENTS: Insert = Insert::new("event", "org, id, at, actor, deed, target, body, request", "");

/// Appends events to this unit of work. The unit does it itself, for what stands in its `Done`.
pub(super) async fn append(tx: &mut Tx, records: &[Record]) -> Result<(), StoreError> {
    let org = tx.org();
    let row = |record: &Record| {
        vals![
            org,
            record.id,
            record.at,
            record.actor.as_str(),
            record.deed,
            record.target.clone(),
            record.body.to_string(),
            record.request.as_deref()
        ]
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
    /// The id of the request that it was done by; `None` for jobs and commands.
    pub request: Option<String>,
}

const COLUMNS: &str = "id, at, actor, deed, target, body, request";

fn read(row: &Row) -> Result<Event, StoreError> {
    Ok(Event {
        id: EventId(row.key(0)?),
        at: row.time(1)?,
        actor: row.text(2)?,
        deed: row.text(3)?,
        target: row.opt_text(4)?,
        body: row.text(5)?,
        request: row.opt_text(6)?,
    })
}

/// The newest events of the organization, newest first.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx, limit: i64) -> Result<Vec<Event>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE org = $1 ORDER BY id DESC LIMIT $2");
    let org = tx.org();
    tx.conn.all(sql, args![org, limit]).await?.iter().map(read).collect()
}

/// The events of one request that was on its way between these instants: ids begin with their time, so that the key
/// alone finds the range, and no write pays for a second index.
///
/// # Errors
/// When the database fails.
pub async fn of_request(
    tx: &mut Tx,
    request: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Event>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM event WHERE org = $1 AND id >= $2 AND id < $3 AND request = $4 ORDER BY id");
    let (org, from, to) = (tx.org(), EventId::floor(from), EventId::floor(to));
    tx.conn.all(sql, args![org, from, to, request]).await?.iter().map(read).collect()
}
