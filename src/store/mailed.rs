//! Links that were handed out: invitations and resets.

use super::engine::{Row, args};
use super::{StoreError, Tx};
use crate::base::ids::PersonId;
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// A link as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailedRow {
    /// For whom.
    pub person: PersonId,
    /// `invite` or `reset`.
    pub kind: String,
    /// The person's epoch that it was made under.
    pub epoch: i64,
    /// When it ends.
    pub until: DateTime<Utc>,
}

fn read(row: &Row) -> Result<MailedRow, StoreError> {
    Ok(MailedRow { person: PersonId(row.key(0)?), kind: row.text(1)?, epoch: row.int(2)?, until: row.time(3)? })
}

/// Keeps a link; older ones of the same kind for the same person end.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, hash: TokenHash, new: &MailedRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec("DELETE FROM mailed WHERE org = $1 AND person = $2 AND kind = $3", args![org, new.person, &new.kind])
        .await?;
    tx.conn
        .exec(
            "INSERT INTO mailed (org, hash, person, kind, epoch, until) VALUES ($1, $2, $3, $4, $5, $6)",
            args![org, hash, new.person, &new.kind, new.epoch, new.until],
        )
        .await?;
    Ok(())
}

/// Looks at a link without using it up.
///
/// # Errors
/// When the database fails.
pub async fn peek(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> Result<Option<MailedRow>, StoreError> {
    let org = tx.org;
    let sql = "SELECT person, kind, epoch, until FROM mailed WHERE org = $1 AND hash = $2 AND until > $3";
    tx.conn.one(sql, args![org, hash, now]).await?.as_ref().map(read).transpose()
}

/// Uses a link up.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> Result<Option<MailedRow>, StoreError> {
    let org = tx.org;
    let sql = "DELETE FROM mailed WHERE org = $1 AND hash = $2 AND until > $3 RETURNING person, kind, epoch, until";
    tx.conn.one(sql, args![org, hash, now]).await?.as_ref().map(read).transpose()
}
