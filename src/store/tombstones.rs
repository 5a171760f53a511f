//! Tombstones: what a DELETE leaves, so that a returning person is restored and never taken over.

use super::engine::args;
use super::resources::{Kind, ResourceRow};
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, ResourceId, SourceNo};
use chrono::{DateTime, Utc};

/// Puts a tombstone for a resource.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, resource: &ResourceRow, until: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .later(
            "tombstone",
            "INSERT INTO tombstone (org, id, src, kind, ext, person, label, doc, until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                org,
                resource.id,
                resource.src,
                resource.kind.number(),
                resource.ext.clone(),
                resource.person,
                &resource.label,
                &resource.doc,
                until
            ],
        )
        .await
}

/// Takes the newest tombstone of this directory with this externalId: its id and person.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    src: SourceNo,
    kind: Kind,
    ext: &str,
    now: DateTime<Utc>,
) -> Result<Option<(ResourceId, Option<PersonId>)>, StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one(
            "SELECT id, person FROM tombstone WHERE org = $1 AND src = $2 AND kind = $3 AND ext = $4 AND until > $5 \
             ORDER BY until DESC LIMIT 1",
            args![org, src, kind.number(), ext, now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id = ResourceId(row.key(0)?);
    tx.conn.exec("DELETE FROM tombstone WHERE org = $1 AND id = $2", args![org, id]).await?;
    Ok(Some((id, row.opt_key(1)?.map(PersonId))))
}
