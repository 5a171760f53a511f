//! What directories push: Users and Groups as documents, with the columns that look-ups need.

mod find;

pub use find::{Candidates, EMAIL_PATH, find, nth};

use super::engine::dialect::Dialect;
use super::engine::{Insert, Row, args, vals};
use super::people::{self, PersonRow};
use super::standing::{self, Standing};
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, ResourceId, SourceNo};
use chrono::{DateTime, Utc};
use std::sync::LazyLock;

/// The unique key over userNames of a directory.
pub const USER_NAME_KEY: &str = "resource_user_key";
/// The unique key over externalIds of a directory and kind.
pub const EXTERNAL_ID_KEY: &str = "resource_ext";
/// Slots that a directory's count is spread over.
const SLOTS: i64 = 16;

/// A User or a Group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A User.
    User,
    /// A Group.
    Group,
}

impl Kind {
    /// As it is kept.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::User => 1,
            Self::Group => 2,
        }
    }
}

/// A resource as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRow {
    /// Its id.
    pub id: ResourceId,
    /// Who pushed it.
    pub src: SourceNo,
    /// What it is.
    pub kind: Kind,
    /// Whom it belongs to; `None` for a group, and for a User that is only proposed.
    pub person: Option<PersonId>,
    /// userName or displayName as sent.
    pub label: String,
    /// The folded label.
    pub key: String,
    /// externalId.
    pub ext: Option<String>,
    /// As the IdP sees it.
    pub active: bool,
    /// Moves with each change, membership included.
    pub version: i64,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was last changed.
    pub modified: DateTime<Utc>,
    /// The document (JSON), without what is derived.
    pub doc: String,
    /// Whether some group had it as a member when it was read. Not a column.
    pub in_groups: bool,
}

/// The last one is a scalar subquery and no EXISTS: PostgreSQL would rather hash all memberships than look one up.
pub(super) const COLUMNS: &str = "r.id, r.src, r.kind, r.person, r.label, r.key, r.ext, r.active, r.version, r.created, r.modified, r.doc, \
     (SELECT CAST(1 AS BIGINT) FROM member m WHERE m.org = r.org AND m.mid = r.id LIMIT 1)";
/// How many columns these are.
pub(super) const WIDTH: usize = 13;

pub(super) fn read(row: &Row) -> Result<ResourceRow, StoreError> {
    Ok(ResourceRow {
        id: ResourceId(row.key(0)?),
        src: SourceNo(row.int(1)?),
        kind: if row.int(2)? == 1 { Kind::User } else { Kind::Group },
        person: row.opt_key(3)?.map(PersonId),
        label: row.text(4)?,
        key: row.text(5)?,
        ext: row.opt_text(6)?,
        active: row.bool(7)?,
        version: row.int(8)?,
        created: row.time(9)?,
        modified: row.time(10)?,
        doc: row.text(11)?,
        in_groups: row.opt_int(12)?.is_some(),
    })
}

/// A resource of this directory and kind, with how things stand.
///
/// # Errors
/// When the database fails.
pub async fn get(
    tx: &mut Tx,
    src: SourceNo,
    kind: Kind,
    id: ResourceId,
) -> Result<Option<(ResourceRow, Standing)>, StoreError> {
    let org = tx.org;
    let sql = format!(
        "SELECT {COLUMNS}, {} FROM resource r WHERE r.org = $1 AND r.id = $2 AND r.src = $3 AND r.kind = $4",
        standing::COLUMNS
    );
    let row = tx.conn.one(sql, args![org, id, src, kind.number()]).await?;
    row.map(|row| Ok((read(&row)?, standing::read(&row, WIDTH)?))).transpose()
}

/// The same, held until the unit ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, src: SourceNo, kind: Kind, id: ResourceId) -> Result<Option<ResourceRow>, StoreError> {
    Ok(hold(tx, src, kind, id).await?.map(|(row, _)| row))
}

static HELD: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS}, {} FROM resource r WHERE r.org = $1 AND r.id = $2 AND r.src = $3 AND r.kind = $4 \
         FOR NO KEY UPDATE",
        standing::COLUMNS
    )
});

/// The same, held until the unit ends, with how things stand.
///
/// # Errors
/// When the database fails.
pub async fn hold(
    tx: &mut Tx,
    src: SourceNo,
    kind: Kind,
    id: ResourceId,
) -> Result<Option<(ResourceRow, Standing)>, StoreError> {
    let org = tx.org;
    let row = tx.conn.one(HELD.as_str(), args![org, id, src, kind.number()]).await?;
    row.map(|row| Ok((read(&row)?, standing::read(&row, WIDTH)?))).transpose()
}

