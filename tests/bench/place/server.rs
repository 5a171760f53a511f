//! The server under test: the real program, on a database and a port of its own.

use super::{Database, Used};
use crate::client::Door;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// 32 bytes of nothing: what this run seals is secret to nobody.
const MASTER: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// What the program takes for its address; only paths of it are used.
const PUBLIC: &str = "http://127.0.0.1:9";

/// A running `doorward serve`. It ends with this value.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    /// `127.0.0.1:port`.
    pub(crate) address: String,
}

fn doorward(database: &Database, log: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DOORWARD_")) {
        command.env_remove(name);
    }
    command
        .env("DOORWARD_DATABASE__URL", database.url())
        .env("DOORWARD_MASTER_KEY", MASTER)
        .env("DOORWARD_SCIM__RATE_LIMIT", "0")
        .env("DOORWARD_LISTEN", "127.0.0.1:0")
        .env("DOORWARD_PUBLIC_URL", PUBLIC)
        .env("DOORWARD_LOG", log)
        .stdin(Stdio::null());
    command
}

impl Server {
    /// Starts it. What it logs goes to a file in `folder`.
    pub(crate) fn start(database: &Database, folder: &Path, level: &str) -> anyhow::Result<Self> {
        let log = folder.join("server.log");
        let mut command = doorward(database, level);
        let child = command.arg("serve").stdout(Stdio::piped()).stderr(File::create(&log)?).spawn()?;
        let mut server = Self { child, log, address: String::new() };
        let mut line = String::new();
        let out = server.child.stdout.take().context("no output of the server")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://");
        server.address = address.with_context(|| format!("the server did not start: {}", server.said()))?.to_owned();
        Ok(server)
    }

    /// The end of its log.
    pub(crate) fn said(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// What it has used so far.
    pub(crate) fn used(&self) -> Used {
        Used::process(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Makes organizations on a new database by `doorward apply`, each with a directory and rules; how to get in, still
    /// without an address.
    pub(crate) fn apply(database: &Database, folder: &Path, organizations: usize) -> anyhow::Result<Vec<Door>> {
        let file = folder.join("bench.toml");
        fs::write(&file, (0..organizations).map(organization).collect::<String>())?;
        let out = doorward(database, "warn").args(["apply", "--json"]).arg(&file).output()?;
        ensure!(out.status.success(), "doorward apply: {}", String::from_utf8_lossy(&out.stderr));
        let made: Value = serde_json::from_slice(&out.stdout)?;
        let made = made["organizations"].as_array().context("apply names no organizations")?;
        made.iter()
            .map(|one| {
                let directory = &one["directories"][0];
                let text = |name: &str| directory[name].as_str().with_context(|| format!("apply answers no {name}"));
                let base = text("scim_base_url")?.strip_prefix(PUBLIC).context("a SCIM base elsewhere")?;
                Ok(Door { address: String::new(), base: base.to_owned(), token: text("token")?.to_owned() })
            })
            .collect()
    }
}

/// A group `panel-admins` or `panel-north-users` is mapped to a role, every other group is not.
fn organization(number: usize) -> String {
    format!(
        r#"
[[organization]]
slug = "org{number}"
name = "Organization {number}"
panel = "msp"
domains = [{{ name = "org{number}.test", verified = true }}]
owner = {{ email = "owner@org{number}.test", name = "Olive Owner" }}
client = [{{ key = "north", name = "North" }}, {{ key = "south", name = "South" }}, {{ key = "east", name = "East" }}]
directory = [{{ key = "idp" }}]
rule = [
  {{ group = "panel-admins", role = "msp_admin" }},
  {{ pattern = "panel-{{client}}-users", role = "msp_user", clients = ["{{client}}"] }},
]
"#
    )
}
