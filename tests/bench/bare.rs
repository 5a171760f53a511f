//! The bare handler: axum and the prepared statements of a lookup and of a small PATCH, with nothing else. A process of
//! its own.

use crate::client::Door;
use crate::model::names;
use crate::place::Used;
use crate::raw::{self, Who};
use crate::stage::Stage;
use anyhow::Context as _;
use axum::Router;
use axum::extract::{self, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch};
use rusqlite::{Connection, OptionalExtension as _};
use sqlx::{AssertSqlSafe, Row as _};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::sync::oneshot;

/// What the product asks for a filter on userName (`store/resources/find.rs`).
const LOOKUP: &str = "SELECT r.id, r.src, r.kind, r.person, r.label, r.key, r.ext, r.active, r.version, r.created, r.modified, r.doc, \
     CASE WHEN EXISTS (SELECT 1 FROM member m WHERE m.org = r.org AND m.mid = r.id) THEN CAST(1 AS BIGINT) \
     ELSE CAST(0 AS BIGINT) END \
     FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.kind = 1 AND r.id > $3 AND r.key = $4 \
     ORDER BY r.id LIMIT $5";
/// What it asks before a PATCH; PostgreSQL holds the row.
const HOLD: &str = "SELECT r.id, r.src, r.kind, r.person, r.label, r.key, r.ext, r.active, r.version, r.created, r.modified, r.doc \
     FROM resource r WHERE r.org = $1 AND r.id = $2 AND r.src = $3 AND r.kind = 1";
/// The place of the document in both.
const DOC: usize = 11;
/// Connections; the product has as many on PostgreSQL.
const POOL: u32 = 16;
/// Writes that share a commit on SQLite at most.
const GROUP: usize = 128;

/// A running bare handler. It ends with this value.
pub(crate) struct Bare {
    child: Child,
    /// How to get in.
    pub(crate) door: Door,
}

impl Bare {
    /// Starts it on the database of a stage, for its first directory.
    pub(crate) fn start(stage: &Stage<'_>) -> anyhow::Result<Self> {
        let (org, src) = stage.units.create.counted.context("a create counts nobody")?;
        let retitle = &stage.units.retitle;
        let statements = if stage.database.is_lite() {
            raw::statements(retitle)
        } else {
            vec![raw::statement(retitle, Who::Loaded, "$1")]
        };
        let writes = stage.place.folder().join("writes.json");
        std::fs::write(&writes, serde_json::to_string(&statements)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(stage.database.url()).args([org.to_string(), src.to_string()]).arg(writes);
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

/// A write of the user of this number, and whom to tell of its commit.
type Write = (i64, oneshot::Sender<Result<(), String>>);

#[derive(Clone)]
enum Engine {
    /// With the statement of a PATCH.
    Pg(sqlx::PgPool, Arc<str>),
    /// Readers, and the way to the writer.
    Lite(Arc<Mutex<Vec<Connection>>>, mpsc::Sender<Write>),
}

#[derive(Clone)]
struct Shared {
    engine: Engine,
    org: i64,
    src: i64,
}

/// The child's side: serves until it is ended.
pub(crate) async fn serve(url: &str, org: i64, src: i64, writes: &Path) -> anyhow::Result<()> {
    let writes: Vec<String> = serde_json::from_str(&std::fs::read_to_string(writes)?)?;
    let engine = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let readers = std::thread::available_parallelism()?.get() * 2;
            let readers = (0..readers).map(|_| raw::open(Path::new(path))).collect::<Result<_, _>>()?;
            let (to_writer, queue) = mpsc::channel();
            let conn = raw::open(Path::new(path))?;
            std::thread::spawn(move || write_all(&conn, &writes, &queue));
            Engine::Lite(Arc::new(Mutex::new(readers)), to_writer)
        }
        None => {
            let pool = sqlx::postgres::PgPoolOptions::new().max_connections(POOL).test_before_acquire(false);
            Engine::Pg(pool.connect(url).await?, writes.concat().into())
        }
    };
    let router = Router::new().route("/Users", get(lookup)).route("/Users/{id}", patch(change));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, router.with_state(Shared { engine, org, src })).await?)
}

