//! How often a directory's clients may get tokens, and how often a proof may be wrong.

use crate::base::ids::DirectoryId;
use crate::service::login::Attempts;
use crate::service::provisioning::RateLimit;

/// Tokens a second for each directory, with bursts of five times as many: some IdPs ask for one before each call.
const TOKENS: u32 = 25;
/// After how many seconds somebody who was wrong too often may try again.
const PAUSE: u64 = 60;

/// Counted in memory, of one instance.
#[derive(Debug, Clone)]
pub struct TokenThrottle {
    tokens: RateLimit,
    wrong: Attempts,
}

impl Default for TokenThrottle {
    fn default() -> Self {
        Self { tokens: RateLimit::per_second(TOKENS), wrong: Attempts::default() }
    }
}

impl TokenThrottle {
    /// Counts a token for a directory's client that has proved itself.
    ///
    /// # Errors
    /// In how many whole seconds it may come again.
    pub(super) fn token(&self, directory: DirectoryId) -> Result<(), u64> {
        self.tokens.count(directory)
    }

    /// Counts a wrong proof, by client and address as passwords are. Right ones are not counted: nobody can lock a
    /// directory out by being wrong in its name.
    ///
    /// # Errors
    /// In how many whole seconds it may come again.
    pub(super) fn wrong(&self, client_id: &str, from: &str) -> Result<(), u64> {
        if self.wrong.count(client_id, from) { Ok(()) } else { Err(PAUSE) }
    }

    /// Whether the audit is told of one more refusal of this client.
    pub(super) fn tell(&self, client_id: &str) -> bool {
        self.wrong.tell_refusal(client_id)
    }
}
