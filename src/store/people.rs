//! People: who holds credentials, access, seat and lock. Their epoch is what makes law 5 hold.

use super::engine::{Row, args, vals};
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, ResourceId, SourceNo};
use chrono::{DateTime, Utc};

/// A person as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The person's id.
    pub id: PersonId,
    /// How the person came to be, as `domain::person::Origin` writes it.
    pub origin: String,
    /// `active`, `inactive` (the IdP says so) or `deleted`.
    pub state: String,
    /// Locked here, by an admin.
    pub locked: bool,
    /// Moved by whatever ends all credentials; each credential carries the epoch it was made under.
    pub epoch: i64,
    /// The folded e-mail, for look-ups.
    pub key: Option<String>,
    /// The e-mail as it came.
    pub email: Option<String>,
    /// The name to show.
    pub name: String,
    /// Given name.
    pub given: Option<String>,
    /// Family name.
    pub family: Option<String>,
}

/// The state of a person that may sign in.
pub const ACTIVE: &str = "active";
/// The state of a person that the IdP deactivated.
pub const INACTIVE: &str = "inactive";
/// The state of a person that the IdP deleted.
pub const DELETED: &str = "deleted";

impl PersonRow {
    /// Whether the person may hold credentials at all: active for the IdP and not locked here.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.state == ACTIVE && !self.locked
    }
}

pub(super) const COLUMNS: &str =
    "p.id, p.origin, p.state, p.locked, p.epoch, p.key, p.email, p.name, p.given, p.family";

pub(super) fn read(row: &Row) -> Result<PersonRow, StoreError> {
    read_from(row, 0)
}

/// Reads a person from the columns that begin at `at`.
pub(super) fn read_from(row: &Row, at: usize) -> Result<PersonRow, StoreError> {
    Ok(PersonRow {
        id: PersonId(row.key(at)?),
        origin: row.text(at + 1)?,
        state: row.text(at + 2)?,
        locked: row.bool(at + 3)?,
        epoch: row.int(at + 4)?,
        key: row.opt_text(at + 5)?,
        email: row.opt_text(at + 6)?,
        name: row.text(at + 7)?,
        given: row.opt_text(at + 8)?,
        family: row.opt_text(at + 9)?,
    })
}

/// One person.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM person p WHERE p.org = $1 AND p.id = $2");
    tx.conn.one(sql, args![org, id]).await?.as_ref().map(read).transpose()
}

/// One person, held until the unit ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM person p WHERE p.org = $1 AND p.id = $2 FOR NO KEY UPDATE");
    tx.conn.one(sql, args![org, id]).await?.as_ref().map(read).transpose()
}

/// The people with this folded e-mail, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn by_key(tx: &mut Tx, key: &str) -> Result<Vec<PersonRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM person p WHERE p.org = $1 AND p.key = $2 ORDER BY p.id LIMIT 16");
    tx.conn.all(sql, args![org, key]).await?.iter().map(read).collect()
}

/// People by id, after `after`: a page for lists and jobs.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, after: Option<PersonId>, limit: i64) -> Result<Vec<PersonRow>, StoreError> {
    let org = tx.org;
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let sql = format!("SELECT {COLUMNS} FROM person p WHERE p.org = $1 AND p.id > $2 ORDER BY p.id LIMIT $3");
    tx.conn.all(sql, args![org, after, limit]).await?.iter().map(read).collect()
}

/// The owner of the organization.
///
/// # Errors
/// When the database fails.
pub async fn owner(tx: &mut Tx) -> Result<Option<PersonRow>, StoreError> {
    let org = tx.org;
    let sql = format!("SELECT {COLUMNS} FROM person p WHERE p.org = $1 AND p.origin = 'owner' LIMIT 1");
    tx.conn.one(sql, args![org]).await?.as_ref().map(read).transpose()
}

/// Adds a person.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, new: &PersonRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .later(
            "person",
            "INSERT INTO person (org, id, origin, state, locked, epoch, key, email, name, given, family, created, modified) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
            vals![
                org,
                new.id,
                &new.origin,
                &new.state,
                new.locked,
                new.epoch,
                new.key.clone(),
                new.email.clone(),
                &new.name,
                new.given.clone(),
                new.family.clone(),
                now
            ],
        )
        .await
}

/// Writes a person back. Hold the person first ([`lock`]).
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, person: &PersonRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .later(
            "person",
            "UPDATE person SET origin = $3, state = $4, locked = $5, epoch = $6, key = $7, email = $8, name = $9, \
             given = $10, family = $11, modified = $12 WHERE org = $1 AND id = $2",
            vals![
                org,
                person.id,
                &person.origin,
                &person.state,
                person.locked,
                person.epoch,
                person.key.clone(),
                person.email.clone(),
                &person.name,
                person.given.clone(),
                person.family.clone(),
                now
            ],
        )
        .await
}

/// Writes back whether a person may come in, who is found and named as before. Hold the person first ([`lock`]).
///
/// # Errors
/// When the database fails.
pub async fn update_state(tx: &mut Tx, person: &PersonRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE person SET state = $3, epoch = $4, modified = $5 WHERE org = $1 AND id = $2";
    let values = vals![tx.org, person.id, &person.state, person.epoch, now];
    tx.conn.later("person", sql, values).await
}

