//! An XML signature on a SAML message: its exact grammar, the algorithms, and the proof itself.
//!
//! The signed element is the signature's parent and nothing else; KeyInfo is never looked at.

use super::c14n;
use super::fault::SamlFault;
use super::key::SignatureMethod;
use super::key::SigningKey;
use super::namespace::DSIG;
use super::namespace::ENVELOPED;
use super::namespace::EXCLUSIVE_C14N;
use super::values;
use aws_lc_rs::constant_time;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

const MAX_PREFIXES: usize = 32;

/// Checks that `signature`, a child of `parent`, is one of `keys` over the whole of `parent` but itself.
///
/// The signature value comes first, so that no digest over a stranger's content is computed.
pub(super) fn check(signature: Node<'_, '_>, parent: Node<'_, '_>, keys: &[SigningKey]) -> Result<(), SamlFault> {
    let read = Parts::read(signature, parent)?;
    let message = c14n::canonical(read.signed_info, None, &read.info_prefixes)?;
    let mut answers = keys.iter().filter_map(|key| key.verify(read.method, &message, &read.value)).peekable();
    if answers.peek().is_none() {
        return Err(SamlFault::NoFittingKey);
    }
    if !answers.any(|good| good) {
        return Err(SamlFault::SignatureMismatch);
    }
    let content = c14n::canonical(parent, Some(signature.id()), &read.content_prefixes)?;
    let digest = digest::digest(read.digest_method, &content);
    constant_time::verify_slices_are_equal(digest.as_ref(), &read.digest).map_err(|_| SamlFault::DigestMismatch)
}

struct Parts<'d> {
    signed_info: Node<'d, 'd>,
    info_prefixes: Vec<&'d str>,
    method: SignatureMethod,
    value: Vec<u8>,
    content_prefixes: Vec<&'d str>,
    digest_method: &'static digest::Algorithm,
    digest: Vec<u8>,
}

impl<'d> Parts<'d> {
    fn read(signature: Node<'d, 'd>, parent: Node<'d, 'd>) -> Result<Self, SamlFault> {
        let (signed_info, value) = match elements(signature)?[..] {
            [info, value] => (named(info, "SignedInfo")?, named(value, "SignatureValue")?),
            [info, value, key] if key.has_tag_name((DSIG, "KeyInfo")) => {
                (named(info, "SignedInfo")?, named(value, "SignatureValue")?)
            }
            _ => return Err(SamlFault::SignatureGrammar),
        };
        let [c14n, method, reference] = elements(signed_info)?[..] else { return Err(SamlFault::SignatureGrammar) };
        let method = named(method, "SignatureMethod")?;
        if !elements(method)?.is_empty() {
            return Err(SamlFault::SignatureGrammar);
        }
        let info_prefixes = exclusive(named(c14n, "CanonicalizationMethod")?)?;
        let method = SignatureMethod::from_uri(algorithm(method)).ok_or_else(|| refused(algorithm(method)))?;
        let (content_prefixes, digest_method, digest) = read_reference(named(reference, "Reference")?, parent)?;
        Ok(Self { signed_info, info_prefixes, method, value: bytes(value)?, content_prefixes, digest_method, digest })
    }
}

type Reference<'d> = (Vec<&'d str>, &'static digest::Algorithm, Vec<u8>);

fn read_reference<'d>(reference: Node<'d, 'd>, parent: Node<'d, 'd>) -> Result<Reference<'d>, SamlFault> {
    let id = parent.attribute("ID").ok_or(SamlFault::SignatureReference)?;
    if reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return Err(SamlFault::SignatureReference);
    }
    let [transforms, method, value] = elements(reference)?[..] else { return Err(SamlFault::SignatureGrammar) };
    let (method, value) = (named(method, "DigestMethod")?, named(value, "DigestValue")?);
    let [enveloped, canonical] = elements(named(transforms, "Transforms")?)?[..] else {
        return Err(SamlFault::SignatureTransforms);
    };
    let (enveloped, canonical) = (named(enveloped, "Transform")?, named(canonical, "Transform")?);
    if algorithm(enveloped) != ENVELOPED || !elements(enveloped)?.is_empty() {
        return Err(SamlFault::SignatureTransforms);
    }
    let prefixes = exclusive(canonical)?;
    if !elements(method)?.is_empty() {
        return Err(SamlFault::SignatureGrammar);
    }
    let digest_method = match algorithm(method) {
        "http://www.w3.org/2001/04/xmlenc#sha256" => &digest::SHA256,
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => &digest::SHA384,
        "http://www.w3.org/2001/04/xmlenc#sha512" => &digest::SHA512,
        other => return Err(refused(other)),
    };
    Ok((prefixes, digest_method, bytes(value)?))
}

/// The PrefixList of an element that names exclusive canonicalization without comments, and nothing else.
fn exclusive<'d>(method: Node<'d, 'd>) -> Result<Vec<&'d str>, SamlFault> {
    if algorithm(method) != EXCLUSIVE_C14N {
        return Err(SamlFault::SignatureTransforms);
    }
    match elements(method)?[..] {
        [] => Ok(Vec::new()),
        [list] if list.has_tag_name((EXCLUSIVE_C14N, "InclusiveNamespaces")) && elements(list)?.is_empty() => {
            let prefixes: Vec<&str> =
                list.attribute("PrefixList").unwrap_or_default().split_ascii_whitespace().collect();
            if prefixes.len() > MAX_PREFIXES { Err(SamlFault::SignatureTransforms) } else { Ok(prefixes) }
        }
        _ => Err(SamlFault::SignatureTransforms),
    }
}

/// The child elements of an element that holds nothing else but white space.
fn elements<'d>(node: Node<'d, 'd>) -> Result<Vec<Node<'d, 'd>>, SamlFault> {
    let mut found = Vec::new();
    for child in node.children() {
        if child.is_element() {
            found.push(child);
        } else if !child.is_text() || !child.text().unwrap_or_default().trim_ascii().is_empty() {
            return Err(SamlFault::SignatureGrammar);
        }
    }
    Ok(found)
}

fn named<'d>(node: Node<'d, 'd>, name: &str) -> Result<Node<'d, 'd>, SamlFault> {
    if node.has_tag_name((DSIG, name)) { Ok(node) } else { Err(SamlFault::SignatureGrammar) }
}

fn algorithm<'d>(node: Node<'d, 'd>) -> &'d str {
    node.attribute("Algorithm").unwrap_or_default()
}

fn refused(uri: &str) -> SamlFault {
    SamlFault::SignatureAlgorithm(super::fault::excerpt(uri))
}

fn bytes(node: Node<'_, '_>) -> Result<Vec<u8>, SamlFault> {
    let text = values::text(node).map_err(|_| SamlFault::SignatureGrammar)?;
    let packed: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(packed).map_err(|_| SamlFault::SignatureGrammar)
}
