//! Everything that a database holds, row by row: for tests of what must change nothing.

use super::database::TestDatabase;
use super::gateway::TestGateway;
use rusqlite::types::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use std::collections::BTreeMap;

/// The rows of each table, as texts, sorted.
pub type Contents = BTreeMap<String, Vec<String>>;

const PG_TABLES: &str = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
const LITE_TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";

impl TestDatabase {
    /// The database as it is now, the log's file included.
    pub async fn contents(&self) -> Contents {
        match self.url.strip_prefix("sqlite:") {
            Some(file) => {
                let mut contents = lite(file);
                contents.extend(lite(&file.replace(".db", "-log.db")));
                contents
            }
            None => server(&self.url).await,
        }
    }
}

/// One more migration in the history, as a program of the future leaves it.
const MIGRATED: &str = "INSERT INTO schema_version (version, name, demands, sha256, applied, fold) \
     SELECT $1, 'of_the_future', $2, sha256, applied, fold FROM schema_version ORDER BY version LIMIT 1";

impl TestDatabase {
    /// Says that a migration has run which this program does not know, and which schema it demands.
    pub async fn migrated(&self, version: i64, demands: i64) {
        match self.url.strip_prefix("sqlite:") {
            Some(file) => {
                let conn = rusqlite::Connection::open(file).unwrap();
                assert_eq!(conn.execute(MIGRATED, (version, demands)).unwrap(), 1);
            }
            None => {
                let mut conn = PgConnection::connect(&self.url).await.unwrap();
                let done = sqlx::query(MIGRATED).bind(version).bind(demands).execute(&mut conn).await.unwrap();
                assert_eq!(done.rows_affected(), 1);
                conn.close().await.unwrap();
            }
        }
    }
}

impl TestGateway {
    /// The database as it is when every call so far stands in the SCIM log.
    pub async fn contents(&self) -> Contents {
        self.logged().await;
        self.database.contents().await
    }
}

fn lite(file: &str) -> Contents {
    let conn = rusqlite::Connection::open(file).unwrap();
    let mut tables = conn.prepare(LITE_TABLES).unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let rows_of = |name: &String| {
        let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let text = |row: &rusqlite::Row<'_>| {
            let values: Vec<Value> = (0..columns).map(|at| row.get(at).unwrap()).collect();
            Ok(format!("{values:?}"))
        };
        let mut rows: Vec<String> = statement.query_map([], text).unwrap().collect::<Result<_, _>>().unwrap();
        rows.sort();
        rows
    };
    names.iter().map(|name| (name.clone(), rows_of(name))).collect()
}

async fn server(url: &str) -> Contents {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let mut contents = Contents::new();
    for table in sqlx::query(PG_TABLES).fetch_all(&mut conn).await.unwrap() {
        let name: String = table.get(0);
        let sql = format!("SELECT t::text FROM \"{name}\" t ORDER BY 1");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
        contents.insert(name, rows.iter().map(|row| row.get(0)).collect());
    }
    conn.close().await.unwrap();
    contents
}
