//! OAuth clients of directories, with their secrets and the assertions that they have used.

use super::directories::DirectoryTokenRow;
use super::engine::{Row, args};
use super::{StoreError, Tx, standing};
use crate::base::ids::{DirectoryClientId, SourceNo};
use crate::base::token::TokenHash;
use crate::domain::directory_client::ClientMethod;
use chrono::{DateTime, Utc};

/// A client as it is kept.
#[derive(Debug, Clone)]
pub struct DirectoryClientRow {
    /// Its id.
    pub id: DirectoryClientId,
    /// The directory that its tokens are for.
    pub src: SourceNo,
    /// What the admin calls it.
    pub key: String,
    /// What it proves itself by.
    pub method: ClientMethod,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it last got a token.
    pub used: Option<DateTime<Utc>>,
}

/// A secret of a client.
#[derive(Debug, Clone)]
pub struct SecretRow {
    /// Its keyed hash.
    pub hash: TokenHash,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends: set where it has a successor.
    pub until: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, src, key, method, created, used";

fn read(row: &Row) -> Result<DirectoryClientRow, StoreError> {
    Ok(DirectoryClientRow {
        id: DirectoryClientId(row.key(0)?),
        src: SourceNo(row.int(1)?),
        key: row.text(2)?,
        method: serde_json::from_str(&row.text(3)?).map_err(|_| StoreError::Malformed("directory client"))?,
        created: row.time(4)?,
        used: row.opt_time(5)?,
    })
}

fn kept(method: &ClientMethod) -> Result<String, StoreError> {
    serde_json::to_string(method).map_err(|_| StoreError::Malformed("directory client"))
}

/// The clients of a directory, by key.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, src: SourceNo) -> Result<Vec<DirectoryClientRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM directory_client WHERE org = $1 AND src = $2 ORDER BY key");
    tx.conn.all(sql, args![org, src]).await?.iter().map(read).collect()
}

/// One client.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: DirectoryClientId) -> Result<Option<DirectoryClientRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM directory_client WHERE org = $1 AND id = $2");
    tx.conn.one(sql, args![org, id]).await?.as_ref().map(read).transpose()
}

/// Adds a client.
///
/// # Errors
/// [`StoreError::Taken`] when the directory has another of this key.
pub async fn insert(tx: &mut Tx, client: &DirectoryClientRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO directory_client (org, id, src, key, method, created) VALUES ($1, $2, $3, $4, $5, $6)",
            args![org, client.id, client.src, &client.key, kept(&client.method)?, client.created],
        )
        .await?;
    Ok(())
}

/// Writes what a client proves itself by; what it was given before ends.
///
/// # Errors
/// When the database fails.
pub async fn set_method(tx: &mut Tx, id: DirectoryClientId, method: &ClientMethod) -> Result<(), StoreError> {
    let org = tx.org;
    let sql = "UPDATE directory_client SET method = $3 WHERE org = $1 AND id = $2";
    tx.conn.exec(sql, args![org, id, kept(method)?]).await?;
    tx.conn.exec("DELETE FROM directory_client_secret WHERE org = $1 AND client = $2", args![org, id]).await?;
    end_tokens(tx, id).await
}

/// Takes a client of this directory away, with its secrets and tokens; whether it was there. The used assertions stay
/// until they end.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, src: SourceNo, id: DirectoryClientId) -> Result<bool, StoreError> {
    let org = tx.org;
    // The client's row first: whoever is giving it a token holds the row, and is waited for.
    let sql = "DELETE FROM directory_client WHERE org = $1 AND src = $2 AND id = $3";
    if tx.conn.exec(sql, args![org, src, id]).await? == 0 {
        return Ok(false);
    }
    tx.conn.exec("DELETE FROM directory_client_secret WHERE org = $1 AND client = $2", args![org, id]).await?;
    end_tokens(tx, id).await?;
    Ok(true)
}

