//! PostgreSQL through sqlx: prepared statements, no ping around each use.

use super::row::List;
use super::{Row, StoreError, Val};
use deadpool::managed::{self, PoolError};
use futures::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgDatabaseError, PgSeverity};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Postgres, query::Query};
use std::borrow::Cow;
use std::str::FromStr as _;

/// How many connections one instance holds.
const POOL: usize = 16;
/// How long a unit of work waits for a connection before its caller is told to come again.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
/// How long a connection may lie still before it is asked whether the server still knows it.
const STILL: std::time::Duration = std::time::Duration::from_secs(10);
/// How long one statement may take; the server is told so.
pub const STATEMENT: std::time::Duration = std::time::Duration::from_secs(60);
/// How long a unit of work may sit still between two statements, and how long one statement may take: the second is a part
/// of the bound on the age of a unit, which marks are kept for (`service::access`). And plans are made once: our statements
/// are look-ups, whose plan does not depend on what is looked up.
fn settings() -> [(&'static str, String); 3] {
    [
        ("idle_in_transaction_session_timeout", "30s".to_owned()),
        ("statement_timeout", format!("{}s", STATEMENT.as_secs())),
        ("plan_cache_mode", "force_generic_plan".to_owned()),
    ]
}

/// Connections, handed out and taken back without a word over the wire: sqlx's own pool asks each one whether it is well
/// when it comes back, which is a round trip for every unit.
pub(crate) type PgPool = managed::Pool<Manager>;

/// Makes connections.
pub(crate) struct Manager(PgConnectOptions);

/// A connection, and what is open on it.
pub(crate) struct Session {
    conn: PgConnection,
    /// Whether a transaction has begun and not ended.
    begun: bool,
    /// Whether a statement is on its way, or the connection broke under one.
    busy: bool,
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = sqlx::Error;

    /// Boxed: connecting is rare and its future large, and every unit of work would have the room for it in its own.
    async fn create(&self) -> Result<Session, sqlx::Error> {
        let conn = Box::pin(PgConnection::connect_with(&self.0)).await?;
        Ok(Session { conn, begun: false, busy: false })
    }

    /// What comes back is well, since [`PgLink`] closes what is not; one that has lain still for long is asked.
    async fn recycle(&self, session: &mut Session, metrics: &managed::Metrics) -> managed::RecycleResult<sqlx::Error> {
        if metrics.last_used() > STILL {
            Box::pin(session.conn.ping()).await?;
        }
        Ok(())
    }
}

/// Makes the pool, and sees that the server answers.
pub(crate) async fn open(url: &str) -> Result<PgPool, StoreError> {
    let options =
        PgConnectOptions::from_str(url)?.statement_cache_capacity(512).application_name("doorward").options(settings());
    let pool = PgPool::builder(Manager(options)).max_size(POOL).runtime(deadpool::Runtime::Tokio1);
    let pool = pool.wait_timeout(Some(PATIENCE)).create_timeout(Some(PATIENCE)).recycle_timeout(Some(PATIENCE));
    let pool = pool.build().map_err(|_| StoreError::Malformed("pool"))?;
    match pool.get().await {
        Ok(_) => Ok(pool),
        Err(PoolError::Timeout(_) | PoolError::Backend(sqlx::Error::Io(_))) => Err(StoreError::Unreachable),
        Err(other) => Err(other.into()),
    }
}

impl From<PoolError<sqlx::Error>> for StoreError {
    fn from(error: PoolError<sqlx::Error>) -> Self {
        match error {
            PoolError::Timeout(_) => Self::Busy,
            PoolError::Backend(error) => error.into(),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => Self::Closed,
        }
    }
}

/// A connection in the hands of one unit of work. It goes back to the pool when it is dropped; with a transaction or a
/// statement still open on it, as when the caller went away, it is closed, and the server rolls back.
pub(crate) struct PgLink(Option<managed::Object<Manager>>);

impl PgLink {
    /// Takes a connection, or waits a while for one.
    pub(crate) async fn acquire(pool: &PgPool) -> Result<Self, StoreError> {
        Ok(Self(Some(pool.get().await?)))
    }

    pub(super) async fn exec(&mut self, sql: Cow<'static, str>, args: &[Val]) -> Result<u64, StoreError> {
        let outcome = bound(sql, args).execute(&mut self.engaged()?.conn).await;
        Ok(self.settled(outcome)?.rows_affected())
    }

    pub(super) async fn all(&mut self, sql: Cow<'static, str>, args: &[Val]) -> Result<Vec<Row>, StoreError> {
        let outcome = bound(sql, args).fetch(&mut self.engaged()?.conn).map_ok(Row::Pg).try_collect().await;
        self.settled(outcome)
    }

    /// Runs statements that take no argument.
    pub(super) async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let outcome = self.engaged()?.conn.execute(sql).await;
        self.settled(outcome).map(|_| ())
    }

    /// Begins the transaction of the unit, if it has none yet.
    ///
    /// What the unit has read before is none the worse for it: at READ COMMITTED each statement sees what is committed
    /// when it begins, inside of a transaction and outside, and holds nothing unless it says so. A unit that begins
    /// late saves two round trips where it only looks and then writes once.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let session = self.0.as_mut().ok_or(StoreError::Closed)?;
        if std::mem::replace(&mut session.begun, true) {
            return Ok(());
        }
        self.script("BEGIN").await
    }

    /// Keeps what the unit did. Where no transaction has begun there is nothing left to keep.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    /// Undoes what the unit did.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &str) -> Result<(), StoreError> {
        if self.0.as_ref().is_some_and(|session| session.begun) {
            self.script(how).await?;
        }
        if let Some(session) = &mut self.0 {
            session.begun = false;
        }
        Ok(())
    }

    /// The session, with a statement on its way.
    fn engaged(&mut self) -> Result<&mut Session, StoreError> {
        let session = self.0.as_mut().ok_or(StoreError::Closed)?;
        session.busy = true;
        Ok(session)
    }

    /// The statement has ended. After a refusal of the server the connection goes on; after anything else it does not.
    fn settled<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        if let Some(session) = &mut self.0 {
            session.busy = outcome.as_ref().err().is_some_and(|error| !is_refusal(error));
        }
        Ok(outcome?)
    }
}

