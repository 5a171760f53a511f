//! Each IdP's own traffic against a directory of the profile `auto`, and against one of the IdP's own profile.

use crate::harness::database::{Engine, TestDatabase, on_both_engines};
use crate::harness::gateway::{TestGateway, usual_rules};
use crate::harness::program::{Program, command, said};
use doorward::base::sources::Sources;
use doorward::lab::scim_client::{Dialect, IdpScimClient};
use doorward::lab::simulate::{Plan, simulate};
use serde_json::Value;
use std::process::{Command, Output};

/// The profile that an admin would choose for this IdP.
fn own_profile(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Okta => "okta",
        Dialect::Entra | Dialect::EntraFlag => "entra",
        Dialect::OneLogin => "onelogin",
        Dialect::JumpCloud => "jumpcloud",
        Dialect::Ping => "ping",
        // Nobody's label: Keycloak's extensions are served by the tolerant grammar.
        Dialect::Keycloak => "rippling",
    }
}

/// Plays the whole script; the steps that did not hold.
async fn broken(engine: Engine, dialect: Dialect, profile: &str) -> Vec<String> {
    let gw = TestGateway::start(engine).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let directory = acme.directory("idp", profile).await;
    let sources = Sources::system();
    let client = IdpScimClient::new(&directory.base, directory.token.into(), dialect, sources.clone()).unwrap();
    let plan = Plan { users: 60, groups: 2, members: 60, ..Plan::default() };
    let mut broken = Vec::new();
    let summary = simulate(&client, &sources, &plan, |step| {
        if !step.held {
            broken.push(format!("{}: {} [{} {}]", step.name, step.detail, step.request, step.status));
        }
    })
    .await;
    assert!(summary.held + summary.failed >= 26, "{dialect} played {summary:?}");
    broken
}

/// A sentence for each IdP, so that one that fails is named.
macro_rules! each_idp {
    ($($name:ident = $dialect:ident;)*) => {
        on_both_engines! {$(
            async fn $name(engine) {
                for profile in ["auto", own_profile(Dialect::$dialect)] {
                    let broken = broken(engine, Dialect::$dialect, profile).await;
                    assert!(broken.is_empty(), "{profile}: {broken:#?}");
                }
            }
        )*}
    };
}

each_idp! {
    okta_is_served_in_each_step = Okta;
    entra_is_served_in_each_step = Entra;
    entra_with_its_flag_is_served_in_each_step = EntraFlag;
    onelogin_is_served_in_each_step = OneLogin;
    jumpcloud_is_served_in_each_step = JumpCloud;
    ping_is_served_in_each_step = Ping;
    keycloak_is_served_in_each_step = Keycloak;
}

/// A server of the program itself with the example's directory: its SCIM base URL and token.
fn served(database: &TestDatabase) -> (Program, String, String) {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/example.toml");
    let made = said(&command(database).args(["apply", example, "--json"]).output().unwrap());
    let made: Value = serde_json::from_str(&made).unwrap();
    let made = &made["organizations"][0]["directories"][0];
    let server = Program::serve(database);
    let base = format!("{}/scim/v2/{}", server.base, made["id"].as_str().unwrap());
    (server, base, made["token"].as_str().unwrap().to_owned())
}

const SMALL: [&str; 6] = ["--users", "3", "--groups", "1", "--members", "3"];

fn simulate_with(base: &str, token: &str, more: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_doorward"));
    program.args(["simulate", "okta", base, "--token", token]).args(SMALL).args(more).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_ends_well_where_each_step_held_and_with_1_where_one_did_not() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let (_server, base, token) = served(&database);
    let well = simulate_with(&base, &token, &[]);
    let text = said(&well);
    assert!(text.lines().filter(|line| line.starts_with("ok     ")).count() > 20, "{text}");
    assert!(text.ends_with(" steps held, 0 failed\n"), "{text}");
    assert_eq!(String::from_utf8_lossy(&well.stderr), "", "no bar where nobody looks");
    let ill = simulate_with(&base, "another", &["--json"]);
    assert_eq!(ill.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&ill.stdout).unwrap();
    let failed = document["steps"].as_array().unwrap().iter().filter(|step| step["held"] == false).count();
    assert!(failed > 20 && document["failed"] == failed, "{document}");
    assert_eq!(String::from_utf8_lossy(&ill.stderr), "");
    let unknown = Command::new(env!("CARGO_BIN_EXE_doorward")).args(["simulate", "nobody", &base]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("onelogin"), "it says which there are");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_a_bar_stands_on_standard_error_alone() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let (_server, base, token) = served(&database);
    // `script` gives it a terminal; what it shows there is standard error, as standard output goes to a file.
    let out = std::env::temp_dir().join(format!("doorward-simulate-{}.txt", std::process::id()));
    let run = format!(
        "{} simulate okta {base} --token {token} {} >{}",
        env!("CARGO_BIN_EXE_doorward"),
        SMALL.join(" "),
        out.display()
    );
    let shown = Command::new("script")
        .args(["--quiet", "--return", "--command", &run, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let lines = std::fs::read_to_string(&out).unwrap();
    std::fs::remove_file(&out).unwrap();
    let bar = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.status.success() && lines.ends_with(" steps held, 0 failed\n"), "{lines}{bar}");
    let steps = lines.lines().count() - 1;
    assert!(bar.contains(&format!("/{steps} ")), "{bar:?}");
    assert!(!bar.contains("steps held") && !lines.contains('\u{1b}'), "{bar:?} {lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_command_that_signs_in_the_run_sees_who_is_let_in_and_who_is_refused() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let (_server, base, token) = served(&database);
    // A panel that asks the directory, one whose door stands open, one that is locked, and one that is not there.
    let asks = format!(
        "python3 -c \"import json, os, sys, urllib.parse, urllib.request as web; \
         asked = urllib.parse.quote('userName eq ' + json.dumps(os.environ['SIMULATE_USER']) + ' and active eq true'); \
         call = web.Request('{base}/Users?filter=' + asked, headers={{'Authorization': 'Bearer {token}'}}); \
         sys.exit(0 if json.load(web.urlopen(call))['totalResults'] == 1 else 1)\""
    );
    let doors = ["sign in", "login refused", "sign in again"];
    let cases: [(&str, &[&str]); 4] = [
        (&asks, &[]),
        ("true", &["login refused"]),
        ("exit 3", &["sign in", "sign in again"]),
        ("/no/such/door", &doors),
    ];
    for (command, expected) in cases {
        let run = simulate_with(&base, &token, &["--json", "--sign-in", command]);
        let document: Value = serde_json::from_slice(&run.stdout).unwrap();
        let steps = document["steps"].as_array().unwrap();
        let played: Vec<_> = steps.iter().filter_map(|s| s["name"].as_str()).filter(|n| doors.contains(n)).collect();
        let failed: Vec<_> = steps.iter().filter(|s| s["held"] == false).filter_map(|s| s["name"].as_str()).collect();
        assert_eq!((played.as_slice(), failed.as_slice()), (&doors[..], expected), "{command}: {document}");
    }
}
