//! `make bench`: how fast the program is beside what its engine could do at most, both in one run on one machine.
//!
//! It asserts nothing about time; an answer that is wrong ends it. `src/docs/benchmark.md` says how to read it.

mod bare;
mod client;
mod drive;
mod model;
mod place;
mod raw;
mod report;
mod stage;
mod workloads;

use clap::{Parser, Subcommand};
use place::{Durability, Place, machine};
use std::path::PathBuf;
use std::time::Instant;
use workloads::{NAMES, Size};

#[derive(Debug, Parser)]
#[command(name = "bench", about = "How fast Doorward is beside its engine. It asserts nothing about time.")]
struct Args {
    #[command(subcommand)]
    part: Option<Part>,
    /// One engine: sqlite or postgres. Both, if left out.
    #[arg(long, value_parser = ["sqlite", "postgres"])]
    engine: Option<String>,
    /// One workload. Everything, if left out.
    #[arg(long, value_parser = NAMES)]
    only: Vec<String>,
    /// Small sizes: less than 3 minutes in all.
    #[arg(long)]
    quick: bool,
    /// Lookups among a million users as well.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// Answers as JSON.
    #[arg(long)]
    json: bool,
    /// The log level of the server; its own default, if left out.
    #[arg(long, default_value = "info")]
    log: String,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The bare handler, which the bench starts itself.
    #[command(hide = true)]
    Bare {
        /// The database.
        url: String,
        /// The organization.
        org: i64,
        /// The directory.
        src: i64,
        /// A file with the statements of a PATCH.
        writes: PathBuf,
    },
}

fn size(args: &Args) -> Size {
    if args.quick {
        let populations = vec![1_000, 20_000];
        return Size { creates: 3_840, changes: 3_840, populations, lookups: 4_000, large: 10_000, singles: 160 };
    }
    let mut populations = vec![1_000, 100_000];
    if args.full {
        populations.push(1_000_000);
    }
    Size { creates: 12_800, changes: 12_800, populations, lookups: 16_000, large: 100_000, singles: 400 }
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(Part::Bare { url, org, src, writes }) = &args.part {
        // As the program has it: a worker for each core.
        return tokio::runtime::Runtime::new()?.block_on(bare::serve(url, *org, *src, writes));
    }
    // One thread drives. Several would hand work to each other and look for it, and what the driver takes is missing to
    // what is measured.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        // Dropping what runs stops the servers and takes their files away.
        tokio::select! {
            outcome = all(&args) => outcome,
            _ = tokio::signal::ctrl_c() => anyhow::bail!("stopped"),
        }
    })
}

async fn all(args: &Args) -> anyhow::Result<()> {
    let begun = Instant::now();
    let (machine, size) = (machine(), size(args));
    let settings = Durability::SETTINGS.join(" ");
    eprintln!("{machine}; driver, server and database share them. The server logs at level {}.", args.log);
    eprintln!("PostgreSQL: {settings}\nSQLite: journal_mode=WAL synchronous=FULL");
    let mut shown = Vec::new();
    for engine in ["sqlite", "postgres"] {
        if args.engine.as_ref().is_some_and(|only| only != engine) {
            continue;
        }
        let place = if engine == "sqlite" { Place::sqlite()? } else { Place::postgres()? };
        if !args.json {
            report::head(place.name());
        }
        for name in NAMES.iter().filter(|name| args.only.is_empty() || args.only.iter().any(|only| only == *name)) {
            for line in workloads::run(name, &place, &size, &args.log).await? {
                if !args.json {
                    line.print();
                }
                shown.push(line.json(place.name()));
            }
        }
    }
    let seconds = begun.elapsed().as_secs();
    eprintln!("\n{seconds} seconds in all");
    if args.json {
        let whole = serde_json::json!({
            "machine": machine, "postgresql": settings, "log": args.log, "seconds": seconds, "lines": shown
        });
        println!("{}", serde_json::to_string_pretty(&whole)?);
    }
    Ok(())
}
