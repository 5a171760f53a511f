//! Masks for texts: one value, a sentence that quotes values, a query string.

use crate::protocol::scim::list::{Pair, decode_query};

/// What stands in place of a value.
const DOTS: &str = "•••";

/// One value: an address keeps its first letter and its domain, anything else nothing.
#[must_use]
pub fn masked_value(value: &str) -> String {
    match value.split_once('@') {
        _ if value.is_empty() => String::new(),
        Some((local, domain)) if !local.is_empty() && is_domain(domain) => {
            let first: String = local.chars().take(1).filter(|c| c.is_alphanumeric()).collect();
            format!("{first}…@{domain}")
        }
        _ => DOTS.to_owned(),
    }
}

fn is_domain(text: &str) -> bool {
    text.contains('.') && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// A sentence or filter: what stands in quotes, and every word with an `@` or with percent signs in it, is masked.
#[must_use]
pub fn masked_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'']) {
        let (before, quoted) = rest.split_at(at);
        out.push_str(&masked_words(before));
        let quote = quoted.as_bytes()[0];
        let end = closing(&quoted.as_bytes()[1..], quote).map_or(quoted.len(), |end| end + 1);
        let (inside, after) = (&quoted[1..end], quoted.get(end + 1..).unwrap_or_default());
        let quote = char::from(quote);
        out.push(quote);
        out.push_str(&masked_value(inside));
        out.push(quote);
        rest = after;
    }
    out.push_str(&masked_words(rest));
    out
}

/// Where a quote closes; what a backslash hides does not count.
fn closing(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut hidden = false;
    bytes.iter().position(|byte| {
        let closes = *byte == quote && !hidden;
        hidden = *byte == b'\\' && !hidden;
        closes
    })
}

/// Words outside of quotes: attribute names and operators stay, a value that came without quotes does not. In a
/// filter a bare word behind an operator is such a value.
fn masked_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut behind_operator = false;
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']')) {
        let end = piece.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']')).len();
        let (word, tail) = piece.split_at(end);
        let plain = matches!(word.to_ascii_lowercase().as_str(), "" | "true" | "false" | "null");
        if (behind_operator && !plain && !is_number(word)) || word.contains(['@', '%']) {
            out.push_str(&masked_value(word));
        } else {
            out.push_str(word);
        }
        if !word.is_empty() {
            behind_operator =
                ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"].iter().any(|op| op.eq_ignore_ascii_case(word));
        }
        out.push_str(tail);
    }
    out
}

fn is_number(word: &str) -> bool {
    word.len() < 6 && word.bytes().all(|b| b.is_ascii_digit())
}

/// A query string, decoded: names and what is about pages stay, values in filters do not. Nothing is shown of one that
/// cannot be decoded.
#[must_use]
pub fn masked_query(query: &str) -> String {
    let shown = |(name, value): Pair<'_>| {
        let readable = ["startIndex", "count", "cursor", "sortOrder", "sortBy", "attributes", "excludedAttributes"];
        let known = readable.iter().any(|known| known.eq_ignore_ascii_case(&name));
        let value =
            if known || name.eq_ignore_ascii_case("filter") { masked_text(&value) } else { masked_value(&value) };
        let name = masked_text(&name);
        if value.is_empty() { name } else { format!("{name}={value}") }
    };
    let Ok(pairs) = decode_query(query) else { return "•••".to_owned() };
    pairs.into_iter().map(shown).collect::<Vec<_>>().join("&")
}
