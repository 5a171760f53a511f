//! Directories and their tokens.

use super::engine::{Row, args};
use super::{Store, StoreError, Tx, numbers, standing};
use crate::base::ids::{DirectoryClientId, DirectoryId, OrgNo, SourceNo, TokenId};
use crate::base::token::TokenHash;
use crate::domain::directory::DirectorySettings;
use chrono::{DateTime, Utc};

/// A directory as it is kept.
#[derive(Debug, Clone)]
pub struct DirectoryRow {
    /// Its number.
    pub src: SourceNo,
    /// Its public id.
    pub id: DirectoryId,
    /// What the organization calls it.
    pub key: String,
    /// Which dialect it tolerates.
    pub profile: String,
    /// A disabled directory answers 403.
    pub enabled: bool,
    /// What else is set of it.
    pub settings: DirectorySettings,
}

/// A directory token as it is listed; the secret is not kept.
#[derive(Debug, Clone)]
pub struct DirectoryTokenRow {
    /// Its id in lists.
    pub id: TokenId,
    /// What it was made for.
    pub label: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// When it was last used, within a minute.
    pub used: Option<DateTime<Utc>>,
}

/// What [`read`] reads, of a directory `d`.
const COLUMNS: &str = "d.src, d.id, d.key, d.profile, d.enabled, d.settings";
/// Where further columns begin.
const NEXT: usize = 6;

fn read(row: &Row) -> Result<DirectoryRow, StoreError> {
    Ok(DirectoryRow {
        src: SourceNo(row.int(0)?),
        id: DirectoryId(row.key(1)?),
        key: row.text(2)?,
        profile: row.text(3)?,
        enabled: row.bool(4)?,
        settings: serde_json::from_str(&row.text(5)?).map_err(|_| StoreError::Malformed("directory"))?,
    })
}

fn text(settings: DirectorySettings) -> Result<String, StoreError> {
    serde_json::to_string(&settings).map_err(|_| StoreError::Malformed("directory"))
}

/// All directories of the organization, by key.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<DirectoryRow>, StoreError> {
    let org = tx.org;
    let rows =
        tx.conn.all(format!("SELECT {COLUMNS} FROM directory d WHERE d.org = $1 ORDER BY d.key"), args![org]).await?;
    rows.iter().map(read).collect()
}

/// One directory, by number.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, src: SourceNo) -> Result<Option<DirectoryRow>, StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one(format!("SELECT {COLUMNS} FROM directory d WHERE d.org = $1 AND d.src = $2"), args![org, src])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Adds a directory; its number.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    id: DirectoryId,
    key: &str,
    profile: &str,
    settings: DirectorySettings,
    now: DateTime<Utc>,
) -> Result<SourceNo, StoreError> {
    let org = tx.org;
    let src = SourceNo(numbers::draw(tx, "source").await?);
    tx.conn
        .exec(
            "INSERT INTO directory (org, src, id, key, profile, enabled, settings, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![org, src, id, key, profile, true, text(settings)?, now],
        )
        .await?;
    standing::moved(tx).await?;
    Ok(src)
}

/// Writes what may change of a directory.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, directory: &DirectoryRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "UPDATE directory SET profile = $3, enabled = $4, settings = $5 WHERE org = $1 AND src = $2",
            args![org, directory.src, &directory.profile, directory.enabled, text(directory.settings)?],
        )
        .await?;
    standing::moved(tx).await
}

/// Adds a token.
///
/// # Errors
/// When the database fails.
pub async fn insert_token(
    tx: &mut Tx,
    src: SourceNo,
    hash: TokenHash,
    token: &DirectoryTokenRow,
) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO directory_token (org, hash, src, id, label, created, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            args![org, hash, src, token.id, &token.label, token.created, token.until],
        )
        .await?;
    Ok(())
}

