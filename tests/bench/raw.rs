//! The raw engine: the same rows as a request writes, as quick as the engine takes them. On PostgreSQL one statement a
//! transaction (pgbench); on SQLite one thread with prepared statements and a commit for as many units as there are clients: more cannot
//! wait for it together, neither there nor on PostgreSQL.

use crate::model::names::{self, Minted, Name};
use crate::model::{Unit, source};
use crate::place::{Database, Place};
use anyhow::{Context as _, ensure};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Statement};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// How far apart the numbers of two clients are.
pub(crate) const APART: usize = 1_000_000;

/// Which users a raw run is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    /// New ones; each client numbers its own.
    New,
    /// Loaded ones, the clients one range after the other.
    Loaded,
}

/// A raw run: each of `clients` does its units `from..to`; units a second. The calling thread waits: nothing else is to run.
pub(crate) fn run(
    place: &Place,
    database: &Database,
    unit: &Unit,
    who: Who,
    clients: usize,
    (from, to): (usize, usize),
    each: usize,
) -> anyhow::Result<f64> {
    match database {
        Database::Pg { name, .. } => {
            let apart = if matches!(who, Who::New) { APART } else { each };
            let path = place.folder().join("raw.sql");
            std::fs::write(&path, script(unit, who, from, apart))?;
            let cluster = place.cluster().context("no cluster")?;
            cluster.pgbench(name, &path, clients, to - from)
        }
        Database::Lite(path) => {
            // One thread takes the numbers in the order in which clients would bring them.
            let apart = if matches!(who, Who::New) { APART } else { each };
            let numbers: Vec<_> = (from..to).flat_map(|n| (0..clients).map(move |client| client * apart + n)).collect();
            batches(path, unit, who, &numbers, clients)
        }
    }
}

/// The pgbench script: all rows of a unit in one statement.
fn script(unit: &Unit, who: Who, from: usize, apart: usize) -> String {
    format!("\\set i {from} + :client_id * {apart} + :n\n\\set n :n + 1\n{};\n", statement(unit, who, ":i"))
}

/// All rows of a unit in one statement of PostgreSQL, for the user of the number that `parameter` stands for.
pub(crate) fn statement(unit: &Unit, who: Who, parameter: &str) -> String {
    let minted = |name: Name| match (who, name) {
        (Who::Loaded, Name::Resource | Name::Person) => Minted::Loaded,
        _ => Minted::Now,
    };
    let series = format!("WITH s AS (SELECT CAST({parameter} AS bigint) AS n)");
    let mut sql = source(unit, &series, |name| names::in_pg(name, minted(name)));
    let mut writes: Vec<_> = unit.rows.iter().map(|row| row.sql(false, Name::column, " FROM i")).collect();
    writes.extend(unit.count_sql(Name::column, " FROM i"));
    let last = writes.pop().unwrap_or_default();
    for (k, write) in writes.iter().enumerate() {
        sql.push_str(&format!(", w{k} AS ({write})"));
    }
    sql + " " + &last
}

/// The statements of a unit, for [`one`].
pub(crate) fn statements(unit: &Unit) -> Vec<String> {
    let parameter: fn(Name) -> String = |name| format!("?{}", name.parameter());
    let mut sqls: Vec<_> = unit.rows.iter().map(|row| row.sql(true, parameter, "")).collect();
    sqls.extend(unit.count_sql(parameter, ""));
    sqls
}

/// A connection that commits as durably as the product's.
pub(crate) fn open(path: &Path) -> anyhow::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")?;
    // As the product does: otherwise SQLite makes some statements anew with each value, prepared or not.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(conn)
}

/// `together` units share a commit.
fn batches(path: &Path, unit: &Unit, who: Who, numbers: &[usize], together: usize) -> anyhow::Result<f64> {
    let conn = open(path)?;
    let sqls = statements(unit);
    let mut statements = sqls.iter().map(|sql| conn.prepare(sql)).collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    for group in numbers.chunks(together) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for n in group {
            one(&mut statements, who, i64::try_from(*n)?)?;
        }
        conn.execute_batch("COMMIT")?;
    }
    Ok(numbers.len() as f64 / begun.elapsed().as_secs_f64())
}

#[expect(
    clippy::disallowed_methods,
    reason = "ids are minted at the present moment, and the bench has no clock in hand"
)]
fn now() -> anyhow::Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

/// Writes one unit: the parameters that a statement has are bound, and each statement writes one row.
pub(crate) fn one(statements: &mut [Statement<'_>], who: Who, n: i64) -> anyhow::Result<()> {
    let now = now()?;
    let loaded = if matches!(who, Who::Loaded) { names::millis(n) } else { now };
    let (resource, person) = (names::id_at(Name::Resource, n, loaded), names::id_at(Name::Person, n, loaded));
    let login = names::login(usize::try_from(n)?);
    let (text, hex) = (names::hyphenated(&resource), names::hex(&person));
    for statement in statements {
        for at in 1..=statement.parameter_count() {
            match at {
                1 => statement.raw_bind_parameter(at, n)?,
                2 => statement.raw_bind_parameter(at, &login)?,
                3 => statement.raw_bind_parameter(at, resource.as_slice())?,
                4 => statement.raw_bind_parameter(at, person.as_slice())?,
                5 => statement.raw_bind_parameter(at, &text)?,
                6 => statement.raw_bind_parameter(at, &hex)?,
                more => {
                    let id = names::id_at(Name::Fresh(u8::try_from(more - 7)?), n, now);
                    statement.raw_bind_parameter(at, id.as_slice())?;
                }
            }
        }
        ensure!(statement.raw_execute()? == 1, "the raw engine wrote no row for user {n}");
    }
    Ok(())
}
