//! People held for a change, with what their access is derived from: a few statements for any number of them.
//!
//! CROSS JOIN is written where SQLite must walk from left to right: it knows no sizes of tables, and would rather walk
//! through all memberships.

use super::access::{self, AccessRow};
use super::engine::{Insert, Row, vals};
use super::members::push_list;
use super::people::{self, PersonRow};
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, ResourceId, SourceNo};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// People in one statement.
const CHUNK: usize = 100;

/// A person that this unit holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// The person.
    pub person: PersonRow,
    /// The access as it was last derived; `None` for somebody new.
    pub access: Option<AccessRow>,
    /// Whether there are grants by hand.
    pub by_hand: bool,
    /// The groups that they are in, in whichever directory or connection, in the order of their ids.
    pub groups: Vec<GroupRow>,
}

/// A group that a person is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The group.
    pub id: ResourceId,
    /// Who is its member: one of the person's Users, or the person.
    pub member: [u8; 16],
    /// Who brought it.
    pub src: SourceNo,
    /// Its name as it came.
    pub name: String,
    /// The IdP's id of it.
    pub ext: Option<String>,
}

impl Held {
    /// Somebody whom this unit adds: nobody else can hold them, and no fact but the person is there yet.
    #[must_use]
    pub fn new(person: PersonRow) -> Self {
        Self { person, access: None, by_hand: false, groups: Vec::new() }
    }
}

/// Holds these people until the unit ends, in the order of their ids (the lock order). Who is not there is left out.
///
/// What belongs to them is asked afterwards, by a statement of its own: one that waited for a person would see the rest as
/// it was before the wait.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx, ids: &[PersonId]) -> Result<Vec<Held>, StoreError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let select = format!("SELECT {} FROM person p WHERE p.org = $1 AND p.id IN (", people::COLUMNS);
    let rows = of_people(tx, &select, " ORDER BY p.id FOR NO KEY UPDATE", &ids).await?;
    let people = rows.iter().map(people::read).collect::<Result<_, _>>()?;
    with_belongings(tx, people).await
}

/// People with what belongs to them: held already, where this unit changes anything.
///
/// # Errors
/// When the database fails.
pub async fn with_belongings(tx: &mut Tx, people: Vec<PersonRow>) -> Result<Vec<Held>, StoreError> {
    let mut held: Vec<Held> = people.into_iter().map(Held::new).collect();
    let found: Vec<PersonId> = held.iter().map(|one| one.person.id).collect();
    let rows = of_people(tx, BELONGINGS, "", &found).await?;
    let mut of: HashMap<PersonId, &Row> = HashMap::with_capacity(rows.len());
    for row in &rows {
        of.insert(PersonId(row.key(0)?), row);
    }
    let mut in_groups = Vec::new();
    for one in &mut held {
        let Some(row) = of.get(&one.person.id) else { continue };
        let is = |at: usize| Ok::<_, StoreError>(row.opt_int(8 + at)?.is_some());
        one.access = access::read_joined(row, 1)?;
        one.by_hand = is(0)?;
        if is(1)? || is(2)? {
            in_groups.push(one.person.id);
        }
    }
    let mut groups = groups(tx, &in_groups).await?;
    for one in &mut held {
        one.groups = groups.remove(&one.person.id).unwrap_or_default();
    }
    Ok(held)
}

/// The access of people, and what else there is of them. Memberships are asked for by a scalar subquery and no join: a plan
/// that was made while there were none would walk all of them.
const BELONGINGS: &str = "SELECT p.id, a.version, a.until, a.admin, a.seat, a.waiting, a.mark, a.grants, \
     (SELECT g.seq FROM manual_grant g WHERE g.org = $1 AND g.person = p.id LIMIT 1), \
     (SELECT CAST(1 AS BIGINT) FROM resource r WHERE r.org = $1 AND r.person = p.id AND \
      (SELECT CAST(1 AS BIGINT) FROM member n WHERE n.org = $1 AND n.mid = r.id LIMIT 1) = 1 LIMIT 1), \
     (SELECT CAST(1 AS BIGINT) FROM member m WHERE m.org = $1 AND m.mid = p.id LIMIT 1) \
     FROM person p LEFT JOIN access a ON a.org = p.org AND a.person = p.id WHERE p.org = $1 AND p.id IN (";

