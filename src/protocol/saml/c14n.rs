//! Exclusive XML Canonicalization 1.0 without comments, in the narrow form that SAML needs: one element with all that
//! is inside it, less at most one element (the enveloped signature).
//!
//! The parser does not tell prefixes, so they are taken from the source text.

use roxmltree::Attribute;
use roxmltree::Node;
use roxmltree::NodeId;

/// Why an element has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum C14nFault {
    /// A relative namespace URI (Canonical XML 1.0, 1.3).
    #[error("the signed part uses a relative namespace URI")]
    RelativeNamespace,
    /// A processing instruction, which nothing signed in SAML has.
    #[error("the signed part holds a processing instruction")]
    ProcessingInstruction,
    /// A name that is not where the parser says, or elements nested too deep.
    #[error("the signed part cannot be put into canonical form")]
    Malformed,
}

const MAX_DEPTH: usize = 64;

/// The canonical form of `apex` without the element `left_out`; `inclusive` is the PrefixList, with `#default` for
/// the default namespace.
pub(super) fn canonical(
    apex: Node<'_, '_>,
    left_out: Option<NodeId>,
    inclusive: &[&str],
) -> Result<Vec<u8>, C14nFault> {
    let mut writer = Writer { out: Vec::with_capacity(4096), left_out, inclusive, rendered: Vec::new() };
    writer.element(apex, 0)?;
    Ok(writer.out)
}

struct Writer<'a> {
    out: Vec<u8>,
    left_out: Option<NodeId>,
    inclusive: &'a [&'a str],
    /// The namespaces that output ancestors have rendered, innermost last; the default namespace has the prefix "".
    rendered: Vec<(&'a str, &'a str)>,
}

impl<'a> Writer<'a> {
    fn element<'n: 'a>(&mut self, node: Node<'n, 'n>, depth: usize) -> Result<(), C14nFault> {
        if depth > MAX_DEPTH {
            return Err(C14nFault::Malformed);
        }
        let outer = self.rendered.len();
        let qualified = element_name(node)?;
        self.out.push(b'<');
        self.out.extend_from_slice(qualified.as_bytes());
        self.namespaces(node, qualified)?;
        self.attributes(node)?;
        self.out.push(b'>');
        for child in node.children() {
            if Some(child.id()) == self.left_out {
                continue;
            }
            if child.is_element() {
                self.element(child, depth + 1)?;
            } else if child.is_text() {
                self.escape(child.text().unwrap_or_default(), text_escape);
            } else if child.is_pi() {
                return Err(C14nFault::ProcessingInstruction);
            }
        }
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(qualified.as_bytes());
        self.out.push(b'>');
        self.rendered.truncate(outer);
        Ok(())
    }

    /// Renders what is visibly used or in the PrefixList, and was not rendered with the same URI by an ancestor.
    fn namespaces<'n: 'a>(&mut self, node: Node<'n, 'n>, qualified: &'n str) -> Result<(), C14nFault> {
        let mut used = vec![prefix_of(qualified)];
        for attribute in node.attributes() {
            let prefix = prefix_of(attribute_name(node, &attribute)?);
            if !prefix.is_empty() {
                used.push(prefix);
            }
        }
        for prefix in self.inclusive {
            used.push(if *prefix == "#default" { "" } else { prefix });
        }
        used.sort_unstable();
        used.dedup();
        let above = self.rendered.len();
        for prefix in used.into_iter().filter(|prefix| *prefix != "xml") {
            let Some(uri) = in_scope(node, prefix) else { continue };
            let seen = self.rendered[..above].iter().rev().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri);
            if seen.unwrap_or_default() == uri && (seen.is_some() || prefix.is_empty()) {
                continue;
            }
            if !uri.is_empty() && !is_absolute(uri) {
                return Err(C14nFault::RelativeNamespace);
            }
            self.out.extend_from_slice(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" });
            self.out.extend_from_slice(prefix.as_bytes());
            self.out.extend_from_slice(b"=\"");
            self.escape(uri, attribute_escape);
            self.out.push(b'"');
            self.rendered.push((prefix, uri));
        }
        Ok(())
    }

    fn attributes(&mut self, node: Node<'_, '_>) -> Result<(), C14nFault> {
        let mut attributes: Vec<Attribute<'_, '_>> = node.attributes().collect();
        attributes.sort_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for attribute in attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(attribute_name(node, &attribute)?.as_bytes());
            self.out.extend_from_slice(b"=\"");
            self.escape(attribute.value(), attribute_escape);
            self.out.push(b'"');
        }
        Ok(())
    }

    fn escape(&mut self, value: &str, escaped: fn(u8) -> Option<&'static [u8]>) {
        let mut plain = 0;
        for (at, byte) in value.bytes().enumerate() {
            if let Some(escaped) = escaped(byte) {
                self.out.extend_from_slice(&value.as_bytes()[plain..at]);
                self.out.extend_from_slice(escaped);
                plain = at + 1;
            }
        }
        self.out.extend_from_slice(&value.as_bytes()[plain..]);
    }
}

fn text_escape(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    }
}

fn attribute_escape(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'"' => Some(b"&quot;"),
        b'\t' => Some(b"&#x9;"),
        b'\n' => Some(b"&#xA;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    }
}

/// The qualified name of an element, from the source; checked against the local name that the parser saw.
fn element_name<'n>(node: Node<'n, 'n>) -> Result<&'n str, C14nFault> {
    let source = node.document().input_text().get(node.range()).and_then(|text| text.strip_prefix('<'));
    let source = source.ok_or(C14nFault::Malformed)?;
    let end = source.find([' ', '\t', '\r', '\n', '/', '>']).ok_or(C14nFault::Malformed)?;
    checked_name(&source[..end], node.tag_name().name())
}

fn attribute_name<'n>(node: Node<'n, '_>, attribute: &Attribute<'n, '_>) -> Result<&'n str, C14nFault> {
    let source = node.document().input_text().get(attribute.range_qname()).ok_or(C14nFault::Malformed)?;
    checked_name(source, attribute.name())
}

fn checked_name<'n>(qualified: &'n str, local: &str) -> Result<&'n str, C14nFault> {
    let seen = qualified.split_once(':').map_or(qualified, |(_, local)| local);
    if seen == local { Ok(qualified) } else { Err(C14nFault::Malformed) }
}

fn prefix_of(qualified: &str) -> &str {
    qualified.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// The URI of a prefix at `node`; for the default namespace, "" when there is none.
fn in_scope<'n>(node: Node<'n, 'n>, prefix: &str) -> Option<&'n str> {
    if prefix.is_empty() {
        return Some(node.lookup_namespace_uri(None).unwrap_or_default());
    }
    node.lookup_namespace_uri(Some(prefix))
}

fn is_absolute(uri: &str) -> bool {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests;
