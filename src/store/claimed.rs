//! What a login claims: groups of a connection, and whom its words may mean.

use super::engine::args;
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, ResourceId, SourceNo};
use chrono::{DateTime, Utc};

/// The groups of this connection that a person is in: id and the claimed value.
///
/// # Errors
/// When the database fails.
pub async fn groups(tx: &mut Tx, con: SourceNo, person: PersonId) -> Result<Vec<(ResourceId, String)>, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all(
            "SELECT g.id, g.label FROM member m CROSS JOIN resource g \
             WHERE g.org = m.org AND g.id = m.gid AND m.org = $1 AND m.mid = $2 AND g.src = $3 AND g.kind = 2",
            args![org, person, con],
        )
        .await?;
    rows.iter().map(|row| Ok((ResourceId(row.key(0)?), row.text(1)?))).collect()
}

/// The group of this connection with this claimed value; it is made under `id` where there is none yet.
///
/// # Errors
/// When the database fails.
pub async fn group(
    tx: &mut Tx,
    con: SourceNo,
    value: &str,
    key: &str,
    id: ResourceId,
    now: DateTime<Utc>,
) -> Result<ResourceId, StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO resource (org, id, src, kind, label, key, ext, active, version, created, modified, doc) \
             VALUES ($1, $2, $3, 2, $4, $5, $4, $6, 1, $7, $7, '{}') ON CONFLICT DO NOTHING",
            args![org, id, con, value, key, true, now],
        )
        .await?;
    let row = tx
        .conn
        .one("SELECT id FROM resource WHERE org = $1 AND src = $2 AND kind = 2 AND ext = $3", args![org, con, value])
        .await?;
    Ok(ResourceId(row.ok_or(StoreError::Malformed("group"))?.key(0)?))
}

/// Puts a person into a claimed group.
///
/// # Errors
/// When the database fails.
pub async fn join(tx: &mut Tx, group: ResourceId, person: PersonId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO member (org, gid, mid, kind) VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING",
            args![org, group, person],
        )
        .await?;
    Ok(())
}

/// Takes a person out of a claimed group.
///
/// # Errors
/// When the database fails.
pub async fn leave(tx: &mut Tx, group: ResourceId, person: PersonId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM member WHERE org = $1 AND gid = $2 AND mid = $3", args![org, group, person]).await?;
    Ok(())
}

/// Whom a user name may mean: people that directories pushed under it, and people whose e-mail it is.
///
/// # Errors
/// When the database fails.
pub async fn by_name(tx: &mut Tx, key: &str) -> Result<Vec<PersonId>, StoreError> {
    let org = tx.org;
    people(
        tx.conn
            .all(
                "SELECT person FROM resource WHERE org = $1 AND kind = 1 AND key = $2 AND person IS NOT NULL \
                 UNION SELECT id FROM person WHERE org = $1 AND key = $2 LIMIT 16",
                args![org, key],
            )
            .await?,
    )
}

/// Whom an `externalId` means.
///
/// # Errors
/// When the database fails.
pub async fn by_external_id(tx: &mut Tx, ext: &str) -> Result<Vec<PersonId>, StoreError> {
    let org = tx.org;
    people(
        tx.conn
            .all(
                "SELECT DISTINCT person FROM resource WHERE org = $1 AND kind = 1 AND ext = $2 AND person IS NOT NULL \
                 LIMIT 16",
                args![org, ext],
            )
            .await?,
    )
}

fn people(rows: Vec<super::engine::Row>) -> Result<Vec<PersonId>, StoreError> {
    rows.iter().map(|row| Ok(PersonId(row.key(0)?))).collect()
}

/// Whether a directory has deleted somebody of this (folded) user name, whatever became of the person.
///
/// # Errors
/// When the database fails.
pub async fn was_deleted(tx: &mut Tx, key: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one(
            "SELECT id FROM tombstone WHERE org = $1 AND kind = 1 AND lower(label) = $2 AND until > $3 LIMIT 1",
            args![org, key, now],
        )
        .await?;
    Ok(row.is_some())
}
