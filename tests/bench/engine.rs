//! The two engines: a file, or a PostgreSQL cluster of the bench's own whose commits are durable.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Where databases are made.
pub enum Engine {
    /// SQLite files.
    Sqlite,
    /// A cluster.
    Postgres(Cluster),
}

impl Engine {
    /// Its name in the report.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// A number that nothing else of this run has.
    pub fn fresh(&self) -> u32 {
        NUMBER.fetch_add(1, Ordering::Relaxed)
    }

    /// A new database; its URL.
    pub fn database(&self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("doorward.db").display()),
            Self::Postgres(cluster) => {
                let name = format!("bench{}", self.fresh());
                cluster.psql("postgres", &format!("CREATE DATABASE {name}"));
                format!("postgres://postgres@localhost/{name}?host={}", cluster.socket.display())
            }
        }
    }
}

/// A PostgreSQL cluster; it ends with this value.
pub struct Cluster {
    home: PathBuf,
    /// The folder of its socket.
    pub socket: PathBuf,
}

impl Cluster {
    /// Starts one with durable commits.
    pub fn start() -> Self {
        let home = std::env::temp_dir().join(format!("doorward-bench-pg-{}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(&home).status().unwrap().success());
        }
        let data = home.join("data");
        let cluster = Self { socket: home.clone(), home };
        cluster.run("initdb", &["-D", path(&data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]);
        let options = format!(
            "-c listen_addresses= -k {} -c max_connections=100 -c shared_buffers=512MB -c max_wal_size=4GB",
            cluster.socket.display()
        );
        cluster.run("pg_ctl", &["-D", path(&data), "-l", path(&data.join("log.txt")), "-o", &options, "-w", "start"]);
        cluster
    }

    fn run(&self, program: &str, args: &[&str]) {
        let status = as_postgres(program).args(args).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{program} failed");
    }

    /// Runs SQL; what it prints.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let out = as_postgres("psql")
            .args([
                "-h",
                path(&self.socket),
                "-U",
                "postgres",
                "-d",
                database,
                "-qAt",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
            ])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// Transactions a second of one statement, by pgbench with prepared statements.
    pub fn pgbench(&self, database: &str, script: &str, clients: usize, seconds: u32) -> f64 {
        let file = self.home.join("script.sql");
        std::fs::write(&file, script).unwrap();
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let out = as_postgres("pgbench")
            .args(["-h", path(&self.socket), "-U", "postgres", "-n", "-M", "prepared", "-j", "2"])
            .args(["-c", &clients, "-T", &seconds, "-f", path(&file), database])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
        let line = text.lines().find(|line| line.starts_with("tps")).expect("pgbench tells its rate");
        line.split(' ').nth(2).unwrap().parse().unwrap()
    }

    /// The process of the server.
    pub fn pid(&self) -> u32 {
        let text = std::fs::read_to_string(self.home.join("data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.home.join("data");
        // The bench is over: a cluster that does not stop is the operating system's to end.
        let _ = as_postgres("pg_ctl").args(["-D", path(&data), "-m", "immediate", "stop"]).output();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of plain characters")
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"))
}

fn as_postgres(program: &str) -> Command {
    let out = Command::new("pg_config").arg("--bindir").output().expect("pg_config: `make bench` installs PostgreSQL");
    let program = PathBuf::from(String::from_utf8(out.stdout).unwrap().trim()).join(program);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}
