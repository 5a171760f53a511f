//! Proofs of callers that are remembered for a moment, so that a call need not ask the database twice.
//!
//! A remembered proof decides nothing alone: whoever goes by one reads, in the unit of work that answers, whether how
//! things stand is still as it was when the proof was made ([`DirectoryCaller::confirm`]). Whatever ends a credential or
//! changes a directory moves that, in its own unit. An answer that came about without such a look is not given before the
//! proof is made anew.

use super::{DirectoryCaller, ProvisionError};
use crate::base::ids::DirectoryId;
use crate::base::token::TokenKind;
use crate::service::Gateway;
use crate::store::{Tx, standing};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long the use of a credential stands noted before it is noted again, and so how long a proof is remembered.
pub(super) const NOTED: TimeDelta = TimeDelta::minutes(1);
/// Callers that are remembered at most; more than these at once begin anew.
const REMEMBERED: usize = 10_000;

/// Callers by the keyed hash of what they present.
#[derive(Debug, Clone, Default)]
pub struct ProofMemory(Arc<Mutex<HashMap<[u8; 32], Proof>>>);

#[derive(Debug, Clone)]
struct Proof {
    caller: DirectoryCaller,
    /// When the credential ends by itself, or its use has to be noted again.
    until: DateTime<Utc>,
}

/// What was found out about a credential, beside whom it proves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// What moves with every change of credentials and directories, read with the proof.
    pub(super) facts: i64,
    /// When the credential ends by itself.
    pub(super) until: Option<DateTime<Utc>>,
    /// When its use was last noted.
    pub(super) used: DateTime<Utc>,
}

impl ProofMemory {
    pub(super) fn put(&self, hash: [u8; 32], caller: &DirectoryCaller, found: Found) {
        let noted = found.used + NOTED;
        let until = found.until.map_or(noted, |until| until.min(noted));
        let caller = DirectoryCaller { remembered: Some(found.facts), ..caller.clone() };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(hash, Proof { caller, until });
    }

    fn get(&self, hash: [u8; 32], now: DateTime<Utc>) -> Option<DirectoryCaller> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&hash).filter(|proof| now < proof.until).map(|proof| proof.caller.clone())
    }
}

/// The directory that `token` was found to belong to a moment ago, if it is `directory`.
#[must_use]
pub fn remembered(gw: &Gateway, directory: DirectoryId, token: &str) -> Option<DirectoryCaller> {
    let presented = gw.mint.read(TokenKind::Directory, token)?;
    let caller = gw.memory.proofs.get(presented.hash.0, gw.sources.now())?;
    (caller.directory.id == directory).then_some(caller)
}

impl DirectoryCaller {
    /// Compares a remembered proof with what was read in the unit that answers.
    ///
    /// # Errors
    /// [`ProvisionError::Stale`] where something has moved since: prove the caller anew.
    pub(super) fn confirm(&self, facts: i64) -> Result<(), ProvisionError> {
        match self.remembered {
            Some(then) if then != facts => Err(ProvisionError::Stale),
            _ => Ok(()),
        }
    }

    /// The same where the unit has read nothing yet that tells.
    pub(super) async fn confirm_in(&self, tx: &mut Tx) -> Result<(), ProvisionError> {
        if self.remembered.is_none() {
            return Ok(());
        }
        self.confirm(standing::get(tx).await?.facts)
    }
}