/// The groups that each of these people is in, in whichever directory or connection, by their index.
async fn groups(tx: &mut Tx, ids: &[PersonId]) -> Result<HashMap<PersonId, Vec<GroupRow>>, StoreError> {
    let mut found: HashMap<PersonId, Vec<GroupRow>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let blobs: Vec<_> = chunk.iter().map(|id| id.0).collect();
        let mut list = String::new();
        let mut values = vals![tx.org];
        push_list(&mut list, &mut values, &blobs);
        let sql = format!(
            "SELECT of_person.person, g.id, of_person.mid, g.src, g.label, g.ext FROM (\
               SELECT r.person AS person, m.mid AS mid, m.gid AS gid FROM resource r CROSS JOIN member m \
               WHERE r.org = $1 AND r.person IN ({list} AND m.org = r.org AND m.mid = r.id \
               UNION SELECT m.mid, m.mid, m.gid FROM member m WHERE m.org = $1 AND m.mid IN ({list}) of_person \
             JOIN resource g ON g.org = $1 AND g.id = of_person.gid AND g.kind = 2 ORDER BY of_person.person, g.id"
        );
        for row in tx.conn.all(sql, &values).await? {
            let group = GroupRow {
                id: ResourceId(row.key(1)?),
                member: row.key(2)?,
                src: SourceNo(row.int(3)?),
                name: row.text(4)?,
                ext: row.opt_text(5)?,
            };
            found.entry(PersonId(row.key(0)?)).or_default().push(group);
        }
    }
    Ok(found)
}

const ACCESS_ROWS: Insert = Insert {
    table: "access",
    columns: "org, person, version, until, admin, seat, waiting, mark, grants",
    tail: "ON CONFLICT (org, person) DO UPDATE SET version = excluded.version, until = excluded.until, \
           admin = excluded.admin, seat = excluded.seat, waiting = excluded.waiting, mark = excluded.mark, \
           grants = excluded.grants",
};

const PAST_ROWS: Insert = Insert { table: "access_past", columns: "org, person, version, at, cause, grants", tail: "" };

/// Writes the access of people whom this unit holds.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, rows: &[(PersonId, AccessRow)]) -> Result<(), StoreError> {
    let org = tx.org;
    let row = |(person, access): &(PersonId, AccessRow)| {
        vals![
            org,
            *person,
            access.version,
            access.until,
            access.admin,
            access.seat.number(),
            access.waiting,
            access.mark,
            &access.grants
        ]
    };
    tx.conn.insert_later(&ACCESS_ROWS, rows.iter().map(row).collect()).await
}

/// Keeps versions of people's access for the why-card of a past moment.
///
/// # Errors
/// When the database fails.
pub async fn keep_past(
    tx: &mut Tx,
    rows: &[(PersonId, AccessRow)],
    at: DateTime<Utc>,
    cause: &str,
) -> Result<(), StoreError> {
    let org = tx.org;
    let row = |(person, access): &(PersonId, AccessRow)| vals![org, *person, access.version, at, cause, &access.grants];
    tx.conn.insert_later(&PAST_ROWS, rows.iter().map(row).collect()).await
}

/// The grants by hand of each of these people (JSON), in their order.
///
/// # Errors
/// When the database fails.
pub async fn manual_grants(tx: &mut Tx, ids: &[PersonId]) -> Result<HashMap<PersonId, Vec<String>>, StoreError> {
    let sql = "SELECT person, body FROM manual_grant WHERE org = $1 AND person IN (";
    let rows = of_people(tx, sql, " ORDER BY person, seq", ids).await?;
    let mut found: HashMap<PersonId, Vec<String>> = HashMap::new();
    for row in rows {
        found.entry(PersonId(row.key(0)?)).or_default().push(row.text(1)?);
    }
    Ok(found)
}

/// The documents that directories have pushed for each of these people: (directory, JSON).
///
/// # Errors
/// When the database fails.
pub async fn pushed_documents(
    tx: &mut Tx,
    ids: &[PersonId],
) -> Result<HashMap<PersonId, Vec<(SourceNo, String)>>, StoreError> {
    // Sorted here: for a wish of the order of ids SQLite would walk the whole organization in that order.
    let sql = "SELECT person, src, doc, id FROM resource WHERE org = $1 AND kind = 1 AND person IN (";
    let mut rows = Vec::new();
    for row in of_people(tx, sql, "", ids).await? {
        rows.push((PersonId(row.key(0)?), ResourceId(row.key(3)?), SourceNo(row.int(1)?), row.text(2)?));
    }
    rows.sort_unstable_by_key(|(person, id, ..)| (*person, *id));
    let mut found: HashMap<PersonId, Vec<(SourceNo, String)>> = HashMap::new();
    for (person, _, src, doc) in rows {
        found.entry(person).or_default().push((src, doc));
    }
    Ok(found)
}

async fn of_people(tx: &mut Tx, select: &str, order: &str, ids: &[PersonId]) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = select.to_owned();
        let mut values = vals![tx.org];
        let blobs: Vec<_> = chunk.iter().map(|id| id.0).collect();
        push_list(&mut sql, &mut values, &blobs);
        sql.push_str(order);
        found.extend(tx.conn.all(sql, &values).await?);
    }
    Ok(found)
}
