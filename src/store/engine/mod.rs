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

use futures::future::BoxFuture;
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
    ///
    /// The future is boxed here: behind it the borrow checker need not look into every unit of work to see that it
    /// may be sent between threads.
    pub(crate) fn exec<'a>(
        &'a mut self,
        sql: impl Into<Cow<'static, str>>,
        args: &'a [Val],
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        let sql = sql.into();
        Box::pin(async move {
            match self {
                Self::Lite(conn) => conn.exec(&sql, args),
                Self::Pg(conn) => pg::exec(conn, sql, args).await,
                Self::PgTx(conn) => pg::exec(conn, sql, args).await,
                Self::Away => Err(StoreError::Closed),
            }
        })
    }

    /// Runs a query; all its rows.
    pub(crate) fn all<'a>(
        &'a mut self,
        sql: impl Into<Cow<'static, str>>,
        args: &'a [Val],
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        let sql = sql.into();
        Box::pin(async move {
            match self {
                Self::Lite(conn) => conn.all(&sql, args),
                Self::Pg(conn) => pg::all(conn, sql, args).await,
                Self::PgTx(conn) => pg::all(conn, sql, args).await,
                Self::Away => Err(StoreError::Closed),
            }
        })
    }

    /// Runs a query that yields at most one row.
    pub(crate) fn one<'a>(
        &'a mut self,
        sql: impl Into<Cow<'static, str>>,
        args: &'a [Val],
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        let rows = self.all(sql, args);
        Box::pin(async move { Ok(rows.await?.into_iter().next()) })
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
