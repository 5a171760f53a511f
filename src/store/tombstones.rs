//! Tombstones: what a DELETE leaves, so that a returning person is restored and never taken over.

use super::engine::{args, vals};
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
            "INSERT INTO tombstone (org, id, src, kind, ext, person, label, doc, until, version, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            vals![
                org,
                resource.id,
                resource.src,
                resource.kind.number(),
                resource.ext.clone(),
                resource.person,
                &resource.label,
                &resource.doc,
                until,
                resource.version,
                resource.created
            ],
        )
        .await
}

/// What a tombstone tells of a resource that comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The id that it had.
    pub id: ResourceId,
    /// Whose it was.
    pub person: Option<PersonId>,
    /// Its last version.
    pub version: i64,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
}

/// The newest tombstone of this directory with this externalId.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    src: SourceNo,
    kind: Kind,
    ext: &str,
    now: DateTime<Utc>,
) -> Result<Option<Tombstone>, StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one(
            "SELECT id, person, version, created FROM tombstone \
             WHERE org = $1 AND src = $2 AND kind = $3 AND ext = $4 AND until > $5 ORDER BY until DESC, id DESC LIMIT 1",
            args![org, src, kind.number(), ext, now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Tombstone {
        id: ResourceId(row.key(0)?),
        person: row.opt_key(1)?.map(PersonId),
        version: row.opt_int(2)?.unwrap_or(0),
        created: row.opt_time(3)?,
    }))
}

/// Takes a tombstone away, since its resource is back; whether it was still there.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, id: ResourceId) -> Result<bool, StoreError> {
    let org = tx.org;
    Ok(tx.conn.exec("DELETE FROM tombstone WHERE org = $1 AND id = $2", args![org, id]).await? > 0)
}
