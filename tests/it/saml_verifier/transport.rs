//! The form field and the bytes in it, before anything is read.

use super::idp::Key;
use super::idp::expected;
use super::idp::message;
use super::idp::now;
use super::idp::verify;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward::protocol::saml::Login;
use doorward::protocol::saml::MAX_RESPONSE_BYTES;
use doorward::protocol::saml::SamlFault;
use doorward::protocol::saml::XmlFault;
use doorward::protocol::saml::verify_response;

fn post(field: &str) -> Result<Login, SamlFault> {
    verify_response(field, &expected(&[Key::Rsa.pinned()]), now())
}

#[test]
fn base64_may_be_folded_but_nothing_else() {
    let field = STANDARD.encode(message().xml());
    let lines: Vec<&str> = field.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    assert_eq!(post(&field).err(), None);
    assert_eq!(post(&lines.join("\r\n")).err(), None);
    let odd = [String::new(), " \n".to_owned(), "!".to_owned(), format!("{field}="), field.replace('P', "-")];
    for bad in odd.into_iter().chain([field.replace('A', "\u{a0}A")]) {
        assert_eq!(post(&bad), Err(SamlFault::NotBase64));
    }
}

#[test]
fn a_field_over_one_mebibyte_is_refused_unread() {
    assert_eq!(post(&"A".repeat(MAX_RESPONSE_BYTES + 4)), Err(SamlFault::TooLarge));
    assert!(matches!(post(&"A".repeat(MAX_RESPONSE_BYTES)), Err(SamlFault::Xml(XmlFault::Parse(_)))));
}

#[test]
fn a_document_type_is_refused_wherever_it_stands() {
    let good = message().xml();
    for xml in [
        format!("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>{good}"),
        format!("<!doctype x>{good}"),
        good.replace("ada-0815", "<!DOCTYPE x>ada-0815"),
    ] {
        assert_eq!(verify(&xml), Err(SamlFault::Xml(XmlFault::Doctype)));
    }
}

#[test]
fn other_encodings_and_broken_xml_are_refused() {
    let good = message().xml();
    assert_eq!(verify(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{good}")).err(), None);
    let utf7 = format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{good}");
    assert_eq!(verify(&utf7), Err(SamlFault::Xml(XmlFault::Declaration)));
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(post(&STANDARD.encode(utf16)), Err(SamlFault::Xml(_))));
    let cut = good[..good.len() - 1].to_owned();
    for broken in [cut, format!("{good}x"), good.repeat(2), good.replace("ada", "&ada;")] {
        assert!(matches!(verify(&broken), Err(SamlFault::Xml(_))), "{broken}");
    }
}

#[test]
fn deep_wide_and_namespace_heavy_documents_are_refused_at_once() {
    let deep = format!("{}{}", "<a>".repeat(40_000), "</a>".repeat(40_000));
    assert_eq!(verify(&deep), Err(SamlFault::Xml(XmlFault::TooDeep)));
    let names: String =
        (0..3_000).map(|n| format!("<a xmlns:p{n}='u:{n}' xmlns:q{n}='u:{n}' xmlns:r{n}='u:{n}'>")).collect();
    assert_eq!(verify(&names), Err(SamlFault::Xml(XmlFault::TooManyNamespaces)));
    let many = format!("<a>{}</a>", "<b/>".repeat(60_000));
    assert_eq!(verify(&many), Err(SamlFault::Xml(XmlFault::Parse(roxmltree::Error::NodesLimitReached))));
}

#[test]
fn the_person_is_told_the_same_whatever_was_wrong() {
    let forged = verify(&message().xml().replace("ada-0815", "eve-0815")).unwrap_err();
    let foreign = verify("<a/>").unwrap_err();
    assert_ne!(forged.to_string(), foreign.to_string());
    assert_eq!(forged.public_text(), foreign.public_text());
}
