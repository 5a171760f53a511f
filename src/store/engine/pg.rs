//! PostgreSQL through sqlx: prepared statements, no ping before each use.

use super::row::List;
use super::{Row, StoreError, Val};
use futures::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor as _, Pool, Postgres, query::Query};
use std::borrow::Cow;
use std::str::FromStr as _;

/// How many connections one instance holds.
const POOL: u32 = 16;
/// How long a unit of work waits for a connection before its caller is told to come again.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
/// How long a unit of work may sit still between two statements, and how long one statement may take: a bound on the age
/// of a unit, which marks are kept for (`service::access`). And plans are made once: our statements are look-ups, whose
/// plan does not depend on what is looked up.
const SETTINGS: [(&str, &str); 3] = [
    ("idle_in_transaction_session_timeout", "30s"),
    ("statement_timeout", "60s"),
    ("plan_cache_mode", "force_generic_plan"),
];

pub(crate) async fn open(url: &str) -> Result<Pool<Postgres>, StoreError> {
    let options =
        PgConnectOptions::from_str(url)?.statement_cache_capacity(512).application_name("doorward").options(SETTINGS);
    let pool = PgPoolOptions::new().max_connections(POOL).acquire_timeout(PATIENCE).test_before_acquire(false);
    pool.connect_with(options).await.map_err(|error| match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => StoreError::Unreachable,
        other => other.into(),
    })
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
        Val::List(List::Text(v)) => query.bind(v),
        Val::List(List::Int(v)) => query.bind(v),
        Val::List(List::Bool(v)) => query.bind(v),
        Val::List(List::Blob(v)) => query.bind(v),
    })
}

pub(super) async fn exec(conn: &mut PgConnection, sql: Cow<'static, str>, args: &[Val]) -> Result<u64, StoreError> {
    Ok(bound(sql, args).execute(conn).await?.rows_affected())
}

pub(super) async fn all(conn: &mut PgConnection, sql: Cow<'static, str>, args: &[Val]) -> Result<Vec<Row>, StoreError> {
    Ok(bound(sql, args).fetch(conn).map_ok(Row::Pg).try_collect().await?)
}

pub(super) async fn script(conn: &mut PgConnection, sql: &str) -> Result<(), StoreError> {
    conn.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await?;
    Ok(())
}
