//! The gateway that a command works on: the configured database, also while the server runs.

use super::log_format::{Clock, Fields};
use crate::app;
use crate::base::sources::Sources;
use crate::config::Config;
use crate::service::Gateway;
use std::io::IsTerminal as _;
use std::path::Path;
use tracing_subscriber::fmt::MakeWriter;

/// The configuration, with the log turned on.
pub(super) fn config(file: Option<&Path>) -> anyhow::Result<Config> {
    logging_to(file, std::io::stderr)
}

/// The configuration, with the log turned on and written somewhere.
pub(super) fn logging_to<W>(file: Option<&Path>, writer: W) -> anyhow::Result<Config>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let config = Config::load(file)?;
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)?;
    // A second subscriber in one process would be a mistake of ours that changes nothing for the user.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(std::io::stderr().is_terminal())
        .with_timer(Clock(Sources::system()))
        .fmt_fields(Fields)
        .try_init();
    Ok(config)
}

/// Prints a value for a program to read.
pub(super) fn show_json(value: &serde_json::Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// The gateway of a command; the database is made and migrated as `serve` does.
pub(super) async fn gateway(file: Option<&Path>) -> anyhow::Result<Gateway> {
    let config = config(file)?;
    Ok(app::gateway(&config, config.listen, Sources::system(), config.database.migrate).await?)
}
