//! A scan of the raw bytes before the parser sees them: what would cost it too much, or what it reads too kindly.
//!
//! The parser copies the namespaces in scope for each element that declares one, ignores the `encoding` of the XML
//! declaration, takes `xmlns:p=""`, a second `xmlns` on one tag and `p:xmlns="…"`; none of them is well-formed SAML.

/// Why a text is refused as XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// Not valid UTF-8.
    #[error("the XML is not valid UTF-8")]
    NotUtf8,
    /// The XML declaration names another version or encoding, or is malformed.
    #[error("the XML declaration is not version 1.0 in UTF-8")]
    Declaration,
    /// A document type declaration: entities have no place in SAML.
    #[error("the XML has a DOCTYPE or another markup declaration")]
    Doctype,
    /// A processing instruction.
    #[error("the XML has a processing instruction")]
    ProcessingInstruction,
    /// Elements nest deeper than 48.
    #[error("the XML nests deeper than {MAX_DEPTH} elements")]
    TooDeep,
    /// A tag has more than 64 attributes.
    #[error("a tag has more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes,
    /// A tag declares more than 16 namespaces, or more than 128 are in scope.
    #[error("a tag declares or inherits too many namespaces")]
    TooManyNamespaces,
    /// A prefix bound to nothing, a namespace declared twice on one tag, or `xmlns` used as a local name.
    #[error("a namespace declaration is malformed")]
    NamespaceDeclaration,
    /// A name that is empty, too long, or has more than one colon.
    #[error("a tag or attribute name is malformed")]
    Name,
    /// Markup that does not end, or a tag that is none.
    #[error("the XML is not well-formed: a tag is malformed")]
    Tag,
    /// The parser refused it.
    #[error("the XML is not well-formed: {0}")]
    Parse(#[from] roxmltree::Error),
}

const MAX_DEPTH: usize = 48;
const MAX_ATTRIBUTES: usize = 64;
const MAX_NAMESPACES: usize = 16;
const MAX_NAMESPACES_IN_SCOPE: usize = 128;
const MAX_NAME_BYTES: usize = 256;

/// The text without a byte order mark, if the parser may see it.
pub(super) fn admit(raw: &[u8]) -> Result<&str, XmlFault> {
    let text = std::str::from_utf8(raw).map_err(|_| XmlFault::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = skip_declaration(text)?;
    let mut scopes: Vec<usize> = Vec::new();
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        rest = if let Some(body) = rest.strip_prefix("<!--") {
            after(body, "-->")?
        } else if let Some(body) = rest.strip_prefix("<![CDATA[") {
            after(body, "]]>")?
        } else if rest.starts_with("<!") {
            return Err(XmlFault::Doctype);
        } else if rest.starts_with("<?") {
            return Err(XmlFault::ProcessingInstruction);
        } else if let Some(body) = rest.strip_prefix("</") {
            scopes.pop();
            let (name, rest) = name(body)?;
            check_name(name)?;
            rest.trim_start_matches(SPACE).strip_prefix('>').ok_or(XmlFault::Tag)?
        } else {
            start_tag(&rest[1..], &mut scopes)?
        };
    }
    Ok(text)
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

fn after<'a>(text: &'a str, end: &str) -> Result<&'a str, XmlFault> {
    text.split_once(end).map(|(_, rest)| rest).ok_or(XmlFault::Tag)
}

