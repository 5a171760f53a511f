//! Drives a server with a number of clients and takes the times.

use crate::client::Client;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Operations a second.
    pub rate: f64,
    /// Half of the operations were at least as quick as this, in milliseconds.
    pub p50: f64,
    /// All but one in a hundred.
    pub p99: f64,
}

impl Figures {
    /// From the times of all operations and the time that the run took.
    pub fn of(mut times: Vec<Duration>, wall: Duration) -> Self {
        times.sort_unstable();
        let at = |share: f64| {
            let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
            times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Self { rate: times.len() as f64 / wall.as_secs_f64(), p50: at(0.5), p99: at(0.99) }
    }
}

/// One operation of a client; it gets the number of the operation.
pub type Operation = Arc<dyn for<'a> Fn(&'a mut Client, u64) -> BoxFuture<'a, ()> + Send + Sync>;

/// Lets these clients do `operations` in all, one after the other each.
pub async fn drive(clients: Vec<Client>, operations: u64, operation: Operation) -> Figures {
    let next = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (next, operation) = (next.clone(), operation.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= operations {
                        return times;
                    }
                    let begun = Instant::now();
                    operation(&mut client, n).await;
                    times.push(begun.elapsed());
                }
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    Figures::of(times, begun.elapsed())
}
