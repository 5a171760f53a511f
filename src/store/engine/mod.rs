//! One SQL text on two engines.
//!
//! Owns connections, units of work, retries and the words in which the engines differ ([`dialect`]).
//! Hands on [`Conn`], [`Row`] and [`Val`]. Must not know a table.

pub(crate) mod dialect;
mod error;
mod lite;
mod lite_jobs;
mod pg;
pub(crate) use pg::open as open_pg;
mod row;

pub use error::StoreError;
pub(crate) use lite::Lite;
pub(crate) use lite_jobs::LiteEngine;
pub(crate) use row::{Row, Val};

use sqlx::{Pool, Postgres, pool::PoolConnection};
use std::borrow::Cow;

/// The engine behind a [`Store`](super::Store).
#[derive(Clone)]
pub(crate) enum Engine {
    /// A SQLite file, driven by threads of our own.
    Lite(LiteEngine),
    /// A PostgreSQL pool.
    Pg(Pool<Postgres>),
}

/// A connection inside a unit of work: the whole query surface of the store. The SQLite arm never suspends.
pub(crate) enum Conn {
    /// SQLite.
    Lite(Lite),
    /// PostgreSQL, a pooled connection.
    Pg(PoolConnection<Postgres>),
    /// PostgreSQL inside a transaction that rolls back when it is dropped.
    PgTx(sqlx::Transaction<'static, Postgres>),
    /// Lent to a unit of work: its thread has it back before the next unit.
    Away,
}

impl Conn {
    /// Runs a statement; the number of rows that it changed.
    pub(crate) async fn exec(&mut self, sql: impl Into<Cow<'static, str>>, args: &[Val]) -> Result<u64, StoreError> {
        match self {
            Self::Lite(conn) => conn.exec(&sql.into(), args),
            Self::Pg(conn) => pg::exec(conn, sql.into(), args).await,
            Self::PgTx(conn) => pg::exec(conn, sql.into(), args).await,
            Self::Away => Err(StoreError::Closed),
        }
    }

    /// Runs a query; all its rows.
    pub(crate) async fn all(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: &[Val],
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Lite(conn) => conn.all(&sql.into(), args),
            Self::Pg(conn) => pg::all(conn, sql.into(), args).await,
            Self::PgTx(conn) => pg::all(conn, sql.into(), args).await,
            Self::Away => Err(StoreError::Closed),
        }
    }

    /// Runs a query that yields at most one row.
    pub(crate) async fn one(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: &[Val],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Runs several statements that take no argument (migrations).
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        match self {
            Self::Lite(conn) => conn.script(sql),
            Self::Pg(conn) => pg::script(conn, sql).await,
            Self::PgTx(conn) => pg::script(conn, sql).await,
            Self::Away => Err(StoreError::Closed),
        }
    }

    /// The words of this engine.
    pub(crate) fn dialect(&self) -> dialect::Dialect {
        match self {
            Self::Lite(_) | Self::Away => dialect::Dialect::Lite,
            Self::Pg(_) | Self::PgTx(_) => dialect::Dialect::Pg,
        }
    }
}

/// Arguments of a statement: `args![org, "text", 5]`.
macro_rules! args {
    ($($x:expr),* $(,)?) => { &[$($crate::store::engine::Val::from($x)),*][..] };
}
pub(crate) use args;
