//! Panel definitions, as text. They belong to the installation.

use super::engine::args;
use super::{Done, Store, StoreError, Tx, access, standing};
use crate::base::ids::OrgNo;
use chrono::{DateTime, Utc};

impl Store {
    /// A panel definition: its version and text.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn panel(&self, key: &str) -> Result<Option<(i64, String)>, StoreError> {
        let key = key.to_owned();
        self.read(OrgNo(0), async move |tx| {
            let row = tx.conn.one("SELECT version, source FROM panel WHERE key = $1", args![key.as_str()]).await?;
            row.map(|row| Ok((row.int(0)?, row.text(1)?))).transpose()
        })
        .await
    }

    /// Adopts a panel definition: the next version of it. Everybody of the organizations that follow it is marked in the
    /// same unit (law 6).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_panel(&self, key: &str, source: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (key, source) = (key.to_owned(), source.to_owned());
        self.write(OrgNo(0), async move |tx| {
            tx.conn
                .exec(
                    "INSERT INTO panel (key, version, source, adopted) VALUES ($1, 1, $2, $3) ON CONFLICT (key) \
                     DO UPDATE SET version = panel.version + 1, source = excluded.source, adopted = excluded.adopted",
                    args![key.as_str(), source.as_str(), now],
                )
                .await?;
            mark_followers(tx, &key, now).await?;
            Ok(Done::of(()))
        })
        .await
    }

    /// Keeps a shipped definition where none of that key is there yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seed_panel(&self, key: &str, source: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (key, source) = (key.to_owned(), source.to_owned());
        self.write(OrgNo(0), async move |tx| {
            tx.conn
                .exec(
                    "INSERT INTO panel (key, version, source, adopted) VALUES ($1, 1, $2, $3) ON CONFLICT DO NOTHING",
                    args![key.as_str(), source.as_str(), now],
                )
                .await?;
            Ok(Done::of(()))
        })
        .await
    }
}

/// Marks everybody of every organization that follows this panel. The one place that walks over organizations inside a
/// unit: a definition is the installation's, and no follower may be read under the old one.
async fn mark_followers(tx: &mut Tx, key: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = tx.conn.all("SELECT org FROM organization WHERE panel = $1 ORDER BY org", args![key]).await?;
    let installation = tx.org;
    for row in &rows {
        tx.org = OrgNo(row.int(0)?);
        standing::moved(tx).await?;
        access::mark_all(tx, now).await?;
    }
    tx.org = installation;
    Ok(())
}

/// The text of a panel definition, inside a unit of work.
///
/// # Errors
/// When the database fails.
pub async fn source(tx: &mut Tx, key: &str) -> Result<Option<String>, StoreError> {
    let row = tx.conn.one("SELECT source FROM panel WHERE key = $1", args![key]).await?;
    row.map(|row| row.text(0)).transpose()
}
