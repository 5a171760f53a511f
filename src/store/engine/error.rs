//! What can go wrong between us and the database.

use crate::base::class::{Class, Classify};

/// A failure of the store. "Not found" is never one: lookups give `Option`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique key is taken; the constraint's name says which.
    #[error("the key {0} is taken")]
    Taken(String),
    /// The queue in front of the database is full.
    #[error("the database has too much to do")]
    Busy,
    /// Nothing answers at the database's address.
    #[error("PostgreSQL does not answer at the address that database.url names")]
    Unreachable,
    /// Other units of work kept getting in the way.
    #[error("the unit of work met too many conflicts")]
    Contended,
    /// The database worker is gone: the program is shutting down.
    #[error("the database is closed")]
    Closed,
    /// A unit of work panicked; nothing of it was kept.
    #[error("a unit of work broke off")]
    BrokenOff,
    /// A row is not as the program writes it.
    #[error("a stored value is not what it should be: {0}")]
    Malformed(&'static str),
    /// The schema demands a newer program.
    #[error("the database needs schema {demanded} or newer, this program knows {known}: upgrade the program")]
    TooNew {
        /// The schema version that the database demands.
        demanded: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The schema is older than the program needs.
    #[error("the database is at schema {found}, this program needs {needed}: run `doorward migrate`")]
    TooOld {
        /// What is there.
        found: i64,
        /// What is needed.
        needed: i64,
    },
    /// A released migration was edited.
    #[error("migration {0} is not the one that this database was made with")]
    MigrationChanged(i64),
    /// The database URL is of no known kind.
    #[error("database.url must begin with sqlite: or postgres://")]
    UnknownUrl,
    /// The shared commit failed; nothing of it was kept.
    #[error("the commit failed: {0}")]
    CommitFailed(String),
    /// PostgreSQL said so.
    #[error("PostgreSQL failed")]
    Pg(#[source] sqlx::Error),
    /// SQLite said so.
    #[error("SQLite failed")]
    Lite(#[from] rusqlite::Error),
}

impl StoreError {
    /// Whether this is the unique key `constraint`.
    #[must_use]
    pub fn is_taken(&self, constraint: &str) -> bool {
        matches!(self, Self::Taken(name) if name == constraint)
    }

    /// Whether the same unit of work may succeed when it is run again (serialization failure, deadlock).
    pub(crate) fn may_retry(&self) -> bool {
        match self {
            Self::Pg(sqlx::Error::Database(e)) => matches!(e.code().as_deref(), Some("40001" | "40P01")),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(e) if e.is_unique_violation() => {
                Self::Taken(e.constraint().unwrap_or_default().to_owned())
            }
            _ => Self::Pg(error),
        }
    }
}

impl Classify for StoreError {
    fn class(&self) -> Class {
        match self {
            Self::Taken(_) => Class::Conflict,
            Self::Busy | Self::Unreachable | Self::Contended | Self::Closed => Class::Busy,
            Self::BrokenOff
            | Self::Malformed(_)
            | Self::TooNew { .. }
            | Self::TooOld { .. }
            | Self::MigrationChanged(_)
            | Self::UnknownUrl
            | Self::CommitFailed(_)
            | Self::Pg(_)
            | Self::Lite(_) => Class::Bug,
        }
    }
}
