//! Loads many users at once, as rows that look as if the server had made them one by one.

use super::Unit;
use super::names::{self, Minted, Name};
use crate::place::Database;
use std::fmt::Write as _;

/// Loads the users `from..to` by the model of what was asked for each of them, in this order.
pub(crate) async fn load(database: &Database, units: &[&Unit], from: usize, to: usize) -> anyhow::Result<()> {
    for unit in units {
        database.script(&script(database, unit, from, to)).await?;
    }
    tidy(database).await
}

fn script(database: &Database, unit: &Unit, from: usize, to: usize) -> String {
    let lite = database.is_lite();
    let series = if lite {
        format!("WITH RECURSIVE s(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {to})")
    } else {
        format!("WITH s AS (SELECT CAST(n AS bigint) AS n FROM generate_series({from}, {to} - 1) AS n)")
    };
    let ids =
        source(unit, &series, |name| if lite { names::in_lite(name) } else { names::in_pg(name, Minted::Loaded) });
    let mut script = String::from("BEGIN;\n");
    // Writing to a String does not fail.
    for row in unit.rows.iter().filter(|row| row.is_of_one()) {
        let _ = writeln!(script, "{ids} {};", row.sql(lite, Name::column, " FROM i"));
    }
    if let Some((org, src)) = unit.counted {
        let _ = writeln!(
            script,
            "{series} INSERT INTO counter (org, src, kind, slot, n) \
             SELECT {org}, {src}, 1, n % 16, count(*) FROM s WHERE true GROUP BY n % 16 \
             ON CONFLICT (org, src, kind, slot) DO UPDATE SET n = counter.n + excluded.n;"
        );
    }
    script + "COMMIT;\n"
}

/// The tables that rows are read from: `i` has every name that the unit needs, made of the numbers of `s`.
pub(crate) fn source(unit: &Unit, series: &str, sql: impl Fn(Name) -> String) -> String {
    let derived = |name: &Name| matches!(name, Name::ResourceText | Name::PersonHex);
    let list = |wanted: bool| -> String {
        let names = unit.names().into_iter().filter(|name| derived(name) == wanted && *name != Name::Number);
        names.map(|name| format!(", {} AS {}", sql(name), name.column())).collect()
    };
    format!("{series}, h AS MATERIALIZED (SELECT n{} FROM s), i AS (SELECT h.*{} FROM h)", list(false), list(true))
}

/// What a database that has run for a while has behind it: its dead rows gone, its statistics taken, its log written.
pub(crate) async fn tidy(database: &Database) -> anyhow::Result<()> {
    if database.is_lite() {
        return database.script("PRAGMA wal_checkpoint(TRUNCATE)").await;
    }
    database.script("VACUUM ANALYZE").await?;
    database.script("CHECKPOINT").await
}
