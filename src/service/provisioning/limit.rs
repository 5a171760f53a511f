//! How many calls a second each directory may make: a bucket of its own for each, so that none starves another.

use crate::base::ids::DirectoryId;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;

/// A burst is this many seconds' worth of calls.
const BURST: u32 = 5;

/// The limit of every directory; per instance. It measures with the library's own monotonic clock.
#[derive(Clone, Default)]
pub struct RateLimit(Option<Arc<DefaultKeyedRateLimiter<DirectoryId>>>);

impl std::fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "RateLimit(on)" } else { "RateLimit(off)" })
    }
}

impl RateLimit {
    /// This many calls a second, with bursts of five times as many; 0 is no limit.
    #[must_use]
    pub fn per_second(calls: u32) -> Self {
        let burst = NonZeroU32::new(calls.saturating_mul(BURST));
        let quota = NonZeroU32::new(calls).zip(burst).map(|(calls, burst)| Quota::per_second(calls).allow_burst(burst));
        Self(quota.map(|quota| Arc::new(RateLimiter::keyed(quota))))
    }

    /// Counts a call of a directory.
    ///
    /// # Errors
    /// In how many whole seconds (at least 1) it may come again.
    pub fn count(&self, directory: DirectoryId) -> Result<(), u64> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check_key(&directory).map_err(|early| early.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }
}
