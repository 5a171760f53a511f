//! Reading an AuthnRequest just far enough to answer it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::DeflateDecoder;
use std::io::Read as _;

const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// No request of this world is larger.
const LIMIT: u64 = 64 * 1024;

/// What an AuthnRequest asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthnRequest {
    /// Its ID; a response echoes it.
    pub(super) id: String,
    /// The service provider's entity id.
    pub(super) issuer: String,
    /// Where the answer goes, when the request says so.
    pub(super) acs: Option<String>,
}

impl AuthnRequest {
    /// Reads the `SAMLRequest` parameter; `deflated` as the redirect binding sends it.
    pub(super) fn read(parameter: &str, deflated: bool) -> Option<Self> {
        let bytes = STANDARD.decode(parameter).ok()?;
        let xml = if deflated { inflate(&bytes)? } else { String::from_utf8(bytes).ok()? };
        Self::parse(&xml)
    }

    fn parse(xml: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(xml).ok()?;
        let root = document.root_element();
        if !root.has_tag_name((PROTOCOL, "AuthnRequest")) {
            return None;
        }
        let issuer = root.children().find(|child| child.has_tag_name((ASSERTION, "Issuer")))?.text()?;
        Some(Self {
            id: root.attribute("ID")?.to_owned(),
            issuer: issuer.trim().to_owned(),
            acs: root.attribute("AssertionConsumerServiceURL").map(str::to_owned),
        })
    }
}

fn inflate(bytes: &[u8]) -> Option<String> {
    let mut xml = String::new();
    DeflateDecoder::new(bytes).take(LIMIT).read_to_string(&mut xml).ok()?;
    Some(xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<p:AuthnRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1"
        AssertionConsumerServiceURL="http://sp.test/acs"><i:Issuer
        xmlns:i="urn:oasis:names:tc:SAML:2.0:assertion">http://sp.test</i:Issuer></p:AuthnRequest>"#;

    #[test]
    fn a_request_is_read_from_both_bindings() {
        use std::io::Write as _;
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(XML.as_bytes()).unwrap();
        let redirect = AuthnRequest::read(&STANDARD.encode(deflate.finish().unwrap()), true).unwrap();
        let posted = AuthnRequest::read(&STANDARD.encode(XML), false).unwrap();
        assert_eq!(redirect, posted);
        assert_eq!((redirect.id.as_str(), redirect.issuer.as_str()), ("_1", "http://sp.test"));
    }

    #[test]
    fn what_is_not_a_request_is_not_read() {
        assert_eq!(AuthnRequest::read(&STANDARD.encode("<a/>"), false), None);
        assert_eq!(AuthnRequest::read("%%", true), None);
    }
}