/// `<?xml version="1.0" encoding="utf-8" standalone="…"?>`, or nothing at all.
fn skip_declaration(text: &str) -> Result<&str, XmlFault> {
    let Some(body) = text.strip_prefix("<?xml") else { return Ok(text) };
    let (declaration, rest) = body.split_once("?>").ok_or(XmlFault::Declaration)?;
    let mut parts = Vec::new();
    let mut left = declaration;
    while let Some(next) = next_attribute(left).map_err(|_| XmlFault::Declaration)? {
        parts.push((next.name, next.value));
        left = next.rest;
    }
    if !left.trim_matches(SPACE).is_empty() {
        return Err(XmlFault::Declaration);
    }
    let standalone = |value: &str| matches!(value, "yes" | "no");
    match parts[..] {
        [("version", "1.0")] => Ok(rest),
        [("version", "1.0"), ("encoding", encoding)] if encoding.eq_ignore_ascii_case("utf-8") => Ok(rest),
        [("version", "1.0"), ("standalone", alone)] if standalone(alone) => Ok(rest),
        [("version", "1.0"), ("encoding", encoding), ("standalone", alone)]
            if encoding.eq_ignore_ascii_case("utf-8") && standalone(alone) =>
        {
            Ok(rest)
        }
        _ => Err(XmlFault::Declaration),
    }
}

fn name(text: &str) -> Result<(&str, &str), XmlFault> {
    let end = text.find([' ', '\t', '\r', '\n', '=', '/', '>', '<', '"', '\'']).ok_or(XmlFault::Tag)?;
    Ok(text.split_at(end))
}

fn check_name(name: &str) -> Result<(), XmlFault> {
    let colons = name.bytes().filter(|byte| *byte == b':').count();
    let edges = name.starts_with(':') || name.ends_with(':');
    if name.is_empty() || name.len() > MAX_NAME_BYTES || colons > 1 || edges {
        return Err(XmlFault::Name);
    }
    Ok(())
}

struct RawAttribute<'a> {
    name: &'a str,
    value: &'a str,
    rest: &'a str,
}

/// The next `name = "value"` after at least one space; `None` where the tag or the declaration ends.
fn next_attribute(text: &str) -> Result<Option<RawAttribute<'_>>, XmlFault> {
    let trimmed = text.trim_start_matches(SPACE);
    if trimmed.is_empty() || trimmed.starts_with(['>', '/']) {
        return Ok(None);
    }
    if trimmed.len() == text.len() {
        return Err(XmlFault::Tag);
    }
    let (name, rest) = name(trimmed)?;
    check_name(name)?;
    let rest = rest.trim_start_matches(SPACE).strip_prefix('=').ok_or(XmlFault::Tag)?.trim_start_matches(SPACE);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(XmlFault::Tag)?;
    let (value, rest) = rest[1..].split_once(quote).ok_or(XmlFault::Tag)?;
    if value.contains('<') {
        return Err(XmlFault::Tag);
    }
    Ok(Some(RawAttribute { name, value, rest }))
}

/// Reads a start tag behind its `<`; `scopes` holds, for each open element, how many namespaces are in scope there.
fn start_tag<'a>(text: &'a str, scopes: &mut Vec<usize>) -> Result<&'a str, XmlFault> {
    let (tag, mut rest) = name(text)?;
    check_name(tag)?;
    let mut attributes = 0;
    let mut declared: Vec<&str> = Vec::new();
    while let Some(next) = next_attribute(rest)? {
        rest = next.rest;
        attributes += 1;
        if let Some(prefix) = declared_prefix(next.name, next.value)? {
            if declared.contains(&prefix) {
                return Err(XmlFault::NamespaceDeclaration);
            }
            declared.push(prefix);
        }
        if attributes > MAX_ATTRIBUTES {
            return Err(XmlFault::TooManyAttributes);
        }
        if declared.len() > MAX_NAMESPACES {
            return Err(XmlFault::TooManyNamespaces);
        }
    }
    let in_scope = scopes.last().copied().unwrap_or_default() + declared.len();
    if in_scope > MAX_NAMESPACES_IN_SCOPE {
        return Err(XmlFault::TooManyNamespaces);
    }
    if scopes.len() >= MAX_DEPTH {
        return Err(XmlFault::TooDeep);
    }
    let rest = rest.trim_start_matches(SPACE);
    if let Some(rest) = rest.strip_prefix("/>") {
        return Ok(rest);
    }
    scopes.push(in_scope);
    rest.strip_prefix('>').ok_or(XmlFault::Tag)
}

