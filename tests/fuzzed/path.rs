//! Paths of PATCH operations.

use super::{GRAMMARS, is_a_refusal, registry};
use doorward::protocol::scim::path::{Path, PathFault};
use doorward::protocol::scim::profile::Applied;
use doorward::protocol::scim::schema::RESOURCE_TYPES;

/// A text is a path that prints as itself, or it is refused.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for kind in RESOURCE_TYPES {
        for profile in GRAMMARS {
            let read = |text: &str| Path::parse(text, registry(), kind, profile, &mut Applied::default());
            match read(text) {
                Ok(path) => assert_eq!(read(&path.to_string()).as_ref(), Ok(&path), "{path} {profile}"),
                Err(PathFault::Invalid(refused)) => is_a_refusal(&refused),
                Err(PathFault::Unknown) => {}
            }
        }
    }
}
