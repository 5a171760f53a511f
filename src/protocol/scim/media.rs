//! Media types (RFC 7644 §3.1, §8.1).

use crate::protocol::scim::error::ScimError;

/// The type of SCIM's own.
pub const SCIM_JSON: &str = "application/scim+json; charset=utf-8";
/// The type for clients whose `Accept` names nothing else.
pub const PLAIN_JSON: &str = "application/json; charset=utf-8";

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Checks the type of a body; a missing one is read as JSON.
///
/// # Errors
/// 415 for any other type.
pub fn check_content_type(header: Option<&str>) -> Result<(), ScimError> {
    let found = essence(header.unwrap_or_default());
    if ["", "application/scim+json", "application/json"].iter().any(|known| known.eq_ignore_ascii_case(found)) {
        return Ok(());
    }
    Err(ScimError::plain(415, "The Content-Type is not understood; send application/scim+json."))
}

/// The type to answer with, by what stands in each `Accept`: SCIM's own, unless the client names `application/json` and
/// nothing that covers ours.
#[must_use]
pub fn answer_type<'a>(accepted: impl Iterator<Item = &'a str>) -> &'static str {
    let (mut plain, mut own) = (false, false);
    for named in accepted.flat_map(|list| list.split(',')).map(essence) {
        plain |= named.eq_ignore_ascii_case("application/json");
        own |= named.eq_ignore_ascii_case("application/scim+json");
    }
    if plain && !own { PLAIN_JSON } else { SCIM_JSON }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r021_both_json_types_are_read_and_a_missing_one_is_too() {
        for header in [None, Some(""), Some("application/json"), Some("Application/SCIM+JSON; charset=utf-8")] {
            assert_eq!(check_content_type(header), Ok(()), "{header:?}");
        }
        for header in ["text/xml", "application/x-www-form-urlencoded", "json"] {
            assert_eq!(check_content_type(Some(header)).unwrap_err().status, 415, "{header}");
        }
    }

    #[test]
    fn r021_r023_the_answer_has_the_type_that_the_client_can_read() {
        let answer_type = |accepted: &[&'static str]| answer_type(accepted.iter().copied());
        for accepted in
            [["application/json"].as_slice(), &["application/json, */*;q=0.1"], &["text/html", "Application/JSON"]]
        {
            assert_eq!(answer_type(accepted), PLAIN_JSON, "{accepted:?}");
        }
        for accepted in [
            [].as_slice(),
            &["*/*"],
            &["application/scim+json"],
            &["application/json, application/scim+json"],
            &["application/json", "application/scim+json"],
        ] {
            assert_eq!(answer_type(accepted), SCIM_JSON, "{accepted:?}");
        }
    }
}
