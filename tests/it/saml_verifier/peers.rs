//! An independent service provider and signer, samael on libxml2 and xmlsec1, judges the same messages.

use super::idp::ACS;
use super::idp::AUDIENCE;
use super::idp::IDP;
use super::idp::Key;
use super::idp::REQUEST;
use super::idp::Sign;
use super::idp::message;
use super::idp::verify;
use chrono::DateTime;
use chrono::Utc;
use samael::crypto::Crypto;
use samael::crypto::CryptoProvider as _;
use samael::metadata::EntityDescriptor;
use samael::service_provider::ServiceProviderBuilder;

#[expect(clippy::disallowed_methods, reason = "samael reads the system clock, and cannot be told the time")]
fn the_time() -> DateTime<Utc> {
    Utc::now()
}

fn metadata() -> EntityDescriptor {
    let pem = include_str!("../../fixtures/saml/rsa.crt");
    let certificate: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{IDP}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.test/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
    .parse()
    .unwrap()
}

#[test]
fn samael_accepts_the_good_message_and_refuses_the_changed_one() {
    let provider = ServiceProviderBuilder::default()
        .entity_id(AUDIENCE.to_owned())
        .acs_url(ACS.to_owned())
        .idp_metadata(metadata())
        .build()
        .unwrap();
    for sign in [Sign::Assertion, Sign::Response, Sign::Both] {
        let xml = message().sign(sign).at(the_time()).xml();
        let assertion = provider.parse_xml_response(&xml, Some(&[REQUEST])).unwrap();
        assert_eq!(assertion.subject.unwrap().name_id.unwrap().value, "ada-0815", "{sign:?}");
        assert!(provider.parse_xml_response(&xml.replace("ada-0815", "eve-0815"), Some(&[REQUEST])).is_err());
    }
}

#[test]
fn a_message_that_samael_signed_is_accepted() {
    let template = message().template_for("_response");
    let unsigned = message().sign(Sign::Nothing).response("[signature]", &template).xml();
    let signed = Crypto::sign_xml(&unsigned, &Key::Rsa.pkcs8()).unwrap();
    assert_eq!(verify(&signed).map(|login| login.name_id), Ok("ada-0815".to_owned()));
}
