//! The installation's signing keys: public half in clear, private half sealed.

use super::engine::{Row, args};
use super::{StoreError, Tx};
use chrono::{DateTime, Utc};

/// A signing key as it is kept.
#[derive(Debug, Clone)]
pub struct SigningKeyRow {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// What it signs with (`ES256`).
    pub alg: String,
    /// The public JWK (JSON).
    pub public: String,
    /// The sealed private key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Since when it signs no more; it is published until it is taken away.
    pub retired: Option<DateTime<Utc>>,
}

fn read(row: &Row) -> Result<SigningKeyRow, StoreError> {
    Ok(SigningKeyRow {
        kid: row.text(0)?,
        alg: row.text(1)?,
        public: row.text(2)?,
        sealed: row.blob(3)?,
        created: row.time(4)?,
        retired: row.opt_time(5)?,
    })
}

/// All keys, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<SigningKeyRow>, StoreError> {
    let sql = "SELECT kid, alg, public, sealed, created, retired FROM signing_key ORDER BY created DESC, kid";
    tx.conn.all(sql, args![]).await?.iter().map(read).collect()
}

/// Keeps a key where none signs with its algorithm yet, and gives all keys. Instances that start at once agree.
///
/// # Errors
/// When the database fails.
pub async fn first(tx: &mut Tx, new: &SigningKeyRow) -> Result<Vec<SigningKeyRow>, StoreError> {
    // Any row that is always there will do: it makes those who start at once wait for each other.
    tx.conn.all("SELECT next FROM number WHERE kind = 'mark' FOR NO KEY UPDATE", args![]).await?;
    let known = list(tx).await?;
    if known.iter().any(|key| key.alg == new.alg && key.retired.is_none()) {
        return Ok(known);
    }
    insert(tx, new).await?;
    list(tx).await
}

/// Keeps a key.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, new: &SigningKeyRow) -> Result<(), StoreError> {
    tx.conn
        .exec(
            "INSERT INTO signing_key (kid, alg, public, sealed, created, retired) VALUES ($1, $2, $3, $4, $5, $6)",
            args![&new.kid, &new.alg, &new.public, new.sealed.clone(), new.created, new.retired],
        )
        .await?;
    Ok(())
}
