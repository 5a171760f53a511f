//! A database as the driver sees it: for what is prepared and looked at, never for what is measured.

use anyhow::{Context as _, bail};
use rusqlite::types::Value;
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Row as _, TypeInfo as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

/// A value of either engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cell {
    /// NULL.
    Null,
    /// A whole number; truth values of SQLite.
    Int(i64),
    /// A truth value of PostgreSQL.
    Bool(bool),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Where a database is.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A file.
    Lite(PathBuf),
    /// A database of the run's cluster.
    Pg {
        /// Its name.
        name: String,
        /// The folder of the socket.
        socket: PathBuf,
    },
}

impl Database {
    /// A SQLite file.
    pub(crate) fn lite(path: PathBuf) -> Self {
        Self::Lite(path)
    }

    /// As `database.url` has it.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Lite(path) => format!("sqlite:{}", path.display()),
            Self::Pg { name, socket } => format!("postgres://postgres@localhost/{name}?host={}", socket.display()),
        }
    }

    /// Whether it is SQLite's.
    pub(crate) fn is_lite(&self) -> bool {
        matches!(self, Self::Lite(_))
    }

    /// Runs statements.
    pub(crate) async fn script(&self, sql: &str) -> anyhow::Result<()> {
        match self {
            Self::Lite(path) => {
                let conn = rusqlite::Connection::open(path)?;
                conn.execute_batch("PRAGMA busy_timeout = 10000; PRAGMA cache_size = -262144;")?;
                conn.execute_batch(sql).with_context(|| shortened(sql))
            }
            Self::Pg { .. } => {
                let mut conn = self.connect().await?;
                let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await;
                done.with_context(|| shortened(sql))?;
                Ok(conn.close().await?)
            }
        }
    }

    /// All rows of a query.
    pub(crate) async fn rows(&self, sql: &str) -> anyhow::Result<Vec<Vec<Cell>>> {
        match self {
            Self::Lite(path) => {
                // On another thread than the driver's: some are asked while it drives.
                let (path, sql) = (path.clone(), sql.to_owned());
                tokio::task::spawn_blocking(move || rows_of_lite(&path, &sql)).await?
            }
            Self::Pg { .. } => {
                let mut conn = self.connect().await?;
                let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut conn).await;
                let rows = rows.with_context(|| shortened(sql))?;
                conn.close().await?;
                rows.iter().map(|row| (0..row.columns().len()).map(|i| of_pg(row, i)).collect()).collect()
            }
        }
    }

    /// One number.
    pub(crate) async fn number(&self, sql: &str) -> anyhow::Result<i64> {
        match self.rows(sql).await?.first().and_then(|row| row.first()) {
            Some(Cell::Int(number)) => Ok(*number),
            other => bail!("{}: {other:?} is no number", shortened(sql)),
        }
    }

    async fn connect(&self) -> anyhow::Result<sqlx::PgConnection> {
        let options = sqlx::postgres::PgConnectOptions::from_str(&self.url())?;
        Ok(options.connect().await?)
    }
}

fn shortened(sql: &str) -> String {
    sql.chars().take(300).collect()
}

fn rows_of_lite(path: &Path, sql: &str) -> anyhow::Result<Vec<Vec<Cell>>> {
    let conn = rusqlite::Connection::open(path)?;
    let mut statement = conn.prepare(sql).with_context(|| shortened(sql))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((0..columns).map(|i| of_lite(row.get(i)?)).collect::<anyhow::Result<_>>()?);
    }
    Ok(all)
}

fn of_lite(value: Value) -> anyhow::Result<Cell> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Integer(number) => Cell::Int(number),
        Value::Text(text) => Cell::Text(text),
        Value::Blob(bytes) => Cell::Blob(bytes),
        Value::Real(_) => bail!("a table with a fraction"),
    })
}

fn of_pg(row: &sqlx::postgres::PgRow, i: usize) -> anyhow::Result<Cell> {
    let kind = row.column(i).type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INT8" => row.try_get::<Option<i64>, _>(i)?.map_or(Cell::Null, Cell::Int),
        "BOOL" => row.try_get::<Option<bool>, _>(i)?.map_or(Cell::Null, Cell::Bool),
        "TEXT" | "NAME" | "VARCHAR" => row.try_get::<Option<String>, _>(i)?.map_or(Cell::Null, Cell::Text),
        "BYTEA" => row.try_get::<Option<Vec<u8>>, _>(i)?.map_or(Cell::Null, Cell::Blob),
        other => bail!("a column of type {other}"),
    })
}
