//! A response, parsed once, and the shape it must have before any cryptography.

use super::fault::SamlFault;
use super::guard;
use super::guard::XmlFault;
use super::namespace::ASSERTION;
use super::namespace::DSIG;
use super::namespace::PROTOCOL;
use roxmltree::Document;
use roxmltree::Node;
use roxmltree::ParsingOptions;
use std::collections::HashSet;

/// 1000 groups need some 3000 nodes.
const MAX_NODES: u32 = 50_000;
const MAX_ID_BYTES: usize = 256;

/// Parses an admitted text; the one place that calls the parser.
pub(super) fn parse(text: &str) -> Result<Document<'_>, XmlFault> {
    Ok(Document::parse_with_options(
        text,
        ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, entity_resolver: None },
    )?)
}

/// As [`parse`], from raw bytes.
pub(super) fn admit(raw: &[u8]) -> Result<&str, XmlFault> {
    guard::admit(raw)
}

/// Where things stand in a response that has the right shape. Nothing here is proved.
#[derive(Clone, Copy)]
pub(super) struct Shape<'d> {
    pub(super) response: Node<'d, 'd>,
    pub(super) response_signature: Option<Node<'d, 'd>>,
    pub(super) assertion: Node<'d, 'd>,
    pub(super) assertion_signature: Option<Node<'d, 'd>>,
}

/// The document element, if it is a response.
pub(super) fn response_of<'d>(document: &'d Document<'d>) -> Result<Node<'d, 'd>, SamlFault> {
    let root = document.root_element();
    if root.has_tag_name((PROTOCOL, "Response")) { Ok(root) } else { Err(SamlFault::NotAResponse) }
}

/// Exactly one assertion, as a child of the response; signatures only on these two; every ID unique.
pub(super) fn shape<'d>(response: Node<'d, 'd>) -> Result<Shape<'d>, SamlFault> {
    check_ids(response)?;
    let mut assertion = None;
    for node in response.descendants().filter(|node| node.is_element() && *node != response) {
        let encrypted = node.has_tag_name((ASSERTION, "EncryptedAssertion"));
        if node.has_tag_name((ASSERTION, "Assertion")) || encrypted {
            if node.parent() != Some(response) {
                return Err(SamlFault::NestedMessage);
            }
            if assertion.replace(node).is_some() {
                return Err(SamlFault::SeveralAssertions);
            }
        } else if node.has_tag_name((PROTOCOL, "Response")) {
            return Err(SamlFault::NestedMessage);
        }
    }
    let assertion = assertion.ok_or(SamlFault::NoAssertion)?;
    if assertion.has_tag_name((ASSERTION, "EncryptedAssertion")) {
        return Err(SamlFault::EncryptedAssertion);
    }
    let (mut response_signature, mut assertion_signature) = (None, None);
    for signature in response.descendants().filter(|node| node.has_tag_name((DSIG, "Signature"))) {
        let place = match signature.parent() {
            Some(parent) if parent == response => &mut response_signature,
            Some(parent) if parent == assertion => &mut assertion_signature,
            _ => return Err(SamlFault::MisplacedSignature),
        };
        if place.replace(signature).is_some() {
            return Err(SamlFault::SeveralSignatures);
        }
    }
    Ok(Shape { response, response_signature, assertion, assertion_signature })
}

fn check_ids(root: Node<'_, '_>) -> Result<(), SamlFault> {
    let mut seen = HashSet::new();
    for id in root.descendants().filter_map(|node| node.attribute("ID")) {
        if id.is_empty() || id.len() > MAX_ID_BYTES {
            return Err(SamlFault::MalformedId);
        }
        if !seen.insert(id) {
            return Err(SamlFault::DuplicateId);
        }
    }
    Ok(())
}
