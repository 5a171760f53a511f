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

/// An organization that follows a definition.
#[derive(Debug, Clone)]
pub struct Follower {
    org: OrgNo,
    /// What it is called.
    pub slug: String,
}

impl Follower {
    /// Does something in this organization, inside a unit of the installation. The one way to walk over organizations in a
    /// unit: a definition is the installation's, and no follower may be read under the old one.
    pub async fn within<T>(&self, tx: &mut Tx, work: impl AsyncFnOnce(&mut Tx) -> T) -> T {
        let installation = std::mem::replace(&mut tx.org, self.org);
        let outcome = work(tx).await;
        tx.org = installation;
        outcome
    }
}

/// Adopts a panel definition: the next version of it. Everybody of the organizations that follow it is marked in the same
/// unit (law 6); these organizations, by number.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, key: &str, source: &str, now: DateTime<Utc>) -> Result<Vec<Follower>, StoreError> {
    tx.conn
        .exec(
            "INSERT INTO panel (key, version, source, adopted) VALUES ($1, 1, $2, $3) ON CONFLICT (key) \
             DO UPDATE SET version = panel.version + 1, source = excluded.source, adopted = excluded.adopted",
            args![key, source, now],
        )
        .await?;
    let rows = tx.conn.all("SELECT org, slug FROM organization WHERE panel = $1 ORDER BY org", args![key]).await?;
    let followers: Vec<_> = rows
        .iter()
        .map(|row| Ok(Follower { org: OrgNo(row.int(0)?), slug: row.text(1)? }))
        .collect::<Result<_, StoreError>>()?;
    // All guards are held before the first mark is numbered: who has a number waits for no guard.
    for follower in &followers {
        follower.within(tx, async |tx| standing::moved(tx).await).await?;
    }
    for follower in &followers {
        follower.within(tx, async |tx| access::mark_all(tx, now).await).await?;
    }
    Ok(followers)
}

/// The text of a panel definition, inside a unit of work.
///
/// # Errors
/// When the database fails.
pub async fn source(tx: &mut Tx, key: &str) -> Result<Option<String>, StoreError> {
    let row = tx.conn.one("SELECT source FROM panel WHERE key = $1", args![key]).await?;
    row.map(|row| row.text(0)).transpose()
}
