//! Values of elements: the whole text of a leaf, or nothing.

use roxmltree::Node;

/// Why an element's value is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// A comment, a processing instruction or an element stands in the text: readers could see different values.
    #[error("holds more than plain text")]
    NotText,
    /// A control character.
    #[error("holds a control character")]
    ControlCharacter,
    /// Nothing at all.
    #[error("is empty")]
    Empty,
    /// Longer than 1024 bytes.
    #[error("is longer than {MAX_VALUE_BYTES} bytes")]
    TooLong,
}

/// The longest name, issuer or audience, in bytes.
pub(super) const MAX_VALUE_BYTES: usize = 1024;

/// The text of a leaf; empty when it has no content.
pub(super) fn text<'a>(node: Node<'a, '_>) -> Result<&'a str, ValueFault> {
    // the parser joins neighbouring text and CDATA, so that a second child means something else stands between
    let mut children = node.children();
    match (children.next(), children.next()) {
        (None, _) => Ok(""),
        (Some(only), None) if only.is_text() => Ok(only.text().unwrap_or_default()),
        _ => Err(ValueFault::NotText),
    }
}

/// The text of a leaf that identifies something: 1 to 1024 bytes, no control characters, taken byte for byte.
pub(super) fn identifier<'a>(node: Node<'a, '_>) -> Result<&'a str, ValueFault> {
    check_identifier(text(node)?)
}

/// As [`identifier`], for a value that was already taken from an attribute or trimmed.
pub(super) fn check_identifier(value: &str) -> Result<&str, ValueFault> {
    if value.is_empty() {
        return Err(ValueFault::Empty);
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(ValueFault::TooLong);
    }
    if value.chars().any(char::is_control) {
        return Err(ValueFault::ControlCharacter);
    }
    Ok(value)
}

/// A NameID: as [`identifier`], without the white space round it.
pub(super) fn name_id<'a>(node: Node<'a, '_>) -> Result<&'a str, ValueFault> {
    check_identifier(text(node)?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(xml: &str, read: for<'a> fn(Node<'a, '_>) -> Result<&'a str, ValueFault>) -> Result<String, ValueFault> {
        let document = roxmltree::Document::parse(xml).unwrap();
        read(document.root_element()).map(str::to_owned)
    }

    #[test]
    fn a_value_is_the_whole_text_or_nothing() {
        assert_eq!(value("<a>x</a>", text).unwrap(), "x");
        assert_eq!(value("<a>x<![CDATA[<y>]]>z&amp;</a>", text).unwrap(), "x<y>z&");
        assert_eq!(value("<a/>", text).unwrap(), "");
        for xml in ["<a>admin@x<!---->.evil</a>", "<a><!--x--></a>", "<a>x<b/></a>", "<a><b>x</b></a>", "<a>x<?p?></a>"]
        {
            assert_eq!(value(xml, text), Err(ValueFault::NotText), "{xml}");
        }
    }

    #[test]
    fn identifiers_are_bounded_and_printable() {
        assert_eq!(value("<a> x </a>", identifier).unwrap(), " x ");
        assert_eq!(value("<a> x </a>", name_id).unwrap(), "x");
        assert_eq!(value("<a> \n</a>", name_id), Err(ValueFault::Empty));
        assert_eq!(value("<a/>", identifier), Err(ValueFault::Empty));
        assert_eq!(value("<a>x&#9;y</a>", name_id), Err(ValueFault::ControlCharacter));
        assert_eq!(value("<a>x&#x7f;y</a>", name_id), Err(ValueFault::ControlCharacter));
        assert_eq!(value("<a>x&#x85;y</a>", name_id), Err(ValueFault::ControlCharacter));
        assert_eq!(value(&format!("<a>{}</a>", "x".repeat(1025)), identifier), Err(ValueFault::TooLong));
        assert!(value(&format!("<a>{}</a>", "x".repeat(1024)), identifier).is_ok());
    }
}
