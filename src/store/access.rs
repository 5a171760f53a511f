//! The resolved access of people, the marks of law 6, and seats.

use super::engine::dialect::Dialect;
use super::engine::{Row, args, vals};
use super::members::push_list;
use super::people::{self, PersonRow};
use super::{StoreError, Tx, numbers};
use crate::base::ids::{PersonId, ResourceId};
use chrono::{DateTime, Utc};

/// People in one statement.
const CHUNK: usize = 100;

/// Whether a person has a seat, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Needs none, or has none coming.
    None,
    /// Has one.
    Held,
    /// Waits for one.
    Waiting,
}

impl Seat {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Held => 1,
            Self::Waiting => 2,
        }
    }

    fn of(number: i64) -> Result<Self, StoreError> {
        match number {
            0 => Ok(Self::None),
            1 => Ok(Self::Held),
            2 => Ok(Self::Waiting),
            _ => Err(StoreError::Malformed("seat")),
        }
    }
}

/// A person's access as it was last derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRow {
    /// Moves with each change.
    pub version: i64,
    /// When a part of it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Whether it administers users.
    pub admin: bool,
    /// The seat.
    pub seat: Seat,
    /// Since when the person waits.
    pub waiting: Option<DateTime<Utc>>,
    /// The newest wide mark it was derived under.
    pub mark: i64,
    /// The access itself (JSON of `domain::access::Access`).
    pub grants: String,
}

/// A person's access, and whether a mark says that it must be derived afresh before anybody reads it.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, person: PersonId) -> Result<(Option<AccessRow>, bool), StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one(
            "SELECT a.version, a.until, a.admin, a.seat, a.waiting, a.mark, a.grants, \
             CASE WHEN EXISTS (SELECT 1 FROM wide w WHERE w.org = a.org AND w.id > a.mark) THEN CAST(1 AS BIGINT) \
               ELSE CAST(0 AS BIGINT) END \
             FROM access a WHERE a.org = $1 AND a.person = $2",
            args![org, person],
        )
        .await?;
    let Some(row) = row else { return Ok((None, true)) };
    Ok((read_joined(&row, 0)?, row.int(7)? == 1))
}

/// A person's access for somebody who only looks at it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whose it is.
    pub person: PersonId,
    /// The access as it was last derived.
    pub access: Option<AccessRow>,
    /// Whether it must be derived afresh before anybody reads it.
    pub marked: bool,
    /// Whether the person may sign in at all: neither deactivated nor locked.
    pub usable: bool,
}

/// The access of several people, by one statement for a hundred of them.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, people: &[PersonId]) -> Result<Vec<Seen>, StoreError> {
    let mut found = Vec::with_capacity(people.len());
    for chunk in people.chunks(CHUNK) {
        let mut sql = "SELECT p.id, a.version, a.until, a.admin, a.seat, a.waiting, a.mark, a.grants, \
             CASE WHEN a.mark IS NULL OR EXISTS (SELECT 1 FROM wide w WHERE w.org = p.org AND w.id > a.mark) THEN CAST(1 AS BIGINT) \
               ELSE CAST(0 AS BIGINT) END, \
             CASE WHEN p.state = 'active' AND NOT p.locked THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END \
             FROM person p LEFT JOIN access a ON a.org = p.org AND a.person = p.id WHERE p.org = $1 AND p.id IN ("
            .to_owned();
        let mut values = vals![tx.org];
        let blobs: Vec<_> = chunk.iter().map(|id| id.0).collect();
        push_list(&mut sql, &mut values, &blobs);
        for row in tx.conn.all(sql, &values).await? {
            found.push(Seen {
                person: PersonId(row.key(0)?),
                access: read_joined(&row, 1)?,
                marked: row.int(8)? == 1,
                usable: row.int(9)? == 1,
            });
        }
    }
    Ok(found)
}

/// Reads the seven columns of an access that begin at `at`; `None` where an outer join found none.
pub(super) fn read_joined(row: &Row, at: usize) -> Result<Option<AccessRow>, StoreError> {
    let Some(version) = row.opt_int(at)? else { return Ok(None) };
    Ok(Some(AccessRow {
        version,
        until: row.opt_time(at + 1)?,
        admin: row.bool(at + 2)?,
        seat: Seat::of(row.int(at + 3)?)?,
        waiting: row.opt_time(at + 4)?,
        mark: row.int(at + 5)?,
        grants: row.text(at + 6)?,
    }))
}

/// The people behind the members of a group; `None` if it has more than `most` members. What it costs does not depend on
/// how many more.
///
/// # Errors
/// When the database fails.
pub async fn people_in(tx: &mut Tx, group: ResourceId, most: i64) -> Result<Option<Vec<PersonId>>, StoreError> {
    let org = tx.org;
    let sql = "SELECT mid FROM member WHERE org = $1 AND gid = $2 LIMIT $3";
    if tx.conn.all(sql, args![org, group, most + 1]).await?.len() as i64 > most {
        return Ok(None);
    }
    let rows = tx
        .conn
        .all(
            "SELECT r.person FROM member m CROSS JOIN resource r WHERE m.org = $1 AND m.gid = $2 \
             AND r.org = m.org AND r.id = m.mid AND r.person IS NOT NULL",
            args![org, group],
        )
        .await?;
    rows.iter().map(|row| Ok(PersonId(row.key(0)?))).collect::<Result<_, _>>().map(Some)
}

