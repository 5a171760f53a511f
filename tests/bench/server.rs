//! The real program on a database of its own.

use crate::client::Client;
use crate::engine::Engine;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running `doorward serve`. It ends with this value.
pub struct Server {
    child: Child,
    /// `127.0.0.1:port`.
    pub address: String,
    folder: PathBuf,
    /// `database.url`.
    pub url: String,
}

/// A directory to push to.
#[derive(Clone)]
pub struct Directory {
    /// The path of its SCIM base.
    pub base: String,
    /// Its token.
    pub token: String,
}

const MASTER: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn doorward(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .env("DOORWARD_DATABASE__URL", url)
        .env("DOORWARD_MASTER_KEY", MASTER)
        .env("DOORWARD_SCIM__RATE_LIMIT", "0")
        .env("DOORWARD_LISTEN", "127.0.0.1:0")
        .env("DOORWARD_LOG", "error")
        .env("DOORWARD_PUBLIC_URL", "http://127.0.0.1:9");
    command
}

impl Server {
    /// Starts it on a new database with these organizations, which all have one directory.
    pub fn start(engine: &Engine, organizations: usize) -> (Self, Vec<Directory>) {
        let folder = std::env::temp_dir().join(format!("doorward-bench-{}-{}", std::process::id(), engine.fresh()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = engine.database(&folder);
        let file = folder.join("bench.toml");
        std::fs::write(&file, (0..organizations).map(organization).collect::<String>()).unwrap();
        let out = doorward(&url).args(["apply", "--json"]).arg(&file).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let made: Value = serde_json::from_slice(&out.stdout).unwrap();
        let directories = made["organizations"].as_array().unwrap().iter().map(|one| {
            let directory = &one["directories"][0];
            let base = directory["scim_base_url"].as_str().unwrap().trim_start_matches("http://127.0.0.1:9");
            Directory { base: base.to_owned(), token: directory["token"].as_str().unwrap().to_owned() }
        });
        let directories = directories.collect();
        let mut child = doorward(&url).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("listening on http://").to_owned();
        (Self { child, address, folder, url }, directories)
    }

    /// Clients of a directory.
    pub async fn clients(&self, directory: &Directory, number: usize) -> Vec<Client> {
        let mut clients = Vec::new();
        for _ in 0..number {
            clients.push(Client::connect(&self.address, &directory.base, &directory.token).await);
        }
        clients
    }

    /// The name of its PostgreSQL database.
    pub fn database(&self) -> &str {
        self.url.trim_start_matches("postgres://postgres@localhost/").split('?').next().unwrap_or_default()
    }

    /// Its SQLite file.
    pub fn file(&self) -> &str {
        self.url.trim_start_matches("sqlite:")
    }

    /// The process of the program.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn organization(number: usize) -> String {
    format!(
        r#"
[[organization]]
slug = "org{number}"
name = "Organization {number}"
panel = "msp"
domains = [{{ name = "org{number}.test", verified = true }}]
owner = {{ email = "owner@org{number}.test", name = "Owner" }}
client = [{{ key = "north", name = "North" }}, {{ key = "south", name = "South" }}]
directory = [{{ key = "idp" }}]
rule = [{{ group = "panel-admins", role = "msp_admin" }}, {{ pattern = "panel-{{client}}-users", role = "msp_user", clients = ["{{client}}"] }}]
"#
    )
}
