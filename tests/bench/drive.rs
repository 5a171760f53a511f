//! Many clients at once, and the times that they see.

use crate::client::Client;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a client does again and again.
pub(crate) trait Work: Send + Sync + 'static {
    /// One unit: the `n`th of the client `who`. Its time is that of its last call.
    fn unit(&self, client: &mut Client, who: usize, n: usize) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// What one or more runs came to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Figures {
    units: usize,
    seconds: f64,
    micros: Vec<u32>,
}

impl Figures {
    /// Of one kind of unit: how long each took, and all of them.
    pub(crate) fn of(times: &[Duration], seconds: f64) -> Self {
        let micros = times.iter().map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
        Self { units: times.len(), seconds, micros: micros.collect() }
    }

    /// Adds another run of the same.
    pub(crate) fn add(&mut self, other: Self) {
        self.units += other.units;
        self.seconds += other.seconds;
        self.micros.extend(other.micros);
    }

    /// How many units were done.
    pub(crate) fn units(&self) -> usize {
        self.units
    }

    /// Units a second.
    pub(crate) fn rate(&self) -> f64 {
        self.units as f64 / self.seconds
    }

    /// The time in milliseconds that this share of units stayed below.
    pub(crate) fn millis(&self, share: f64) -> f64 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let at = (sorted.len() as f64 * share) as usize;
        sorted.get(at.min(sorted.len().saturating_sub(1))).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    }
}

/// Lets each client do its units `from..to`, all clients at once. The first error ends the run.
pub(crate) async fn drive(
    clients: &mut Vec<Client>,
    from: usize,
    to: usize,
    work: &Arc<impl Work>,
) -> anyhow::Result<Figures> {
    let begun = Instant::now();
    let tasks: Vec<_> = clients
        .drain(..)
        .enumerate()
        .map(|(who, mut client)| {
            let work = work.clone();
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(to - from);
                for n in from..to {
                    work.unit(&mut client, who, n).await?;
                    times.push(client.took);
                }
                anyhow::Ok((client, times))
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        let (client, of_one) = task.await??;
        clients.push(client);
        times.extend(of_one);
    }
    Ok(Figures::of(&times, begun.elapsed().as_secs_f64()))
}
