//! Case folding: the one function behind every case-insensitive comparison and uniqueness key.
//!
//! Both engines store and compare the folded text byte by byte, so that they agree about who is a duplicate
//! whatever locale a database was made with.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// The version of [`fold`]. It is stored with the schema; a change of the rule means that keys are built anew.
pub const FOLD_VERSION: i64 = 1;

/// NFC, then full Unicode case folding, then NFC again (RFC 7643 §2.1 `caseExact: false`).
///
/// It does not fold compatibility forms (NFKC): look-alikes stay different people.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().default_case_fold().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn letters_beyond_ascii_fold_as_unicode_says() {
        assert_eq!(fold("ÅSA@acme.test"), fold("åsa@ACME.test"));
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_ne!(fold("ana"), fold("aña"));
    }
}
