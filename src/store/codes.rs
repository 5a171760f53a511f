//! Authorization codes: single use, short, bound to a session.

use super::engine::args;
use super::signed_in::{self, GOOD, Holder, NEXT};
use super::{StoreError, Tx};
use crate::base::ids::{AppId, FamilyId, PersonId, SessionId};
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// A code to be kept.
#[derive(Debug, Clone)]
pub struct NewCode {
    /// Its keyed hash.
    pub hash: TokenHash,
    /// The app that it is for.
    pub app: AppId,
    /// What all that comes from it is called.
    pub family: FamilyId,
    /// The person.
    pub person: PersonId,
    /// The session that it came from.
    pub session: SessionId,
    /// The person's epoch that it was made under.
    pub epoch: i64,
    /// What it is bound to (JSON).
    pub body: String,
    /// When it ends.
    pub until: DateTime<Utc>,
}

/// A code that was presented, and everything about it is still good but perhaps that it was used.
#[derive(Debug, Clone)]
pub struct LiveCode {
    /// Whose it is.
    pub holder: Holder,
    /// The app that it is for.
    pub app: AppId,
    /// What all that comes from it is called.
    pub family: FamilyId,
    /// What it is bound to (JSON).
    pub body: String,
    /// Whether it was used already.
    pub used: bool,
}

/// Keeps a code.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, code: &NewCode) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO code (org, hash, app, family, person, session, epoch, body, used, until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                org,
                code.hash,
                code.app,
                code.family,
                code.person,
                code.session,
                code.epoch,
                &code.body,
                false,
                code.until
            ],
        )
        .await?;
    Ok(())
}

/// A code whose person, epoch and session are still good.
///
/// # Errors
/// When the database fails.
pub async fn live(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> Result<Option<LiveCode>, StoreError> {
    let org = tx.org;
    let sql = format!(
        "SELECT {}, c.app, c.family, c.body, c.used FROM code c \
         JOIN person p ON p.org = c.org AND p.id = c.person \
         JOIN session s ON s.org = c.org AND s.id = c.session AND s.person = c.person \
         WHERE c.org = $1 AND c.hash = $2 AND c.until > $3 AND c.epoch = p.epoch AND {GOOD}",
        signed_in::columns()
    );
    let row = tx.conn.one(sql, args![org, hash, now]).await?;
    row.map(|row| {
        Ok(LiveCode {
            holder: signed_in::read(&row)?,
            app: AppId(row.key(NEXT)?),
            family: FamilyId(row.key(NEXT + 1)?),
            body: row.text(NEXT + 2)?,
            used: row.bool(NEXT + 3)?,
        })
    })
    .transpose()
}

/// Uses a code; `false` when it was used before.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, hash: TokenHash) -> Result<bool, StoreError> {
    let org = tx.org;
    let sql = "UPDATE code SET used = $3 WHERE org = $1 AND hash = $2 AND NOT used";
    Ok(tx.conn.exec(sql, args![org, hash, true]).await? > 0)
}
