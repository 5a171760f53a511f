//! Brings a database to the schema of this program, one numbered file at a time.

use super::engine::{Conn, Engine, Leaves, Link, PgLink, WriteJob, args, dialect};
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
    ($folder:literal: $($version:literal $name:literal demands $demands:literal;)*) => {
        &[$(Migration {
            version: $version, name: $name, demands: $demands,
            text: include_str!(concat!("../../", $folder, "/", $version, "_", $name, ".sql")),
        }),*]
    };
}

/// What one schema was made of, and the table that remembers it.
struct History {
    table: &'static str,
    migrations: &'static [Migration],
}

const DATABASE: History = History { table: "schema_version", migrations: MIGRATIONS };

/// The log's schema has a history of its own: on SQLite it is a file of its own.
const LOG: History = History {
    table: "log_version",
    migrations: migrations! {
        "migrations/log":
        2026112602 "create_scim_log" demands 2026112602;
        2026112615 "keep_bodies_inline" demands 2026112602;
        2026112616 "drop_request_index" demands 2026112602;
        2026112617 "share_blocks" demands 2026112602;
        2026120118 "log_of_blocks" demands 2026120118;
    },
};

const MIGRATIONS: &[Migration] = migrations! {
    "migrations":
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
    2026112609 "create_directory_clients" demands 2026112308;
    2026112610 "add_extension_schema" demands 2026112610;
    2026112612 "add_outbox_target" demands 2026112308;
    2026112613 "drop_stale" demands 2026112613;
    2026112614 "pack_rows" demands 2026112613;
};

impl History {
    fn version_table(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {0} (version {{int}} NOT NULL, name {{text}} NOT NULL, demands {{int}} NOT NULL, \
             sha256 {{blob}} NOT NULL, applied {{int}} NOT NULL, fold {{int}} NOT NULL, \
             CONSTRAINT {0}_pkey PRIMARY KEY (version)){{keyed}}",
            self.table
        )
    }

    fn newest(&self) -> i64 {
        self.migrations.last().map_or(0, |m| m.version)
    }
}

/// The number under which PostgreSQL instances queue to migrate: any constant of ours.
const ADVISORY_LOCK: i64 = 0x646f_6f72_7761_7264;

/// A migration on its way through SQLite's writer.
struct LiteMigration {
    history: &'static History,
    now: DateTime<Utc>,
    outcome: Result<Vec<&'static str>, StoreError>,
    answer: oneshot::Sender<Result<Vec<&'static str>, StoreError>>,
}

impl WriteJob for LiteMigration {
    fn run(&mut self, conn: &mut Conn) -> Leaves {
        self.outcome = block_on(bring_up(conn, self.history, self.now));
        if self.outcome.is_ok() { Leaves::Work } else { Leaves::Spoil }
    }

    fn end(self: Box<Self>, failed: Option<String>) {
        // Only a program that is shutting down does not hear it.
        let _ = self.answer.send(failed.map_or(self.outcome, |reason| Err(StoreError::CommitFailed(reason))));
    }
}

impl Store {
    /// Applies what is missing; the names of the migrations that ran now. Safe to run from several instances at once.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] when the database demands a newer program, [`StoreError::MigrationChanged`] when a
    /// released file was edited.
    pub async fn migrate(&self, now: DateTime<Utc>) -> Result<Vec<&'static str>, StoreError> {
        let mut applied = self.bring_up(&DATABASE, now).await?;
        applied.extend(self.of_log().bring_up(&LOG, now).await?);
        Ok(applied)
    }

    async fn bring_up(&self, history: &'static History, now: DateTime<Utc>) -> Result<Vec<&'static str>, StoreError> {
        match &self.engine {
            Engine::Lite(lite) => {
                let (answer, answered) = oneshot::channel();
                lite.write(Box::new(LiteMigration { history, now, outcome: Err(StoreError::BrokenOff), answer }))?;
                answered.await.unwrap_or(Err(StoreError::BrokenOff))
            }
            Engine::Pg(pool) => {
                let mut conn = Conn::from(Link::Pg(PgLink::acquire(pool).await?));
                conn.begin().await?;
                // A migration may take its time, other than a unit of work.
                conn.script("SET LOCAL statement_timeout = 0").await?;
                conn.all("SELECT pg_advisory_xact_lock($1)", args![ADVISORY_LOCK]).await?;
                let applied = bring_up(&mut conn, history, now).await?;
                if let Link::Pg(link) = conn.into_link() {
                    link.commit().await?;
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
        self.check(&DATABASE).await?;
        self.of_log().check(&LOG).await
    }

    async fn check(&self, history: &'static History) -> Result<(), StoreError> {
        let needed = history.newest();
        let found = self
            .read(crate::base::ids::OrgNo(0), async |tx| {
                let table = match tx.conn.dialect() {
                    dialect::Dialect::Lite => "SELECT name FROM sqlite_master WHERE name = $1",
                    dialect::Dialect::Pg => "SELECT CAST(relname AS TEXT) FROM pg_class WHERE oid = to_regclass($1)",
                };
                if tx.conn.one(table, args![history.table]).await?.is_none() {
                    return Ok(0);
                }
                refuse_newer(&mut tx.conn, history).await?;
                newest(&mut tx.conn, history).await
            })
            .await?;
        if found < needed { Err(StoreError::TooOld { found, needed }) } else { Ok(()) }
    }
}

async fn newest(conn: &mut Conn, history: &History) -> Result<i64, StoreError> {
    let row = conn.one(format!("SELECT max(version) FROM {}", history.table), &[]).await?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0))
}

async fn refuse_newer(conn: &mut Conn, history: &History) -> Result<(), StoreError> {
    let known = history.newest();
    let row = conn.one(format!("SELECT max(demands) FROM {}", history.table), &[]).await?;
    let demanded = row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0);
    if demanded > known { Err(StoreError::TooNew { demanded, known }) } else { Ok(()) }
}

async fn bring_up(conn: &mut Conn, history: &History, now: DateTime<Utc>) -> Result<Vec<&'static str>, StoreError> {
    let dialect = conn.dialect();
    conn.script(&dialect::spell(dialect, &history.version_table())).await?;
    refuse_newer(conn, history).await?;
    let mut applied = Vec::new();
    for migration in history.migrations {
        let sha256 = digest::digest(&digest::SHA256, migration.text.as_bytes()).as_ref().to_vec();
        let known = format!("SELECT sha256 FROM {} WHERE version = $1", history.table);
        let row = conn.one(known, args![migration.version]).await?;
        match row {
            Some(row) if row.blob(0)? != sha256 => return Err(StoreError::MigrationChanged(migration.version)),
            Some(_) => {}
            None => {
                conn.script(&dialect::spell(dialect, migration.text)).await?;
                let note = format!(
                    "INSERT INTO {} (version, name, demands, sha256, applied, fold) VALUES ($1, $2, $3, $4, $5, $6)",
                    history.table
                );
                conn.exec(note, args![migration.version, migration.name, migration.demands, sha256, now, FOLD_VERSION])
                    .await?;
                applied.push(migration.name);
            }
        }
    }
    Ok(applied)
}
