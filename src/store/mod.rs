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
pub mod panels;
pub mod people;
pub mod resources;
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
pub use engine::StoreError;
pub use unit::{AsStoreError, Done, Record, Tx};

use engine::{Engine, LiteEngine};
use std::path::PathBuf;

/// The database of this installation, on either engine.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
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
        let engine = match url.strip_prefix("sqlite:") {
            Some(path) => Engine::Lite(LiteEngine::open(PathBuf::from(path))?),
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Engine::Pg(engine::open_pg(url).await?)
            }
            None => return Err(StoreError::UnknownUrl),
        };
        Ok(Self { engine })
    }

    /// Lets go of the connections. On SQLite the threads end with the last handle.
    pub async fn close(&self) {
        if let Engine::Pg(pool) = &self.engine {
            pool.close().await;
        }
    }
}
