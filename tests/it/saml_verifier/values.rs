//! What is read from a good message, and values that could be read in two ways.

use super::idp::IDP;
use super::idp::REQUEST;
use super::idp::Sign;
use super::idp::message;
use super::idp::verify;
use doorward::protocol::saml::Claimed;
use doorward::protocol::saml::NameIdFormat;
use doorward::protocol::saml::SamlFault;
use doorward::protocol::saml::ValueFault;

const GROUP_VALUES: &str =
    "<saml:AttributeValue>staff</saml:AttributeValue><saml:AttributeValue>panel-admins</saml:AttributeValue>";

fn value(element: &'static str, source: ValueFault) -> SamlFault {
    SamlFault::Value { element, source }
}

#[test]
fn a_login_says_all_that_the_assertion_says() {
    let login = message().verify().unwrap();
    assert_eq!((login.name_id.as_str(), &login.name_id_format), ("ada-0815", &NameIdFormat::Persistent));
    assert_eq!(login.session_index.as_deref(), Some("_session"));
    assert_eq!(login.session_not_on_or_after, "2026-01-01T20:00:00Z".parse().ok());
    assert_eq!(Some(login.authn_instant), "2026-01-01T11:58:00Z".parse().ok());
    let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    assert_eq!(login.authn_context.as_deref(), Some(password));
    assert_eq!((login.assertion_id.as_str(), login.issuer.as_str()), ("_assertion", IDP));
    assert_eq!(login.in_response_to.as_deref(), Some(REQUEST));
    assert_eq!(Some(login.assertion_expires), "2026-01-01T12:15:00Z".parse().ok());
    assert_eq!(login.first("email"), Some("ada@acme.test"));
    assert_eq!(login.first("mail"), Some("ada@acme.test"));
    assert_eq!(login.claimed("groups"), Claimed::Present(vec!["staff", "panel-admins"]));
    assert_eq!(login.claimed("roles"), Claimed::Absent);
    assert!(!login.groups_overflow());
}

#[test]
fn a_comment_cannot_cut_a_name_short() {
    for to in ["ada@acme.test<!---->.evil.test", "<!--x-->ada-0815"] {
        assert_eq!(message().assertion("ada-0815", to).verify(), Err(value("NameID", ValueFault::NotText)));
    }
    // canonicalization drops comments, so that one slipped in afterwards leaves the signature good
    let xml = message().sign(Sign::Both).xml();
    for (from, to, element) in [
        ("ada-0815", "ada<!---->-0815", "NameID"),
        (">staff", "><!---->staff", "AttributeValue"),
        (">https://sp.test/saml/con-1<", ">https://sp.test<!---->/saml/con-1<", "Audience"),
    ] {
        assert_eq!(verify(&xml.replace(from, to)), Err(value(element, ValueFault::NotText)));
    }
}

#[test]
fn elements_inside_values_are_refused() {
    let nested = message().assertion("ada-0815", "<b xmlns=\"urn:x\">ada-0815</b>").verify();
    assert_eq!(nested, Err(value("NameID", ValueFault::NotText)));
    let attribute = message().assertion("ada@acme.test", "<saml:NameID>ada@acme.test</saml:NameID>").verify();
    assert_eq!(attribute, Err(value("AttributeValue", ValueFault::NotText)));
}

#[test]
fn a_name_id_is_trimmed_and_must_be_something() {
    assert_eq!(message().assertion("ada-0815", "\n  ada-0815 ").verify().unwrap().name_id, "ada-0815");
    assert_eq!(message().assertion("ada-0815", "<![CDATA[ada&]]>lovelace").verify().unwrap().name_id, "ada&lovelace");
    for (text, fault) in [
        (String::new(), ValueFault::Empty),
        (" \n ".to_owned(), ValueFault::Empty),
        ("ada&#9;x".to_owned(), ValueFault::ControlCharacter),
        ("a".repeat(1025), ValueFault::TooLong),
    ] {
        assert_eq!(message().assertion("ada-0815", &text).verify(), Err(value("NameID", fault)));
    }
}

#[test]
fn names_are_compared_byte_for_byte() {
    for (from, to) in [
        ("<saml:Audience>https://sp.test", "<saml:Audience>https://SP.test"),
        ("con-1</saml:Audience>", "con-1/</saml:Audience>"),
        ("con-1</saml:Audience>", "con-1 </saml:Audience>"),
    ] {
        assert!(matches!(message().assertion(from, to).verify(), Err(SamlFault::Audience { .. })), "{to}");
    }
}

#[test]
fn absent_and_empty_groups_differ() {
    let nil = r#"<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>"#;
    for values in ["", nil, "<saml:AttributeValue/>"] {
        let login = message().assertion(GROUP_VALUES, values).verify().unwrap();
        assert_eq!(login.claimed("groups"), Claimed::Present(vec![]), "{values}");
    }
    let overflow = "Name=\"http://schemas.microsoft.com/claims/groups.link\"";
    let login = message().assertion("Name=\"groups\"", overflow).verify().unwrap();
    assert!(login.groups_overflow());
    assert_eq!(login.claimed("groups"), Claimed::Absent);
}

#[test]
fn a_thousand_groups_are_read() {
    let groups: String = (0..1000).map(|n| format!("<saml:AttributeValue>group {n}</saml:AttributeValue>")).collect();
    let login = message().assertion(GROUP_VALUES, &groups).verify().unwrap();
    let Claimed::Present(groups) = login.claimed("groups") else { panic!("the attribute is there") };
    assert_eq!((groups.len(), groups[999]), (1000, "group 999"));
}

#[test]
fn what_is_encrypted_inside_the_assertion_is_refused_by_name() {
    let name = "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">ada-0815</saml:NameID>";
    assert_eq!(message().assertion(name, "<saml:EncryptedID/>").verify(), Err(SamlFault::EncryptedNameId));
    let encrypted = "<saml:EncryptedAttribute/></saml:AttributeStatement>";
    let verdict = message().assertion("</saml:AttributeStatement>", encrypted).verify();
    assert_eq!(verdict, Err(SamlFault::EncryptedAttribute));
}
