//! Texts on their way into the XML that we write.

/// `text` as it may stand in an attribute value in double quotes, or between tags.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            // no XML 1.0 document can hold these, so that they cannot have come from one either
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_reads_back_as_it_was() {
        let text = "a&b<c>\"d\" 'e'\t\n\r ü";
        let xml = format!("<a b=\"{0}\">{0}</a>", escape(text));
        let document = roxmltree::Document::parse(&xml).unwrap();
        assert_eq!(document.root_element().attribute("b"), Some(text));
        assert_eq!(document.root_element().text(), Some(text));
        assert_eq!(escape("a\u{0}b"), "a\u{fffd}b");
    }
}