/// A User with its person, where nobody else writes meanwhile.
static WITH_PERSON: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS}, {}, {} FROM resource r LEFT JOIN person p ON p.org = r.org AND p.id = r.person \
         WHERE r.org = $1 AND r.id = $2 AND r.src = $3 AND r.kind = 1",
        standing::COLUMNS,
        people::COLUMNS
    )
});

/// The same on PostgreSQL, which holds no row on the outer side of a join: the User first, then its person.
static HELD_WITH_PERSON: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH held AS MATERIALIZED (SELECT {COLUMNS}, {} FROM resource r WHERE r.org = $1 AND r.id = $2 AND r.src = $3 \
           AND r.kind = 1 FOR NO KEY UPDATE), \
         owner AS MATERIALIZED (SELECT {} FROM person p WHERE p.org = $1 AND p.id = (SELECT h.person FROM held h) \
           FOR NO KEY UPDATE) \
         SELECT * FROM held LEFT JOIN owner ON 1 = 1",
        standing::COLUMNS,
        people::COLUMNS
    )
});

/// A User held for a change of its person: both are held by one statement until the unit ends, with how things stand. The
/// person is left out where the User has none, or was given one while this waited.
///
/// # Errors
/// When the database fails.
pub async fn hold_with_person(
    tx: &mut Tx,
    src: SourceNo,
    id: ResourceId,
) -> Result<Option<(ResourceRow, Standing, Option<PersonRow>)>, StoreError> {
    let org = tx.org;
    let sql = match tx.conn.dialect() {
        Dialect::Lite => WITH_PERSON.as_str(),
        Dialect::Pg => HELD_WITH_PERSON.as_str(),
    };
    let Some(row) = tx.conn.one(sql, args![org, id, src]).await? else { return Ok(None) };
    let at = WIDTH + standing::WIDTH;
    let person = if row.is_null(at)? { None } else { Some(people::read_from(&row, at)?) };
    Ok(Some((read(&row)?, standing::read(&row, WIDTH)?, person)))
}

/// The resources with this folded name: one User at most, several Groups perhaps.
///
/// # Errors
/// When the database fails.
pub async fn by_key(tx: &mut Tx, src: SourceNo, kind: Kind, key: &str) -> Result<Vec<ResourceRow>, StoreError> {
    let org = tx.org;
    // The kind stands in the text, so that the partial index of that kind serves.
    let sql = match kind {
        Kind::User => {
            format!("SELECT {COLUMNS} FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.key = $3 AND r.kind = 1")
        }
        Kind::Group => {
            format!("SELECT {COLUMNS} FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.key = $3 AND r.kind = 2")
        }
    };
    tx.conn.all(sql, args![org, src, key]).await?.iter().map(read).collect()
}

/// Waits until no other unit of work is about to make a Group of this folded name, and has others wait for this one. No key
/// forbids a second one, so that a look alone would let two of the same moment pass. On SQLite nobody else writes.
///
/// # Errors
/// When the database fails.
pub async fn claim_group_name(tx: &mut Tx, src: SourceNo, key: &str) -> Result<(), StoreError> {
    if tx.conn.dialect() == Dialect::Lite {
        return Ok(());
    }
    let name = format!("group/{}/{}/{key}", tx.org.0, src.0);
    tx.conn.exec("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", args![name]).await?;
    Ok(())
}

/// The resource with this externalId.
///
/// # Errors
/// When the database fails.
pub async fn by_ext(tx: &mut Tx, src: SourceNo, kind: Kind, ext: &str) -> Result<Option<ResourceRow>, StoreError> {
    let org = tx.org;
    let sql =
        format!("SELECT {COLUMNS} FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.kind = $3 AND r.ext = $4");
    tx.conn.one(sql, args![org, src, kind.number(), ext]).await?.as_ref().map(read).transpose()
}

/// Adds a resource.
///
/// # Errors
/// [`StoreError::Taken`] with [`USER_NAME_KEY`] or [`EXTERNAL_ID_KEY`].
pub async fn insert(tx: &mut Tx, new: &ResourceRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .later(
            "resource",
            "INSERT INTO resource (org, id, src, kind, person, label, key, ext, active, version, created, modified, doc) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            vals![
                org,
                new.id,
                new.src,
                new.kind.number(),
                new.person,
                &new.label,
                &new.key,
                new.ext.clone(),
                new.active,
                new.version,
                new.created,
                new.modified,
                &new.doc
            ],
        )
        .await?;
    count(tx, new.src, new.kind, new.id, 1).await
}

