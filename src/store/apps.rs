//! Panel apps: OAuth clients of ours. They belong to the vendor and serve every organization.

use super::engine::{Row, args};
use super::{StoreError, Tx};
use crate::base::ids::AppId;
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// A panel app as it is kept.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// Its id, which is its `client_id`.
    pub id: AppId,
    /// What the operator calls it.
    pub key: String,
    /// The keyed hash of its client secret.
    pub secret: TokenHash,
    /// Where codes may be sent, byte for byte.
    pub redirect_uris: Vec<String>,
    /// Everything else about it, a JSON object.
    pub settings: String,
}

const COLUMNS: &str = "id, key, secret, redirect_uris, settings";

fn read(row: &Row) -> Result<AppRow, StoreError> {
    Ok(AppRow {
        id: AppId(row.key(0)?),
        key: row.text(1)?,
        secret: TokenHash(row.key(2)?),
        redirect_uris: serde_json::from_str(&row.text(3)?).map_err(|_| StoreError::Malformed("redirect_uris"))?,
        settings: row.text(4)?,
    })
}

fn uris(app: &AppRow) -> String {
    serde_json::Value::from(app.redirect_uris.clone()).to_string()
}

/// The app with this key.
///
/// # Errors
/// When the database fails.
pub async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<AppRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM app WHERE key = $1");
    tx.conn.one(sql, args![key]).await?.as_ref().map(read).transpose()
}

/// The app with this id.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: AppId) -> Result<Option<AppRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM app WHERE id = $1");
    tx.conn.one(sql, args![id]).await?.as_ref().map(read).transpose()
}

/// All apps, by key.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<AppRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM app ORDER BY key");
    tx.conn.all(sql, args![]).await?.iter().map(read).collect()
}

/// Adds an app.
///
/// # Errors
/// [`StoreError::Taken`] when the key is taken.
pub async fn insert(tx: &mut Tx, app: &AppRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.conn
        .exec(
            "INSERT INTO app (id, key, secret, redirect_uris, settings, created) VALUES ($1, $2, $3, $4, $5, $6)",
            args![app.id, &app.key, app.secret, uris(app), &app.settings, now],
        )
        .await?;
    Ok(())
}

/// Writes what may change of an app.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, app: &AppRow) -> Result<(), StoreError> {
    tx.conn
        .exec(
            "UPDATE app SET secret = $2, redirect_uris = $3, settings = $4 WHERE id = $1",
            args![app.id, app.secret, uris(app), &app.settings],
        )
        .await?;
    Ok(())
}
