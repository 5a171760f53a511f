//! What is printed: each step with its result, and the sum.

use std::io::Write as _;

/// What a step saw; the error says what was missing.
pub(super) type Seen = anyhow::Result<String>;

/// The steps so far.
#[derive(Default)]
pub(super) struct Told {
    held: usize,
    failed: usize,
    summed: bool,
}

impl Told {
    /// Prints a step and keeps count.
    pub(super) fn step(&mut self, name: &str, seen: &Seen) -> std::io::Result<()> {
        let number = self.held + self.failed + 1;
        let mut out = std::io::stdout();
        match seen {
            Ok(seen) => {
                self.held += 1;
                writeln!(out, "ok      {number}. {name}\n           {seen}")
            }
            Err(error) => {
                self.failed += 1;
                writeln!(out, "FAILED  {number}. {name}\n           {error:#}")
            }
        }
    }

    /// Whether the play came to its end and every step held.
    pub(super) fn complete(&self) -> bool {
        self.summed && self.failed == 0
    }

    /// Prints the sum.
    pub(super) fn sum(&mut self) -> std::io::Result<()> {
        self.summed = true;
        writeln!(std::io::stdout(), "\n{} steps held, {} failed", self.held, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_that_was_broken_off_or_failed_is_no_success() {
        let mut told = Told::default();
        told.step("a", &Ok("seen".to_owned())).unwrap();
        assert!(!told.complete());
        told.sum().unwrap();
        assert!(told.complete());
        told.step("b", &Err(anyhow::anyhow!("missing"))).unwrap();
        assert!(!told.complete());
    }
}
