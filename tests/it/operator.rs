//! What an operator does at the command line, with the program itself.

use crate::harness::database::{Engine, TestDatabase, on_both_engines};
use crate::harness::program::{Program, command, reason, said};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/example.toml");

fn run(database: &TestDatabase, arguments: &[&str]) -> std::process::Output {
    command(database).args(arguments).output().unwrap()
}

fn list(database: &TestDatabase, arguments: &[&str]) -> Vec<Value> {
    serde_json::from_str(&said(&run(database, arguments))).unwrap()
}

on_both_engines! {
    async fn apply_makes_once_and_then_has_nothing_to_change(engine) {
        let database = TestDatabase::new(engine).await;
        let dry: Value = serde_json::from_str(&said(&run(&database, &["apply", EXAMPLE, "--json", "--dry-run"]))).unwrap();
        assert!(!dry["changed"].as_array().unwrap().is_empty(), "{dry}");
        assert!(list(&database, &["org", "list", "--json"]).is_empty(), "a dry run keeps nothing");
        assert!(list(&database, &["app", "list", "--json"]).is_empty());
        let made: Value = serde_json::from_str(&said(&run(&database, &["apply", EXAMPLE, "--json"]))).unwrap();
        assert!(made["organizations"][0]["directories"][0]["token"].is_string() && made["apps"][0]["client_secret"].is_string());
        assert_eq!(dry["changed"].as_array().unwrap().len(), made["changed"].as_array().unwrap().len(), "{dry} {made}");
        let again: Value = serde_json::from_str(&said(&run(&database, &["apply", EXAMPLE, "--json"]))).unwrap();
        assert_eq!(again["changed"], serde_json::json!([]));
        assert_eq!(again["organizations"][0]["id"], made["organizations"][0]["id"]);
        assert!(again["organizations"][0]["directories"][0].get("token").is_none(), "{again}");
        assert!(again["apps"][0].get("client_secret").is_none(), "{again}");
        // What a program may read.
        assert_eq!(list(&database, &["directory", "list", "--org", "acme", "--json"])[0]["key"], "okta");
        assert_eq!(list(&database, &["connection", "list", "--org", "acme", "--json"])[0]["kind"], "saml");
        assert_eq!(list(&database, &["app", "list", "--json"])[0]["key"], "panel");
        assert_eq!(list(&database, &["user", "list", "--org", "acme", "--json"]).len(), 2);
        assert!(list(&database, &["token", "list", "--org", "acme", "--json"]).is_empty());
    }

    async fn a_faulty_app_keeps_the_whole_file_out(engine) {
        let database = TestDatabase::new(engine).await;
        let text = std::fs::read_to_string(EXAMPLE).unwrap().replace("http://127.0.0.1:9100/callback", "javascript:alert(1)");
        let file = std::env::temp_dir().join(format!("doorward-{}.toml", database.url.len() + std::process::id() as usize));
        let file = file.with_extension(format!("{engine:?}.toml"));
        std::fs::write(&file, text).unwrap();
        let refused = reason(&run(&database, &["apply", file.to_str().unwrap(), "--json"]));
        std::fs::remove_file(&file).unwrap();
        assert!(refused.contains("javascript:alert(1)"), "{refused}");
        assert!(list(&database, &["org", "list", "--json"]).is_empty(), "nothing was written");
    }

    async fn sigterm_finishes_what_is_in_flight_and_the_log_tells_nobody_anything(engine) {
        let database = TestDatabase::new(engine).await;
        let made: Value = serde_json::from_str(&said(&run(&database, &["apply", EXAMPLE, "--json"]))).unwrap();
        let directory = &made["organizations"][0]["directories"][0];
        let (id, token) = (directory["id"].as_str().unwrap(), directory["token"].as_str().unwrap());
        let link = said(&run(&database, &["user", "reset", "lena@acme.test", "--org", "acme"]));
        let secret = link.trim().rsplit('/').next().unwrap().to_owned();
        let program = Program::serve(&database);
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let reset = client.get(format!("{}/reset/{secret}", program.base)).send().await.unwrap();
        assert_eq!(reset.headers()["referrer-policy"], "strict-origin", "a path never stands in a referrer");
        let number = reset.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(reset.status(), 200);
        let wrong = client.get(format!("{}/scim/v2/{id}/Users", program.base)).bearer_auth("wrong-token");
        assert_eq!(wrong.send().await.unwrap().status(), 401);
        // A request whose body has not come in whole when the program is told to stop.
        let body = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"late@acme.test"}"#;
        let mut slow = TcpStream::connect(program.base.strip_prefix("http://").unwrap()).unwrap();
        let head = format!(
            "POST /scim/v2/{id}/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nexpect: 100-continue\r\n\
             content-type: application/scim+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        slow.write_all(head.as_bytes()).unwrap();
        // The program asks for the body: from here on the request is in flight.
        let mut asked = [0; 25];
        slow.read_exact(&mut asked).unwrap();
        assert!(asked.starts_with(b"HTTP/1.1 100 Continue"));
        program.terminate();
        slow.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let (well, log) = program.ended();
        assert!(well, "{log}");
        let line = log.lines().find(|line| line.contains(&number)).unwrap();
        assert!(line.contains("/reset/{token}") && line.contains("status=200") && line.contains("GET"), "{line}");
        assert!(log.contains("wrong directory token"), "{log}");
        for secret in [secret.as_str(), token, "wrong-token", "late@acme.test", "lena@acme.test", "acme.test"] {
            assert!(!log.contains(secret), "{secret} stands in the log: {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_started_says_why() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let refused = |name: &str, value: &str| reason(&command(&database).arg("serve").env(name, value).output().unwrap());
    assert!(refused("DOORWARD_LISTENN", "127.0.0.1:0").to_lowercase().contains("listenn"));
    assert!(refused("DOORWARD_SCIM__RATE", "1").contains("rate"));
    assert!(refused("DOORWARD_PUBLIC_URL", "http://login.example.test").contains("http"));
    assert!(refused("DOORWARD_MASTER_KEY", "short").contains("key"));
    let postgres = TestDatabase::new(Engine::Postgres).await;
    let keyless = command(&postgres).arg("serve").env_remove("DOORWARD_MASTER_KEY").output().unwrap();
    assert!(reason(&keyless).contains("DOORWARD_MASTER_KEY"));
}

on_both_engines! {
    async fn a_database_that_demands_a_newer_program_is_refused_and_one_that_does_not_is_served(engine) {
        let database = TestDatabase::new(engine).await;
        said(&run(&database, &["apply", EXAMPLE, "--json"]));
        let commands: [&[&str]; 4] = [&["serve"], &["migrate"], &["org", "list"], &["apply", EXAMPLE]];
        // A migration of the future that today's program can live with, then one that it cannot.
        database.migrated(2_099_010_101, 2_026_112_301).await;
        assert!(said(&run(&database, &["org", "list"])).contains("acme"));
        said(&run(&database, &["migrate"]));
        database.migrated(2_099_010_102, 2_099_010_102).await;
        let before = database.contents().await;
        for arguments in commands {
            let why = reason(&run(&database, arguments));
            assert!(why.contains("2099010102") && why.contains("newer"), "{arguments:?}: {why}");
        }
        assert_eq!(database.contents().await, before);
    }
}

#[test]
fn a_panel_definition_is_checked_without_a_database() {
    let panel = concat!(env!("CARGO_MANIFEST_DIR"), "/config/panels/msp.toml");
    let checked = Command::new(env!("CARGO_BIN_EXE_doorward"))
        .args(["panel", "check", panel])
        .env("DOORWARD_DATABASE__URL", "postgres://nobody@127.0.0.1:1/none")
        .output()
        .unwrap();
    assert!(said(&checked).starts_with("msp: "));
}

/// The credentials of a directory, from the command line.
#[test]
fn tokens_end_and_rotate_and_clients_come_and_go() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::new(Engine::Sqlite));
    said(&run(&database, &["apply", EXAMPLE, "--json"]));
    let on = |words: &[&str]| run(&database, &[&["directory"], words, &["--org", "acme"]].concat());
    let read = |words: &[&str]| -> Value { serde_json::from_str(&said(&on(&[words, &["--json"]].concat()))).unwrap() };
    let made = read(&["token", "okta", "--label", "short", "--expires-days", "13"]);
    assert!(said(&on(&["tokens", "okta"])).contains("ENDS SOON"));
    let old = made["token_id"].as_str().unwrap();
    let next = read(&["rotate", "okta", "--token", old, "--overlap-hours", "0"]);
    assert_ne!(next["token"], made["token"]);
    let listed = read(&["tokens", "okta"]);
    let state = |id: &Value| listed.as_array().unwrap().iter().find(|t| t["id"] == *id).unwrap()["state"].clone();
    assert_eq!((state(&made["token_id"]), state(&next["token_id"])), ("ended".into(), "ends_soon".into()), "{listed}");
    assert!(reason(&on(&["rotate", "okta", "--token", old])).contains("token"));
    assert!(reason(&on(&["token", "okta", "--expires-days", "0"])).contains("expires_days"));
    let client = read(&["client", "add", "okta", "--key", "ping"]);
    let id = client["client_id"].as_str().unwrap();
    let rotated = read(&["client", "rotate", "okta", "--client", id]);
    assert_ne!(rotated["client_secret"], client["client_secret"]);
    let listed = read(&["client", "list", "okta"]);
    assert_eq!(listed[0]["secrets"].as_array().unwrap().len(), 2, "{listed}");
    let shown = said(&on(&["client", "list", "okta"]));
    assert!(shown.contains("2 secrets") && !shown.contains(rotated["client_secret"].as_str().unwrap()), "{shown}");
    said(&on(&["client", "remove", "okta", "--client", id]));
    assert!(reason(&on(&["client", "remove", "okta", "--client", id])).contains("client"));
    assert_eq!(read(&["client", "list", "okta"]), serde_json::json!([]));
}

#[test]
fn a_command_whose_output_nobody_reads_any_more_ends_without_a_word() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let panel = concat!(env!("CARGO_MANIFEST_DIR"), "/config/panels/msp.toml");
    let check =
        Command::new(env!("CARGO_BIN_EXE_doorward")).args(["panel", "check", panel]).stdout(writer).output().unwrap();
    assert_eq!((check.status.code(), String::from_utf8_lossy(&check.stderr).as_ref()), (Some(141), ""));
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "demo",
        "serve",
        "migrate",
        "apply",
        "org",
        "directory",
        "connection",
        "app",
        "user",
        "panel",
        "token",
        "simulate",
    ] {
        let told =
            std::process::Command::new(env!("CARGO_BIN_EXE_doorward")).args([command, "--help"]).output().unwrap();
        assert!(said(&told).contains("Usage: doorward"), "{command}");
    }
}
