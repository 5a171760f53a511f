//! Signatures: which are accepted, and which are not.

use super::idp::DSIG;
use super::idp::Key;
use super::idp::Sign;
use super::idp::expected;
use super::idp::message;
use super::idp::now;
use super::idp::verify;
use super::idp::verify_with;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward::protocol::saml::C14nFault;
use doorward::protocol::saml::SamlFault;
use doorward::protocol::saml::verify_response;
use proptest::prelude::*;

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const EXCLUSIVE_TRANSFORM: &str = r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#;
const ENVELOPED_TRANSFORM: &str =
    r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>"#;

fn with_prefixes(list: &str) -> String {
    format!(
        r#"<ds:Transform Algorithm="{EXCLUSIVE}"><ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{list}"/></ds:Transform>"#
    )
}

#[test]
fn every_level_and_key_family_is_accepted() {
    for key in [Key::Rsa, Key::P256, Key::P384] {
        for sign in [Sign::Assertion, Sign::Response, Sign::Both] {
            let xml = message().key(key).sign(sign).xml();
            let login = verify_with(&xml, &expected(&[key.pinned()]));
            assert_eq!(login.map(|login| login.name_id), Ok("ada-0815".to_owned()), "{key:?} {sign:?}");
        }
    }
}

#[test]
fn stronger_digests_and_prefix_lists_are_accepted() {
    let edits = [
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512"),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384"),
        ("[method]", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        ("[method]", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        (EXCLUSIVE_TRANSFORM, &with_prefixes("xs #default saml nowhere")),
    ];
    for (from, to) in edits {
        for sign in [Sign::Assertion, Sign::Response] {
            assert_eq!(message().sign(sign).template(from, to).verify().err(), None, "{to}");
        }
    }
}

#[test]
fn an_unsigned_message_is_refused() {
    assert_eq!(message().sign(Sign::Nothing).verify(), Err(SamlFault::Unsigned));
}

#[test]
fn a_connection_without_keys_accepts_nothing() {
    for sign in [Sign::Nothing, Sign::Assertion] {
        assert_eq!(verify_with(&message().sign(sign).xml(), &expected(&[])), Err(SamlFault::NoKeys));
    }
    let nine = vec![Key::Rsa.pinned(); 9];
    assert_eq!(verify_with(&message().xml(), &expected(&nine)), Err(SamlFault::TooManyKeys));
}

#[test]
fn a_strangers_key_is_refused_even_when_the_message_brings_it_along() {
    let pem = include_str!("../../fixtures/saml/rsa-next.crt");
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let info = format!(
        "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    );
    let signed = message().key(Key::RsaNext).xml();
    assert_eq!(verify(&signed), Err(SamlFault::SignatureMismatch));
    assert_eq!(verify(&signed.replace("</ds:SignatureValue>", &info)), Err(SamlFault::SignatureMismatch));
}

#[test]
fn key_info_is_not_looked_at() {
    for info in ["<ds:KeyInfo/>", "<ds:KeyInfo><ds:KeyName>x</ds:KeyName><foreign xmlns='urn:x'/></ds:KeyInfo>"] {
        let xml = message().xml().replace("</ds:SignatureValue>", &format!("</ds:SignatureValue>{info}"));
        assert_eq!(verify(&xml).err(), None, "{info}");
    }
}

#[test]
fn during_a_rollover_both_keys_are_good_even_of_two_families() {
    let keys = [Key::RsaNext.pinned(), Key::P256.pinned(), Key::Rsa.pinned()];
    for key in [Key::Rsa, Key::RsaNext, Key::P256] {
        assert_eq!(verify_with(&message().key(key).xml(), &expected(&keys)).err(), None, "{key:?}");
    }
    let others = [Key::RsaNext.pinned(), Key::P384.pinned()];
    assert_eq!(verify_with(&message().xml(), &expected(&others)), Err(SamlFault::SignatureMismatch));
    assert_eq!(verify_with(&message().key(Key::P256).xml(), &expected(&others)), Err(SamlFault::NoFittingKey));
}

#[test]
fn both_signatures_must_hold_when_both_are_there() {
    let good = message().sign(Sign::Both).xml();
    assert_eq!(verify(&good).err(), None);
    let tag = "<ds:SignatureValue>";
    let first = good.find(tag).unwrap() + tag.len();
    let last = good.rfind(tag).unwrap() + tag.len();
    assert_ne!(first, last);
    // the inner one is content of the outer one, which then no longer fits its digest
    for (at, fault) in [(first, SamlFault::SignatureMismatch), (last, SamlFault::DigestMismatch)] {
        let mut bad = good.clone();
        let other = if &bad[at..=at] == "A" { "B" } else { "A" };
        bad.replace_range(at..=at, other);
        assert_eq!(verify(&bad), Err(fault));
    }
}

#[test]
fn an_inner_signature_of_a_stranger_spoils_a_good_outer_one() {
    let inner = message().key(Key::RsaNext).xml();
    let start = inner.find("<saml:Assertion ").unwrap();
    let end = inner.find("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
    let both = message().sign(Sign::Response).response("[assertion]", &inner[start..end]);
    assert_eq!(both.verify(), Err(SamlFault::SignatureMismatch));
}

#[test]
fn weak_and_foreign_algorithms_are_refused() {
    for (from, to) in [
        ("[method]", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
    ] {
        let verdict = message().template(from, to).verify();
        assert_eq!(verdict, Err(SamlFault::SignatureAlgorithm(to.to_owned())));
    }
    let signed = message().xml();
    for to in ["http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "http://www.w3.org/2000/09/xmldsig#dsa-sha1", ""] {
        let xml = signed.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", to);
        assert_eq!(verify(&xml), Err(SamlFault::SignatureAlgorithm(to.to_owned())));
    }
}

#[test]
fn only_the_two_transforms_of_saml_are_taken() {
    let xpath = r#"<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>true()</ds:XPath></ds:Transform>"#;
    let with_comments = EXCLUSIVE_TRANSFORM.replace("exc-c14n#", "exc-c14n#WithComments");
    let inclusive = EXCLUSIVE_TRANSFORM.replace(EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315");
    let both = format!("{ENVELOPED_TRANSFORM}{EXCLUSIVE_TRANSFORM}");
    let signed = message().xml();
    for list in [
        format!("{ENVELOPED_TRANSFORM}{xpath}{EXCLUSIVE_TRANSFORM}"),
        format!("{ENVELOPED_TRANSFORM}{xpath}"),
        format!("{ENVELOPED_TRANSFORM}{with_comments}"),
        format!("{ENVELOPED_TRANSFORM}{inclusive}"),
        format!("{EXCLUSIVE_TRANSFORM}{ENVELOPED_TRANSFORM}"),
        format!("{ENVELOPED_TRANSFORM}{}", with_prefixes(&"p ".repeat(33))),
        ENVELOPED_TRANSFORM.to_owned(),
        EXCLUSIVE_TRANSFORM.to_owned(),
        String::new(),
    ] {
        let xml = signed.replace(&both, &list);
        assert_ne!(xml, signed);
        assert_eq!(verify(&xml), Err(SamlFault::SignatureTransforms), "{list}");
    }
    let method = format!(r#"<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>"#);
    let xml = signed.replace(&method, &method.replace("exc-c14n#", "exc-c14n#WithComments"));
    assert_eq!(verify(&xml), Err(SamlFault::SignatureTransforms));
}

#[test]
fn a_reference_must_point_to_its_own_parent() {
    let signed = message().xml();
    let elsewhere = ["", "#_response", "#xpointer(/)", "http://127.0.0.1:1/x", "file:///etc/passwd", "_assertion"];
    for uri in elsewhere {
        let xml = signed.replace("URI=\"#_assertion\"", &format!("URI=\"{uri}\""));
        assert_eq!(verify(&xml), Err(SamlFault::SignatureReference), "{uri}");
    }
    assert_eq!(verify(&signed.replace(" URI=\"#_assertion\"", "")), Err(SamlFault::SignatureReference));
    assert_eq!(verify(&signed.replace(" ID=\"_assertion\"", "")), Err(SamlFault::SignatureReference));
}

#[test]
fn a_signature_has_exactly_the_parts_of_the_grammar() {
    let signed = message().xml();
    let start = signed.find("<ds:Reference ").unwrap();
    let end = signed.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    let reference = &signed[start..end];
    let length = "rsa-sha256\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>";
    for (from, to) in [
        (reference, reference.repeat(2)),
        (reference, String::new()),
        ("</ds:Signature>", "<ds:Object>x</ds:Object></ds:Signature>".to_owned()),
        ("</ds:Signature>", "<ds:KeyInfo/><ds:KeyInfo/></ds:Signature>".to_owned()),
        ("</ds:SignedInfo>", "<ds:Other/></ds:SignedInfo>".to_owned()),
        ("</ds:SignedInfo>", "text</ds:SignedInfo>".to_owned()),
        ("</ds:SignedInfo>", "<!-- c --></ds:SignedInfo>".to_owned()),
        ("</ds:DigestValue>", "<!-- c --></ds:DigestValue>".to_owned()),
        ("</ds:SignatureValue>", "<!-- c --></ds:SignatureValue>".to_owned()),
        ("</ds:SignatureValue>", "!</ds:SignatureValue>".to_owned()),
        ("rsa-sha256\"/>", length.to_owned()),
    ] {
        let xml = signed.replace(from, &to);
        assert_ne!(xml, signed, "{from}");
        assert_eq!(verify(&xml), Err(SamlFault::SignatureGrammar), "{from} -> {to}");
    }
    assert_eq!(verify(&signed.replace(DSIG, "urn:other")), Err(SamlFault::Unsigned));
}

#[test]
fn changed_content_is_refused() {
    for sign in [Sign::Assertion, Sign::Response, Sign::Both] {
        let xml = message().sign(sign).xml();
        for (from, to) in [("ada-0815", "eve-0815"), ("staff", "admin"), ("12:05:00Z", "13:05:00Z"), ("ada@", "eve@")] {
            assert_eq!(verify(&xml.replace(from, to)), Err(SamlFault::DigestMismatch), "{from}");
        }
    }
}

#[test]
fn a_relative_namespace_has_no_canonical_form() {
    let tag = "<saml:Attribute Name=\"groups\"";
    let signed = message().xml().replace(tag, &format!("{tag} xmlns:r=\"rel\" r:a=\"b\""));
    assert_eq!(verify(&signed), Err(SamlFault::Canonical(C14nFault::RelativeNamespace)));
}

#[test]
fn a_flipped_byte_changes_nothing_or_is_refused() {
    let keys = [Key::Rsa.pinned()];
    let expected = expected(&keys);
    for sign in [Sign::Assertion, Sign::Response] {
        let good = message().sign(sign).xml();
        let login = verify(&good).unwrap();
        let mut bytes = good.into_bytes();
        let mut unseen = 0;
        for at in 0..bytes.len() {
            for flip in [0x01, 0x20] {
                bytes[at] ^= flip;
                if let Ok(other) = verify_response(&STANDARD.encode(&bytes), &expected, now()) {
                    assert_eq!(other, login, "byte {at}");
                    unseen += 1;
                }
                bytes[at] ^= flip;
            }
        }
        // the envelope of a signed assertion, and the URI of a prefix that nothing uses: nothing that is read
        assert!(unseen < 200, "{sign:?}: {unseen} changes went unseen");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the peer signs after its own canonicalization verifies after ours.
    #[test]
    fn our_canonical_form_is_the_peers(
        text in "[ -~\t\n\u{e4}\u{20ac}\u{1f600}]{0,40}",
        value in "[ -~\t\n\r\u{e4}]{0,20}",
        prefixes in prop::collection::btree_map("[a-d]", (0..3_u8, any::<bool>()), 0..4),
        default in prop::option::of(0..3_u8),
        listed in prop::collection::vec("[a-d]|xs|saml|#default", 0..4),
    ) {
        // raw white space in an attribute is a blank to every XML parser but the peer's, so it comes as references
        let value: String = value
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("&#{};", u32::from(c)) })
            .collect();
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let declared: String = prefixes.iter().map(|(prefix, (uri, used))| {
            let declaration = format!(" xmlns:{prefix}='urn:n:{uri}-{prefix}'");
            if *used { format!("{declaration} {prefix}:k=\"{value}\"") } else { declaration }
        }).collect();
        let inner = match default {
            None => String::new(),
            Some(0) => " xmlns=''".to_owned(),
            Some(n) => format!(" xmlns='urn:d:{n}'"),
        };
        let tree = format!(
            "<outer xmlns='urn:o'{declared}><inner{inner} z=\"{value}\" b='2' a='1'>{text}<![CDATA[<&>]]><leaf xmlns=''/></inner><!-- c --><saml:x{declared}/></outer>"
        );
        let xml = message()
            .key(Key::P256)
            .assertion("</saml:AttributeStatement>", &format!("</saml:AttributeStatement><saml:Advice>{tree}</saml:Advice>"))
            .template(EXCLUSIVE_TRANSFORM, &with_prefixes(&listed.join(" ")))
            .xml();
        let login = verify_with(&xml, &expected(&[Key::P256.pinned()]));
        prop_assert_eq!(login.map(|login| login.name_id), Ok("ada-0815".to_owned()), "{}", xml);
    }
}
