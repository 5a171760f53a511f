//! Each rewrite by its id: it happens in `auto`, is noted, and does not happen in the strict profiles.

use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::Document;
use crate::protocol::scim::normalise;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::PROFILES;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Target;

fn lifted(profile: Profile, name: &str, value: &Value) -> (Value, Vec<Quirk>) {
    let registry = Registry::standard();
    let target = registry.resolve(ResourceType::User, name, Profile::Auto, &mut Applied::default());
    let Ok(Target::Attribute { attribute, .. }) = target else { panic!("{name}") };
    lift(profile, attribute, value)
}

fn lift(profile: Profile, attribute: &Attribute, value: &Value) -> (Value, Vec<Quirk>) {
    let mut applied = Applied::default();
    let value = normalise::value(attribute, value.clone(), profile, &mut applied);
    (value, applied.quirks().to_vec())
}

#[test]
fn r074_every_rewrite_of_a_value_has_its_id_and_is_off_in_strict_profiles() {
    for (name, sent, wanted, quirk) in [
        ("active", json!("False"), json!(false), Quirk::BooleanText),
        ("active", json!([true]), json!(true), Quirk::ArrayUnwrapped),
        ("title", json!({ "value": "x" }), json!("x"), Quirk::ValueObjectUnwrapped),
        ("title", json!(7), json!("7"), Quirk::NumberText),
        ("title", json!(""), json!(null), Quirk::EmptyDropped),
        ("manager", json!("m"), json!({ "value": "m" }), Quirk::ManagerForm),
        ("manager", json!([{ "value": "m" }]), json!({ "value": "m" }), Quirk::ManagerForm),
        ("emails", json!(["a@x"]), json!([{ "value": "a@x" }]), Quirk::BareElement),
        ("emails", json!({ "value": "a@x" }), json!([{ "value": "a@x" }]), Quirk::ElementWrapped),
        ("emails", json!([{ "type": "work" }]), json!([]), Quirk::EmptyDropped),
        ("roles", json!(["{\"value\":\"r\"}"]), json!([{ "value": "r" }]), Quirk::RoleForm),
        (
            "roles",
            json!([{ "value": "r", "displayName": "R" }]),
            json!([{ "value": "r", "display": "R" }]),
            Quirk::RoleForm,
        ),
    ] {
        assert_eq!(lifted(Profile::Auto, name, &sent), (wanted, vec![quirk]), "{name} {sent}");
        for strict in [Profile::RfcStrict, Profile::InteropStrict] {
            assert_eq!(lifted(strict, name, &sent), (sent.clone(), vec![]), "{name} {sent}");
        }
    }
}

#[test]
fn r074_text_becomes_a_number_where_the_schema_says_so() {
    let floor = Attribute::new("floor", AttributeType::Integer, "");
    assert_eq!(lift(Profile::Auto, &floor, &json!("7")), (json!(7), vec![Quirk::NumberText]));
    assert_eq!(lift(Profile::Auto, &floor, &json!("seven")), (json!("seven"), vec![]));
}

#[test]
fn what_is_standard_already_is_left_alone() {
    for (name, value) in [
        ("active", json!(true)),
        ("active", json!("perhaps")),
        ("active", json!("")),
        ("userName", json!("")),
        ("title", json!("{\"a\":1}")),
        ("emails", json!([{ "value": "a@x", "primary": true }])),
        ("name", json!({ "givenName": "A" })),
    ] {
        assert_eq!(lifted(Profile::Auto, name, &value), (value.clone(), vec![]), "{name}");
    }
}

#[test]
fn every_named_profile_lifts_as_auto_does() {
    for profile in PROFILES.into_iter().filter(|profile| !profile.is_strict()) {
        let sent = json!([{ "value": "False" }]);
        assert_eq!(lifted(profile, "active", &sent), lifted(Profile::Auto, "active", &sent), "{profile}");
    }
}

fn operation(profile: Profile, sent: &Value) -> (Value, Vec<Quirk>) {
    let mut applied = Applied::default();
    let body: Document = sent.as_object().unwrap().clone();
    (Value::Object(normalise::operation(body, profile, &mut applied)), applied.quirks().to_vec())
}

#[test]
fn every_rewrite_of_an_operation_has_its_id_and_is_off_in_strict_profiles() {
    for (sent, wanted, quirk) in [
        (json!({ "op": "Remove", "path": "title" }), json!({ "op": "remove", "path": "title" }), Quirk::OpCase),
        (json!({ "Op": "add", "path": "title" }), json!({ "op": "add", "path": "title" }), Quirk::MessageKeyCase),
        (
            json!({ "op": "replace", "value": "{\"active\":false}" }),
            json!({ "op": "replace", "value": { "active": false } }),
            Quirk::JsonText,
        ),
        (
            json!({ "op": "replace", "value": [{ "active": false }] }),
            json!({ "op": "replace", "value": { "active": false } }),
            Quirk::ArrayUnwrapped,
        ),
        (
            json!({ "op": "remove", "value": { "members": [{ "value": "u" }] } }),
            json!({ "op": "remove", "path": "members", "value": [{ "value": "u" }] }),
            Quirk::PathlessRemove,
        ),
    ] {
        assert_eq!(operation(Profile::Auto, &sent), (wanted, vec![quirk]), "{sent}");
        assert_eq!(operation(Profile::RfcStrict, &sent), (sent.clone(), vec![]), "{sent}");
    }
}

#[test]
fn d04_json_text_is_parsed_only_as_the_whole_value_of_a_path_less_operation() {
    let sent = json!({ "op": "replace", "path": "title", "value": "{\"active\":false}" });
    assert_eq!(operation(Profile::Auto, &sent), (sent.clone(), vec![]));
}
