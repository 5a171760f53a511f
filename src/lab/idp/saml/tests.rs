use super::knobs::Signed;
use super::*;
use crate::base::sources::Sources;
use crate::lab::idp::person::{GroupsClaim, Person};
use bergshamra::keys::loader::load_x509_cert_der;
use bergshamra::{DsigContext, KeysManager, VerifyResult, verify_all};

fn idp() -> Core {
    let core = Core::new("http://127.0.0.1:9".to_owned(), Sources::system()).unwrap();
    let ada = Person::new("ada@acme.test", "Ada", "Byron & <Co>").in_groups(&["panel-admins", "R&D"]);
    core.memory().people.insert(ada.user_name.clone(), ada);
    core
}

fn answered(core: &Core) -> String {
    let person = core.person("ada@acme.test").unwrap();
    let ask = Ask { person: &person, acs: "http://sp.test/acs", audience: "http://sp.test", request: Some("_1") };
    response::write(core, &ask).unwrap()
}

fn verified(core: &Core, xml: &str) -> Vec<bool> {
    let mut manager = KeysManager::new();
    manager.add_key(load_x509_cert_der(&core.keys().certificate).unwrap());
    let results = verify_all(&DsigContext::new(manager), xml).unwrap_or_default();
    results.iter().map(VerifyResult::all_reference_digests_verified).collect()
}

#[test]
fn every_signed_variant_verifies_by_the_published_certificate() {
    let core = idp();
    for (signed, signatures) in [(Signed::Assertion, 1), (Signed::Response, 1), (Signed::Both, 2)] {
        core.memory().saml.signed = signed;
        assert_eq!(verified(&core, &answered(&core)), vec![true; signatures], "{signed:?}");
    }
}

#[test]
fn a_foreign_key_and_a_changed_response_do_not_verify() {
    let core = idp();
    core.memory().saml.foreign_key = true;
    assert_eq!(verified(&core, &answered(&core)), [false]);
    core.memory().saml.foreign_key = false;
    let change = Box::new(|xml: String| xml.replace("panel-admins", "panel-owners"));
    core.memory().tampering = Some(Tampering { when: Tamper::AfterSigning, change });
    let xml = answered(&core);
    assert!(xml.contains("panel-owners"));
    assert_eq!(verified(&core, &xml), [false]);
}

#[test]
fn a_change_before_signing_is_signed_and_happens_once() {
    let core = idp();
    let change = Box::new(|xml: String| xml.replace("panel-admins", "panel-owners"));
    core.memory().tampering = Some(Tampering { when: Tamper::BeforeSigning, change });
    let xml = answered(&core);
    assert!(xml.contains("panel-owners"));
    assert_eq!(verified(&core, &xml), [true]);
    assert!(answered(&core).contains("panel-admins"));
}

#[test]
fn groups_are_said_as_the_knob_wants() {
    let core = idp();
    for (knob, attribute, value) in [
        (GroupsClaim::Present, true, true),
        (GroupsClaim::Empty, true, false),
        (GroupsClaim::Absent, false, false),
        (GroupsClaim::Overage, false, false),
    ] {
        core.memory().saml.groups = knob;
        let xml = answered(&core);
        assert_eq!((xml.contains("Name=\"groups\""), xml.contains("panel-admins")), (attribute, value), "{knob:?}");
    }
}

#[test]
fn the_response_answers_the_request_and_speaks_to_the_service_provider() {
    let xml = answered(&idp());
    let document = roxmltree::Document::parse(&xml).unwrap();
    assert_eq!(document.root_element().attribute("InResponseTo"), Some("_1"));
    assert_eq!(document.root_element().attribute("Destination"), Some("http://sp.test/acs"));
    let text = |name| document.descendants().find(|node| node.has_tag_name(name)).and_then(|node| node.text());
    let assertion = "urn:oasis:names:tc:SAML:2.0:assertion";
    assert_eq!(text((assertion, "Audience")), Some("http://sp.test"));
    assert_eq!(text((assertion, "NameID")), Some("ada@acme.test"));
}
