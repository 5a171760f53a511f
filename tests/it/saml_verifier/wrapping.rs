//! Signature wrapping: a message that was signed for Ada, rearranged so that a careless reader would see Eve.

use super::idp::Sign;
use super::idp::message;
use super::idp::verify;
use doorward::protocol::saml::SamlFault;

/// A document without its first signature, and that signature.
fn split(xml: &str) -> (String, String) {
    let start = xml.find("<ds:Signature ").unwrap();
    let end = xml.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    (format!("{}{}", &xml[..start], &xml[end..]), xml[start..end].to_owned())
}

fn assertion_of(xml: &str) -> &str {
    let end = xml.rfind("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
    &xml[xml.find("<saml:Assertion ").unwrap()..end]
}

fn evil(xml: &str) -> String {
    xml.replace("ada-0815", "eve-0815").replace("_assertion", "_evil").replace("\"_response\"", "\"_evil_response\"")
}

/// `inner` put behind the issuer of `outer`.
fn behind_issuer(outer: &str, inner: &str) -> String {
    outer.replacen("</saml:Issuer>", &format!("</saml:Issuer>{inner}"), 1)
}

fn inside_signature(signature: &str, inner: &str) -> String {
    signature.replace("</ds:Signature>", &format!("{inner}</ds:Signature>"))
}

#[test]
fn xsw1_the_signed_response_hidden_inside_the_signature() {
    let (plain, signature) = split(&message().sign(Sign::Response).xml());
    for hidden in [format!("<ds:Object>{plain}</ds:Object>"), plain.clone()] {
        let wrapped = behind_issuer(&evil(&plain), &inside_signature(&signature, &hidden));
        assert_eq!(verify(&wrapped), Err(SamlFault::NestedMessage));
    }
}

#[test]
fn xsw2_the_signed_response_beside_the_signature() {
    let (plain, signature) = split(&message().sign(Sign::Response).xml());
    let wrapped = behind_issuer(&evil(&plain), &format!("{plain}{signature}"));
    assert_eq!(verify(&wrapped), Err(SamlFault::NestedMessage));
}

#[test]
fn xsw3_an_evil_assertion_before_or_behind_the_signed_one() {
    let signed = message().xml();
    let good = assertion_of(&signed);
    let bad = evil(&split(good).0);
    for both in [format!("{bad}{good}"), format!("{good}{bad}")] {
        assert_eq!(verify(&signed.replace(good, &both)), Err(SamlFault::SeveralAssertions));
    }
}

#[test]
fn xsw4_the_signed_assertion_inside_an_evil_one() {
    let signed = message().xml();
    let good = assertion_of(&signed);
    let bad = evil(&split(good).0).replace("</saml:Assertion>", &format!("{good}</saml:Assertion>"));
    assert_eq!(verify(&signed.replace(good, &bad)), Err(SamlFault::NestedMessage));
}

#[test]
fn xsw5_the_signature_moved_to_an_evil_assertion() {
    let signed = message().xml();
    let good = assertion_of(&signed);
    let (plain, signature) = split(good);
    let bad = behind_issuer(&evil(&plain), &signature);
    assert_eq!(verify(&signed.replace(good, &format!("{bad}{plain}"))), Err(SamlFault::SeveralAssertions));
    assert_eq!(verify(&signed.replace(good, &bad)), Err(SamlFault::SignatureReference));
    let same_id = behind_issuer(&plain.replace("ada-0815", "eve-0815"), &signature);
    assert_eq!(verify(&signed.replace(good, &same_id)), Err(SamlFault::DigestMismatch));
}

#[test]
fn xsw6_the_signed_assertion_inside_the_moved_signature() {
    let signed = message().xml();
    let good = assertion_of(&signed);
    let (plain, signature) = split(good);
    let bad = behind_issuer(&evil(&plain), &inside_signature(&signature, &plain));
    assert_eq!(verify(&signed.replace(good, &bad)), Err(SamlFault::NestedMessage));
}

#[test]
fn xsw7_an_evil_assertion_inside_extensions() {
    let signed = message().xml();
    let extensions = format!("<samlp:Extensions>{}</samlp:Extensions>", evil(&split(assertion_of(&signed)).0));
    assert_eq!(verify(&behind_issuer(&signed, &extensions)), Err(SamlFault::NestedMessage));
}

#[test]
fn xsw8_the_signed_assertion_inside_an_object() {
    let signed = message().xml();
    let good = assertion_of(&signed);
    let (plain, signature) = split(good);
    let object = inside_signature(&signature, &format!("<ds:Object>{plain}</ds:Object>"));
    let bad = behind_issuer(&evil(&plain), &object);
    assert_eq!(verify(&signed.replace(good, &bad)), Err(SamlFault::NestedMessage));
}

#[test]
fn a_second_element_with_the_same_id_is_refused() {
    let signed = message().xml();
    let good = assertion_of(&signed);
    let twin = "<samlp:Extensions><x xmlns='urn:x' ID='_assertion'/></samlp:Extensions>";
    assert_eq!(verify(&behind_issuer(&signed, twin)), Err(SamlFault::DuplicateId));
    let same = good.replace("ada-0815", "eve-0815");
    assert_eq!(verify(&signed.replace(good, &format!("{same}{good}"))), Err(SamlFault::DuplicateId));
    assert_eq!(message().response("\"_response\"", "\"_assertion\"").verify(), Err(SamlFault::DuplicateId));
}

#[test]
fn an_empty_or_endless_id_is_refused() {
    for id in [String::new(), "x".repeat(257)] {
        let message = message().response("\"_response\"", &format!("\"{id}\""));
        assert_eq!(message.verify(), Err(SamlFault::MalformedId));
    }
}

#[test]
fn a_signature_in_another_place_or_twice_is_refused() {
    let signed = message().xml();
    let (_, signature) = split(&signed);
    let elsewhere = signed.replace("<samlp:Status>", &format!("<samlp:Status>{signature}"));
    assert_eq!(verify(&elsewhere), Err(SamlFault::MisplacedSignature));
    let twice = signed.replace(&signature, &signature.repeat(2));
    assert_eq!(verify(&twice), Err(SamlFault::SeveralSignatures));
}

#[test]
fn a_bare_assertion_or_a_soap_envelope_is_no_response() {
    let signed = message().xml();
    assert_eq!(verify(assertion_of(&signed)), Err(SamlFault::NotAResponse));
    assert_eq!(verify(&format!("<s:Body xmlns:s='urn:soap'>{signed}</s:Body>")), Err(SamlFault::NotAResponse));
    let foreign = signed.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.0:protocol");
    assert_eq!(verify(&foreign), Err(SamlFault::NotAResponse));
}

#[test]
fn an_encrypted_assertion_says_that_it_is_not_supported() {
    let signed = message().xml();
    let good = assertion_of(&signed);
    let encrypted = "<saml:EncryptedAssertion><x xmlns='urn:x'/></saml:EncryptedAssertion>";
    assert_eq!(verify(&signed.replace(good, encrypted)), Err(SamlFault::EncryptedAssertion));
    assert_eq!(verify(&signed.replace(good, &format!("{encrypted}{good}"))), Err(SamlFault::SeveralAssertions));
    assert_eq!(verify(&signed.replace(good, "")), Err(SamlFault::NoAssertion));
}
