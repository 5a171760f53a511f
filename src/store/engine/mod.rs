//! One SQL text on two engines.
//!
//! Owns connections, units of work, retries and the words in which the engines differ ([`dialect`]).
//! Hands on [`Conn`], [`Row`] and [`Val`]. Must not know a table.

mod conn;
pub(crate) mod dialect;
mod error;
mod fuse;
mod lite;
mod lite_jobs;
mod lite_row;
mod lite_wal;
mod pg;
mod row;

pub(crate) use conn::{Conn, Link};
pub use error::StoreError;
pub(crate) use fuse::Insert;
pub(crate) use lite::Lite;
pub(crate) use lite_jobs::{Keeping, Leaves, LiteEngine, WriteJob};
pub(crate) use lite_row::LiteRow;
pub use pg::STATEMENT;
pub(crate) use pg::{PgLink, PgPool, open as open_pg};
pub(crate) use row::{Row, Val};

/// The engine behind a [`Store`](super::Store).
#[derive(Clone)]
pub(crate) enum Engine {
    /// A SQLite file, driven by threads of our own.
    Lite(LiteEngine),
    /// A PostgreSQL pool.
    Pg(PgPool),
}

/// Arguments of a statement: `args![org, "text", 5]`.
macro_rules! args {
    ($($x:expr),* $(,)?) => { &[$($crate::store::engine::Val::from($x)),*][..] };
}
pub(crate) use args;

/// Arguments that are handed over: of a statement that waits, or of one that is put together.
macro_rules! vals {
    ($($x:expr),* $(,)?) => { vec![$($crate::store::engine::Val::from($x)),*] };
}
pub(crate) use vals;
