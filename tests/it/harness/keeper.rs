//! Takes databases of tests away on PostgreSQL: each when its test is over, and what earlier programs have left.
//!
//! A program is alive as long as its keeper is connected: the server knows it, also of a program that was killed, and of
//! one on another machine.

use doorward::base::sources::Sources;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, Row as _};
use std::str::FromStr as _;
use std::sync::{LazyLock, OnceLock};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};

/// Begins the names of this program's databases, and is the name of its keeper at the server.
static PROGRAM: LazyLock<String> =
    LazyLock::new(|| format!("doorward_{:032x}", u128::from_be_bytes(Sources::system().bytes())));

/// Databases whose test is over.
static OVER: OnceLock<mpsc::UnboundedSender<String>> = OnceLock::new();

/// Programs that start at the same moment sweep one after the other.
const IN_TURN: &str = "SELECT pg_advisory_lock(7340021)";
const NEXT_ONE: &str = "SELECT pg_advisory_unlock(7340021)";
/// What belongs to no program that is alive: databases of tests, and templates.
const ABANDONED: &str = "SELECT datname FROM pg_database WHERE datname ~ '^doorward_[0-9a-f]{32}_' \
     AND left(datname, 41) NOT IN (SELECT application_name FROM pg_stat_activity)";

/// The name of a database of this program.
pub(super) fn name(of: &str) -> String {
    format!("{}_{of}", *PROGRAM)
}

/// Starts the keeper of this program. It has a thread of its own: the runtimes of tests come and go.
pub(super) async fn start(url: &str) {
    let (over, names) = mpsc::unbounded_channel();
    OVER.set(over).expect("one keeper a program");
    let options = PgConnectOptions::from_str(url).unwrap().application_name(&PROGRAM);
    let (ready, is_ready) = oneshot::channel();
    let keep =
        move || Builder::new_current_thread().enable_all().build().unwrap().block_on(keep(options, ready, names));
    std::thread::Builder::new().name("keeper".to_owned()).spawn(keep).unwrap();
    is_ready.await.expect("the keeper of the tests' databases connects");
}

/// The test of this database is over.
pub(super) fn take_away(database: String) {
    let told = OVER.get().is_some_and(|over| over.send(database).is_ok());
    assert!(told || std::thread::panicking(), "the keeper of the tests' databases has ended");
}

async fn keep(options: PgConnectOptions, ready: oneshot::Sender<()>, mut names: mpsc::UnboundedReceiver<String>) {
    let mut conn = options.connect().await.unwrap();
    ready.send(()).unwrap();
    conn.execute(IN_TURN).await.unwrap();
    for row in conn.fetch_all(ABANDONED).await.unwrap() {
        drop_database(&mut conn, row.get(0)).await;
    }
    conn.execute(NEXT_ONE).await.unwrap();
    while let Some(name) = names.recv().await {
        drop_database(&mut conn, &name).await;
    }
}

/// A connection that a test has left open does not hold it up.
async fn drop_database(conn: &mut PgConnection, name: &str) {
    let sql = format!("DROP DATABASE {name} WITH (FORCE)");
    conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
}
