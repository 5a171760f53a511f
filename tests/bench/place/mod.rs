//! Where a run takes place: the engine, its databases, the server under test and the machine.

mod cluster;
mod database;
mod machine;
mod server;

pub(crate) use cluster::{Cluster, Durability};
pub(crate) use database::{Cell, Database};
pub(crate) use machine::{Used, machine};
pub(crate) use server::Server;

use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An engine with a folder for its files. Everything ends with this value.
pub(crate) struct Place {
    cluster: Option<Cluster>,
    folder: Folder,
    made: AtomicUsize,
}

impl Place {
    /// SQLite: files in a temporary folder.
    pub(crate) fn sqlite() -> anyhow::Result<Self> {
        Ok(Self { cluster: None, folder: Folder::make()?, made: AtomicUsize::new(0) })
    }

    /// PostgreSQL: a cluster of this run's own.
    pub(crate) fn postgres() -> anyhow::Result<Self> {
        let folder = Folder::make()?;
        Ok(Self { cluster: Some(Cluster::start(folder.path())?), folder, made: AtomicUsize::new(0) })
    }

    /// What people call the engine.
    pub(crate) fn name(&self) -> &'static str {
        if self.cluster.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    /// The cluster, on PostgreSQL.
    pub(crate) fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// The folder of this run.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A new, empty database.
    pub(crate) async fn database(&self) -> anyhow::Result<Database> {
        let name = self.fresh();
        match &self.cluster {
            Some(cluster) => cluster.database(&name, None).await,
            None => Ok(Database::lite(self.folder.path().join(name))),
        }
    }

    /// A copy of a database that nobody is connected to.
    pub(crate) async fn copy(&self, of: &Database) -> anyhow::Result<Database> {
        let name = self.fresh();
        match (&self.cluster, of) {
            (Some(cluster), Database::Pg { name: of, .. }) => cluster.database(&name, Some(of)).await,
            (_, Database::Lite(from)) => {
                of.script("PRAGMA wal_checkpoint(TRUNCATE)").await?;
                let to = self.folder.path().join(name);
                std::fs::copy(from, &to).context("the database cannot be copied")?;
                Ok(Database::lite(to))
            }
            (None, Database::Pg { .. }) => anyhow::bail!("a PostgreSQL database without its cluster"),
        }
    }

    fn fresh(&self) -> String {
        format!("bench{}", self.made.fetch_add(1, Ordering::Relaxed))
    }
}

/// A temporary folder that goes with its value.
struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Self> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("doorward-bench-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} is left behind: {error}", self.0.display());
        }
    }
}
