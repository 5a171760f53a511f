//! An IdP: a good message as text, edits to it, and signatures by `bergshamra`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::DsigContext;
use bergshamra::KeysManager;
use bergshamra::keys::loader;
use chrono::DateTime;
use chrono::Utc;
use doorward::protocol::saml::Expected;
use doorward::protocol::saml::Login;
use doorward::protocol::saml::SamlFault;
use doorward::protocol::saml::SigningKey;
use doorward::protocol::saml::verify_response;

pub(super) const IDP: &str = "https://idp.test/metadata";
pub(super) const ACS: &str = "https://sp.test/saml/con-1/acs";
pub(super) const AUDIENCE: &str = "https://sp.test/saml/con-1";
pub(super) const REQUEST: &str = "_5f1c0b2a7d9e4f60a1b2c3d4e5f60718";
pub(super) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

const RESPONSE: &str = r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="2026-01-01T12:00:00Z" Destination="https://sp.test/saml/con-1/acs" InResponseTo="_5f1c0b2a7d9e4f60a1b2c3d4e5f60718"><saml:Issuer>https://idp.test/metadata</saml:Issuer>[signature]<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>[assertion]</samlp:Response>"#;

const ASSERTION: &str = r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" ID="_assertion" Version="2.0" IssueInstant="2026-01-01T12:00:00Z"><saml:Issuer>https://idp.test/metadata</saml:Issuer>[signature]<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ada-0815</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_5f1c0b2a7d9e4f60a1b2c3d4e5f60718" NotOnOrAfter="2026-01-01T12:05:00Z" Recipient="https://sp.test/saml/con-1/acs"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-01-01T11:59:00Z" NotOnOrAfter="2026-01-01T12:05:00Z"><saml:AudienceRestriction><saml:Audience>https://sp.test/saml/con-1</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-01-01T11:58:00Z" SessionIndex="_session" SessionNotOnOrAfter="2026-01-01T20:00:00Z"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="email" FriendlyName="mail"><saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">ada@acme.test</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups"><saml:AttributeValue>staff</saml:AttributeValue><saml:AttributeValue>panel-admins</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"#;

const TEMPLATE: &str = r##"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="[method]"/><ds:Reference URI="#[id]"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"##;

/// The keys of the test IdP.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Key {
    Rsa,
    RsaNext,
    P256,
    P384,
}

impl Key {
    fn pem(self) -> &'static str {
        match self {
            Self::Rsa => include_str!("../../fixtures/saml/test-key-rsa.pem"),
            Self::RsaNext => include_str!("../../fixtures/saml/test-key-rsa-next.pem"),
            Self::P256 => include_str!("../../fixtures/saml/test-key-p256.pem"),
            Self::P384 => include_str!("../../fixtures/saml/test-key-p384.pem"),
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::Rsa | Self::RsaNext => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::P256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::P384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        }
    }

    fn load(self) -> bergshamra::Key {
        loader::load_pem_auto(self.pem().as_bytes(), None).unwrap()
    }

    /// What a connection pins of it.
    pub(super) fn pinned(self) -> SigningKey {
        SigningKey::from_spki_der(&self.load().to_spki_der().unwrap()).unwrap()
    }

    /// PKCS#8 in DER.
    pub(super) fn pkcs8(self) -> Vec<u8> {
        let base64: String = self.pem().lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(base64).unwrap()
    }
}

/// Which elements get a signature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sign {
    Nothing,
    Assertion,
    Response,
    Both,
}

/// A message in the making. Edits are made before it is signed.
#[derive(Clone)]
pub(super) struct Message {
    response: String,
    assertion: String,
    template: String,
    key: Key,
    sign: Sign,
}

/// A good message, its assertion signed with RSA-2048.
pub(super) fn message() -> Message {
    Message {
        response: RESPONSE.to_owned(),
        assertion: ASSERTION.to_owned(),
        template: TEMPLATE.to_owned(),
        key: Key::Rsa,
        sign: Sign::Assertion,
    }
}

fn replace(text: &mut String, from: &str, to: &str) {
    assert!(text.contains(from), "there is no {from} to replace");
    *text = text.replace(from, to);
}

impl Message {
    pub(super) fn sign(mut self, sign: Sign) -> Self {
        self.sign = sign;
        self
    }

    pub(super) fn key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// Replaces a text of the assertion.
    pub(super) fn assertion(mut self, from: &str, to: &str) -> Self {
        replace(&mut self.assertion, from, to);
        self
    }

    /// Replaces a text of the response round the assertion.
    pub(super) fn response(mut self, from: &str, to: &str) -> Self {
        replace(&mut self.response, from, to);
        self
    }

    /// Replaces a text of the signature template.
    pub(super) fn template(mut self, from: &str, to: &str) -> Self {
        replace(&mut self.template, from, to);
        self
    }

    /// Every time of the message, moved from noon to `now`.
    pub(super) fn at(mut self, now: DateTime<Utc>) -> Self {
        for text in [&mut self.response, &mut self.assertion] {
            for (old, minutes) in [("11:58", -2), ("11:59", -1), ("12:00", 0), ("12:05", 5), ("20:00", 480)] {
                let moved = now + chrono::Duration::minutes(minutes);
                *text = text.replace(&format!("2026-01-01T{old}:00Z"), &moved.format("%Y-%m-%dT%H:%M:%SZ").to_string());
            }
        }
        self
    }

    /// The unfilled signature of the element with this ID.
    pub(super) fn template_for(&self, id: &str) -> String {
        self.template.replace("[id]", id).replace("[method]", self.key.method())
    }

    /// The signed message.
    pub(super) fn xml(&self) -> String {
        let signed = |xml: &str, id| sign(&xml.replace("[signature]", &self.template_for(id)), self.key);
        let assertion = match self.sign {
            Sign::Assertion | Sign::Both => signed(&self.assertion, "_assertion"),
            Sign::Nothing | Sign::Response => self.assertion.replace("[signature]", ""),
        };
        let response = self.response.replace("[assertion]", &assertion);
        match self.sign {
            Sign::Response | Sign::Both => signed(&response, "_response"),
            Sign::Nothing | Sign::Assertion => response.replace("[signature]", ""),
        }
    }

    /// What the verifier says to it.
    pub(super) fn verify(&self) -> Result<Login, SamlFault> {
        verify(&self.xml())
    }
}

/// Fills the first signature template of a document.
fn sign(xml: &str, key: Key) -> String {
    let mut keys = KeysManager::new();
    keys.add_key(key.load());
    bergshamra::sign(&DsigContext::new(keys), xml).unwrap()
}

pub(super) fn now() -> DateTime<Utc> {
    "2026-01-01T12:00:30Z".parse().unwrap()
}

/// What a connection with these keys expects.
pub(super) fn expected(keys: &[SigningKey]) -> Expected<'_> {
    Expected::new(IDP, keys, ACS, AUDIENCE, Some(REQUEST))
}

pub(super) fn verify(xml: &str) -> Result<Login, SamlFault> {
    verify_with(xml, &expected(&[Key::Rsa.pinned()]))
}

pub(super) fn verify_with(xml: &str, expected: &Expected<'_>) -> Result<Login, SamlFault> {
    verify_response(&STANDARD.encode(xml), expected, now())
}
