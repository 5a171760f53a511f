//! Access and refresh tokens of panel apps.

use super::engine::{Row, args};
use super::signed_in::{self, GOOD, Holder, NEXT};
use super::{StoreError, Tx};
use crate::base::ids::{AppId, FamilyId, PersonId, SessionId};
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Asks about the person.
    Access,
    /// Gets the next tokens, once.
    Refresh,
}

impl Use {
    fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// A token to be kept.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its keyed hash.
    pub hash: TokenHash,
    /// What it is for.
    pub kind: Use,
    /// The app that holds it.
    pub app: AppId,
    /// What it came from.
    pub family: FamilyId,
    /// The person.
    pub person: PersonId,
    /// The session that it hangs on.
    pub session: SessionId,
    /// The person's epoch that it was made under.
    pub epoch: i64,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends.
    pub until: DateTime<Utc>,
}

/// A token whose person, epoch and session are still good.
#[derive(Debug, Clone)]
pub struct LiveToken {
    /// Whose it is.
    pub holder: Holder,
    /// The app that holds it.
    pub app: AppId,
    /// What it came from.
    pub family: FamilyId,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends.
    pub until: DateTime<Utc>,
    /// When its successor was made (refresh tokens).
    pub replaced: Option<DateTime<Utc>>,
}

fn read(row: &Row) -> Result<LiveToken, StoreError> {
    Ok(LiveToken {
        holder: signed_in::read(row)?,
        app: AppId(row.key(NEXT)?),
        family: FamilyId(row.key(NEXT + 1)?),
        scope: row.text(NEXT + 2)?,
        created: row.time(NEXT + 3)?,
        until: row.time(NEXT + 4)?,
        replaced: row.opt_time(NEXT + 5)?,
    })
}

/// Keeps a token.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, token: &NewToken) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO token (org, hash, kind, app, family, person, session, epoch, scope, created, until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            args![
                org,
                token.hash,
                token.kind.word(),
                token.app,
                token.family,
                token.person,
                token.session,
                token.epoch,
                &token.scope,
                token.created,
                token.until
            ],
        )
        .await?;
    Ok(())
}

/// A token of this kind, if person, epoch and session are still good: compared here, at every use (law 5).
///
/// # Errors
/// When the database fails.
pub async fn live(
    tx: &mut Tx,
    kind: Use,
    hash: TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<LiveToken>, StoreError> {
    let org = tx.org;
    let sql = format!(
        "SELECT {}, t.app, t.family, t.scope, t.created, t.until, t.replaced FROM token t \
         JOIN person p ON p.org = t.org AND p.id = t.person \
         JOIN session s ON s.org = t.org AND s.id = t.session AND s.person = t.person \
         WHERE t.org = $1 AND t.hash = $2 AND t.until > $3 AND t.kind = $4 AND t.epoch = p.epoch AND {GOOD}",
        signed_in::columns()
    );
    tx.conn.one(sql, args![org, hash, now, kind.word()]).await?.as_ref().map(read).transpose()
}

/// Whose token this is, good or not: app and family. For revocation, which needs no good token.
///
/// # Errors
/// When the database fails.
pub async fn owner(tx: &mut Tx, kind: Use, hash: TokenHash) -> Result<Option<(AppId, FamilyId)>, StoreError> {
    let org = tx.org;
    let sql = "SELECT app, family FROM token WHERE org = $1 AND hash = $2 AND kind = $3";
    let row = tx.conn.one(sql, args![org, hash, kind.word()]).await?;
    row.map(|row| Ok((AppId(row.key(0)?), FamilyId(row.key(1)?)))).transpose()
}

/// Names the successor of a refresh token; `false` when it has one already.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    tx: &mut Tx,
    hash: TokenHash,
    successor: TokenHash,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let org = tx.org;
    let sql = "UPDATE token SET replaced = $3, successor = $4 WHERE org = $1 AND hash = $2 AND replaced IS NULL";
    Ok(tx.conn.exec(sql, args![org, hash, now, successor]).await? > 0)
}

/// Ends one token.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, hash: TokenHash) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM token WHERE org = $1 AND hash = $2", args![org, hash]).await?;
    Ok(())
}

/// Ends everything that came from one sign-in at one app; how many tokens that were.
///
/// # Errors
/// When the database fails.
pub async fn end_family(tx: &mut Tx, family: FamilyId) -> Result<u64, StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM token WHERE org = $1 AND family = $2", args![org, family]).await
}
