//! Work behind the requests, one file each, safe to run twice and on several instances at once.
//!
//! Owns the rhythm. Must not know HTTP or SQL.

pub mod expiry;
pub mod settling;
pub mod statistics;

use crate::service::Gateway;
use std::time::Duration;

/// How often the marks of large changes are looked for.
const SETTLING: Duration = Duration::from_secs(2);
/// How often the planner is told of tables that have grown.
const STATISTICS: Duration = Duration::from_secs(1);
/// How often what has expired is taken away.
const EXPIRY: Duration = Duration::from_secs(60);

/// Runs all jobs until the future is dropped.
pub async fn run(gateway: Gateway) {
    futures::future::join3(settle(gateway.clone()), refresh(gateway.clone()), expire(gateway)).await;
}

async fn settle(gateway: Gateway) {
    let mut ticks = ticks(SETTLING);
    loop {
        ticks.tick().await;
        told("settling", settling::run_once(&gateway).await.err());
    }
}

async fn refresh(gateway: Gateway) {
    let mut ticks = ticks(STATISTICS);
    loop {
        ticks.tick().await;
        told("statistics", statistics::run_once(&gateway).await.err());
    }
}

async fn expire(gateway: Gateway) {
    let mut ticks = ticks(EXPIRY);
    loop {
        ticks.tick().await;
        told("expiry", expiry::run_once(&gateway).await.err());
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks
}

fn told(job: &str, failed: Option<impl std::error::Error>) {
    if let Some(error) = failed {
        tracing::error!(job, %error, "a job failed; it runs again");
    }
}
