//! The outbox: what is to be told to the outside, written in the unit of work of the change that it tells of.

use super::engine::{Insert, Row, args, vals};
use super::{StoreError, Tx};
use crate::base::ids::{DirectoryId, EventId};
use chrono::{DateTime, Utc};

/// The sender of a directory's SCIM events.
pub(super) const SCIM: &str = "scim";

static OUTBOX: Insert = Insert::new("outbox", "org, id, sender, target, version, body, due, tries", "");

/// A SCIM event of a directory.
#[derive(Debug, Clone)]
pub struct ScimEvent {
    /// Its id: later ones are greater.
    pub id: EventId,
    /// The directory that it happened in.
    pub directory: DirectoryId,
    /// The version of the resource from then on.
    pub version: i64,
    /// What happened: a JSON object.
    pub body: String,
    /// When it happened.
    pub at: DateTime<Utc>,
}

/// Writes an event; nobody in this unit waits for it.
///
/// # Errors
/// When the database fails.
pub async fn put_scim(tx: &mut Tx, event: ScimEvent) -> Result<(), StoreError> {
    let org = tx.org;
    let row = vals![org, event.id, SCIM, event.directory, event.version, event.body, event.at, 0_i64];
    tx.conn.insert_later(&OUTBOX, vec![row]).await
}

fn read(directory: DirectoryId, row: &Row) -> Result<ScimEvent, StoreError> {
    Ok(ScimEvent { id: EventId(row.key(0)?), directory, version: row.int(1)?, body: row.text(2)?, at: row.time(3)? })
}

/// The events of a directory after one of them, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn scim_after(
    tx: &mut Tx,
    directory: DirectoryId,
    after: EventId,
    limit: i64,
) -> Result<Vec<ScimEvent>, StoreError> {
    let org = tx.org;
    let sql = "SELECT id, version, body, due FROM outbox \
               WHERE org = $1 AND target = $2 AND sender = $3 AND id > $4 ORDER BY id LIMIT $5";
    let rows = tx.conn.all(sql, args![org, directory, SCIM, after, limit]).await?;
    rows.iter().map(|row| read(directory, row)).collect()
}
