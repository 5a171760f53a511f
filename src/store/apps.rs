//! Panel apps: OAuth clients of our OpenID Provider. They belong to the vendor and serve every organization.

use super::engine::{Row, args};
use super::{Done, Record, Store, StoreError};
use crate::base::ids::{AppId, OrgNo};
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// Apps belong to no organization.
const NOBODY: OrgNo = OrgNo(0);

/// A panel app as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRow {
    /// Its id, whose text is the `client_id`.
    pub id: AppId,
    /// What the operator calls it.
    pub key: String,
    /// The hash of its client secret.
    pub secret: TokenHash,
    /// Where it may be answered (RFC 6749 §3.1.2): exact texts.
    pub redirect_uris: Vec<String>,
    /// Everything else, a JSON object: `backchannel_logout_uri`.
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

impl Store {
    /// The app of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn app(&self, id: AppId) -> Result<Option<AppRow>, StoreError> {
        self.read(NOBODY, async move |tx| {
            let sql = format!("SELECT {COLUMNS} FROM app WHERE id = $1");
            tx.conn.one(sql, args![id]).await?.as_ref().map(read).transpose()
        })
        .await
    }

    /// The app of this key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn app_by_key(&self, key: &str) -> Result<Option<AppRow>, StoreError> {
        let key = key.to_owned();
        self.read(NOBODY, async move |tx| {
            let sql = format!("SELECT {COLUMNS} FROM app WHERE key = $1");
            tx.conn.one(sql, args![key.as_str()]).await?.as_ref().map(read).transpose()
        })
        .await
    }

    /// All apps, by key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn apps(&self) -> Result<Vec<AppRow>, StoreError> {
        self.read(NOBODY, async |tx| {
            let sql = format!("SELECT {COLUMNS} FROM app ORDER BY key");
            tx.conn.all(sql, &[]).await?.iter().map(read).collect()
        })
        .await
    }

    /// Adds an app; its event is kept under the number of no organization, which is the installation's.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the key is taken.
    pub async fn insert_app(&self, app: &AppRow, now: DateTime<Utc>, told: Record) -> Result<(), StoreError> {
        let app = app.clone();
        self.write(NOBODY, async move |tx| {
            tx.conn
                .exec(
                    "INSERT INTO app (id, key, secret, redirect_uris, settings, created) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                    args![app.id, &app.key, app.secret, uris(&app), &app.settings, now],
                )
                .await?;
            Ok(Done::of(()).and(told.clone()))
        })
        .await
    }

    /// Writes what may change of an app.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_app(&self, app: &AppRow, told: Record) -> Result<(), StoreError> {
        let app = app.clone();
        self.write(NOBODY, async move |tx| {
            tx.conn
                .exec(
                    "UPDATE app SET secret = $2, redirect_uris = $3, settings = $4 WHERE id = $1",
                    args![app.id, app.secret, uris(&app), &app.settings],
                )
                .await?;
            Ok(Done::of(()).and(told.clone()))
        })
        .await
    }
}
