//! What was set aside: links and manual grants of a person behind whom a directory may have put another human. Nothing
//! of it is usable until an admin gives it back.

use super::engine::args;
use super::people;
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, SourceNo};
use chrono::{DateTime, Utc};

const LINK: i64 = 1;
const GRANT: i64 = 2;

/// How much is set aside of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aside {
    /// Links to subjects of connections.
    pub links: u64,
    /// Manual grants.
    pub grants: u64,
}

impl Aside {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links == 0 && self.grants == 0
    }
}

/// What became of that which was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GivenBack {
    /// Links that hold again.
    pub links: u64,
    /// Grants that hold again.
    pub grants: u64,
    /// Links that are gone, since the person has another one at that connection by now.
    pub outdated_links: u64,
}

/// Sets a person's links and manual grants aside; how much that was. Hold the person first.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, person: PersonId, now: DateTime<Utc>) -> Result<Aside, StoreError> {
    let org = tx.org;
    let links = people::links(tx, person).await?;
    let grants = people::manual_grants(tx, person).await?;
    let put = Aside { links: links.len() as u64, grants: grants.len() as u64 };
    if put.is_empty() {
        return Ok(put);
    }
    let row = tx.conn.one("SELECT max(seq) FROM aside WHERE org = $1 AND person = $2", args![org, person]).await?;
    let mut seq = row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0);
    for (con, subject) in links {
        seq += 1;
        let sql = "INSERT INTO aside (org, person, seq, kind, con, subject, since) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        tx.conn.exec(sql, args![org, person, seq, LINK, con, subject, now]).await?;
    }
    for (body, until) in grants {
        seq += 1;
        let sql = "INSERT INTO aside (org, person, seq, kind, body, until, since) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        tx.conn.exec(sql, args![org, person, seq, GRANT, body, until, now]).await?;
    }
    people::drop_links(tx, person).await?;
    people::set_manual_grants(tx, person, &[]).await?;
    Ok(put)
}

/// How much is set aside of a person.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, person: PersonId) -> Result<Aside, StoreError> {
    let org = tx.org;
    let sql = "SELECT kind, count(*) FROM aside WHERE org = $1 AND person = $2 GROUP BY kind";
    let mut found = Aside::default();
    for row in tx.conn.all(sql, args![org, person]).await? {
        let n = u64::try_from(row.int(1)?).unwrap_or(0);
        if row.int(0)? == LINK { found.links = n } else { found.grants = n }
    }
    Ok(found)
}

/// The people of whom something is set aside, by id, after `after`.
///
/// # Errors
/// When the database fails.
pub async fn people(tx: &mut Tx, after: Option<PersonId>, limit: i64) -> Result<Vec<PersonId>, StoreError> {
    let org = tx.org;
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let sql = "SELECT DISTINCT person FROM aside WHERE org = $1 AND person > $2 ORDER BY person LIMIT $3";
    tx.conn.all(sql, args![org, after, limit]).await?.iter().map(|row| Ok(PersonId(row.key(0)?))).collect()
}

/// Whether the link of this subject waits for an admin: nobody signs in with it, not even as somebody new.
///
/// # Errors
/// When the database fails.
pub async fn waits(tx: &mut Tx, con: SourceNo, subject: &str) -> Result<bool, StoreError> {
    let org = tx.org;
    let sql = "SELECT person FROM aside WHERE org = $1 AND con = $2 AND subject = $3 AND kind = 1 LIMIT 1";
    Ok(tx.conn.one(sql, args![org, con, subject]).await?.is_some())
}

/// Gives everything back to a person; what they got in the meantime stays beside it. A link to a connection that they
/// are linked to by now is not given back. Hold the person first.
///
/// # Errors
/// When the database fails.
pub async fn give_back(tx: &mut Tx, person: PersonId, now: DateTime<Utc>) -> Result<GivenBack, StoreError> {
    let org = tx.org;
    let sql = "SELECT kind, con, subject, body, until FROM aside WHERE org = $1 AND person = $2 ORDER BY seq";
    let rows = tx.conn.all(sql, args![org, person]).await?;
    let linked: Vec<SourceNo> = people::links(tx, person).await?.into_iter().map(|(con, _)| con).collect();
    let mut done = GivenBack::default();
    for row in rows {
        if row.int(0)? == LINK {
            let con = SourceNo(row.int(1)?);
            let subject = row.text(2)?;
            if linked.contains(&con) || people::linked(tx, con, &subject).await?.is_some() {
                done.outdated_links += 1;
            } else {
                people::link(tx, con, &subject, person, now).await?;
                done.links += 1;
            }
        } else {
            let sql = "INSERT INTO manual_grant (org, person, seq, body, until) SELECT $1, $2, COALESCE(max(seq), 0) + 1, \
                       $3, CAST($4 AS BIGINT) FROM manual_grant WHERE org = $1 AND person = $2";
            tx.conn.exec(sql, args![org, person, row.text(3)?, row.opt_time(4)?]).await?;
            done.grants += 1;
        }
    }
    discard(tx, person).await?;
    Ok(done)
}

/// Throws everything away that is set aside of a person.
///
/// # Errors
/// When the database fails.
pub async fn discard(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM aside WHERE org = $1 AND person = $2", args![org, person]).await?;
    Ok(())
}
