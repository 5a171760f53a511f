//! A database for each test, on either engine, already migrated.

use super::{keeper, postgres};
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

/// A database that nobody else uses. It goes when its test is over.
pub struct TestDatabase {
    /// What `database.url` would say.
    pub url: String,
    place: Place,
}

/// Where it is.
enum Place {
    /// In a file, with others beside it.
    File(PathBuf),
    /// Under this name in the server.
    Server(String),
}

impl TestDatabase {
    /// Makes it, migrated.
    pub async fn new(engine: Engine) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        match engine {
            Engine::Postgres => {
                let (name, url) = postgres::database(number).await;
                Self { url, place: Place::Server(name) }
            }
            Engine::Sqlite => {
                let file = std::env::temp_dir().join(format!("doorward-t{}_{number}.db", std::process::id()));
                let url = format!("sqlite:{}", file.display());
                Store::open(&url).await.unwrap().migrate(dawn()).await.unwrap();
                Self { url, place: Place::File(file) }
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
        match &self.place {
            Place::File(file) => {
                for end in [".db", ".db-wal", ".db-shm", "-log.db", "-log.db-wal", "-log.db-shm"] {
                    // What was never made need not be taken away.
                    let _ = std::fs::remove_file(format!("{}{end}", file.with_extension("").display()));
                }
            }
            Place::Server(name) => keeper::take_away(name.clone()),
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
