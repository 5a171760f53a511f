//! Tokens of the management API; the secrets are not kept.

use super::engine::{Row, args};
use super::{StoreError, Tx};
use crate::base::ids::TokenId;
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// A management token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiTokenRow {
    /// Its id in lists.
    pub id: TokenId,
    /// What it was made for.
    pub label: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
}

fn read(row: &Row) -> Result<ApiTokenRow, StoreError> {
    Ok(ApiTokenRow { id: TokenId(row.key(0)?), label: row.text(1)?, created: row.time(2)?, until: row.opt_time(3)? })
}

/// The token of this hash, if it has not ended.
///
/// # Errors
/// When the database fails.
pub async fn by_hash(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> Result<Option<ApiTokenRow>, StoreError> {
    let org = tx.org;
    let sql = "SELECT id, label, created, until FROM api_token \
               WHERE org = $1 AND hash = $2 AND (until IS NULL OR until > $3)";
    tx.conn.one(sql, args![org, hash, now]).await?.as_ref().map(read).transpose()
}

/// The tokens of the organization, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<ApiTokenRow>, StoreError> {
    let org = tx.org;
    let sql = "SELECT id, label, created, until FROM api_token WHERE org = $1 ORDER BY id";
    tx.conn.all(sql, args![org]).await?.iter().map(read).collect()
}

/// Adds a token.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, hash: TokenHash, token: &ApiTokenRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO api_token (org, hash, id, label, created, until) VALUES ($1, $2, $3, $4, $5, $6)",
            args![org, hash, token.id, &token.label, token.created, token.until],
        )
        .await?;
    Ok(())
}

/// Takes a token away; whether it was there.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: TokenId) -> Result<bool, StoreError> {
    let org = tx.org;
    Ok(tx.conn.exec("DELETE FROM api_token WHERE org = $1 AND id = $2", args![org, id]).await? > 0)
}
