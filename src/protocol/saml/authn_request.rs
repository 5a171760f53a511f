//! What we ask an IdP: an unsigned AuthnRequest, by redirect or by a form that posts itself.

use super::escape::escape;
use super::namespace::POST;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write as _;
use url::form_urlencoded::byte_serialize;

/// A request to sign a person in (SAML Core 3.4.1).
#[derive(Debug, Clone, Copy)]
pub struct AuthnRequest<'a> {
    /// Its id: `_` and at least 128 random bits in hex, made by the caller, who keeps it as outstanding.
    pub id: &'a str,
    /// When it is sent.
    pub issue_instant: DateTime<Utc>,
    /// The IdP's location for the binding that is used.
    pub destination: &'a str,
    /// Our entity id for this connection.
    pub issuer: &'a str,
    /// Where the answer must be posted.
    pub acs_url: &'a str,
    /// Whether the person must sign in afresh.
    pub force_authn: bool,
    /// The authentication contexts that will do (exact comparison); empty: any.
    pub authn_contexts: &'a [String],
}

/// The fields of a form that the browser posts to the IdP (SAML Bindings 3.5). All of them must be escaped as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostForm {
    /// Where the form goes.
    pub action: String,
    /// The field `SAMLRequest`.
    pub saml_request: String,
    /// The field `RelayState`.
    pub relay_state: String,
}

impl AuthnRequest<'_> {
    /// The request as XML.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let force = if self.force_authn { r#" ForceAuthn="true""# } else { "" };
        let classes: String = self
            .authn_contexts
            .iter()
            .map(|class| format!("<saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>", escape(class)))
            .collect();
        let contexts = if classes.is_empty() {
            String::new()
        } else {
            format!(r#"<samlp:RequestedAuthnContext Comparison="exact">{classes}</samlp:RequestedAuthnContext>"#)
        };
        format!(
            concat!(
                r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol""#,
                r#" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0""#,
                r#" IssueInstant="{instant}" Destination="{destination}"{force}"#,
                r#" AssertionConsumerServiceURL="{acs}" ProtocolBinding="{binding}">"#,
                r#"<saml:Issuer>{issuer}</saml:Issuer><samlp:NameIDPolicy AllowCreate="true"/>"#,
                r#"{contexts}</samlp:AuthnRequest>"#
            ),
            id = escape(self.id),
            instant = self.issue_instant.to_rfc3339_opts(SecondsFormat::Secs, true),
            destination = escape(self.destination),
            force = force,
            acs = escape(self.acs_url),
            binding = POST,
            issuer = escape(self.issuer),
            contexts = contexts,
        )
    }

    /// The address to send the browser to (SAML Bindings 3.4.4.1): raw DEFLATE, base64, percent-encoding.
    /// `relay_state` is an opaque handle of at most 80 bytes, never an address.
    #[must_use]
    pub fn redirect_url(&self, relay_state: &str) -> String {
        let request = STANDARD.encode(deflate(self.to_xml().as_bytes()));
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let (location, fragment) = self.destination.split_once('#').map_or((self.destination, ""), |parts| parts);
        debug_assert!(fragment.is_empty(), "metadata with a fragment in a location is refused");
        let joint = if location.contains('?') { '&' } else { '?' };
        format!("{location}{joint}SAMLRequest={}&RelayState={}", encoded(&request), encoded(relay_state))
    }

    /// The form for an IdP that takes the POST binding only.
    #[must_use]
    pub fn post_form(&self, relay_state: &str) -> PostForm {
        PostForm {
            action: self.destination.to_owned(),
            saml_request: STANDARD.encode(self.to_xml()),
            relay_state: relay_state.to_owned(),
        }
    }
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("a Vec takes every byte");
    encoder.finish().expect("a Vec takes every byte")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use url::Url;

    fn request(destination: &str) -> AuthnRequest<'_> {
        AuthnRequest {
            id: "_0123456789abcdef0123456789abcdef",
            issue_instant: DateTime::from_timestamp(1_767_323_045, 500_000_000).unwrap(),
            destination,
            issuer: "https://sp.test/saml/con-1?x=1&y=\"2\"",
            acs_url: "https://sp.test/saml/con-1/acs",
            force_authn: false,
            authn_contexts: &[],
        }
    }

    #[test]
    fn the_request_says_who_asks_and_where_the_answer_goes() {
        let xml = request("https://idp.test/sso?a=1&b=2").to_xml();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let root = document.root_element();
        assert!(root.has_tag_name(("urn:oasis:names:tc:SAML:2.0:protocol", "AuthnRequest")));
        assert_eq!(root.attribute("ID"), Some("_0123456789abcdef0123456789abcdef"));
        assert_eq!(root.attribute("IssueInstant"), Some("2026-01-02T03:04:05Z"));
        assert_eq!(root.attribute("Destination"), Some("https://idp.test/sso?a=1&b=2"));
        assert_eq!(root.attribute("AssertionConsumerServiceURL"), Some("https://sp.test/saml/con-1/acs"));
        assert_eq!(root.attribute("ForceAuthn"), None);
        assert_eq!(root.first_element_child().unwrap().text(), Some("https://sp.test/saml/con-1?x=1&y=\"2\""));
    }

    #[test]
    fn a_fresh_sign_in_and_contexts_can_be_asked_for() {
        let contexts = ["urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".to_owned()];
        let xml = AuthnRequest { force_authn: true, authn_contexts: &contexts, ..request("https://idp.test") }.to_xml();
        let document = roxmltree::Document::parse(&xml).unwrap();
        assert_eq!(document.root_element().attribute("ForceAuthn"), Some("true"));
        let asked = document.root_element().last_element_child().unwrap();
        assert_eq!(asked.first_element_child().unwrap().text(), Some(contexts[0].as_str()));
    }

    #[test]
    fn a_redirect_unpacks_to_the_same_request() {
        for (destination, keeps) in [("https://idp.test/sso", None), ("https://idp.test/sso?tenant=a%20b", Some("a b"))]
        {
            let request = request(destination);
            let url = Url::parse(&request.redirect_url("han+dle&/=")).unwrap();
            let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            assert_eq!(get("RelayState"), Some("han+dle&/="));
            assert_eq!(get("tenant"), keeps);
            let packed = STANDARD.decode(get("SAMLRequest").unwrap()).unwrap();
            let mut xml = String::new();
            flate2::read::DeflateDecoder::new(&packed[..]).read_to_string(&mut xml).unwrap();
            assert_eq!(xml, request.to_xml());
        }
    }

    #[test]
    fn a_form_carries_the_plain_request() {
        let request = request("https://idp.test/post");
        let form = request.post_form("handle");
        assert_eq!((form.action.as_str(), form.relay_state.as_str()), ("https://idp.test/post", "handle"));
        assert_eq!(STANDARD.decode(form.saml_request).unwrap(), request.to_xml().into_bytes());
    }
}