/// The stored password hash (PHC text) of a person.
///
/// # Errors
/// When the database fails.
pub async fn password(tx: &mut Tx, person: PersonId) -> Result<Option<String>, StoreError> {
    let org = tx.org;
    let row = tx.conn.one("SELECT hash FROM password WHERE org = $1 AND person = $2", args![org, person]).await?;
    row.map(|row| row.text(0)).transpose()
}

/// Sets a person's password hash.
///
/// # Errors
/// When the database fails.
pub async fn set_password(tx: &mut Tx, person: PersonId, hash: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO password (org, person, hash, changed) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org, person) DO UPDATE SET hash = excluded.hash, changed = excluded.changed",
            args![org, person, hash, now],
        )
        .await?;
    Ok(())
}

/// Takes a person's password away.
///
/// # Errors
/// When the database fails.
pub async fn drop_password(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM password WHERE org = $1 AND person = $2", args![org, person]).await?;
    Ok(())
}

/// Ends every stored credential of a person: what the moved epoch has already made useless is also taken away.
///
/// # Errors
/// When the database fails.
pub async fn drop_credentials(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.later("session", "DELETE FROM session WHERE org = $1 AND person = $2", vals![org, person]).await?;
    tx.conn.later("token", "DELETE FROM token WHERE org = $1 AND person = $2", vals![org, person]).await?;
    tx.conn.later("mailed", "DELETE FROM mailed WHERE org = $1 AND person = $2", vals![org, person]).await?;
    Ok(())
}

/// Who a (connection, subject) is (law 4).
///
/// # Errors
/// When the database fails.
pub async fn linked(tx: &mut Tx, con: SourceNo, subject: &str) -> Result<Option<PersonRow>, StoreError> {
    let org = tx.org;
    let sql = format!(
        "SELECT {COLUMNS} FROM link l JOIN person p ON p.org = l.org AND p.id = l.person \
         WHERE l.org = $1 AND l.con = $2 AND l.subject = $3"
    );
    tx.conn.one(sql, args![org, con, subject]).await?.as_ref().map(read).transpose()
}

/// Links a (connection, subject) to a person, once and for good.
///
/// # Errors
/// [`StoreError::Taken`] when the subject is linked already.
pub async fn link(
    tx: &mut Tx,
    con: SourceNo,
    subject: &str,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO link (org, con, subject, person, created) VALUES ($1, $2, $3, $4, $5)",
            args![org, con, subject, person, now],
        )
        .await?;
    Ok(())
}

/// Unlinks a person from every subject.
///
/// # Errors
/// When the database fails.
pub async fn drop_links(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM link WHERE org = $1 AND person = $2", args![org, person]).await?;
    Ok(())
}

/// The connections that a person is linked to.
///
/// # Errors
/// When the database fails.
pub async fn links(tx: &mut Tx, person: PersonId) -> Result<Vec<(SourceNo, String)>, StoreError> {
    let org = tx.org;
    let rows = tx.conn.all("SELECT con, subject FROM link WHERE org = $1 AND person = $2", args![org, person]).await?;
    rows.iter().map(|row| Ok((SourceNo(row.int(0)?), row.text(1)?))).collect()
}

/// The Users that directories have pushed for this person: (directory, resource, userName, active).
///
/// # Errors
/// When the database fails.
pub async fn pushed(tx: &mut Tx, person: PersonId) -> Result<Vec<(SourceNo, ResourceId, String, bool)>, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all(
            "SELECT src, id, label, active FROM resource WHERE org = $1 AND person = $2 ORDER BY id",
            args![org, person],
        )
        .await?;
    rows.iter().map(|row| Ok((SourceNo(row.int(0)?), ResourceId(row.key(1)?), row.text(2)?, row.bool(3)?))).collect()
}

/// Manual grants of a person: body (JSON) and when they end.
///
/// # Errors
/// When the database fails.
pub async fn manual_grants(tx: &mut Tx, person: PersonId) -> Result<Vec<(String, Option<DateTime<Utc>>)>, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all("SELECT body, until FROM manual_grant WHERE org = $1 AND person = $2 ORDER BY seq", args![org, person])
        .await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.opt_time(1)?))).collect()
}

/// Replaces the manual grants of a person.
///
/// # Errors
/// When the database fails.
pub async fn set_manual_grants(tx: &mut Tx, person: PersonId, bodies: &[String]) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM manual_grant WHERE org = $1 AND person = $2", args![org, person]).await?;
    for (seq, body) in (1_i64..).zip(bodies) {
        tx.conn
            .exec(
                "INSERT INTO manual_grant (org, person, seq, body) VALUES ($1, $2, $3, $4)",
                args![org, person, seq, body],
            )
            .await?;
    }
    Ok(())
}

/// The documents that directories have pushed for this person: (directory, JSON).
///
/// # Errors
/// When the database fails.
pub async fn pushed_documents(tx: &mut Tx, person: PersonId) -> Result<Vec<(SourceNo, String)>, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all(
            "SELECT src, doc FROM resource WHERE org = $1 AND person = $2 AND kind = 1 ORDER BY id",
            args![org, person],
        )
        .await?;
    rows.iter().map(|row| Ok((SourceNo(row.int(0)?), row.text(1)?))).collect()
}
