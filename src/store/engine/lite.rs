//! A SQLite connection: binds by number and names the key that was taken.

use super::lite_wal::{Due, Watch};
use super::{LiteRow, Row, StoreError, Val, dialect};
use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::{CachedStatement, Connection, Statement};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_int;
use std::path::Path;
use std::sync::Arc;

/// One SQLite connection, used by one thread.
pub(crate) struct Lite {
    conn: Connection,
    /// Texts of the program in SQLite's words, by where they stand.
    spelled: RefCell<HashMap<(usize, usize), Arc<str>>>,
}

impl Lite {
    /// Opens the file, made if it is not there. With `lasting`, commits survive a power cut (`synchronous=FULL`).
    pub(super) fn open(path: &Path, only_read: bool, lasting: bool) -> Result<Self, StoreError> {
        let conn = Connection::open(path)?;
        conn.set_prepared_statement_cache_capacity(512);
        // One plan for all values. Without this, a parameter that a partial index is weighed against has the statement
        // made anew whenever it is bound, and that costs more than most statements do.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.execute_batch(
            "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
             PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;",
        )?;
        if !lasting {
            conn.execute_batch("PRAGMA synchronous=NORMAL;")?;
        }
        if only_read {
            conn.execute_batch("PRAGMA query_only=ON;")?;
        }
        Ok(Self { conn, spelled: RefCell::default() })
    }

    /// The connection of the writer: the log is watched by another thread.
    pub(super) fn watched(path: &Path, lasting: bool) -> Result<Self, StoreError> {
        let mut lite = Self::open(path, false, lasting)?;
        let mut watch = Watch::begin(path.to_owned(), lasting)?;
        lite.conn.wal_hook(Some(move |wal: &mut Wal, pages: c_int| {
            if watch.committed(u32::try_from(pages).unwrap_or(0)) == Due::Rest {
                // Where that thread is at it, it is done another time. The commit itself stands in any case.
                let _ = wal.checkpoint();
            }
            Ok(())
        }))?;
        Ok(lite)
    }

    pub(super) fn changes(&self) -> u64 {
        self.conn.total_changes()
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.conn.is_autocommit()
    }

    pub(super) fn script(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.conn.execute_batch(sql)?)
    }

    /// A statement, made once.
    fn prepared(&self, sql: Cow<'static, str>) -> Result<CachedStatement<'_>, StoreError> {
        let text = match sql {
            Cow::Owned(text) => dialect::for_lite(&text).into(),
            Cow::Borrowed(text) => {
                let mut spelled = self.spelled.borrow_mut();
                let place = (text.as_ptr().addr(), text.len());
                spelled.entry(place).or_insert_with(|| dialect::for_lite(text).into()).clone()
            }
        };
        Ok(self.conn.prepare_cached(&text)?)
    }

    pub(super) fn exec(&self, sql: Cow<'static, str>, args: &[Val]) -> Result<u64, StoreError> {
        let mut statement = self.prepared(sql)?;
        bind(&mut statement, args)?;
        // A statement with RETURNING gives rows; they are counted by running it to its end.
        if statement.column_count() > 0 {
            let mut rows = statement.raw_query();
            let mut count = 0;
            while rows.next().map_err(|e| self.named(e))?.is_some() {
                count += 1;
            }
            return Ok(count);
        }
        statement.raw_execute().map(|n| n as u64).map_err(|e| self.named(e))
    }

    /// Runs a statement once for each row; its text is in SQLite's words already, and it gives no rows.
    pub(super) fn exec_each(&self, sql: &str, rows: &[Vec<Val>]) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        for row in rows {
            bind(&mut statement, row)?;
            statement.raw_execute().map_err(|e| self.named(e))?;
        }
        Ok(())
    }

    pub(super) fn all(&self, sql: Cow<'static, str>, args: &[Val]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.prepared(sql)?;
        let mut found = Vec::new();
        self.gather(&mut statement, args, &mut found)?;
        Ok(found)
    }

    /// The same once for each row of arguments; all that it gives. The text is in SQLite's words already.
    pub(super) fn all_each(&self, sql: &str, rows: &[Vec<Val>]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut given = Vec::with_capacity(rows.len());
        rows.iter().try_for_each(|row| self.gather(&mut statement, row, &mut given))?;
        Ok(given)
    }

    fn gather(&self, statement: &mut Statement<'_>, args: &[Val], found: &mut Vec<Row>) -> Result<(), StoreError> {
        bind(statement, args)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|e| self.named(e))? {
            found.push(Row::Lite(LiteRow::copy(row, columns)?));
        }
        Ok(())
    }

    /// SQLite says "table.column, table.column" where PostgreSQL names the constraint: look the name up.
    fn named(&self, error: rusqlite::Error) -> StoreError {
        let rusqlite::Error::SqliteFailure(failure, Some(message)) = &error else { return error.into() };
        if !matches!(failure.extended_code, 1555 | 2067) {
            return error.into();
        }
        let columns = message.rsplit(": ").next().unwrap_or_default();
        let pairs: Vec<_> = columns.split(", ").filter_map(|c| c.split_once('.')).collect();
        let Some((table, _)) = pairs.first() else { return error.into() };
        let wanted: Vec<&str> = pairs.iter().map(|(_, column)| *column).collect();
        match self.index_over(table, &wanted) {
            Ok(Some(name)) => StoreError::Taken(name),
            Ok(None) => StoreError::Taken(format!("{table}_pkey")),
            Err(e) => e.into(),
        }
    }

    fn index_over(&self, table: &str, wanted: &[&str]) -> rusqlite::Result<Option<String>> {
        let mut list =
            self.conn.prepare_cached("SELECT name FROM pragma_index_list($1) WHERE \"unique\" AND origin = 'c'")?;
        let names: Vec<String> = list.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for name in names {
            let mut info = self.conn.prepare_cached("SELECT name FROM pragma_index_info($1) ORDER BY seqno")?;
            let columns: Vec<String> = info.query_map([&name], |row| row.get(0))?.collect::<Result<_, _>>()?;
            if columns == wanted {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

fn bind(statement: &mut Statement<'_>, args: &[Val]) -> Result<(), StoreError> {
    let count = statement.parameter_count();
    let args = args.get(..count).ok_or(StoreError::Malformed("placeholder"))?;
    for (i, arg) in (1..).zip(args) {
        match arg {
            Val::Text(v) => statement.raw_bind_parameter(i, v),
            Val::Int(v) => statement.raw_bind_parameter(i, v),
            Val::Bool(v) => statement.raw_bind_parameter(i, v),
            Val::Blob(v) => statement.raw_bind_parameter(i, v),
            Val::Id(v) => statement.raw_bind_parameter(i, v),
            Val::List(_) => return Err(StoreError::Malformed("list")),
        }?;
    }
    Ok(())
}
