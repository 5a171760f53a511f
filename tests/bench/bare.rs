//! A bare axum handler with the one prepared query of a lookup: what the web framework and the driver cost alone.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::routing::get;
use sqlx::Row as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A running handler; it ends with this value.
pub struct Bare(Child);

impl Drop for Bare {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it on a database; its address.
pub fn start(url: &str) -> (Bare, String) {
    let mut child =
        Command::new(std::env::current_exe().unwrap()).args(["bare", url]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Bare(child), line.trim().to_owned())
}

const SQL: &str = "SELECT r.id, r.label, r.version, r.created, r.modified, r.doc FROM resource r \
                   WHERE r.org = $1 AND r.src = $2 AND r.kind = 1 AND r.key = $3";

#[derive(Clone)]
enum Database {
    Pg(sqlx::PgPool),
    Lite(Arc<Vec<Mutex<rusqlite::Connection>>>),
}

/// The child's side.
pub async fn serve(url: &str) {
    let database = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let open = |_| Mutex::new(rusqlite::Connection::open(path).unwrap());
            Database::Lite(Arc::new((0..4).map(open).collect()))
        }
        None => Database::Pg(
            sqlx::postgres::PgPoolOptions::new()
                .max_connections(16)
                .test_before_acquire(false)
                .connect(url)
                .await
                .unwrap(),
        ),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, Router::new().route("/Users", get(look)).with_state(database)).await.unwrap();
}

async fn look(
    State(database): State<Database>,
    RawQuery(query): RawQuery,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let query = query.unwrap_or_default();
    let name = query.split("%22").nth(1).unwrap_or_default();
    let doc = match &database {
        Database::Pg(pool) => {
            let row = sqlx::query(SQL).bind(1_i64).bind(1_i64).bind(name).fetch_one(pool).await.unwrap();
            row.get::<String, _>(5)
        }
        Database::Lite(connections) => {
            let mut free = connections.iter().cycle().find_map(|one| one.try_lock().ok()).expect("an endless round");
            let mut statement = free.prepare_cached(SQL).unwrap();
            let doc = statement.query_row((1_i64, 1_i64, name), |row| row.get::<_, String>(5)).unwrap();
            drop(statement);
            let _ = &mut free;
            doc
        }
    };
    ([(header::CONTENT_TYPE, "application/scim+json")], format!("{{\"totalResults\":1,\"Resources\":[{doc}]}}"))
}
