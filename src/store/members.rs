//! Memberships: a row each, so that a group of 100,000 costs the same to change as a group of 10.

use super::engine::{Insert, Row, Val, args, vals};
use super::resources::Kind;
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, ResourceId, SourceNo};
use std::fmt::Write as _;

/// Rows in one statement.
const CHUNK: usize = 100;
/// Memberships of a group that is gone which one unit takes away.
const SWEEP: u64 = 1000;

/// A member as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The User or Group.
    pub id: ResourceId,
    /// What it is.
    pub kind: Kind,
    /// The name that the client sent, else what the resource itself is called.
    pub display: Option<String>,
}

/// Which of these ids this directory has, with their kind and person.
///
/// # Errors
/// When the database fails.
pub async fn known(
    tx: &mut Tx,
    src: SourceNo,
    ids: &[ResourceId],
) -> Result<Vec<(ResourceId, Kind, Option<PersonId>)>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        // The sign keeps SQLite from an index that begins with the directory: it would walk all of it.
        let mut sql = "SELECT id, kind, person FROM resource WHERE org = $1 AND +src = $2 AND id IN (".to_owned();
        let mut values = vals![tx.org, src];
        push_list(&mut sql, &mut values, &bytes(chunk));
        for row in tx.conn.all(sql, &values).await? {
            let kind = if row.int(1)? == 1 { Kind::User } else { Kind::Group };
            found.push((ResourceId(row.key(0)?), kind, row.opt_key(2)?.map(PersonId)));
        }
    }
    Ok(found)
}

fn bytes(ids: &[ResourceId]) -> Vec<[u8; 16]> {
    ids.iter().map(|id| id.0).collect()
}

/// Writes a list of ids and its closing bracket. The last id repeats until there are one, ten or a hundred: three prepared
/// texts serve every size.
pub(super) fn push_list(sql: &mut String, values: &mut Vec<Val>, chunk: &[[u8; 16]]) {
    let size = match chunk.len() {
        1 => 1,
        2..=10 => 10,
        _ => CHUNK,
    };
    for i in 0..size {
        let id = chunk.get(i).or(chunk.last());
        values.push(Val::Id(id.copied()));
        // Writing to a String does not fail.
        let _ = write!(sql, "{}${}", if i == 0 { "" } else { ", " }, values.len());
    }
    sql.push(')');
}

static MEMBERS: Insert =
    Insert::new("member", "org, gid, mid, kind, display", "ON CONFLICT (org, gid, mid) DO NOTHING RETURNING mid");

/// Adds members that the directory has; those that were not members before.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, group: ResourceId, members: &[MemberRow]) -> Result<Vec<ResourceId>, StoreError> {
    let org = tx.org;
    let row = |member: &MemberRow| vals![org, group, member.id, member.kind.number(), member.display.clone()];
    let rows = tx.conn.insert(&MEMBERS, members.iter().map(row).collect()).await?;
    rows.iter().map(|row| Ok(ResourceId(row.key(0)?))).collect()
}

/// Removes members; those that were members.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, group: ResourceId, ids: &[ResourceId]) -> Result<Vec<ResourceId>, StoreError> {
    let mut removed = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = "DELETE FROM member WHERE org = $1 AND gid = $2 AND mid IN (".to_owned();
        let mut values = vals![tx.org, group];
        push_list(&mut sql, &mut values, &bytes(chunk));
        sql.push_str(" RETURNING mid");
        for row in tx.conn.all(sql, &values).await? {
            removed.push(ResourceId(row.key(0)?));
        }
    }
    Ok(removed)
}

/// The members of a group after `after`, at most `limit`, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    group: ResourceId,
    after: Option<ResourceId>,
    limit: i64,
) -> Result<Vec<MemberRow>, StoreError> {
    let org = tx.org;
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let rows = tx
        .conn
        .all(
            "SELECT m.mid, m.kind, COALESCE(m.display, p.name, r.label) FROM member m \
             JOIN resource r ON r.org = m.org AND r.id = m.mid \
             LEFT JOIN person p ON p.org = r.org AND p.id = r.person \
             WHERE m.org = $1 AND m.gid = $2 AND m.mid > $3 ORDER BY m.mid LIMIT $4",
            args![org, group, after, limit],
        )
        .await?;
    rows.iter().map(|row| member(row, 0)).collect()
}

/// A member from the three columns that begin at `at`.
fn member(row: &Row, at: usize) -> Result<MemberRow, StoreError> {
    let kind = if row.int(at + 1)? == 1 { Kind::User } else { Kind::Group };
    Ok(MemberRow { id: ResourceId(row.key(at)?), kind, display: row.opt_text(at + 2)? })
}

/// The members of each of these groups, in the order of their ids: one statement for a hundred groups.
///
/// # Errors
/// When the database fails.
pub async fn of_groups(tx: &mut Tx, groups: &[ResourceId]) -> Result<Vec<(ResourceId, MemberRow)>, StoreError> {
    let mut found = Vec::new();
    for chunk in groups.chunks(CHUNK) {
        // The order of a CROSS JOIN stands: SQLite would walk all resources of the organization first.
        let mut sql = "SELECT m.gid, m.mid, m.kind, COALESCE(m.display, p.name, r.label) \
                       FROM member m CROSS JOIN resource r LEFT JOIN person p ON p.org = r.org AND p.id = r.person \
                       WHERE r.org = m.org AND r.id = m.mid AND m.org = $1 AND m.gid IN ("
            .to_owned();
        let mut values = vals![tx.org];
        push_list(&mut sql, &mut values, &bytes(chunk));
        sql.push_str(" ORDER BY m.gid, m.mid");
        for row in tx.conn.all(sql, &values).await? {
            found.push((ResourceId(row.key(0)?), member(&row, 1)?));
        }
    }
    Ok(found)
}