/// Writes a resource back that was `was`. Hold it first ([`lock`]).
///
/// SQLite writes each index anew over whose columns a statement sets, changed or not: what resources are found by is set
/// where it has changed.
///
/// # Errors
/// [`StoreError::Taken`] with [`USER_NAME_KEY`] or [`EXTERNAL_ID_KEY`].
pub async fn update(tx: &mut Tx, was: &ResourceRow, resource: &ResourceRow) -> Result<(), StoreError> {
    let mut values = vals![
        tx.org,
        resource.id,
        &resource.label,
        resource.active,
        resource.version,
        resource.modified,
        &resource.doc
    ];
    let sql = if (was.person, &was.key, &was.ext) == (resource.person, &resource.key, &resource.ext) {
        "UPDATE resource SET label = $3, active = $4, version = $5, modified = $6, doc = $7 WHERE org = $1 AND id = $2"
    } else {
        values.extend(vals![resource.person, &resource.key, resource.ext.clone()]);
        "UPDATE resource SET label = $3, active = $4, version = $5, modified = $6, doc = $7, person = $8, key = $9, \
         ext = $10 WHERE org = $1 AND id = $2"
    };
    tx.conn.later("resource", sql, values).await
}

/// Takes a resource away, with its index rows.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, resource: &ResourceRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.later("resource", "DELETE FROM resource WHERE org = $1 AND id = $2", vals![org, resource.id]).await?;
    count(tx, resource.src, resource.kind, resource.id, -1).await
}

/// Moves the versions of the groups that a resource is a member of.
///
/// # Errors
/// When the database fails.
pub async fn bump_groups_of(tx: &mut Tx, member: ResourceId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "UPDATE resource SET version = version + 1, modified = $3 WHERE org = $1 AND id IN \
             (SELECT gid FROM member WHERE org = $1 AND mid = $2)",
            args![org, member, now],
        )
        .await?;
    Ok(())
}

async fn count(tx: &mut Tx, src: SourceNo, kind: Kind, id: ResourceId, by: i64) -> Result<(), StoreError> {
    let org = tx.org;
    let slot = i64::from(id.0[15]) % SLOTS;
    tx.conn
        .later(
            "counter",
            "INSERT INTO counter (org, src, kind, slot, n) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (org, src, kind, slot) DO UPDATE SET n = counter.n + excluded.n",
            vals![org, src, kind.number(), slot, by],
        )
        .await
}

/// How many resources of this kind the directory has.
///
/// # Errors
/// When the database fails.
pub async fn total(tx: &mut Tx, src: SourceNo, kind: Kind) -> Result<i64, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all("SELECT n FROM counter WHERE org = $1 AND src = $2 AND kind = $3", args![org, src, kind.number()])
        .await?;
    rows.iter().map(|row| row.int(0)).sum()
}

static ATTRS: Insert = Insert::new("attr", "org, src, path, val, id", "ON CONFLICT DO NOTHING");

/// Replaces the indexed e-mail addresses (folded) of a User: only what differs is written.
///
/// # Errors
/// When the database fails.
pub async fn index_emails(
    tx: &mut Tx,
    src: SourceNo,
    id: ResourceId,
    old: &[String],
    new: &[String],
) -> Result<(), StoreError> {
    let org = tx.org;
    for gone in old.iter().filter(|value| !new.contains(value)) {
        tx.conn
            .exec(
                "DELETE FROM attr WHERE org = $1 AND src = $2 AND path = $3 AND val = $4 AND id = $5",
                args![org, src, EMAIL_PATH, gone, id],
            )
            .await?;
    }
    let come = new.iter().filter(|value| !old.contains(value));
    tx.conn.insert_later(&ATTRS, come.map(|value| vals![org, src, EMAIL_PATH, value, id]).collect()).await
}

/// Whom a pushed User belongs to.
///
/// # Errors
/// When the database fails.
pub async fn person_of(tx: &mut Tx, id: ResourceId) -> Result<Option<PersonId>, StoreError> {
    let org = tx.org;
    let row = tx.conn.one("SELECT person FROM resource WHERE org = $1 AND id = $2", args![org, id]).await?;
    Ok(row.map(|row| row.opt_key(0)).transpose()?.flatten().map(PersonId))
}

/// The User that a directory has of a person; the oldest where there are several.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, src: SourceNo, person: PersonId) -> Result<Option<ResourceRow>, StoreError> {
    let org = tx.org;
    let sql =
        format!("SELECT {COLUMNS} FROM resource r WHERE r.org = $1 AND r.person = $2 AND +r.src = $3 AND r.kind = 1");
    let rows = tx.conn.all(sql, args![org, person, src]).await?;
    let mut found = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable_by_key(|row| row.id);
    Ok(found.into_iter().next())
}
