//! Entity tags and conditional requests (RFC 7644 §3.14).

use crate::protocol::jose::digest;
use std::fmt;

/// How much of a digest tells two derived parts apart, in characters.
const FINGERPRINT: usize = 12;

/// The version of a resource as it is shown: what is stored of it has a number, and what is derived beside it (the
/// groups of a User) a fingerprint, so that the tag moves with both and no membership has to write to its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// The version of a resource that nothing is derived of.
    #[must_use]
    pub fn stored(number: i64) -> Self {
        Self(number.to_string())
    }

    /// The version of one that is shown with something derived, which `derived` spells.
    #[must_use]
    pub fn with_derived(number: i64, derived: &str) -> Self {
        let fingerprint: String = digest::sha256(derived).chars().take(FINGERPRINT).collect();
        Self(format!("{number}.{fingerprint}"))
    }

    /// Whether the tags of `If-Match` let a change of this version go on; without the header it always may.
    #[must_use]
    pub fn if_match(&self, header: Option<&str>) -> bool {
        header.is_none_or(|header| self.is_named(header))
    }

    /// Whether the tags of `If-None-Match` say that the client has this version already (answer 304).
    #[must_use]
    pub fn if_none_match(&self, header: Option<&str>) -> bool {
        header.is_some_and(|header| self.is_named(header))
    }

    /// Weak comparison: tags are equal whether marked weak or not. A tag without quotes is one too.
    fn is_named(&self, header: &str) -> bool {
        header.split(',').map(str::trim).any(|tag| {
            let opaque = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
            tag == "*" || opaque.trim_matches('"') == self.0
        })
    }
}

/// The weak tag.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "W/\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r085_tags_compare_weakly_and_a_star_matches_all() {
        let seven = Version::stored(7);
        for header in ["W/\"7\"", "\"7\"", "*", "W/\"1\", W/\"7\"", "7"] {
            assert!(seven.if_match(Some(header)) && seven.if_none_match(Some(header)), "{header}");
        }
        for header in ["W/\"8\"", "", "\"77\""] {
            assert!(!seven.if_match(Some(header)) && !seven.if_none_match(Some(header)), "{header}");
        }
        assert!(seven.if_match(None) && !seven.if_none_match(None));
        assert_eq!(seven.to_string(), "W/\"7\"");
    }

    #[test]
    fn r085_what_is_derived_moves_the_tag_as_what_is_stored_does() {
        let (one, other) = (Version::with_derived(7, "north"), Version::with_derived(7, "south"));
        assert!(one.if_match(Some(&one.to_string())) && !one.if_match(Some(&other.to_string())));
        assert!(!one.if_match(Some("W/\"7\"")) && !Version::stored(7).if_match(Some(&one.to_string())));
        assert!(one.to_string().starts_with("W/\"7.") && one.to_string().ends_with('"'));
    }
}
