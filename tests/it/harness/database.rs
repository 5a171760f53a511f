//! A database for each test, on either engine, already migrated.

use super::postgres;
use chrono::{DateTime, TimeZone as _, Utc};
use doorward::store::Store;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL database of its own.
    Postgres,
}

/// Where the clock of a test stands when it begins.
pub fn dawn() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database that nobody else uses. The file is taken away with it; the cluster goes as a whole.
pub struct TestDatabase {
    /// What `database.url` would say.
    pub url: String,
    file: Option<PathBuf>,
}

impl TestDatabase {
    /// Makes it, migrated.
    pub async fn new(engine: Engine) -> Self {
        let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        match engine {
            Engine::Postgres => Self { url: postgres::database(&name).await, file: None },
            Engine::Sqlite => {
                let file = std::env::temp_dir().join(format!("doorward-{name}.db"));
                let url = format!("sqlite:{}", file.display());
                Store::open(&url).await.unwrap().migrate(dawn()).await.unwrap();
                Self { url, file: Some(file) }
            }
        }
    }

    /// Opens it.
    pub async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        for end in [".db", ".db-wal", ".db-shm", "-log.db", "-log.db-wal", "-log.db-shm"] {
            if let Some(file) = &self.file {
                // What was never made need not be taken away.
                let _ = std::fs::remove_file(format!("{}{end}", file.with_extension("").display()));
            }
        }
    }
}

/// Writes one test for both engines: `on_both_engines!(async fn a_sentence(engine) { … })`.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident) $body:block)*) => {$(
        mod $name {
            use super::*;
            async fn story($engine: $crate::harness::database::Engine) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { story($crate::harness::database::Engine::Sqlite).await }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() { story($crate::harness::database::Engine::Postgres).await }
        }
    )*};
}
pub(crate) use on_both_engines;
