//! The folding behind every comparison of a `caseExact: false` string.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// NFC, full Unicode case folding, NFC (RFC 7643 §2.1). The store folds its keys by the same rule.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().default_case_fold().nfc().collect()
}

/// The comparable form of a value: folded, or as it is where the attribute is `caseExact`.
pub(crate) fn key_of(text: &str, case_exact: bool) -> String {
    if case_exact { text.to_owned() } else { fold(text) }
}