/// The SQLite writer: whatever queued up during the last commit shares the next.
fn write_all(conn: &Connection, sqls: &[String], queue: &mpsc::Receiver<Write>) -> anyhow::Result<()> {
    let mut statements = sqls.iter().map(|sql| conn.prepare(sql)).collect::<Result<Vec<_>, _>>()?;
    while let Ok(first) = queue.recv() {
        let group: Vec<_> = std::iter::once(first).chain(queue.try_iter().take(GROUP - 1)).collect();
        let mut together = || {
            conn.execute_batch("BEGIN IMMEDIATE")?;
            group.iter().try_for_each(|(n, _)| raw::one(&mut statements, Who::Loaded, *n))?;
            anyhow::Ok(conn.execute_batch("COMMIT")?)
        };
        let written = together().map_err(|error| error.to_string());
        for (_, told) in group {
            // Who has gone away is told nothing.
            let _ = told.send(written.clone());
        }
        written.map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

async fn lookup(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let key = query.split("%22").nth(1).unwrap_or_default().replace("%40", "@");
    answered(shared.find(&key).await.map(|doc| {
        let doc = doc.unwrap_or_default();
        let total = i32::from(!doc.is_empty());
        format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":{total},\
             \"Resources\":[{doc}]}}"
        )
    }))
}

async fn change(State(shared): State<Shared>, extract::Path(id): extract::Path<String>, _body: String) -> Response {
    answered(shared.change(&id).await)
}

fn answered(body: anyhow::Result<String>) -> Response {
    match body {
        Ok(body) => ([(header::CONTENT_TYPE, "application/scim+json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

impl Shared {
    async fn find(&self, key: &str) -> anyhow::Result<Option<String>> {
        match &self.engine {
            Engine::Pg(pool, _) => {
                let query = sqlx::query(LOOKUP).bind(self.org).bind(self.src);
                let rows = query.bind(Vec::<u8>::new()).bind(key).bind(100_i64).fetch_all(pool).await?;
                Ok(rows.first().map(|row| row.try_get(DOC)).transpose()?)
            }
            Engine::Lite(readers, _) => {
                read(readers, LOOKUP, rusqlite::params![self.org, self.src, Vec::<u8>::new(), key, 100])
            }
        }
    }

    /// Holds the row, writes what a PATCH writes, commits.
    async fn change(&self, id: &str) -> anyhow::Result<String> {
        let id = names::bytes(id).context("no such user")?;
        let n = names::number(id);
        match &self.engine {
            Engine::Pg(pool, write) => {
                let mut tx = pool.begin().await?;
                let hold = sqlx::query(AssertSqlSafe(format!("{HOLD} FOR NO KEY UPDATE")));
                let row = hold.bind(self.org).bind(id.to_vec()).bind(self.src).fetch_one(&mut *tx).await?;
                sqlx::query(AssertSqlSafe(write.to_string())).bind(n).execute(&mut *tx).await?;
                tx.commit().await?;
                Ok(row.try_get(DOC)?)
            }
            Engine::Lite(readers, writer) => {
                let doc = read(readers, HOLD, rusqlite::params![self.org, id, self.src])?;
                let (told, heard) = oneshot::channel();
                writer.send((n, told)).ok().context("the writer is gone")?;
                heard.await?.map_err(anyhow::Error::msg)?;
                doc.context("no such user")
            }
        }
    }
}

/// Asks SQLite on this thread: it takes some twenty microseconds.
fn read(
    readers: &Mutex<Vec<Connection>>,
    sql: &str,
    arguments: impl rusqlite::Params,
) -> anyhow::Result<Option<String>> {
    let free = || readers.lock().unwrap_or_else(PoisonError::into_inner);
    let conn = free().pop().context("no connection is free")?;
    let doc = conn
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(arguments, |row| row.get::<_, String>(DOC)).optional());
    free().push(conn);
    Ok(doc?)
}
