//! `doorward directory log`, `replay` and `quirks`: the SCIM log, also beside a running server.

use super::opened;
use crate::app;
use crate::domain::audit::Actor;
use crate::service::Gateway;
use crate::service::console::scim_log::{self, Follower, LogQuery, Logged};
use crate::service::scim_log::EntryView;
use anyhow::Context as _;
use chrono::Duration;
use clap::Args;
use std::num::NonZeroUsize;

/// How often a followed log is looked at.
const PACE: std::time::Duration = std::time::Duration::from_millis(500);

/// Which entries, and how.
#[derive(Debug, Args)]
pub(super) struct Log {
    /// The directory.
    key: String,
    /// The organization's slug.
    #[arg(long)]
    org: String,
    /// Stays, and shows each call as it comes.
    #[arg(long)]
    follow: bool,
    /// One JSON object a line, with request and answer.
    #[arg(long)]
    json: bool,
    /// Calls of the last while, such as 30m, 1h or 2d.
    #[arg(long, value_name = "WHILE", value_parser = duration)]
    since: Option<Duration>,
    /// Refused calls alone.
    #[arg(long)]
    refused: bool,
    /// Shows personal values; that is noted in the audit.
    #[arg(long)]
    reveal: bool,
    /// How many calls at most, the newest.
    #[arg(long, default_value = "50")]
    limit: NonZeroUsize,
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no while; write a number and s, m, h or d, such as 1h");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: i64 = number.parse().ok().filter(|n| (1..1_000_000).contains(n)).ok_or_else(wrong)?;
    match unit {
        "s" => Ok(Duration::seconds(number)),
        "m" => Ok(Duration::minutes(number)),
        "h" => Ok(Duration::hours(number)),
        "d" => Ok(Duration::days(number)),
        _ => Err(wrong()),
    }
}

impl Log {
    pub(super) async fn run(&self, gw: &Gateway) -> anyhow::Result<()> {
        let logged = scim_log::of_operator(gw, &self.org, &self.key).await?;
        if self.reveal {
            scim_log::note_revealed(gw, &logged, &Actor::Operator).await?;
        }
        let mut filter = LogQuery::default().filter()?;
        filter.since = self.since.map(|ago| gw.sources.now() - ago);
        filter.refused = self.refused;
        filter.bodies = self.json;
        // What comes while the page is read is new to the follower.
        let mut follower = Follower::from(filter.clone(), gw.sources.now());
        let mut entries = Vec::new();
        let mut left = self.limit.get();
        while left > 0 {
            filter.limit = left.min(scim_log::PAGE);
            let page = scim_log::page(gw, &logged, filter.clone(), self.reveal).await?;
            left -= page.entries.len();
            entries.extend(page.entries);
            match page.next {
                Some(next) => filter.before = Some(next),
                None => break,
            }
        }
        follower.pass_over(entries.iter().map(|entry| entry.id));
        for entry in entries.iter().rev() {
            self.print(entry)?;
        }
        if !self.follow {
            return Ok(());
        }
        loop {
            tokio::time::sleep(PACE).await;
            for entry in follower.more(gw, &logged, self.reveal).await? {
                self.print(&entry)?;
            }
        }
    }

    fn print(&self, entry: &EntryView) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string(entry).context("an entry cannot be written as JSON")?);
        } else {
            println!("{entry}");
        }
        Ok(())
    }
}

/// Shows how often each rewrite was needed.
pub(super) async fn quirks(gw: &Gateway, org: &str, key: &str) -> anyhow::Result<()> {
    let logged: Logged = scim_log::of_operator(gw, org, key).await?;
    for quirk in scim_log::quirks(gw, &logged).await? {
        println!("{:>8}  {}  last {}", quirk.calls, quirk.id, quirk.last.format("%Y-%m-%d %H:%M:%S"));
    }
    Ok(())
}

/// Which call is made once more.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The directory.
    key: String,
    /// The organization's slug.
    #[arg(long)]
    org: String,
    /// The entry's id (log-…), as `directory log --json` shows it.
    #[arg(long, value_name = "ID")]
    entry: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) async fn run(&self, gw: &Gateway) -> anyhow::Result<()> {
        let logged = scim_log::of_operator(gw, &self.org, &self.key).await?;
        let replay = app::replay(gw, &logged, self.entry.parse()?).await?;
        if self.json {
            return opened::show_json(&serde_json::to_value(&replay)?);
        }
        println!("{}", replay.logged);
        println!("now  {}", replay.now);
        if let Some(response) = &replay.now.response {
            println!("{response:#}");
        }
        for note in &replay.notes {
            println!("note: {note}");
        }
        println!("nothing of this was kept");
        Ok(())
    }
}
