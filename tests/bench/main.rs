//! `make bench`: how fast the program is beside what its engine can do at most, in one run on one machine.
//!
//! It asserts nothing about time; a wrong answer ends it. Driver, program and database share the cores.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a bench that meets the unexpected has nothing to tell; it is one binary"
)]

mod bare;
mod client;
mod engine;
mod load;
mod members;
mod process;
mod raw;
mod report;
mod server;
mod workloads;

use engine::{Cluster, Engine};
use report::Line;
use workloads::Size;

const SMALL: Size = Size { operations: 2_000, raw_seconds: 3, large: 5_000, import: 5_000 };
const USUAL: Size = Size { operations: 20_000, raw_seconds: 8, large: 100_000, import: 100_000 };

const NAMES: [&str; 5] = ["sync", "lookup", "deactivation", "groups", "import"];

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, url, ..] = args.as_slice()
        && first == "bare"
    {
        return bare::serve(url).await;
    }
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let after = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1)).cloned();
    let (engine, only) = (after("--engine"), after("--only"));
    let known = |arg: &String| ["--quick", "--json", "--engine", "--only", "--bench"].contains(&arg.as_str());
    if args.iter().any(|arg| arg.starts_with('-') && !known(arg)) {
        eprintln!(
            "usage: make bench ARGS='[--quick] [--json] [--engine sqlite|postgres] [--only {}]'",
            NAMES.join("|")
        );
        std::process::exit(2);
    }
    let size = if has("--quick") { SMALL } else { USUAL };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    eprintln!("{cores} cores, shared by the driver, the program and the database; ratios are of one run.");
    let mut report = serde_json::Map::new();
    for name in ["sqlite", "postgres"] {
        if engine.as_deref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let engine = if name == "sqlite" { Engine::Sqlite } else { Engine::Postgres(Cluster::start()) };
        if !has("--json") {
            println!("{}", engine.name());
        }
        let mut lines = Vec::new();
        for workload in NAMES.iter().filter(|name| only.as_deref().is_none_or(|only| only == **name)) {
            let found = run(workload, &engine, size).await;
            if !has("--json") {
                found.iter().for_each(Line::print);
            }
            lines.extend(found);
        }
        report.insert(name.to_owned(), serde_json::to_value(&lines).unwrap());
    }
    if has("--json") {
        println!("{}", serde_json::Value::Object(report));
    }
}

async fn run(workload: &str, engine: &Engine, size: Size) -> Vec<Line> {
    match workload {
        "sync" => workloads::sync(engine, size).await,
        "lookup" => workloads::lookups(engine, size).await,
        "deactivation" => workloads::deactivations(engine, size).await,
        "groups" => members::groups(engine, size).await,
        "import" => members::import(engine, size).await,
        other => panic!("{other} is no workload"),
    }
}
