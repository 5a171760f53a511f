//! Entity tags and conditional requests (RFC 7644 §3.14).

/// The weak tag of a version.
#[must_use]
pub fn of(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// Whether the tags of `If-Match` let a change of this version go on; without the header it always may.
#[must_use]
pub fn if_match(header: Option<&str>, version: i64) -> bool {
    header.is_none_or(|header| names(header, version))
}

/// Whether the tags of `If-None-Match` say that the client has this version already (answer 304).
#[must_use]
pub fn if_none_match(header: Option<&str>, version: i64) -> bool {
    header.is_some_and(|header| names(header, version))
}

/// Weak comparison: tags are equal whether marked weak or not. A tag without quotes is one too.
fn names(header: &str, version: i64) -> bool {
    let wanted = version.to_string();
    header.split(',').map(str::trim).any(|tag| {
        let opaque = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
        tag == "*" || opaque.trim_matches('"') == wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r085_tags_compare_weakly_and_a_star_matches_all() {
        for header in ["W/\"7\"", "\"7\"", "*", "W/\"1\", W/\"7\"", "7"] {
            assert!(if_match(Some(header), 7) && if_none_match(Some(header), 7), "{header}");
        }
        for header in ["W/\"8\"", "", "\"77\""] {
            assert!(!if_match(Some(header), 7) && !if_none_match(Some(header), 7), "{header}");
        }
        assert!(if_match(None, 7) && !if_none_match(None, 7));
        assert_eq!(of(7), "W/\"7\"");
    }
}
