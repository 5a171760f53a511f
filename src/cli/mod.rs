//! The command line: one file for each command.
//!
//! Owns arguments, output and exit codes: 0, or a reason on standard error; 141 where nobody reads on. Must not know SQL
//! or rules.

mod app;
mod apply;
mod connection;
mod demo;
mod directory;
mod directory_client;
mod log;
mod log_format;
mod log_lines;
mod migrate;
mod opened;
mod org;
mod panel;
mod serve;
#[cfg(test)]
mod shown;
mod simulate;
mod token;
mod user;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// What a shell calls the end by SIGPIPE, which Rust's programs do not get.
const BROKEN_PIPE: i32 = 128 + 13;

/// The identity gateway of a multi-user panel.
#[derive(Debug, Parser)]
#[command(name = "doorward", version, about)]
struct Arguments {
    /// The configuration file; without it the defaults and the DOORWARD_… variables hold.
    #[arg(long, global = true, env = "DOORWARD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays the whole product with an emulated company, then leaves it up to click.
    Demo(demo::DemoArgs),
    /// Serves until it is told to stop.
    Serve,
    /// Brings the database up to date.
    Migrate,
    /// Brings organizations, directories, connections, rules, clients, apps and people to what a file says.
    Apply(apply::Apply),
    /// Organizations.
    #[command(subcommand)]
    Org(org::Org),
    /// Directories: SCIM endpoints with their tokens.
    #[command(subcommand)]
    Directory(directory::Directory),
    /// Connections: sign-in with an identity provider.
    #[command(subcommand)]
    Connection(connection::Connection),
    /// Panel apps: OAuth clients of ours.
    #[command(subcommand)]
    App(app::App),
    /// People.
    #[command(subcommand)]
    User(user::User),
    /// Panel definitions.
    #[command(subcommand)]
    Panel(panel::Panel),
    /// Tokens of the management API.
    #[command(subcommand)]
    Token(token::Token),
    /// Sends an identity provider's own traffic to any SCIM URL and judges each step.
    Simulate(simulate::SimulateArgs),
}

/// Ends the program without a word where nobody reads its output any more, as behind `| head`: printing panics then.
fn end_at_a_closed_pipe() {
    let loudly = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let told = panic.payload_as_str().unwrap_or_default();
        if told.starts_with("failed printing to std") && told.contains("Broken pipe") {
            std::process::exit(BROKEN_PIPE);
        }
        loudly(panic);
    }));
}

/// Runs the command that was asked for.
#[must_use]
pub fn main() -> ExitCode {
    end_at_a_closed_pipe();
    let arguments = Arguments::parse();
    // Installed once in a process; a second one changes nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(arguments)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = arguments.config.as_deref();
    match arguments.command {
        Command::Demo(demo) => return demo::run(demo).await,
        Command::Simulate(simulate) => return simulate::run(simulate).await,
        Command::Serve => serve::run(config).await?,
        Command::Migrate => migrate::run(config).await?,
        Command::Apply(apply) => apply.run(config).await?,
        Command::Org(org) => org.run(config).await?,
        Command::Directory(directory) => directory.run(config).await?,
        Command::Connection(connection) => connection.run(config).await?,
        Command::App(app) => app.run(config).await?,
        Command::User(user) => user.run(config).await?,
        Command::Panel(panel) => panel.run(config).await?,
        Command::Token(token) => token.run(config).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("doorward: {error:#}");
    ExitCode::FAILURE
}