/// Marks everyone of the organization. The guard is held first, so that marks become visible in their order.
///
/// # Errors
/// When the database fails.
pub async fn mark_all(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    super::organizations::lock_guard(tx).await?;
    let id = numbers::draw(tx, "mark").await?;
    tx.conn.exec("INSERT INTO wide (org, id, at) VALUES ($1, $2, $3)", args![org, id, now]).await?;
    Ok(())
}

/// Some of the people whose access is still derived under an older mark than `mark`: by id, after `after`. As many as a unit
/// should settle that nobody waits for. Few, since others wait behind it: on SQLite whoever writes, on PostgreSQL only whoever
/// wants the same people, and there each unit has its round trips.
///
/// # Errors
/// When the database fails.
pub async fn behind(tx: &mut Tx, mark: i64, after: Option<PersonId>) -> Result<Vec<PersonId>, StoreError> {
    let org = tx.org;
    let limit = match tx.conn.dialect() {
        Dialect::Lite => 25,
        Dialect::Pg => 100,
    };
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let sql = "SELECT person FROM access WHERE org = $1 AND mark < $2 AND person > $3 ORDER BY person LIMIT $4";
    let rows = tx.conn.all(sql, args![org, mark, after, limit]).await?;
    rows.iter().map(|row| Ok(PersonId(row.key(0)?))).collect()
}

/// Takes the wide marks away that were put before `put_before`: everyone has been settled under them, and no unit of
/// work that read an older mark can still be on its way to a commit. On SQLite, where units follow each other, none ever is.
///
/// # Errors
/// When the database fails.
pub async fn clear_marks(tx: &mut Tx, mark: i64, put_before: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    match tx.conn.dialect() {
        Dialect::Lite => tx.conn.exec("DELETE FROM wide WHERE org = $1 AND id <= $2", args![org, mark]).await?,
        Dialect::Pg => {
            let sql = "DELETE FROM wide WHERE org = $1 AND id <= $2 AND at < $3";
            tx.conn.exec(sql, args![org, mark, put_before]).await?
        }
    };
    Ok(())
}

/// That a person can come in. An owner counts only with a working way in: a password where passwords work, or a link to
/// a connection that is switched on.
const USABLE: &str = "p.state = 'active' AND NOT p.locked AND (p.origin <> 'owner' \
       OR EXISTS (SELECT 1 FROM password w JOIN organization o ON o.org = w.org \
                  WHERE w.org = p.org AND w.person = p.id AND o.enforcement <> 'enforced') \
       OR EXISTS (SELECT 1 FROM link l JOIN connection c ON c.org = l.org AND c.src = l.con \
                  WHERE l.org = p.org AND l.person = p.id AND c.enabled))";

/// Who can administer the organization and come in to do it, by id, after `after`: and whether no mark says that it must
/// be derived afresh.
///
/// # Errors
/// When the database fails.
pub async fn usable_admins(
    tx: &mut Tx,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<(PersonId, bool)>, StoreError> {
    let org = tx.org;
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let sql = format!(
        "SELECT a.person, CASE WHEN EXISTS (SELECT 1 FROM wide w WHERE w.org = a.org AND w.id > a.mark) THEN CAST(0 AS BIGINT) \
           ELSE CAST(1 AS BIGINT) END \
         FROM access a JOIN person p ON p.org = a.org AND p.id = a.person \
         WHERE a.org = $1 AND a.admin AND a.person > $2 AND {USABLE} ORDER BY a.person LIMIT $3"
    );
    let rows = tx.conn.all(sql, args![org, after, limit]).await?;
    rows.iter().map(|row| Ok((PersonId(row.key(0)?), row.int(1)? == 1))).collect()
}

/// Who can come in and could not administer when they were last derived, under an older mark than `mark`: by id, after
/// `after`.
///
/// # Errors
/// When the database fails.
pub async fn usable_behind(
    tx: &mut Tx,
    mark: i64,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<PersonRow>, StoreError> {
    let org = tx.org;
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let sql = format!(
        "SELECT {} FROM access a JOIN person p ON p.org = a.org AND p.id = a.person \
         WHERE a.org = $1 AND NOT a.admin AND a.mark < $2 AND a.person > $3 AND {USABLE} ORDER BY a.person LIMIT $4",
        people::COLUMNS
    );
    tx.conn.all(sql, args![org, mark, after, limit]).await?.iter().map(people::read).collect()
}

/// The first who waits for a seat, held until the unit ends; people that another unit holds are passed over.
///
/// # Errors
/// When the database fails.
pub async fn first_waiting(tx: &mut Tx) -> Result<Option<PersonId>, StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one(
            "SELECT person FROM access WHERE org = $1 AND waiting IS NOT NULL ORDER BY waiting, person LIMIT 1 \
             FOR NO KEY UPDATE SKIP LOCKED",
            args![org],
        )
        .await?;
    row.map(|row| Ok(PersonId(row.key(0)?))).transpose()
}
