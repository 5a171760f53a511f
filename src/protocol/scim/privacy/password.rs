//! Passwords are taken out of a body before anybody keeps it.

use crate::protocol::scim::Document;
use crate::protocol::scim::list::decode_query;
use memchr::{memchr_iter, memchr2_iter, memmem};
use serde_json::Value;

const PASSWORD: &[u8] = b"password";

/// A body that is fit to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scrubbed {
    /// It named no password: it may be kept as it came.
    Clean,
    /// As it came, without passwords.
    Rewritten(Vec<u8>),
    /// It may hold a password that cannot be taken out, since it cannot be read: it must not be kept.
    Unfit,
}

/// Takes every password out of a JSON body: as an attribute under any spelling, in a PATCH by path, inside JSON that
/// came as text, in a filter.
#[must_use]
pub fn without_password(body: &[u8]) -> Scrubbed {
    // A letter of the word may be written as an escape, so that a body with such escapes is read as well.
    if !names_password(body) && memmem::find(body, b"\\u00").is_none() {
        return Scrubbed::Clean;
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            if scrub(&mut value) {
                Scrubbed::Rewritten(value.to_string().into_bytes())
            } else {
                Scrubbed::Clean
            }
        }
        Err(_) => Scrubbed::Unfit,
    }
}

/// Whether a query string compares with a password; asking for the attribute by name is no secret. One that cannot be
/// decoded may hold anything.
#[must_use]
pub fn query_names_password(query: &str) -> bool {
    if no_letter_is_escaped(query) && !names_password(query.as_bytes()) {
        return false;
    }
    let Ok(pairs) = decode_query(query) else { return true };
    pairs.iter().any(|(name, value)| is_password(name) || (is_password(value) && !is_name(value)))
}

/// Whether each escape of a query is whole and stands for a sign or a digit (`%20` to `%3F`, and `%40`, which is `@`).
fn no_letter_is_escaped(query: &str) -> bool {
    let query = query.as_bytes();
    memchr_iter(b'%', query).all(|at| match &query[at + 1..] {
        [b'2' | b'3', digit, ..] => digit.is_ascii_hexdigit(),
        behind => behind.starts_with(b"40"),
    })
}

/// Whether the word stands in it, in letters of any case.
fn names_password(text: &[u8]) -> bool {
    let word = |at| text[at..].get(..PASSWORD.len()).is_some_and(|word: &[u8]| word.eq_ignore_ascii_case(PASSWORD));
    memchr2_iter(b'p', b'P', text).any(word)
}

/// Whether a name is the attribute `password`, plain or behind a URN.
fn is_password(name: &str) -> bool {
    names_password(name.as_bytes())
}

/// Whether something was taken out.
fn scrub(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => scrub_object(fields),
        Value::Array(items) => {
            let mut found = false;
            for item in items {
                found |= scrub(item);
            }
            found
        }
        Value::String(text) if is_password(text) && !is_name(text) => {
            // JSON as text, or a filter that compares: what it says of a password cannot be told from the rest.
            *text = String::new();
            true
        }
        _ => false,
    }
}

/// A list of attributes may name it; that is no password.
fn is_name(text: &str) -> bool {
    text.len() < 200 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b',' | b'_' | b'-'))
}

fn scrub_object(fields: &mut Document) -> bool {
    let by_path =
        fields.iter().any(|(key, value)| key.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_password));
    let before = fields.len();
    fields.retain(|key, _| !(is_password(key) || by_path && key.eq_ignore_ascii_case("value")));
    let mut found = fields.len() != before;
    for (_, value) in fields.iter_mut() {
        found |= scrub(value);
    }
    found
}
