//! Attempts are counted in memory, by whom they are about and where they come from.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::LazyLock;

const BURST: NonZeroU32 = NonZeroU32::new(20).expect("20 is not zero");
/// When so many keys are known, those that are at rest are forgotten.
const MANY: usize = 10_000;

static ATTEMPTS: LazyLock<DefaultKeyedRateLimiter<String>> =
    LazyLock::new(|| RateLimiter::keyed(Quota::per_minute(BURST)));

/// Whether one more attempt may be made.
pub(super) fn may(whom: &str, from: &str) -> bool {
    if ATTEMPTS.len() > MANY {
        ATTEMPTS.retain_recent();
    }
    ATTEMPTS.check_key(&format!("{whom}\n{from}")).is_ok()
}