/// The tokens of a directory that an admin made, oldest first; what its OAuth clients were given is not listed.
///
/// # Errors
/// When the database fails.
pub async fn tokens(tx: &mut Tx, src: SourceNo) -> Result<Vec<DirectoryTokenRow>, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all(
            "SELECT id, label, created, until, used FROM directory_token \
             WHERE org = $1 AND src = $2 AND client IS NULL ORDER BY id",
            args![org, src],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(DirectoryTokenRow {
                id: TokenId(row.key(0)?),
                label: row.text(1)?,
                created: row.time(2)?,
                until: row.opt_time(3)?,
                used: row.opt_time(4)?,
            })
        })
        .collect()
}

/// Sets when a token that an admin made ends; whether it was there.
///
/// # Errors
/// When the database fails.
pub async fn end_token(tx: &mut Tx, src: SourceNo, id: TokenId, until: DateTime<Utc>) -> Result<bool, StoreError> {
    let org = tx.org;
    let sql = "UPDATE directory_token SET until = $4 WHERE org = $1 AND src = $2 AND id = $3 AND client IS NULL";
    let n = tx.conn.exec(sql, args![org, src, id, until]).await?;
    standing::moved(tx).await?;
    Ok(n > 0)
}

/// Takes a token away; whether it was there.
///
/// # Errors
/// When the database fails.
pub async fn delete_token(tx: &mut Tx, src: SourceNo, id: TokenId) -> Result<bool, StoreError> {
    let org = tx.org;
    let n = tx
        .conn
        .exec("DELETE FROM directory_token WHERE org = $1 AND src = $2 AND id = $3", args![org, src, id])
        .await?;
    standing::moved(tx).await?;
    Ok(n > 0)
}

/// Notes that a token was used. Callers do so once a minute at most, never inside another unit.
///
/// # Errors
/// When the database fails.
pub async fn touch_token(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("UPDATE directory_token SET used = $3 WHERE org = $1 AND hash = $2", args![org, hash, now]).await?;
    Ok(())
}

/// Whose token it is.
#[derive(Debug, Clone)]
pub struct TokenOwner {
    /// The directory.
    pub directory: DirectoryRow,
    /// The token, as it is listed.
    pub token: TokenId,
    /// What the admin calls it.
    pub label: String,
    /// The OAuth client that it was given to, if it was.
    pub client: Option<DirectoryClientId>,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// When it was last noted as used.
    pub used: Option<DateTime<Utc>>,
    /// How the organization's facts stand ([`standing::Standing::facts`]).
    pub facts: i64,
    /// How often the organization has changed its own schemas; 0 where it never had any.
    pub schemas: i64,
}

impl Store {
    /// The directory that this token belongs to, with when the token was last noted as used: one index hit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory_by_token(
        &self,
        org: OrgNo,
        hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<TokenOwner>, StoreError> {
        self.read(org, async move |tx| {
            let row = tx
                .conn
                .one(
                    format!(
                        "SELECT {COLUMNS}, t.id, t.label, t.client, t.until, t.used, \
                         (SELECT g.facts FROM guard g WHERE g.org = t.org), \
                         (SELECT g.schemas FROM guard g WHERE g.org = t.org) FROM directory_token t \
                         JOIN directory d ON d.org = t.org AND d.src = t.src \
                         WHERE t.org = $1 AND t.hash = $2 AND (t.until IS NULL OR t.until > $3)"
                    ),
                    args![org, hash, now],
                )
                .await?;
            let owner = |row: Row| {
                let (token, label) = (TokenId(row.key(NEXT)?), row.text(NEXT + 1)?);
                let (client, until) = (row.opt_key(NEXT + 2)?.map(DirectoryClientId), row.opt_time(NEXT + 3)?);
                let (used, facts) = (row.opt_time(NEXT + 4)?, row.opt_int(NEXT + 5)?.unwrap_or(0));
                let schemas = row.opt_int(NEXT + 6)?.unwrap_or(0);
                Ok(TokenOwner { directory: read(&row)?, token, label, client, until, used, facts, schemas })
            };
            row.map(owner).transpose()
        })
        .await
    }
}
