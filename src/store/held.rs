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
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

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
    let places: HashMap<PersonId, usize> = (0..).zip(&held).map(|(at, one)| (one.person.id, at)).collect();
    let ids: Vec<_> = held.iter().map(|one| one.person.id.0).collect();
    for chunk in ids.chunks(CHUNK) {
        let (mut list, mut values) = (String::new(), vals![tx.org]);
        push_list(&mut list, &mut values, chunk);
        let sql = if chunk.len() == 1 { OF_ONE.as_str().into() } else { Cow::from(belongings(&list)) };
        for row in tx.conn.all(sql, &values).await? {
            let Some(one) = places.get(&PersonId(row.key(0)?)).and_then(|at| held.get_mut(*at)) else { continue };
            match row.opt_key(9)? {
                Some(group) => one.groups.push(GroupRow {
                    id: ResourceId(group),
                    member: row.key(10)?,
                    src: SourceNo(row.int(11)?),
                    name: row.text(12)?,
                    ext: row.opt_text(13)?,
                }),
                None => (one.access, one.by_hand) = (access::read_joined(&row, 1)?, row.opt_int(8)?.is_some()),
            }
        }
    }
    held.iter_mut().for_each(|one| one.groups.sort_unstable_by_key(|group| (group.id, group.member)));
    Ok(held)
}

/// The text for the one person that most requests are about.
static OF_ONE: LazyLock<String> = LazyLock::new(|| belongings("$2)"));

/// What belongs to the people of a `list`, by one statement: a row for each of them with the access and a grant by hand, and
/// a row for each group that one of their Users is in, or they are by themselves.
///
/// The memberships stand apart so that PostgreSQL finds them first: it would rather walk through all groups and their
/// members where there are few groups.
fn belongings(list: &str) -> String {
    format!(
        "SELECT * FROM (WITH mine AS MATERIALIZED (\
           SELECT r.person AS person, m.mid AS mid, m.gid AS gid FROM resource r CROSS JOIN member m \
           WHERE r.org = $1 AND r.person IN ({list} AND m.org = r.org AND m.mid = r.id \
           UNION ALL SELECT m.mid, m.mid, m.gid FROM member m WHERE m.org = $1 AND m.mid IN ({list}) \
         SELECT p.id, a.version, a.until, a.admin, a.seat, a.waiting, a.mark, a.grants, \
           (SELECT h.seq FROM manual_grant h WHERE h.org = $1 AND h.person = p.id LIMIT 1), NULL, NULL, NULL, NULL, NULL \
         FROM person p LEFT JOIN access a ON a.org = p.org AND a.person = p.id WHERE p.org = $1 AND p.id IN ({list} \
         UNION ALL SELECT mine.person, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, g.id, mine.mid, g.src, g.label, g.ext \
         FROM mine CROSS JOIN resource g WHERE g.org = $1 AND g.id = mine.gid AND g.kind = 2) belonging"
    )
}

static ACCESS_ROWS: Insert = Insert::new(
    "access",
    "org, person, version, until, admin, seat, waiting, mark, grants",
    "ON CONFLICT (org, person) DO UPDATE SET version = excluded.version, until = excluded.until, \
           admin = excluded.admin, seat = excluded.seat, waiting = excluded.waiting, mark = excluded.mark, \
           grants = excluded.grants",
);

static PAST_ROWS: Insert = Insert::new("access_past", "org, person, version, at, cause, grants", "");

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
