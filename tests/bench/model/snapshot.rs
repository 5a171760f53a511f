//! What stands in every table: looked at before and after a request, it says which rows the request wrote.

use crate::place::{Cell, Database};
use anyhow::Context as _;
use std::collections::BTreeMap;

/// A table with all its rows by their key.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Its columns, in their order.
    pub(crate) columns: Vec<String>,
    /// Which of them are the primary key.
    pub(crate) key: Vec<usize>,
    /// Its rows.
    pub(crate) rows: BTreeMap<Vec<Cell>, Vec<Cell>>,
}

/// All tables by name.
pub(crate) type Snapshot = BTreeMap<String, Table>;

const LITE_COLUMNS: &str = "SELECT t.name, c.name, c.pk FROM sqlite_master t JOIN pragma_table_info(t.name) c \
                            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid";
const PG_COLUMNS: &str = "SELECT CAST(c.relname AS text), CAST(a.attname AS text), \
     CAST(COALESCE(array_position(CAST(i.indkey AS int2[]), a.attnum) + 1, 0) AS bigint) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
     WHERE c.relkind = 'r' ORDER BY c.relname, a.attnum";

/// Takes one. For small databases: everything is read.
pub(crate) async fn take(database: &Database) -> anyhow::Result<Snapshot> {
    let columns = database.rows(if database.is_lite() { LITE_COLUMNS } else { PG_COLUMNS }).await?;
    let mut tables = Snapshot::new();
    for row in columns {
        let [Cell::Text(table), Cell::Text(column), Cell::Int(place)] = row.as_slice() else {
            anyhow::bail!("the catalogue answers {row:?}");
        };
        let empty = || Table { columns: Vec::new(), key: Vec::new(), rows: BTreeMap::new() };
        let table = tables.entry(table.clone()).or_insert_with(empty);
        if *place > 0 {
            table.key.push(table.columns.len());
        }
        table.columns.push(column.clone());
    }
    for (name, table) in &mut tables {
        let sql = format!("SELECT {} FROM {name}", table.columns.join(", "));
        for row in database.rows(&sql).await.with_context(|| name.clone())? {
            let key = table.key.iter().map(|i| row[*i].clone()).collect();
            table.rows.insert(key, row);
        }
    }
    Ok(tables)
}