impl Drop for PgLink {
    fn drop(&mut self) {
        if self.0.as_ref().is_some_and(|session| session.begun || session.busy)
            && let Some(session) = self.0.take()
        {
            drop(managed::Object::take(session));
        }
    }
}

/// Whether the server refused a statement, and the connection stands all the same.
fn is_refusal(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let severity = error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    severity.is_some_and(|severity| !matches!(severity, PgSeverity::Fatal | PgSeverity::Panic))
}

fn bound<'q>(sql: Cow<'static, str>, args: &'q [Val]) -> Query<'q, Postgres, PgArguments> {
    let query = match sql {
        Cow::Borrowed(text) => sqlx::query(text),
        // The one assertion of its kind: texts are put together from constants, values are always parameters.
        Cow::Owned(text) => sqlx::query(AssertSqlSafe(text)),
    };
    args.iter().fold(query, |query, arg| match arg {
        Val::Text(v) => query.bind(v.as_deref()),
        Val::Int(v) => query.bind(v),
        Val::Bool(v) => query.bind(v),
        Val::Blob(v) => query.bind(v.as_deref()),
        Val::Id(v) => query.bind(v.as_ref().map(<[u8; 16]>::as_slice)),
        Val::List(List::Text(v)) => query.bind(v),
        Val::List(List::Int(v)) => query.bind(v),
        Val::List(List::Bool(v)) => query.bind(v),
        Val::List(List::Blob(v)) => query.bind(v),
        Val::List(List::Id(v)) => query.bind(v),
    })
}
