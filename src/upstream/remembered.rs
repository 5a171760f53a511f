//! What an IdP publishes, remembered: fetched by one caller at a time, kept for a while, used a day longer if the IdP is
//! away.

use crate::base::sources::Sources;
use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use std::sync::{Arc, Mutex, PoisonError};

/// How long something is used before it is fetched anew.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// How long the last good one serves while the IdP fails.
const STALE: TimeDelta = TimeDelta::hours(24);
/// How often a caller may demand a fetch before [`FRESH`] has passed (an unknown key id), and how often one is tried
/// while a stale one serves.
const AGAIN: TimeDelta = TimeDelta::seconds(60);
/// How long a failure is told to the callers behind, without asking again.
const FAILED: TimeDelta = TimeDelta::seconds(5);
/// How many IdPs are remembered.
const MOST: u64 = 20_000;

/// A memory of things of one kind, by their address.
pub(super) struct Remembered<T, E> {
    sources: Sources,
    slots: Cache<String, Arc<Slot<T, E>>>,
}

struct Slot<T, E> {
    /// Held while one caller fetches for all.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State<T, E>>,
}

struct State<T, E> {
    good: Option<(Arc<T>, DateTime<Utc>)>,
    failed: Option<(Arc<E>, DateTime<Utc>)>,
    demanded: Option<DateTime<Utc>>,
}

impl<T, E> Default for Slot<T, E> {
    fn default() -> Self {
        let state = State { good: None, failed: None, demanded: None };
        Self { flight: tokio::sync::Mutex::new(()), state: Mutex::new(state) }
    }
}

impl<T, E> Slot<T, E> {
    fn with<R>(&self, look: impl FnOnce(&mut State<T, E>) -> R) -> R {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The good one, if it is younger than `age`.
    fn younger(&self, age: TimeDelta, now: DateTime<Utc>) -> Option<Arc<T>> {
        self.with(|state| state.good.as_ref().filter(|(_, at)| now - *at < age).map(|(value, _)| Arc::clone(value)))
    }

    fn settled(&self, now: DateTime<Utc>) -> Option<Result<Arc<T>, Arc<E>>> {
        if let Some(value) = self.younger(FRESH, now) {
            return Some(Ok(value));
        }
        let stale = self.younger(STALE, now);
        let pause = if stale.is_some() { AGAIN } else { FAILED };
        let failed =
            self.with(|state| state.failed.as_ref().filter(|(_, at)| now - *at < pause).map(|(e, _)| Arc::clone(e)));
        failed.map(|error| stale.ok_or(error))
    }

    fn keep(&self, fetched: Result<T, E>, now: DateTime<Utc>) -> Result<Arc<T>, Arc<E>> {
        match fetched {
            Ok(value) => {
                let value = Arc::new(value);
                self.with(|state| {
                    state.good = Some((Arc::clone(&value), now));
                    state.failed = None;
                });
                Ok(value)
            }
            Err(error) => {
                let error = Arc::new(error);
                self.with(|state| state.failed = Some((Arc::clone(&error), now)));
                self.younger(STALE, now).ok_or(error)
            }
        }
    }
}

impl<T: Send + Sync + 'static, E: Send + Sync + 'static> Remembered<T, E> {
    pub(super) fn new(sources: Sources) -> Self {
        Self { sources, slots: Cache::new(MOST) }
    }

    /// What lies at `address`, fetched only when it is not remembered or too old.
    pub(super) async fn get(&self, address: &str, fetch: impl AsyncFnOnce() -> Result<T, E>) -> Result<Arc<T>, Arc<E>> {
        let slot = self.slot(address).await;
        if let Some(settled) = slot.settled(self.sources.now()) {
            return settled;
        }
        let _flight = match slot.flight.try_lock() {
            Ok(flight) => flight,
            Err(_) => {
                if let Some(stale) = slot.younger(STALE, self.sources.now()) {
                    return Ok(stale);
                }
                slot.flight.lock().await
            }
        };
        if let Some(settled) = slot.settled(self.sources.now()) {
            return settled;
        }
        let fetched = fetch().await;
        slot.keep(fetched, self.sources.now())
    }

    /// What lies at `address` now, because what `had` holds will not do; but at most one fetch in [`AGAIN`].
    pub(super) async fn demand(
        &self,
        address: &str,
        had: &Arc<T>,
        fetch: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, Arc<E>> {
        let slot = self.slot(address).await;
        let _flight = slot.flight.lock().await;
        let now = self.sources.now();
        let newer = slot.with(|state| {
            state.good.as_ref().filter(|(value, _)| !Arc::ptr_eq(value, had)).map(|(value, _)| Arc::clone(value))
        });
        if let Some(newer) = newer {
            return Ok(newer);
        }
        let too_soon = slot.with(|state| {
            let soon = state.demanded.is_some_and(|at| now - at < AGAIN);
            if !soon {
                state.demanded = Some(now);
            }
            soon
        });
        if too_soon {
            return Ok(Arc::clone(had));
        }
        let fetched = fetch().await;
        slot.keep(fetched, self.sources.now())
    }

    /// Forgets what lies at `address`, so that the next caller fetches it.
    pub(super) async fn forget(&self, address: &str) {
        self.slots.invalidate(address).await;
    }

    async fn slot(&self, address: &str) -> Arc<Slot<T, E>> {
        self.slots.get_with_by_ref(address, async { Arc::new(Slot::default()) }).await
    }
}

#[cfg(test)]
mod tests;
