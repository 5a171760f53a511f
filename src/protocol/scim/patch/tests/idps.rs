//! The literal bodies that IdPs send.

use super::*;
use crate::protocol::scim::profile::Quirk;

#[test]
fn okta_deactivates_without_a_path() {
    let patched = user(json!([{ "op": "replace", "value": { "active": false } }])).unwrap();
    assert_eq!((patched.changed, &patched.document["active"]), (true, &json!(false)));
    assert!(patched.applied.quirks().is_empty());
}

#[test]
fn q11_okta_renames_a_group_with_its_id_in_the_value() {
    let patched = group(json!([{ "op": "replace", "value": { "id": "g", "displayName": "Engineering" } }])).unwrap();
    assert_eq!(patched.document, document(json!({ "displayName": "Engineering" })));
    assert_eq!(patched.applied.quirks(), [Quirk::ReadOnlyEcho]);
}

#[test]
fn okta_removes_and_adds_members_in_one_request() {
    let patched = group(json!([
        { "op": "remove", "path": "members[value eq \"u1\"]" },
        { "op": "add", "path": "members", "value": [{ "value": "u2", "display": "bob@corp.test" }] }
    ]))
    .unwrap();
    let bob = Member { display: Some("bob@corp.test".into()), ..member("u2") };
    assert_eq!(patched.members, [MemberChange::Remove(vec!["u1".into()]), MemberChange::Add(vec![bob])]);
    assert!(!patched.changed);
}

#[test]
fn q12_okta_pushes_a_group_whole_or_empty() {
    let push = |value| group(json!([{ "op": "replace", "path": "members", "value": value }])).unwrap().members;
    assert_eq!(push(json!([])), [MemberChange::Clear]);
    assert_eq!(push(json!([{ "value": "u1" }, { "value": "u1" }])), [MemberChange::Replace(vec![member("u1")])]);
    let pathless = group(json!([{ "op": "replace", "value": { "members": [{ "value": "u1" }] } }])).unwrap();
    assert_eq!(pathless.members, [MemberChange::Replace(vec![member("u1")])]);
}

#[test]
fn entra_updates_a_user_with_capitals_and_filters() {
    let patched = user(json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada2@corp.test" },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+4412345" },
        { "op": "Replace", "path": "name.familyName", "value": "Lovelace" },
        { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "m1" },
        { "op": "Remove", "path": "title" }
    ]))
    .unwrap();
    let expected = json!({
        "userName": "ada@corp.test", "active": true,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [
            { "type": "work", "value": "ada2@corp.test", "primary": true },
            { "type": "home", "value": "ada@home.example" }
        ],
        "phoneNumbers": [{ "type": "mobile", "value": "+4412345" }],
        ENTERPRISE: { "department": "R&D", "manager": { "value": "m1" } }
    });
    assert_eq!(patched.document, document(expected));
    let quirks = [Quirk::OpCase, Quirk::CreateFromFilter, Quirk::ManagerForm];
    assert_eq!(patched.applied.quirks(), quirks);
}

