//! The bare handler: axum and the prepared statement of a lookup, with nothing else. A process of its own.

use crate::client::Door;
use crate::place::{Database, Used};
use anyhow::Context as _;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use rusqlite::{Connection, OptionalExtension as _};
use sqlx::Row as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// What the product asks for a filter on userName (`store/resources/find.rs`).
const LOOKUP: &str = "SELECT r.id, r.src, r.kind, r.person, r.label, r.key, r.ext, r.active, r.version, r.created, r.modified, r.doc, \
     CASE WHEN EXISTS (SELECT 1 FROM member m WHERE m.org = r.org AND m.mid = r.id) THEN CAST(1 AS BIGINT) \
     ELSE CAST(0 AS BIGINT) END \
     FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.kind = 1 AND r.id > $3 AND r.key = $4 \
     ORDER BY r.id LIMIT $5";
/// The place of the document in it.
const DOC: usize = 11;
/// Connections; the product has as many on PostgreSQL.
const POOL: u32 = 16;

/// A running bare handler. It ends with this value.
pub(crate) struct Bare {
    child: Child,
    /// How to get in.
    pub(crate) door: Door,
}

impl Bare {
    /// Starts it on a database, for one directory.
    pub(crate) fn start(database: &Database, org: i64, src: i64) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(database.url()).args([org.to_string(), src.to_string()]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut bare = Self { child, door: Door { address: String::new(), base: String::new(), token: "-".into() } };
        let mut line = String::new();
        BufReader::new(bare.child.stdout.take().context("no output")?).read_line(&mut line)?;
        bare.door.address = line.trim().to_owned();
        Ok(bare)
    }

    /// What it has used so far.
    pub(crate) fn used(&self) -> Used {
        Used::process(self.child.id())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone)]
struct Shared {
    engine: Engine,
    org: i64,
    src: i64,
}

#[derive(Clone)]
enum Engine {
    Pg(sqlx::PgPool),
    Lite(Arc<Mutex<Vec<Connection>>>),
}

/// The child's side: serves until it is ended.
pub(crate) async fn serve(url: &str, org: i64, src: i64) -> anyhow::Result<()> {
    let engine = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let cores = std::thread::available_parallelism()?.get();
            let open = |_| Connection::open(path);
            Engine::Lite(Arc::new(Mutex::new((0..cores * 2).map(open).collect::<Result<_, _>>()?)))
        }
        None => {
            let pool = sqlx::postgres::PgPoolOptions::new().max_connections(POOL).test_before_acquire(false);
            Engine::Pg(pool.connect(url).await?)
        }
    };
    let router = Router::new().route("/Users", get(lookup)).with_state(Shared { engine, org, src });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn lookup(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let key = query.split("%22").nth(1).unwrap_or_default().replace("%40", "@");
    match find(&shared, &key).await {
        Ok(doc) => {
            let doc = doc.unwrap_or_default();
            let body = format!(
                "{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":{},\
                 \"Resources\":[{doc}]}}",
                i32::from(!doc.is_empty())
            );
            ([(header::CONTENT_TYPE, "application/scim+json")], body).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn find(shared: &Shared, key: &str) -> anyhow::Result<Option<String>> {
    match &shared.engine {
        Engine::Pg(pool) => {
            let query =
                sqlx::query(LOOKUP).bind(shared.org).bind(shared.src).bind(Vec::<u8>::new()).bind(key).bind(100_i64);
            let row = query.fetch_all(pool).await?.into_iter().next();
            Ok(row.map(|row| row.try_get(DOC)).transpose()?)
        }
        Engine::Lite(connections) => {
            let free = || connections.lock().unwrap_or_else(PoisonError::into_inner);
            let conn = free().pop().context("no connection is free")?;
            let doc = conn.prepare_cached(LOOKUP).and_then(|mut statement| {
                let arguments = rusqlite::params![shared.org, shared.src, Vec::<u8>::new(), key, 100];
                statement.query_row(arguments, |row| row.get::<_, String>(DOC)).optional()
            });
            free().push(conn);
            Ok(doc?)
        }
    }
}
