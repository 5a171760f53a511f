//! All SQL: one unit of work of one organization is kept whole, with its audit events, or not at all.
//!
//! Owns tables, rows and the units of work over them; hands on domain types. Must not know protocols or services.
//! The organization is the first argument of every query (law 3); [`entry`] is the one exception.

pub mod access;
pub mod api_tokens;
pub mod apps;
pub mod aside;
pub mod audit;
pub mod claimed;
pub mod codes;
pub mod connections;
pub mod directories;
pub mod directory_clients;
pub mod enforcement;
mod engine;
mod entry;
pub mod flows;
pub mod held;
pub mod mailed;
pub mod members;
mod migrations;
pub mod newcomer;
mod numbers;
pub mod organizations;
pub mod outbox;
pub mod panels;
pub mod people;
pub mod resources;
pub mod schemas;
pub mod scim_log;
pub mod seats;
mod secrets;
pub mod sessions;
pub mod signed_in;
pub mod signing_keys;
pub mod standing;
mod statistics;
pub mod tokens;
pub mod tombstones;
mod unit;

pub use apps::AppRow;
pub use engine::{STATEMENT, StoreError};
pub use unit::{AsStoreError, Done, LONGEST, Record, Tx};

use engine::{Engine, Keeping, LiteEngine};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The database of this installation, on either engine.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    /// Where the SCIM log is: on SQLite a second file, so that it never shares the writer; on PostgreSQL the same pool.
    log: Engine,
    /// Whether every unit of work is rolled back at its end.
    dry: bool,
    /// Commits of several units that failed.
    failed: Arc<AtomicU64>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.engine {
            Engine::Lite(_) => "Store(SQLite)",
            Engine::Pg(_) => "Store(PostgreSQL)",
        })
    }
}

impl Store {
    /// Opens `sqlite:PATH` (made if it is not there) or `postgres://…`. It does not migrate.
    ///
    /// # Errors
    /// [`StoreError::UnknownUrl`] for another kind of address; otherwise what the engine says.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                let log = LiteEngine::open(log_file(Path::new(path)), Keeping::Log)?;
                let engine = LiteEngine::open(PathBuf::from(path), Keeping::Database)?;
                Ok(Self::of(Engine::Lite(engine), Engine::Lite(log)))
            }
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                let engine = Engine::Pg(engine::open_pg(url).await?);
                Ok(Self::of(engine.clone(), engine))
            }
            None => Err(StoreError::UnknownUrl),
        }
    }

    fn of(engine: Engine, log: Engine) -> Self {
        Self { engine, log, dry: false, failed: Arc::default() }
    }

    /// The store over the log's tables.
    fn of_log(&self) -> Self {
        Self { dry: self.dry, ..Self::of(self.log.clone(), self.log.clone()) }
    }

    /// How many commits have failed, or were begun anew, that several units shared. These units have seen each other's
    /// changes, which came to nothing and whose numbers are drawn once more: what is remembered from inside a unit holds
    /// for one such count.
    #[must_use]
    pub fn failed_commits(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// The same database for a dry run: each unit of work says what it would come to and is then rolled back, so that
    /// a unit does not see what the one before it did.
    #[must_use]
    pub fn dry(&self) -> Self {
        Self { dry: true, ..self.clone() }
    }

    /// Whether [`look`](Store::look) asks in the calling thread and does not wait.
    #[must_use]
    pub fn looks_in_place(&self) -> bool {
        matches!(self.engine, Engine::Lite(_))
    }

    /// Lets go of the connections. On SQLite the threads end with the last handle.
    pub async fn close(&self) {
        if let Engine::Pg(pool) = &self.engine {
            pool.close();
        }
    }
}

/// `doorward.db` has its log in `doorward-log.db`.
fn log_file(database: &Path) -> PathBuf {
    let mut name = database.file_stem().unwrap_or_default().to_owned();
    name.push("-log");
    if let Some(ending) = database.extension() {
        name.push(".");
        name.push(ending);
    }
    database.with_file_name(name)
}
