//! Sessions: found by the hash of their cookie, alive only as long as the person they were made for (law 5).

use super::engine::{Row, args};
use super::people::{self, PersonRow};
use super::signed_in::GOOD;
use super::{Store, StoreError, Tx};
use crate::base::ids::{OrgNo, PersonId, SessionId, SourceNo};
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The keyed hash of the cookie.
    pub hash: TokenHash,
    /// What panel apps see as `sid`.
    pub id: SessionId,
    /// Whose it is.
    pub person: PersonId,
    /// The person's epoch that it was made under.
    pub epoch: i64,
    /// The connection it came through; `None`: a password.
    pub con: Option<SourceNo>,
    /// Who the person is to that connection.
    pub subject: Option<String>,
    /// The IdP's own session.
    pub idp_session: Option<String>,
    /// When the person proved who they are.
    pub auth_time: DateTime<Utc>,
    /// How (RFC 8176), a JSON list.
    pub amr: String,
    /// When it began.
    pub created: DateTime<Utc>,
    /// When it ends at the latest.
    pub until: DateTime<Utc>,
}

const OWN: &str =
    "s.hash, s.id, s.person, s.epoch, s.con, s.subject, s.idp_session, s.auth_time, s.amr, s.created, s.until";

/// How many columns the person has before the session's own.
const AFTER_PERSON: usize = 10;

fn read(row: &Row) -> Result<(SessionRow, PersonRow), StoreError> {
    let at = AFTER_PERSON;
    let session = SessionRow {
        hash: TokenHash(row.key(at)?),
        id: SessionId(row.key(at + 1)?),
        person: PersonId(row.key(at + 2)?),
        epoch: row.int(at + 3)?,
        con: row.opt_int(at + 4)?.map(SourceNo),
        subject: row.opt_text(at + 5)?,
        idp_session: row.opt_text(at + 6)?,
        auth_time: row.time(at + 7)?,
        amr: row.text(at + 8)?,
        created: row.time(at + 9)?,
        until: row.time(at + 10)?,
    };
    Ok((session, people::read(row)?))
}

fn living(by: &str) -> String {
    format!(
        "SELECT {}, {OWN} FROM session s JOIN person p ON p.org = s.org AND p.id = s.person \
         WHERE s.org = $1 AND s.{by} = $2 AND {GOOD}",
        people::COLUMNS
    )
}

/// The living session with this cookie, and its person.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    hash: TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<(SessionRow, PersonRow)>, StoreError> {
    let org = tx.org;
    tx.conn.one(living("hash"), args![org, hash, now]).await?.as_ref().map(read).transpose()
}

/// The living session with this id (`sid`), and its person.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(
    tx: &mut Tx,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<(SessionRow, PersonRow)>, StoreError> {
    let org = tx.org;
    tx.conn.one(living("id"), args![org, id.0.to_vec(), now]).await?.as_ref().map(read).transpose()
}

/// Adds a session if the person may still have one and still stands at the epoch it was proved under; whether it was
/// added. The person is held, so a deactivation is either seen here or comes after, and then takes the session.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, new: &SessionRow) -> Result<bool, StoreError> {
    let person = people::lock(tx, new.person).await?;
    if !person.is_some_and(|person| person.usable() && person.epoch == new.epoch) {
        return Ok(false);
    }
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO session (org, hash, id, person, epoch, con, subject, idp_session, auth_time, amr, created, until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            args![
                org,
                new.hash,
                new.id.0.to_vec(),
                new.person,
                new.epoch,
                new.con,
                new.subject.clone(),
                new.idp_session.clone(),
                new.auth_time,
                &new.amr,
                new.created,
                new.until
            ],
        )
        .await?;
    Ok(true)
}

/// Ends the session with this cookie; whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, hash: TokenHash) -> Result<bool, StoreError> {
    let org = tx.org;
    Ok(tx.conn.exec("DELETE FROM session WHERE org = $1 AND hash = $2", args![org, hash]).await? > 0)
}

/// Ends every session of a person; how many there were.
///
/// # Errors
/// When the database fails.
pub async fn delete_for_person(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM session WHERE org = $1 AND person = $2", args![org, person]).await
}

/// Ends every session that a password began (enforcement); how many there were.
///
/// # Errors
/// When the database fails.
pub async fn delete_password_sessions(tx: &mut Tx) -> Result<u64, StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM session WHERE org = $1 AND con IS NULL", args![org]).await
}

impl Store {
    /// The living session with this cookie, and its person: one index hit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(
        &self,
        org: OrgNo,
        hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<(SessionRow, PersonRow)>, StoreError> {
        self.read(org, async move |tx| find(tx, hash, now).await).await
    }
}
