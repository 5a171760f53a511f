//! One PostgreSQL cluster for a test run, from Debian's binaries, started by the first test that needs it.
//!
//! `TEST_DATABASE_URL` (a server where databases may be created) overrides it. The cluster lives in the build
//! folder and outlives the test program, which has no last moment of its own: `make test` stops it.

use super::database::dawn;
use super::keeper;
use doorward::store::Store;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, postgres::PgConnectOptions};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr as _;
use tokio::sync::OnceCell;

static SERVER: OnceCell<String> = OnceCell::const_new();

/// A new database, cloned from the migrated template: its name and its URL.
pub async fn database(number: u32) -> (String, String) {
    let server = SERVER.get_or_init(start).await;
    let name = keeper::name(&number.to_string());
    command(server, &format!("CREATE DATABASE {name} TEMPLATE {}", template())).await;
    let url = format!("{server}&dbname={name}");
    (name, url)
}

/// One template a program: the schema may differ between builds.
fn template() -> String {
    keeper::name("template")
}

async fn command(server: &str, sql: &str) {
    let options = PgConnectOptions::from_str(&format!("{server}&dbname=postgres")).unwrap();
    let mut conn = options.connect().await.unwrap();
    conn.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
    conn.close().await.unwrap();
}

async fn start() -> String {
    let server = match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => format!("{url}{}", if url.contains('?') { "&" } else { "?" }),
        Err(_) => tokio::task::spawn_blocking(cluster).await.unwrap(),
    };
    keeper::start(&format!("{server}&dbname=postgres")).await;
    command(&server, &format!("CREATE DATABASE {}", template())).await;
    let store = Store::open(&format!("{server}&dbname={}", template())).await.unwrap();
    store.migrate(dawn()).await.unwrap();
    store.close().await;
    server
}

fn cluster() -> String {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let data = home.join("data");
    let bin = bin_dir();
    // The socket's folder is short (its path is limited to 107 bytes) and tells two checkouts apart.
    let socket = std::env::temp_dir().join(format!("doorward-pg-{:x}", fnv(&home)));
    fs::create_dir_all(&socket).unwrap();
    if !data.join("PG_VERSION").exists() {
        give_to_postgres(&home);
        run(
            &bin.join("initdb"),
            &["-D", data.to_str().unwrap(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        );
    }
    give_to_postgres(&socket);
    // A socket alone proves nothing: a cluster that was killed leaves it behind.
    if !is_running(&bin, &data) {
        let _ = fs::remove_file(socket.join(".s.PGSQL.5432"));
        let _ = fs::remove_file(socket.join(".s.PGSQL.5432.lock"));
        let options = format!(
            "-c listen_addresses= -k {} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400",
            socket.display()
        );
        let log = data.join("log.txt");
        run(
            &bin.join("pg_ctl"),
            &["-D", data.to_str().unwrap(), "-l", log.to_str().unwrap(), "-o", &options, "-w", "start"],
        );
    }
    fs::write(home.join("socket"), socket.to_str().unwrap()).unwrap();
    format!("postgres://postgres@localhost/?host={}", socket.display())
}

fn is_running(bin: &Path, data: &Path) -> bool {
    let mut command = as_server(&bin.join("pg_ctl"));
    let status = command.args(["-D", data.to_str().unwrap(), "status"]).stdout(std::process::Stdio::null()).status();
    status.unwrap().success()
}

fn fnv(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
}

fn bin_dir() -> PathBuf {
    let out =
        Command::new("pg_config").arg("--bindir").output().expect("pg_config: install postgresql (make test does)");
    PathBuf::from(String::from_utf8(out.stdout).unwrap().trim())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"))
}

/// initdb and postgres refuse to run as root.
fn give_to_postgres(folder: &Path) {
    if is_root() {
        assert!(Command::new("chown").args(["-R", "postgres"]).arg(folder).status().unwrap().success());
        let mut above = folder.parent();
        while let Some(dir) = above {
            // Folders on the way must let the server's user through; those that do so already are left alone.
            let _ = Command::new("chmod").arg("o+x").arg(dir).status();
            above = dir.parent();
        }
    }
}

/// A program of the server, as a user that may run it.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(program: &Path, args: &[&str]) {
    let out = as_server(program)
        .args(args)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::inherit())
        .status()
        .unwrap();
    assert!(out.success(), "{} failed", program.display());
}