/// Ends every token that a client was given.
///
/// # Errors
/// When the database fails.
pub async fn end_tokens(tx: &mut Tx, id: DirectoryClientId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM directory_token WHERE org = $1 AND client = $2", args![org, id]).await?;
    standing::moved(tx).await
}

/// The secrets of a client, newest first.
///
/// # Errors
/// When the database fails.
pub async fn secrets(tx: &mut Tx, id: DirectoryClientId) -> Result<Vec<SecretRow>, StoreError> {
    let org = tx.org;
    let sql = "SELECT hash, created, until FROM directory_client_secret WHERE org = $1 AND client = $2 \
               ORDER BY created DESC, hash";
    let rows = tx.conn.all(sql, args![org, id]).await?;
    let secret =
        |row: &Row| Ok(SecretRow { hash: TokenHash(row.key(0)?), created: row.time(1)?, until: row.opt_time(2)? });
    rows.iter().map(secret).collect()
}

/// Adds a secret of a client.
///
/// # Errors
/// When the database fails.
pub async fn insert_secret(tx: &mut Tx, id: DirectoryClientId, secret: &SecretRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO directory_client_secret (org, client, hash, created, until) VALUES ($1, $2, $3, $4, $5)",
            args![org, id, secret.hash, secret.created, secret.until],
        )
        .await?;
    Ok(())
}

/// Says when a secret of a client ends; one that would end at once is taken away.
///
/// # Errors
/// When the database fails.
pub async fn end_secret(
    tx: &mut Tx,
    id: DirectoryClientId,
    hash: TokenHash,
    until: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let org = tx.org;
    match until {
        Some(until) => {
            let sql = "UPDATE directory_client_secret SET until = $4 WHERE org = $1 AND client = $2 AND hash = $3";
            tx.conn.exec(sql, args![org, id, hash, until]).await?;
        }
        None => {
            let sql = "DELETE FROM directory_client_secret WHERE org = $1 AND client = $2 AND hash = $3";
            tx.conn.exec(sql, args![org, id, hash]).await?;
        }
    }
    standing::moved(tx).await
}

/// Holds a client's row until the unit ends, and notes when it gets a token; whether it is still there.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx, id: DirectoryClientId, used: Option<DateTime<Utc>>) -> Result<bool, StoreError> {
    let org = tx.org;
    let sql = "UPDATE directory_client SET used = coalesce($3, used) WHERE org = $1 AND id = $2";
    Ok(tx.conn.exec(sql, args![org, id, used]).await? > 0)
}

/// Whether a client has this token, and it has not ended.
///
/// # Errors
/// When the database fails.
pub async fn has_token(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let org = tx.org;
    let sql = "SELECT id FROM directory_token WHERE org = $1 AND hash = $2 AND until > $3";
    Ok(tx.conn.one(sql, args![org, hash, now]).await?.is_some())
}

/// Keeps the token that a client is given; whether it was new.
///
/// # Errors
/// When the database fails.
pub async fn insert_token(
    tx: &mut Tx,
    client: &DirectoryClientRow,
    hash: TokenHash,
    token: &DirectoryTokenRow,
) -> Result<bool, StoreError> {
    let org = tx.org;
    let added = tx
        .conn
        .exec(
            "INSERT INTO directory_token (org, hash, src, id, label, created, until, client) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            args![org, hash, client.src, token.id, &token.label, token.created, token.until, client.id],
        )
        .await?;
    Ok(added > 0)
}

/// Notes that a client has used an assertion; whether this was the first time (RFC 7523 §3, `jti`).
///
/// # Errors
/// When the database fails.
pub async fn use_assertion(
    tx: &mut Tx,
    id: DirectoryClientId,
    jti: &str,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let org = tx.org;
    let added = tx
        .conn
        .exec(
            "INSERT INTO directory_assertion (org, client, jti, until) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            args![org, id, jti, until],
        )
        .await?;
    Ok(added > 0)
}
