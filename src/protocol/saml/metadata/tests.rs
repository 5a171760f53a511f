use super::*;
use crate::protocol::saml::guard::XmlFault;
use crate::protocol::saml::key::KeyFault;
use crate::protocol::saml::key::KeyKind;
use crate::protocol::saml::time::TimeFault;
use crate::protocol::saml::values::ValueFault;

const RSA: &str = include_str!("../../../../tests/fixtures/saml/rsa.crt");
const RSA_NEXT: &str = include_str!("../../../../tests/fixtures/saml/rsa-next.crt");
const P256: &str = include_str!("../../../../tests/fixtures/saml/p256.crt");
const P384: &str = include_str!("../../../../tests/fixtures/saml/p384.crt");
const WEAK: &str = include_str!("../../../../tests/fixtures/saml/weak-rsa-1024.crt");
const ODD_CURVE: &str = include_str!("../../../../tests/fixtures/saml/odd-curve.crt");
const ED25519: &str = include_str!("../../../../tests/fixtures/saml/ed25519.crt");

const SSO: &str = r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.test/sso?a=1"/>"#;
const SSO_POST: &str = r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.test/post"/>"#;

fn certificate(pem: &str) -> String {
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).map(|line| format!("\n  {line}")).collect();
    format!("<ds:X509Certificate>{der}\n</ds:X509Certificate>")
}

fn key(usage: &str, pem: &str) -> String {
    let data = certificate(pem);
    format!("<md:KeyDescriptor{usage}><ds:KeyInfo><ds:X509Data>{data}</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>")
}

fn entity(attributes: &str, idp: &str, inside: &str) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" {attributes}><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol" {idp}>{inside}</md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

const ID: &str = "entityID=\"https://idp.test/metadata\"";

/// An IdP with this inside its descriptor.
fn idp(inside: &str) -> String {
    entity(ID, "", inside)
}

fn good() -> String {
    idp(&format!("{}{SSO}", key(" use=\"signing\"", RSA)))
}

fn read(xml: &str) -> Result<IdpMetadata, MetadataFault> {
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    parse_idp_metadata(xml.as_bytes(), Some("https://sp.test/saml/con-1"), now, &|url| {
        url.host_str() == Some("127.0.0.1")
    })
}

