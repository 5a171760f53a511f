//! A PostgreSQL cluster of the run's own, from Debian's binaries, as durable as in production.

use super::Database;
use anyhow::{Context as _, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How the cluster is set up; said with the figures.
pub(crate) struct Durability;

impl Durability {
    /// What is set beside PostgreSQL's defaults. Checkpoints are rarer than by default, so that none falls into one half
    /// of a comparison alone.
    pub(crate) const SETTINGS: [&str; 8] = [
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
        "shared_buffers=256MB",
        "max_wal_size=4GB",
        "checkpoint_timeout=30min",
        "max_connections=120",
        "listen_addresses=",
    ];
}

/// A running cluster. It is stopped with this value; its files go with the folder of the run.
pub(crate) struct Cluster {
    bin: PathBuf,
    data: PathBuf,
    socket: PathBuf,
}

impl Cluster {
    /// Makes and starts it below `folder`.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let out = Command::new("pg_config").arg("--bindir").output().context("pg_config: install postgresql")?;
        let bin = PathBuf::from(String::from_utf8(out.stdout)?.trim());
        // The folder's owner is the server's user where we are root, which the server refuses to run as.
        give_to_postgres(folder)?;
        let cluster = Self { bin, data: folder.join("data"), socket: folder.to_owned() };
        let data = cluster.data.to_string_lossy().into_owned();
        cluster.run("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])?;
        let mut options = format!("-k {}", cluster.socket.display());
        for setting in Durability::SETTINGS {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let log = folder.join("postgres.log").to_string_lossy().into_owned();
        cluster.run("pg_ctl", &["-D", &data, "-l", &log, "-o", &options, "-w", "start"])?;
        Ok(cluster)
    }

    /// A new database, perhaps as a copy of another.
    pub(crate) async fn database(&self, name: &str, like: Option<&str>) -> anyhow::Result<Database> {
        let template = like.map_or(String::new(), |like| format!(" TEMPLATE {like}"));
        self.connection("postgres").script(&format!("CREATE DATABASE {name}{template}")).await?;
        Ok(self.connection(name))
    }

    fn connection(&self, name: &str) -> Database {
        Database::Pg { name: name.to_owned(), socket: self.socket.clone() }
    }

    /// Runs a pgbench script on a database, each client `each` times; transactions a second, connecting left out.
    pub(crate) fn pgbench(&self, name: &str, script: &Path, clients: usize, each: usize) -> anyhow::Result<f64> {
        let out = Command::new(self.bin.join("pgbench"))
            .args(["-n", "-M", "prepared", "-j", "2", "-U", "postgres", "-h"])
            .arg(&self.socket)
            .args(["-c", &clients.to_string(), "-t", &each.to_string(), "-D", "n=0", "-f"])
            .args([script.as_os_str(), name.as_ref()])
            .output()
            .context("pgbench")?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let failed = format!("pgbench: {}", String::from_utf8_lossy(&out.stderr));
        ensure!(out.status.success(), "{failed}");
        let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let done = of("number of transactions actually processed: ").context("pgbench says no number")?;
        ensure!(done == format!("{0}/{0}", clients * each), "pgbench did {done} transactions\n{failed}");
        let rate = of("tps = ").and_then(|rest| rest.split(' ').next());
        Ok(rate.context("pgbench says no rate")?.parse()?)
    }

    /// The process of the cluster; the others are its children.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        let text = fs::read_to_string(self.data.join("postmaster.pid"))?;
        Ok(text.lines().next().context("postmaster.pid is empty")?.parse()?)
    }

    fn run(&self, program: &str, args: &[&str]) -> anyhow::Result<()> {
        let path = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        let null = Stdio::null;
        let status = command.args(args).current_dir("/").stdin(null()).stdout(null()).status()?;
        ensure!(status.success(), "{program} failed");
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data.to_string_lossy().into_owned();
        if let Err(error) = self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]) {
            eprintln!("PostgreSQL was not stopped: {error}");
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"))
}

fn give_to_postgres(folder: &Path) -> anyhow::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    if is_root() {
        let status = Command::new("chown").arg("postgres").arg(folder).status()?;
        ensure!(status.success(), "the folder cannot be given to the user postgres");
    }
    Ok(())
}
