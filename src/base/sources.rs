//! Time and chance come in by this one door (law 14): chosen in `app`, by hand in tests.

use chrono::{DateTime, SubsecRound, Utc};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroize as _;

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The current instant, UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Gives random bytes.
pub trait Dice: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Where every id, token and date of ours starts.
#[derive(Clone)]
pub struct Sources {
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sources")
    }
}

impl Sources {
    /// The machine's clock and the operating system's generator.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), dice: Arc::new(SystemDice) }
    }

    /// A clock that is moved by hand and a seeded generator: for tests and the emulated world.
    #[must_use]
    pub fn by_hand(clock: Arc<ManualClock>, seed: u64) -> Self {
        use rand::SeedableRng as _;
        Self { clock, dice: Arc::new(SeededDice(Mutex::new(rand::rngs::StdRng::seed_from_u64(seed)))) }
    }

    /// The current instant, whole microseconds, as the store keeps it.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.dice.fill(&mut bytes);
        bytes
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one door through which time comes in")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

struct SystemDice;

/// Bytes that a thread has drawn ahead: one call of the generator costs as much for a few bytes as for many, and every
/// request draws some.
struct Drawn {
    bytes: [u8; 512],
    left: usize,
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { bytes: [0; 512], left: 0 }) };
}

impl Dice for SystemDice {
    fn fill(&self, buffer: &mut [u8]) {
        DRAWN.with_borrow_mut(|drawn| {
            if buffer.len() > drawn.bytes.len() {
                return draw(buffer);
            }
            if buffer.len() > drawn.left {
                // What is left is thrown away.
                draw(&mut drawn.bytes);
                drawn.left = drawn.bytes.len();
            }
            let from = drawn.left - buffer.len();
            let given = &mut drawn.bytes[from..drawn.left];
            buffer.copy_from_slice(given);
            given.zeroize();
            drawn.left = from;
        });
    }
}

fn draw(buffer: &mut [u8]) {
    aws_lc_rs::rand::fill(buffer).expect("the operating system gives random bytes once it has booted");
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn at(start: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(start)))
    }

    /// Moves the clock forward (or back, with a negative duration).
    pub fn advance(&self, by: chrono::Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct SeededDice(Mutex<rand::rngs::StdRng>);

impl Dice for SeededDice {
    fn fill(&self, buffer: &mut [u8]) {
        use rand::RngCore as _;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_are_given_twice_and_any_number_is_given() {
        let dice = SystemDice;
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let mut bytes = [0; 12];
            dice.fill(&mut bytes);
            assert!(seen.insert(bytes), "{bytes:?}");
        }
        for length in [0, 1, 511, 512, 513, 5000] {
            let mut bytes = vec![0; length];
            dice.fill(&mut bytes);
            let zeros = bytes.iter().filter(|byte| **byte == 0).count();
            assert!(zeros <= 1 + length / 16, "{zeros} of {length}");
        }
    }
}