#[test]
fn the_usual_metadata_is_read() {
    let logout = r#"<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.test/slo" ResponseLocation="https://idp.test/slo/done"/>"#;
    let format = "<md:NameIDFormat>\n urn:oasis:names:tc:SAML:2.0:nameid-format:persistent </md:NameIDFormat>";
    let inside = format!("{}{logout}{format}{SSO}{SSO_POST}", key(" use=\"signing\"", RSA));
    let read = read(&format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", idp(&inside))).unwrap();
    assert_eq!(read.entity_id, "https://idp.test/metadata");
    assert_eq!(read.sso_redirect.as_deref(), Some("https://idp.test/sso?a=1"));
    assert_eq!(read.sso_post.as_deref(), Some("https://idp.test/post"));
    let slo = Endpoint {
        location: "https://idp.test/slo".to_owned(),
        response_location: Some("https://idp.test/slo/done".to_owned()),
    };
    assert_eq!((read.slo_redirect, read.slo_post), (Some(slo), None));
    assert_eq!(read.signing_keys.iter().map(SigningKey::kind).collect::<Vec<_>>(), [KeyKind::Rsa(2048)]);
    assert_eq!(read.name_id_formats, ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"]);
    assert!(!read.want_authn_requests_signed && read.valid_until.is_none() && read.warnings.is_empty());
}

#[test]
fn what_was_read_is_stored_and_read_back() {
    let read = read(&good()).unwrap();
    let stored = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<IdpMetadata>(&stored).unwrap(), read);
    let spoilt = stored.replace("\"MII", "\"AII");
    assert!(serde_json::from_str::<IdpMetadata>(&spoilt).is_err());
}

#[test]
fn every_signing_key_is_pinned_once_and_no_other() {
    let keys = [
        key(" use=\"signing\"", RSA),
        key("", P256),
        key("", RSA),
        key(" use=\"encryption\"", RSA_NEXT),
        key(" use=\"signing\"", P384),
    ];
    let read = read(&idp(&format!("{}{SSO}", keys.concat()))).unwrap();
    let kinds: Vec<KeyKind> = read.signing_keys.iter().map(SigningKey::kind).collect();
    assert_eq!(kinds, [KeyKind::Rsa(2048), KeyKind::P256, KeyKind::P384]);
}

#[test]
fn a_chain_behind_the_first_certificate_is_not_pinned() {
    let chain = format!("</ds:X509Certificate>{}</ds:X509Data>", certificate(RSA_NEXT));
    let xml = good().replace("</ds:X509Certificate></ds:X509Data>", &chain);
    let read = read(&xml).unwrap();
    assert_eq!(read.signing_keys.len(), 1);
    assert_eq!(read.warnings, [MetadataWarning::FurtherCertificates]);
}

#[test]
fn metadata_without_a_signing_key_is_refused() {
    assert_eq!(read(&idp(SSO)), Err(MetadataFault::NoSigningKey));
    let other = key(" use=\"encryption\"", RSA);
    assert_eq!(read(&idp(&format!("{other}{SSO}"))), Err(MetadataFault::NoSigningKey));
    let unknown = key(" use=\"else\"", RSA);
    assert_eq!(read(&idp(&format!("{unknown}{SSO}"))), Err(MetadataFault::NoSigningKey));
    let named = "<md:KeyDescriptor><ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>";
    assert_eq!(read(&idp(&format!("{named}{SSO}"))), Err(MetadataFault::NoSigningKey));
}

#[test]
fn weak_and_foreign_keys_are_refused() {
    let refused = |fault| Err(MetadataFault::Certificate(CertificateFault::Key(fault)));
    for (pem, fault) in
        [(WEAK, KeyFault::RsaSize), (ODD_CURVE, KeyFault::Unsupported), (ED25519, KeyFault::Unsupported)]
    {
        assert_eq!(read(&idp(&format!("{}{}{SSO}", key("", RSA), key("", pem)))), refused(fault));
    }
    for broken in [good().replace("MII", "!II"), good().replace("MII", "MIA"), good().replace("MII", "<!---->MII")] {
        assert_eq!(read(&broken), Err(MetadataFault::Certificate(CertificateFault::Malformed)));
    }
}

#[test]
fn the_dates_of_a_certificate_only_warn() {
    let xml = good();
    let at = |now: &str| parse_idp_metadata(xml.as_bytes(), None, now.parse().unwrap(), &|_| false).unwrap().warnings;
    assert_eq!(at("2027-01-01T00:00:00Z"), []);
    assert_eq!(at("2200-01-01T00:00:00Z"), [MetadataWarning::CertificateExpired]);
    assert_eq!(at("2001-01-01T00:00:00Z"), [MetadataWarning::CertificateNotYetValid]);
}

#[test]
fn a_wish_for_signed_requests_is_told() {
    let inside = format!("{}{SSO}", key("", RSA));
    for yes in ["true", "1"] {
        let read = read(&entity(ID, &format!("WantAuthnRequestsSigned=\"{yes}\""), &inside)).unwrap();
        assert!(read.want_authn_requests_signed);
        assert_eq!(read.warnings, [MetadataWarning::WantsSignedRequests]);
    }
}

#[test]
fn the_entity_must_be_an_idp_other_than_ourselves() {
    let inside = format!("{}{SSO}", key("", RSA));
    let named = |attributes: &str| read(&entity(attributes, "", &inside)).err();
    assert_eq!(named(""), Some(MetadataFault::EntityId(ValueFault::Empty)));
    assert_eq!(named("entityID=\"a&#10;b\""), Some(MetadataFault::EntityId(ValueFault::ControlCharacter)));
    let long = format!("entityID=\"{}\"", "a".repeat(1025));
    assert_eq!(named(&long), Some(MetadataFault::EntityId(ValueFault::TooLong)));
    assert_eq!(named("entityID=\"https://sp.test/saml/con-1\""), Some(MetadataFault::OurOwn));
    assert_eq!(read("<html/>"), Err(MetadataFault::NotMetadata));
    assert_eq!(read(&good().replace("IDPSSODescriptor", "SPSSODescriptor")), Err(MetadataFault::NoIdp));
    assert_eq!(read(&good().replace("SAML:2.0:protocol", "SAML:9:protocol")), Err(MetadataFault::NoIdp));
}

#[test]
fn a_list_must_hold_exactly_one_idp() {
    let list = |inside: &str| {
        read(&format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{inside}</md:EntitiesDescriptor>"
        ))
    };
    let provider = good().replace("IDPSSODescriptor", "SPSSODescriptor").replace("idp.test/metadata", "other.test");
    let nested = format!("<md:EntitiesDescriptor>{}</md:EntitiesDescriptor>{provider}", good());
    assert_eq!(list(&nested).unwrap().entity_id, "https://idp.test/metadata");
    assert_eq!(list(&good().repeat(2)), Err(MetadataFault::SeveralIdps));
    assert_eq!(list(&provider), Err(MetadataFault::NoIdp));
    assert_eq!(list(""), Err(MetadataFault::NoIdp));
}