/// The ids of a group's members.
///
/// # Errors
/// When the database fails.
pub async fn ids(tx: &mut Tx, group: ResourceId) -> Result<Vec<ResourceId>, StoreError> {
    let org = tx.org;
    let rows = tx.conn.all("SELECT mid FROM member WHERE org = $1 AND gid = $2", args![org, group]).await?;
    rows.iter().map(|row| Ok(ResourceId(row.key(0)?))).collect()
}

/// Shows a member under another name.
///
/// # Errors
/// When the database fails.
pub async fn set_display(
    tx: &mut Tx,
    group: ResourceId,
    id: ResourceId,
    display: Option<&str>,
) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec("UPDATE member SET display = $4 WHERE org = $1 AND gid = $2 AND mid = $3", args![org, group, id, display])
        .await?;
    Ok(())
}

/// The groups that each of these resources is a direct member of: (member, group, its name).
///
/// # Errors
/// When the database fails.
pub async fn groups_of(tx: &mut Tx, ids: &[ResourceId]) -> Result<Vec<(ResourceId, ResourceId, String)>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        // The order of a CROSS JOIN stands: SQLite would walk all groups and Users of the organization first.
        let mut sql = "SELECT m.mid, g.id, g.label FROM member m CROSS JOIN resource g \
                       WHERE g.org = m.org AND g.id = m.gid AND m.org = $1 AND m.mid IN ("
            .to_owned();
        let mut values = vals![tx.org];
        push_list(&mut sql, &mut values, &bytes(chunk));
        sql.push_str(" ORDER BY g.id");
        for row in tx.conn.all(sql, &values).await? {
            found.push((ResourceId(row.key(0)?), ResourceId(row.key(1)?), row.text(2)?));
        }
    }
    Ok(found)
}

/// Which of these Users a directory has, and what they are called where that is more than their userName.
///
/// # Errors
/// When the database fails.
pub async fn user_names(
    tx: &mut Tx,
    src: SourceNo,
    ids: &[ResourceId],
) -> Result<Vec<(ResourceId, Option<String>)>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = "SELECT r.id, NULLIF(p.name, r.label) FROM resource r \
                       LEFT JOIN person p ON p.org = r.org AND p.id = r.person \
                       WHERE r.org = $1 AND r.src = $2 AND r.kind = 1 AND r.id IN ("
            .to_owned();
        let mut values = vals![tx.org, src];
        push_list(&mut sql, &mut values, &bytes(chunk));
        for row in tx.conn.all(sql, &values).await? {
            found.push((ResourceId(row.key(0)?), row.opt_text(1)?));
        }
    }
    Ok(found)
}

/// Removes all members of a group; those that were members.
///
/// # Errors
/// When the database fails.
pub async fn clear(tx: &mut Tx, group: ResourceId) -> Result<Vec<ResourceId>, StoreError> {
    let org = tx.org;
    let rows = tx.conn.all("DELETE FROM member WHERE org = $1 AND gid = $2 RETURNING mid", args![org, group]).await?;
    rows.iter().map(|row| Ok(ResourceId(row.key(0)?))).collect()
}

/// Takes a User or Group out of all groups.
///
/// # Errors
/// When the database fails.
pub async fn leave_all(tx: &mut Tx, id: ResourceId) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM member WHERE org = $1 AND mid = $2", args![org, id]).await?;
    Ok(())
}

/// Takes the memberships of a group that goes away: a few at once, those of a larger group behind the answer
/// ([`sweep`]). What is left meanwhile is nobody's: every look at a membership looks at its group.
///
/// # Errors
/// When the database fails.
pub async fn abandon(tx: &mut Tx, group: ResourceId) -> Result<(), StoreError> {
    if sweep_some(tx, group).await? == SWEEP {
        let org = tx.org;
        let sql = "INSERT INTO leftover (org, gid) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.conn.exec(sql, args![org, group]).await?;
    }
    Ok(())
}

/// Takes some of what [`abandon`] has left in this organization; whether more may be left.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx) -> Result<bool, StoreError> {
    let org = tx.org;
    let next = "SELECT gid FROM leftover WHERE org = $1 ORDER BY gid LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED";
    let Some(row) = tx.conn.one(next, args![org]).await? else { return Ok(false) };
    let group = ResourceId(row.key(0)?);
    if sweep_some(tx, group).await? < SWEEP {
        tx.conn.exec("DELETE FROM leftover WHERE org = $1 AND gid = $2", args![org, group]).await?;
    }
    Ok(true)
}

async fn sweep_some(tx: &mut Tx, group: ResourceId) -> Result<u64, StoreError> {
    let org = tx.org;
    let last = i64::try_from(SWEEP).unwrap_or(i64::MAX) - 1;
    let bound = "SELECT mid FROM member WHERE org = $1 AND gid = $2 ORDER BY mid LIMIT 1 OFFSET $3";
    let Some(row) = tx.conn.one(bound, args![org, group, last]).await? else {
        return tx.conn.exec("DELETE FROM member WHERE org = $1 AND gid = $2", args![org, group]).await;
    };
    let sql = "DELETE FROM member WHERE org = $1 AND gid = $2 AND mid <= $3";
    tx.conn.exec(sql, args![org, group, row.blob(0)?]).await
}