/// The prefix that an attribute declares: `""` for the default namespace, `None` for an ordinary attribute.
fn declared_prefix<'a>(name: &'a str, value: &str) -> Result<Option<&'a str>, XmlFault> {
    match name.split_once(':') {
        None if name == "xmlns" => Ok(Some("")),
        Some(("xmlns", prefix)) if value.is_empty() || prefix == "xmlns" => Err(XmlFault::NamespaceDeclaration),
        Some(("xmlns", prefix)) => Ok(Some(prefix)),
        Some((_, "xmlns")) => Err(XmlFault::NamespaceDeclaration),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> XmlFault {
        admit(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn plain_documents_pass() {
        for text in [
            "<a/>",
            "\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<a b = 'x' xmlns:c=\"u:c\"><c:d/><!-- < --><![CDATA[<!]]></a >",
            "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\" ?><a></a>",
        ] {
            assert!(admit(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn another_encoding_or_version_is_refused() {
        assert_eq!(admit(b"<a>\xff</a>"), Err(XmlFault::NotUtf8));
        for text in [
            "<?xml version='1.1'?><a/>",
            "<?xml version='1.0' encoding='utf-7'?><a/>",
            "<?xml\tencoding='utf-8'?><a/>",
            "<?xml?><a/>",
            "<?xmlversion='1.0'?><a/>",
            "<?xml version='1.0' encoding='utf-8' x='y'?><a/>",
        ] {
            assert_eq!(fault(text), XmlFault::Declaration, "{text}");
        }
    }

    #[test]
    fn declarations_and_instructions_are_refused() {
        assert_eq!(fault("<!DOCTYPE a><a/>"), XmlFault::Doctype);
        assert_eq!(fault("<!doctype a [<!ENTITY b 'c'>]><a/>"), XmlFault::Doctype);
        assert_eq!(fault("<a><!ENTITY b 'c'></a>"), XmlFault::Doctype);
        assert_eq!(fault("<a><?php ?></a>"), XmlFault::ProcessingInstruction);
        assert_eq!(fault(" <?xml version='1.0'?><a/>"), XmlFault::ProcessingInstruction);
    }

    #[test]
    fn depth_attributes_and_namespaces_have_limits() {
        let nested = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert!(admit(nested(48).as_bytes()).is_ok());
        assert_eq!(fault(&nested(49)), XmlFault::TooDeep);
        let many = |n: usize, name: &str| {
            let attributes: Vec<String> = (0..n).map(|i| format!("{name}{i}='u:{i}'")).collect();
            format!("<a {}/>", attributes.join(" "))
        };
        assert!(admit(many(64, "b").as_bytes()).is_ok());
        assert_eq!(fault(&many(65, "b")), XmlFault::TooManyAttributes);
        assert!(admit(many(16, "xmlns:b").as_bytes()).is_ok());
        assert_eq!(fault(&many(17, "xmlns:b")), XmlFault::TooManyNamespaces);
        let deep = (0..9).map(|_| many(16, "xmlns:b").replace("/>", ">")).collect::<String>();
        assert_eq!(fault(&deep), XmlFault::TooManyNamespaces);
    }

    #[test]
    fn namespace_declarations_that_the_parser_would_misread_are_refused() {
        for text in ["<a xmlns:p=''/>", "<a xmlns='u:a' xmlns='u:b'/>", "<a p:xmlns='u:a'/>", "<a xmlns:xmlns='u:a'/>"]
        {
            assert_eq!(fault(text), XmlFault::NamespaceDeclaration, "{text}");
        }
    }

    #[test]
    fn malformed_tags_and_names_are_refused() {
        for text in ["<a:b:c/>", "<:a/>", "<a:/>", "< a/>", "<a b:c:d='x'/>"] {
            assert_eq!(fault(text), XmlFault::Name, "{text}");
        }
        for text in
            ["<a", "<a b/>", "<a b=c/>", "<a b='<'/>", "<a b='c'd='e'/>", "<a b='c/>", "<!--", "<a/ >", "</a x>"]
        {
            assert_eq!(fault(text), XmlFault::Tag, "{text}");
        }
    }
}
