//! Attempts at passwords are counted in memory: by account and address together, by account, and by address. The
//! first stops whoever tries one account; the others, wider, stop many addresses at one account and one address that
//! walks through many.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Attempts a minute of one address at one account.
const BOTH: NonZeroU32 = NonZeroU32::new(20).expect("20 is not zero");
/// Attempts a minute at one account, and of one address. An office may share one address.
const EACH: NonZeroU32 = NonZeroU32::new(100).expect("100 is not zero");
/// When so many keys are known, those that are at rest are forgotten.
const MANY: usize = 10_000;

/// The attempts of the last minute, of one instance. They are measured with the library's own monotonic clock.
#[derive(Clone)]
pub struct Attempts(Arc<Limits>);

struct Limits {
    both: DefaultKeyedRateLimiter<String>,
    account: DefaultKeyedRateLimiter<String>,
    address: DefaultKeyedRateLimiter<String>,
    refusals: DefaultKeyedRateLimiter<String>,
}

impl std::fmt::Debug for Attempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempts")
    }
}

impl Default for Attempts {
    fn default() -> Self {
        let keyed = |a_minute| RateLimiter::keyed(Quota::per_minute(a_minute));
        Self(Arc::new(Limits { both: keyed(BOTH), account: keyed(EACH), address: keyed(EACH), refusals: keyed(BOTH) }))
    }
}

impl Attempts {
    /// Counts one more attempt; whether it may be made.
    #[must_use]
    pub fn count(&self, whom: &str, from: &str) -> bool {
        let limits = &self.0;
        for limiter in [&limits.both, &limits.account, &limits.address] {
            if limiter.len() > MANY {
                limiter.retain_recent();
            }
        }
        // The narrow one first: whoever has used it up takes nothing from the others' share of the account.
        limits.both.check_key(&format!("{whom}\n{from}")).is_ok()
            && limits.account.check_key(&whom.to_owned()).is_ok()
            && limits.address.check_key(&from.to_owned()).is_ok()
    }

    /// Whether the audit is told of one more refusal at a connection that belongs to no attempt of ours.
    #[must_use]
    pub fn tell_refusal(&self, connection: &str) -> bool {
        if self.0.refusals.len() > MANY {
            self.0.refusals.retain_recent();
        }
        self.0.refusals.check_key(&connection.to_owned()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Attempts;

    #[test]
    fn one_address_at_one_account_is_stopped_and_others_are_not() {
        let attempts = Attempts::default();
        let made = (0..40).filter(|_| attempts.count("lena@acme.test", "192.0.2.1")).count();
        assert!((20..25).contains(&made), "{made}");
        assert!(attempts.count("lena@acme.test", "192.0.2.2") && attempts.count("olive@acme.test", "192.0.2.1"));
    }

    #[test]
    fn many_addresses_at_one_account_and_one_address_at_many_accounts_are_stopped() {
        let attempts = Attempts::default();
        let made = (0..200).filter(|n| attempts.count("lena@acme.test", &format!("192.0.2.{n}"))).count();
        assert!((100..110).contains(&made), "{made}");
        let made = (0..200).filter(|n| attempts.count(&format!("user{n}@acme.test"), "198.51.100.1")).count();
        assert!((100..110).contains(&made), "{made}");
    }
}
