//! What is remembered from inside of units of work.

use std::sync::{Arc, Mutex, PoisonError};

/// What units of work have read, for others. A unit may have read what came to nothing with the commit that both shared,
/// and whose numbers are drawn once more: so all of it is forgotten when a commit has failed
/// ([`Store::failed_commits`](crate::store::Store::failed_commits)).
#[derive(Debug, Clone, Default)]
pub(crate) struct FromUnits<T>(Arc<Mutex<Known<T>>>);

#[derive(Debug, Default)]
struct Known<T> {
    /// How many commits had failed when the first of it was remembered.
    failed: u64,
    what: T,
}

impl<T: Default> FromUnits<T> {
    /// Looks at what is remembered, or remembers more, if so many commits have `failed`.
    pub(crate) fn with<R>(&self, failed: u64, look: impl FnOnce(&mut T) -> R) -> R {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.failed != failed {
            *known = Known { failed, what: T::default() };
        }
        look(&mut known.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_remembered_is_forgotten_when_a_commit_has_failed() {
        let names = FromUnits::<Vec<&str>>::default();
        names.with(0, |names| names.push("north"));
        assert_eq!(names.with(0, |names| names.clone()), ["north"]);
        assert!(names.with(1, |names| names.is_empty()));
    }
}
