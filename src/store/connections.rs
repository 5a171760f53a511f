//! Connections: an organization's login set-ups.

use super::engine::{Row, args};
use super::{StoreError, Tx, numbers, standing};
use crate::base::ids::{ConnectionId, SourceNo};
use chrono::{DateTime, Utc};

/// A connection as it is kept.
#[derive(Debug, Clone)]
pub struct ConnectionRow {
    /// Its number.
    pub src: SourceNo,
    /// Its public id.
    pub id: ConnectionId,
    /// What the organization calls it.
    pub key: String,
    /// `saml` or `oidc`.
    pub kind: String,
    /// A disabled connection signs nobody in.
    pub enabled: bool,
    /// Its settings, as `domain::connection` writes them (JSON).
    pub settings: String,
    /// The sealed client secret, for OpenID.
    pub secret: Option<Vec<u8>>,
}

const COLUMNS: &str = "c.src, c.id, c.key, c.kind, c.enabled, c.settings, c.secret";

fn read(row: &Row) -> Result<ConnectionRow, StoreError> {
    Ok(ConnectionRow {
        src: SourceNo(row.int(0)?),
        id: ConnectionId(row.key(1)?),
        key: row.text(2)?,
        kind: row.text(3)?,
        enabled: row.bool(4)?,
        settings: row.text(5)?,
        secret: row.opt_blob(6)?,
    })
}

/// All connections of the organization, by key.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<ConnectionRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM connection c WHERE c.org = $1 ORDER BY c.key");
    tx.conn.all(sql, args![org]).await?.iter().map(read).collect()
}

/// One connection, by number.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, src: SourceNo) -> Result<Option<ConnectionRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM connection c WHERE c.org = $1 AND c.src = $2");
    tx.conn.one(sql, args![org, src]).await?.as_ref().map(read).transpose()
}

/// Adds a connection; its number is drawn now, whatever stands in the row.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, new: &ConnectionRow, now: DateTime<Utc>) -> Result<SourceNo, StoreError> {
    let org = tx.org;
    let src = SourceNo(numbers::draw(tx, "source").await?);
    tx.conn
        .exec(
            "INSERT INTO connection (org, src, id, key, kind, enabled, settings, secret, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![org, src, new.id, &new.key, &new.kind, new.enabled, &new.settings, new.secret.clone(), now],
        )
        .await?;
    standing::moved(tx).await?;
    Ok(src)
}

/// Writes what may change of a connection.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, connection: &ConnectionRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "UPDATE connection SET enabled = $3, settings = $4, secret = $5 WHERE org = $1 AND src = $2",
            args![org, connection.src, connection.enabled, &connection.settings, connection.secret.clone()],
        )
        .await?;
    standing::moved(tx).await
}

/// The domains that are assigned to connections: (domain, connection).
///
/// # Errors
/// When the database fails.
pub async fn assigned_domains(tx: &mut Tx) -> Result<Vec<(String, SourceNo)>, StoreError> {
    let org = tx.org;
    let rows =
        tx.conn.all("SELECT name, src FROM connection_domain WHERE org = $1 ORDER BY name, src", args![org]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, SourceNo(row.int(1)?)))).collect()
}

/// Assigns exactly these domains to a connection.
///
/// # Errors
/// When the database fails.
pub async fn assign_domains(tx: &mut Tx, src: SourceNo, domains: &[String]) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM connection_domain WHERE org = $1 AND src = $2", args![org, src]).await?;
    for domain in domains {
        tx.conn
            .exec("INSERT INTO connection_domain (org, name, src) VALUES ($1, $2, $3)", args![org, domain, src])
            .await?;
    }
    Ok(())
}
