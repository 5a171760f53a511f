//! The extension schemas that an organization declares for itself.

use super::engine::args;
use super::{StoreError, Tx, organizations};

/// One schema as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaRow {
    /// Its URN, folded: URNs that differ in case alone are one.
    pub key: String,
    /// The declaration (JSON of RFC 7643 §7).
    pub body: String,
}

/// The schemas, by URN.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<SchemaRow>, StoreError> {
    let org = tx.org;
    let rows = tx.conn.all("SELECT key, body FROM extension_schema WHERE org = $1 ORDER BY key", args![org]).await?;
    rows.iter().map(|row| Ok(SchemaRow { key: row.text(0)?, body: row.text(1)? })).collect()
}

/// How often they have been changed; 0 where there never were any.
///
/// # Errors
/// When the database fails.
pub async fn changes(tx: &mut Tx) -> Result<i64, StoreError> {
    let org = tx.org;
    let row = tx.conn.one("SELECT schemas FROM guard WHERE org = $1", args![org]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// The schemas for a unit that changes them. Holds the organization's guard: what is checked against all of them stays so.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx) -> Result<Vec<SchemaRow>, StoreError> {
    organizations::lock_guard(tx).await?;
    list(tx).await
}

/// Adds a schema, or puts another in its place.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, row: &SchemaRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO extension_schema (org, key, body) VALUES ($1, $2, $3) \
             ON CONFLICT (org, key) DO UPDATE SET body = excluded.body",
            args![org, &row.key, &row.body],
        )
        .await?;
    moved(tx).await
}

/// Takes a schema away; whether it was there. What resources have of it stays stored.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, key: &str) -> Result<bool, StoreError> {
    let org = tx.org;
    let gone = tx.conn.exec("DELETE FROM extension_schema WHERE org = $1 AND key = $2", args![org, key]).await?;
    moved(tx).await?;
    Ok(gone > 0)
}

/// Both at once: what is cached of the organization is stale, and so are its registries.
async fn moved(tx: &mut Tx) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("UPDATE guard SET facts = facts + 1, schemas = schemas + 1 WHERE org = $1", args![org]).await?;
    Ok(())
}
