//! Brings a database to the schema of this program, one numbered file at a time.

use super::engine::{Conn, Engine, Link, args, dialect};
use super::{Store, StoreError};
use crate::base::fold::FOLD_VERSION;
use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use futures::executor::block_on;
use tokio::sync::oneshot;

/// A migration: its number is its place in time; a released one is never edited.
struct Migration {
    version: i64,
    name: &'static str,
    /// The oldest schema that a program must know to work on a database with this migration.
    demands: i64,
    text: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal demands $demands:literal;)*) => {
        &[$(Migration {
            version: $version, name: $name, demands: $demands,
            text: include_str!(concat!("../../migrations/", $version, "_", $name, ".sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations! {
    2026112301 "create_organizations" demands 2026112301;
    2026112302 "create_sources" demands 2026112302;
    2026112303 "create_people" demands 2026112303;
    2026112304 "create_resources" demands 2026112304;
    2026112305 "create_access" demands 2026112305;
    2026112306 "create_sign_in" demands 2026112306;
    2026112307 "create_issuing" demands 2026112307;
    2026112308 "create_audit" demands 2026112308;
    2026112602 "add_request_to_event" demands 2026112308;
    2026112604 "add_aside" demands 2026112308;
    2026112606 "add_standing" demands 2026112606;
    2026112607 "add_leftover" demands 2026112607;
    2026112608 "widen_person_key" demands 2026112308;
};

const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version {int} NOT NULL, name {text} NOT NULL, \
     demands {int} NOT NULL, sha256 {blob} NOT NULL, applied {int} NOT NULL, fold {int} NOT NULL, \
     CONSTRAINT schema_version_pkey PRIMARY KEY (version)){keyed}";

/// The number under which PostgreSQL instances queue to migrate: any constant of ours.
const ADVISORY_LOCK: i64 = 0x646f_6f72_7761_7264;

impl Store {
    /// Applies what is missing; the names of the migrations that ran now. Safe to run from several instances at once.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] when the database demands a newer program, [`StoreError::MigrationChanged`] when a
    /// released file was edited.
    pub async fn migrate(&self, now: DateTime<Utc>) -> Result<Vec<&'static str>, StoreError> {
        match &self.engine {
            Engine::Lite(lite) => {
                let (answer, answered) = oneshot::channel();
                lite.write(Box::new(move |conn| {
                    let outcome = block_on(bring_up(conn, now));
                    let keep = outcome.is_ok();
                    let reply = move |failed: Option<String>| {
                        // Only a program that is shutting down does not hear it.
                        let _ = answer.send(failed.map_or(outcome, |reason| Err(StoreError::CommitFailed(reason))));
                    };
                    (keep, Box::new(reply))
                }))?;
                answered.await.unwrap_or(Err(StoreError::BrokenOff))
            }
            Engine::Pg(pool) => {
                let mut conn = Conn::from(Link::PgTx(pool.begin().await?));
                // A migration may take its time, other than a unit of work.
                conn.script("SET LOCAL statement_timeout = 0").await?;
                conn.all("SELECT pg_advisory_xact_lock($1)", args![ADVISORY_LOCK]).await?;
                let applied = bring_up(&mut conn, now).await?;
                if let Link::PgTx(transaction) = conn.into_link() {
                    transaction.commit().await?;
                }
                Ok(applied)
            }
        }
    }

    /// Makes sure that the schema is one that this program can work on, without changing it.
    ///
    /// # Errors
    /// [`StoreError::TooOld`] or [`StoreError::TooNew`].
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let needed = MIGRATIONS.last().map_or(0, |m| m.version);
        let found = self
            .read(crate::base::ids::OrgNo(0), async |tx| {
                let table = match tx.conn.dialect() {
                    dialect::Dialect::Lite => "SELECT name FROM sqlite_master WHERE name = 'schema_version'",
                    dialect::Dialect::Pg => {
                        "SELECT CAST(relname AS TEXT) FROM pg_class WHERE oid = to_regclass('schema_version')"
                    }
                };
                if tx.conn.one(table, &[]).await?.is_none() {
                    return Ok(0);
                }
                refuse_newer(&mut tx.conn).await?;
                newest(&mut tx.conn).await
            })
            .await?;
        if found < needed { Err(StoreError::TooOld { found, needed }) } else { Ok(()) }
    }
}

async fn newest(conn: &mut Conn) -> Result<i64, StoreError> {
    let row = conn.one("SELECT max(version) FROM schema_version", &[]).await?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0))
}

async fn refuse_newer(conn: &mut Conn) -> Result<(), StoreError> {
    let known = MIGRATIONS.last().map_or(0, |m| m.version);
    let row = conn.one("SELECT max(demands) FROM schema_version", &[]).await?;
    let demanded = row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0);
    if demanded > known { Err(StoreError::TooNew { demanded, known }) } else { Ok(()) }
}

async fn bring_up(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<&'static str>, StoreError> {
    let dialect = conn.dialect();
    conn.script(&dialect::spell(dialect, VERSION_TABLE)).await?;
    refuse_newer(conn).await?;
    let mut applied = Vec::new();
    for migration in MIGRATIONS {
        let sha256 = digest::digest(&digest::SHA256, migration.text.as_bytes()).as_ref().to_vec();
        let row = conn.one("SELECT sha256 FROM schema_version WHERE version = $1", args![migration.version]).await?;
        match row {
            Some(row) if row.blob(0)? != sha256 => return Err(StoreError::MigrationChanged(migration.version)),
            Some(_) => {}
            None => {
                conn.script(&dialect::spell(dialect, migration.text)).await?;
                conn.exec(
                    "INSERT INTO schema_version (version, name, demands, sha256, applied, fold) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                    args![migration.version, migration.name, migration.demands, sha256, now, FOLD_VERSION],
                )
                .await?;
                applied.push(migration.name);
            }
        }
    }
    Ok(applied)
}
