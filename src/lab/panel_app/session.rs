//! Who is signed in at the panel, and who is on the way.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use std::collections::{HashMap, HashSet};

/// A sign-in that was begun.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// A signed-in browser.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) subject: String,
    /// The provider's session, as back-channel logout names it.
    pub(super) sid: Option<String>,
    pub(super) id_token: String,
    pub(super) access_token: SecretString,
    pub(super) refresh_token: Option<SecretString>,
    pub(super) until: DateTime<Utc>,
}

/// All of them, in memory.
#[derive(Default)]
pub(super) struct Sessions {
    pending: HashMap<String, Pending>,
    open: HashMap<String, Session>,
    seen_logouts: HashSet<String>,
}

impl Sessions {
    pub(super) fn begin(&mut self, state: String, pending: Pending) {
        self.pending.insert(state, pending);
    }

    /// A state counts once.
    pub(super) fn finish(&mut self, state: &str) -> Option<Pending> {
        self.pending.remove(state)
    }

    pub(super) fn open(&mut self, handle: String, session: Session) {
        self.open.insert(handle, session);
    }

    pub(super) fn find(&self, handle: &str) -> Option<Session> {
        self.open.get(handle).cloned()
    }

    pub(super) fn end(&mut self, handle: &str) -> Option<Session> {
        self.open.remove(handle)
    }

    /// Ends what a logout token names: the one session of `sid`, else all of the subject. A `jti` counts once.
    pub(super) fn end_by_provider(&mut self, jti: &str, sid: Option<&str>, subject: Option<&str>) -> bool {
        if !self.seen_logouts.insert(jti.to_owned()) {
            return false;
        }
        self.open.retain(|_, session| match (sid, subject) {
            (Some(sid), _) => session.sid.as_deref() != Some(sid),
            (None, Some(subject)) => session.subject != subject,
            (None, None) => true,
        });
        true
    }

    pub(super) fn count(&self) -> usize {
        self.open.len()
    }
}
