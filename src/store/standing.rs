//! How things stand in an organization: one row that tells whether what is cached of it still holds.

use super::engine::dialect::Dialect;
use super::engine::{Row, args};
use super::{StoreError, Tx};

/// What everything cached of an organization is compared with, in the unit that uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Moves with every change of rules, clients, sources, domains, the panel and the credentials of directories.
    pub facts: i64,
    /// The newest wide mark; 0 when there is none.
    pub mark: i64,
}

/// The two columns of a [`Standing`], for a statement that reads a row on the way; `$1` is the organization.
pub(super) const COLUMNS: &str = "(SELECT g.facts FROM guard g WHERE g.org = $1), \
     (SELECT max(w.id) FROM wide w WHERE w.org = $1)";

/// How many columns these are.
pub(super) const WIDTH: usize = 2;

/// Reads a [`Standing`] from the two columns that begin at `at`.
pub(super) fn read(row: &Row, at: usize) -> Result<Standing, StoreError> {
    Ok(Standing { facts: row.opt_int(at)?.unwrap_or(0), mark: row.opt_int(at + 1)?.unwrap_or(0) })
}

/// How things stand now.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx) -> Result<Standing, StoreError> {
    let org = tx.org;
    let row = tx.conn.one(format!("SELECT {COLUMNS}"), args![org]).await?;
    read(&row.ok_or(StoreError::Malformed("standing"))?, 0)
}

/// Whether the facts are these and stay so until this unit ends: for a unit that leaves something undone because of what
/// they say. Whoever changes them waits for it, or is met here: then the answer is no.
///
/// It waits for nobody, so it may be asked with anything held. What it holds from now on stands in the way of whoever wants
/// the guard: the unit should wait for nothing more. On SQLite, where one unit writes at a time, nothing need be asked.
///
/// # Errors
/// When the database fails.
pub async fn stays(tx: &mut Tx, facts: i64) -> Result<bool, StoreError> {
    if tx.conn.dialect() == Dialect::Lite {
        return Ok(true);
    }
    let org = tx.org;
    // Other facts are not held: who meets them goes on to hold people.
    let sql = "SELECT facts FROM guard WHERE org = $1 AND facts = $2 FOR SHARE SKIP LOCKED";
    Ok(tx.conn.one(sql, args![org, facts]).await?.is_some())
}

/// Says that something cached of this organization has changed. Holds the organization's guard.
pub(super) async fn moved(tx: &mut Tx) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("UPDATE guard SET facts = facts + 1 WHERE org = $1", args![org]).await?;
    Ok(())
}
