//! A connection inside a unit of work: the whole query surface of the store.

use super::fuse::{self, Insert, Waiting};
use super::{Lite, PgLink, Row, StoreError, Val, dialect};
use futures::future::BoxFuture;
use std::borrow::Cow;

/// What a connection leads to.
pub(crate) enum Link {
    /// SQLite. Its calls never suspend.
    Lite(Lite),
    /// PostgreSQL. Each statement stands for itself; the first one that holds or writes something begins a transaction,
    /// which is rolled back when the link is dropped.
    Pg(PgLink),
    /// Lent to a unit of work: its thread has it back before the next unit.
    Away,
}

/// A connection, with the writes that nobody waits for ([`Conn::later`]).
pub(crate) struct Conn {
    link: Link,
    waiting: Vec<Waiting>,
}

impl From<Link> for Conn {
    fn from(link: Link) -> Self {
        Self { link, waiting: Vec::new() }
    }
}

impl Conn {
    /// The link, for the unit's end; what waits has been sent before ([`Conn::flush`]).
    pub(crate) fn into_link(self) -> Link {
        self.link
    }

    /// Takes the connection out of its thread's hands.
    pub(crate) fn lend(&mut self) -> Self {
        Self { link: std::mem::replace(&mut self.link, Link::Away), waiting: std::mem::take(&mut self.waiting) }
    }

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
            self.flush().await?;
            self.begin().await?;
            self.link.exec(sql, args).await
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
            self.flush().await?;
            if matches!(self.link, Link::Pg(_)) && !dialect::only_reads(&sql) {
                self.begin().await?;
            }
            self.link.all(sql, args).await
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

    /// Writes to one `table`, with no need to know now what came of it: the statement is sent before the next query
    /// or at the end of the unit, together with others that wait (on PostgreSQL one round trip for all of them).
    ///
    /// What waits together must not see each other's effects; so two writes to the same table never do. A unique key
    /// that is taken shows when the statement is sent.
    pub(crate) fn later(
        &mut self,
        table: &'static str,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Val>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        let sql = sql.into();
        Box::pin(async move {
            if let Link::Lite(lite) = &self.link {
                return lite.exec(sql, &args).map(|_| ());
            }
            if self.waiting.iter().any(|waiting| waiting.table == table) {
                self.flush().await?;
            }
            self.waiting.push(Waiting { table, sql, args });
            Ok(())
        })
    }

    /// Writes rows to one table, with no need to know now what came of it ([`Conn::later`]).
    pub(crate) fn insert_later<'a>(
        &'a mut self,
        insert: &'static Insert,
        rows: Vec<Vec<Val>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(());
            }
            if let Link::Lite(lite) = &self.link {
                return lite.exec_each(insert.for_lite(), &rows);
            }
            let (sql, args) = insert.for_pg(rows)?;
            self.later(insert.table, sql, args).await
        })
    }

    /// Writes rows to one table; what its `RETURNING` gives.
    pub(crate) fn insert<'a>(
        &'a mut self,
        insert: &'static Insert,
        rows: Vec<Vec<Val>>,
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            if let Link::Lite(lite) = &self.link {
                return lite.all_each(insert.for_lite(), &rows);
            }
            let (sql, args) = insert.for_pg(rows)?;
            self.all(sql, &args).await
        })
    }

    /// Sends what waits, with more to come.
    fn flush(&mut self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if self.waiting.is_empty() {
                return Ok(());
            }
            self.begin().await?;
            self.send().await
        })
    }

    /// Sends what waits as the last of the unit. On PostgreSQL a unit that has held and written nothing before needs no
    /// transaction around it: it is one statement, which is kept whole or not at all.
    pub(crate) async fn send(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (sql, args) = fuse::fused(std::mem::take(&mut self.waiting));
        self.link.exec(sql, &args).await.map(|_| ())
    }

    /// Begins the transaction of a unit on PostgreSQL, if it has none yet.
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        match &mut self.link {
            Link::Pg(link) => link.begin().await,
            Link::Lite(_) | Link::Away => Ok(()),
        }
    }

    /// Runs several statements that take no argument (migrations).
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.link {
            Link::Lite(conn) => conn.script(sql),
            Link::Pg(link) => link.script(sql).await,
            Link::Away => Err(StoreError::Closed),
        }
    }

    /// How many rows a connection to SQLite has changed since it was opened: the same number again means that nothing was
    /// written in between.
    pub(crate) fn changes(&self) -> u64 {
        match &self.link {
            Link::Lite(lite) => lite.changes(),
            Link::Pg(_) | Link::Away => 0,
        }
    }

    /// Whether a transaction is open on a connection to SQLite.
    pub(crate) fn in_transaction(&self) -> bool {
        matches!(&self.link, Link::Lite(lite) if lite.in_transaction())
    }

    /// The words of this engine.
    pub(crate) fn dialect(&self) -> dialect::Dialect {
        match self.link {
            Link::Lite(_) | Link::Away => dialect::Dialect::Lite,
            Link::Pg(_) => dialect::Dialect::Pg,
        }
    }
}

impl Link {
    async fn exec(&mut self, sql: Cow<'static, str>, args: &[Val]) -> Result<u64, StoreError> {
        match self {
            Self::Lite(conn) => conn.exec(sql, args),
            Self::Pg(link) => link.exec(sql, args).await,
            Self::Away => Err(StoreError::Closed),
        }
    }

    async fn all(&mut self, sql: Cow<'static, str>, args: &[Val]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Lite(conn) => conn.all(sql, args),
            Self::Pg(link) => link.all(sql, args).await,
            Self::Away => Err(StoreError::Closed),
        }
    }
}
