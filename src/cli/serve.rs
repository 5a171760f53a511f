//! `doorward serve`.

use super::log_lines::LogLines;
use super::opened;
use crate::app;
use crate::base::sources::Sources;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until SIGTERM or SIGINT, then finishes what is in flight.
pub(super) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let lines = LogLines::to(std::io::stderr())?;
    let outcome = logged(file, lines.clone()).await;
    lines.flush();
    outcome
}

async fn logged(file: Option<&Path>, lines: LogLines<std::io::Stderr>) -> anyhow::Result<()> {
    let config = opened::logging_to(file, lines)?;
    let listener = TcpListener::bind(config.listen).await?;
    let bound = listener.local_addr()?;
    let gateway = app::gateway(&config, bound, Sources::system(), config.database.migrate).await?;
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    };
    println!("listening on http://{bound}");
    app::serve(gateway, Duration::from_secs(config.http.timeout_seconds.into()), listener, told).await?;
    Ok(())
}