#[test]
fn metadata_that_has_run_out_is_refused() {
    let inside = format!("{}{SSO}", key("", RSA));
    let until = |entity_until: &str, idp_until: &str| {
        read(&entity(&format!("{ID} validUntil=\"{entity_until}\""), &format!("validUntil=\"{idp_until}\""), &inside))
    };
    let ahead = "2027-01-02T00:00:00Z";
    assert_eq!(until("2030-01-01T00:00:00Z", ahead).unwrap().valid_until, ahead.parse().ok());
    assert_eq!(until("2027-01-01T00:00:00Z", ahead), Err(MetadataFault::Expired));
    assert_eq!(until(ahead, "2026-12-31T23:59:59Z"), Err(MetadataFault::Expired));
    assert_eq!(until(ahead, "soon"), Err(MetadataFault::ValidUntil(TimeFault::Form)));
}

#[test]
fn locations_are_https_or_allowed_by_address() {
    let at = |location: &str| read(&good().replace("https://idp.test/sso?a=1", location)).map(|read| read.sso_redirect);
    assert_eq!(at("http://127.0.0.1:9000/sso"), Ok(Some("http://127.0.0.1:9000/sso".to_owned())));
    for plain in ["http://idp.test/sso", "ftp://idp.test/sso", "HTTP://idp.test/"] {
        assert_eq!(at(plain), Err(MetadataFault::NotHttps { location: plain.to_owned() }));
    }
    for odd in [
        "",
        "sso",
        "//idp.test/sso",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https://u:p@idp.test/",
        "https://u@idp.test/",
        "https://idp.test/a b",
        "https://idp.test/'x'",
        "https://idp.test/&quot;x",
        "https://idp.test/&#10;x",
        "https://idp.test/&lt;x",
        "https://idp.test/#x",
        "https:\\\\idp.test",
    ] {
        assert!(matches!(at(odd), Err(MetadataFault::Location { .. })), "{odd}");
    }
    assert!(matches!(at(&format!("https://idp.test/{}", "a".repeat(1024))), Err(MetadataFault::Location { .. })));
}

#[test]
fn one_way_to_sign_in_is_needed() {
    assert_eq!(read(&idp(&key("", RSA))), Err(MetadataFault::NoSignOnLocation));
    let soap = SSO.replace("HTTP-Redirect", "SOAP");
    assert_eq!(read(&idp(&format!("{}{soap}", key("", RSA)))), Err(MetadataFault::NoSignOnLocation));
    let post = read(&idp(&format!("{}{SSO_POST}", key("", RSA)))).unwrap();
    assert_eq!((post.sso_redirect, post.sso_post.as_deref()), (None, Some("https://idp.test/post")));
}

#[test]
fn the_guards_of_the_parser_stand_here_too() {
    assert_eq!(read(&format!("<!DOCTYPE x>{}", good())), Err(MetadataFault::Xml(XmlFault::Doctype)));
    assert_eq!(read(&" ".repeat(MAX_BYTES + 1)), Err(MetadataFault::TooLarge));
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let broken = parse_idp_metadata(b"\xff\xfe<", None, now, &|_| true);
    assert_eq!(broken, Err(MetadataFault::Xml(XmlFault::NotUtf8)));
}