#[test]
fn q06_entra_fills_one_address_by_several_operations() {
    let patched = user(json!([
        { "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "London" },
        { "op": "Add", "path": "addresses[type eq \"work\"].country", "value": "UK" }
    ]))
    .unwrap();
    assert_eq!(patched.document["addresses"], json!([{ "type": "work", "locality": "London", "country": "UK" }]));
}

#[test]
fn q07_entra_with_the_flag_sends_dotted_and_urn_keys() {
    let patched = user(json!([{ "op": "replace", "value": {
        "displayName": "Ada L", "name.givenName": "A", format!("{ENTERPRISE}:department"): "X",
        "emails[type eq \"work\"].value": "w@corp.test"
    } }]))
    .unwrap();
    assert_eq!(patched.document["name"], json!({ "givenName": "A", "familyName": "Byron" }));
    assert_eq!(patched.document[ENTERPRISE]["department"], json!("X"));
    assert_eq!(patched.document["emails"][0]["value"], json!("w@corp.test"));
    assert!(patched.skipped.is_empty());
}

#[test]
fn q09_entra_and_jumpcloud_remove_members_by_a_list() {
    let remove = |value| group(json!([{ "op": "Remove", "path": "members", "value": value }])).unwrap().members;
    let listed = [MemberChange::Remove(vec!["u1".into()])];
    assert_eq!(remove(json!([{ "$ref": null, "value": "u1" }])), listed);
    assert_eq!(remove(json!({ "value": "u1" })), listed);
    assert_eq!(remove(json!("u1")), listed);
    assert_eq!(remove(json!([])), []);
    assert_eq!(remove(json!(null)), []);
    assert_eq!(group(json!([{ "op": "remove", "path": "members" }])).unwrap().members, [MemberChange::Clear]);
    let pathless = group(json!([{ "op": "remove", "value": { "members": [{ "value": "u1" }] } }])).unwrap();
    assert_eq!(pathless.members, listed);
}

#[test]
fn entra_adds_members_by_objects_and_others_by_bare_ids() {
    let add = |value| group(json!([{ "op": "Add", "path": "members", "value": value }])).unwrap().members;
    let both = [MemberChange::Add(vec![member("u1"), member("u2")])];
    assert_eq!(add(json!([{ "$ref": null, "value": "u1" }, { "value": "u2" }])), both);
    assert_eq!(add(json!(["u1", "u2"])), both);
    let nobody = group(json!([{ "op": "add", "path": "members", "value": [{ "display": "x" }] }]));
    assert_eq!(refusal(nobody), Some(ScimType::InvalidValue));
}

#[test]
fn d05_a_filter_never_creates_a_member() {
    let path = "members[value eq \"u1\"]";
    for op in ["add", "replace"] {
        let operation = json!([{ "op": op, "path": path, "value": { "value": "u2" } }]);
        assert_eq!(refusal(group(operation)), Some(ScimType::Mutability));
    }
    let renamed = group(json!([{ "op": "replace", "path": format!("{path}.display"), "value": "Bob" }])).unwrap();
    assert!(matches!(&renamed.members[..], [MemberChange::SetDisplay { display: Some(name), .. }] if name == "Bob"));
}

#[test]
fn members_are_removed_by_other_filters_too() {
    let several = group(json!([{ "op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]" }])).unwrap();
    assert_eq!(several.members, [MemberChange::Remove(vec!["a".into(), "b".into()])]);
    let by_name = group(json!([{ "op": "remove", "path": "members[display sw \"bo\"]" }])).unwrap();
    let [MemberChange::RemoveMatching(filter)] = &by_name.members[..] else { panic!("{by_name:?}") };
    assert!(Member { display: Some("Bob".into()), ..member("u1") }.matches(filter));
    assert!(!member("u2").matches(filter));
}

#[test]
fn q29_entra_roles_as_text_and_as_objects_of_its_own() {
    let text = r#"{"id":"1","value":"admin","displayName":"Admin"}"#;
    for value in [json!([text]), json!([{ "id": "1", "value": "admin", "displayName": "Admin" }]), json!(text)] {
        let patched = user(json!([{ "op": "Add", "path": "roles", "value": value }])).unwrap();
        assert_eq!(patched.document["roles"], json!([{ "value": "admin", "display": "Admin" }]));
        assert!(patched.skipped.is_empty());
    }
    let single = user(json!([{ "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "admin" }])).unwrap();
    assert_eq!(single.document["roles"], json!([{ "primary": true, "value": "admin" }]));
}

#[test]
fn q47_keycloak_sends_the_value_as_json_text_or_in_an_array() {
    for value in [json!("{\"active\":\"false\"}"), json!([{ "active": "false" }])] {
        let patched = user(json!([{ "op": "replace", "value": value }])).unwrap();
        assert_eq!(patched.document["active"], json!(false));
    }
}

#[test]
fn r076_a_thousand_operations_are_fine() {
    let operations: Vec<_> =
        (0..1000).map(|n| json!({ "op": "add", "path": "members", "value": [{ "value": format!("u{n}") }] })).collect();
    assert_eq!(group(Value::Array(operations)).unwrap().members.len(), 1000);
}
