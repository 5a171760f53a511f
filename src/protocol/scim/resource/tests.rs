use serde_json::json;

use super::*;
use crate::protocol::scim::error::ScimType;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn read(kind: ResourceType, profile: Profile, body: Value) -> Result<NewResource, ScimError> {
    read_resource(kind, Registry::standard(), body, profile)
}

fn user(body: Value) -> Result<NewResource, ScimError> {
    read(ResourceType::User, Profile::Auto, body)
}

fn put(kind: ResourceType, profile: Profile, old: Value, body: Value) -> NewResource {
    replace_resource(kind, Registry::standard(), old.as_object().unwrap(), body, profile).unwrap()
}

#[test]
fn okta_posts_a_user() {
    let new = user(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@corp.test",
        "name": { "givenName": "Ada", "familyName": "Byron" },
        "emails": [{ "primary": true, "value": "ada@corp.test", "type": "work" }],
        "displayName": "Ada Byron", "locale": "en-US", "externalId": "00uAda", "groups": [], "password": "x9!rnd",
        "active": true
    }))
    .unwrap();
    assert_eq!(new.user_name.as_deref(), Some("ada@corp.test"));
    assert_eq!(new.external_id.as_deref(), Some("00uAda"));
    assert_eq!(new.active, Some(true));
    assert!(new.document.get("password").is_none() && new.document.get("groups").is_none());
    assert_eq!(new.applied.quirks(), [Quirk::PasswordDiscarded]);
}

#[test]
fn entra_posts_a_user_with_a_plain_manager() {
    let new = user(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "ada", "userName": "ada@corp.test", "active": true, "displayName": "Ada Byron",
        "emails": [{ "primary": true, "type": "work", "value": "ada@corp.test" }], "meta": { "resourceType": "User" },
        "name": { "formatted": "Ada Byron", "familyName": "Byron", "givenName": "Ada" }, "roles": [],
        ENTERPRISE: { "department": "R&D", "manager": "m1" }
    }))
    .unwrap();
    assert_eq!(new.document[ENTERPRISE], json!({ "department": "R&D", "manager": { "value": "m1" } }));
    assert!(new.document.get("roles").is_none() && new.document.get("meta").is_none());
}

#[test]
fn entra_posts_a_group_with_a_schema_of_its_own() {
    let odd = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    let urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let body = json!({ "schemas": [urn, odd], "externalId": "o1", "displayName": "Eng" });
    let new = read(ResourceType::Group, Profile::Auto, body).unwrap();
    assert_eq!((new.display_name.as_deref(), new.members), (Some("Eng"), None));
    assert_eq!(new.ignored, [odd]);
}

#[test]
fn q16_onelogin_puts_a_user_with_urns_of_scim_1() {
    let body = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"], "userName": "ada",
        "active": true, "name": { "givenName": "Ada", "familyName": " Byron" }, "title": "",
        "emails": [{ "value": "ada@corp.test", "type": "work", "primary": true }],
        "urn:scim:schemas:extension:enterprise:1.0": { "department": "R&D" }
    });
    let new = put(
        ResourceType::User,
        Profile::Auto,
        json!({ "userName": "ada", "externalId": "7", "title": "x" }),
        body.clone(),
    );
    assert_eq!(new.external_id.as_deref(), Some("7"));
    assert_eq!(new.document["name"]["familyName"], json!(" Byron"));
    assert_eq!(new.document[ENTERPRISE], json!({ "department": "R&D" }));
    assert!(new.document.get("title").is_none());
    let strict = read(ResourceType::User, Profile::RfcStrict, body);
    assert_eq!(strict.unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
}

#[test]
fn r010_required_values_must_be_there() {
    for body in [json!({}), json!({ "userName": "" }), json!({ "userName": "  " }), json!({ "userName": null })] {
        assert_eq!(user(body.clone()).unwrap_err().scim_type, Some(ScimType::InvalidValue), "{body}");
    }
    let group = read(ResourceType::Group, Profile::Auto, json!({ "members": [] }));
    assert_eq!(group.unwrap_err().scim_type, Some(ScimType::InvalidValue));
}

#[test]
fn r002_r007_names_get_their_declared_spelling_and_empty_values_go() {
    let new = user(json!({
        "USERNAME": "ada", "Name": { "GIVENNAME": "Ada", "familyName": null }, "title": null, "emails": [],
        "phoneNumbers": [{ "Type": "work", "VALUE": "1" }, { "type": "home", "value": "" }], "nickName": ""
    }))
    .unwrap();
    let expected = json!({
        "userName": "ada", "name": { "givenName": "Ada" }, "phoneNumbers": [{ "type": "work", "value": "1" }],
        "active": true
    });
    assert_eq!(Value::Object(new.document), expected);
}

#[test]
fn r033_d06_schemas_and_unknown_names() {
    let new = user(json!({ "userName": "a", "shoeSize": 3, "name": { "nick": "x", "givenName": "A" } })).unwrap();
    assert_eq!(new.ignored, ["shoeSize", "name.nick"]);
    let syntax = Some(ScimType::InvalidSyntax);
    for schemas in [json!("urn"), json!([3]), json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]), json!({})] {
        assert_eq!(user(json!({ "schemas": schemas, "userName": "a" })).unwrap_err().scim_type, syntax, "{schemas}");
    }
    for profile in [Profile::RfcStrict, Profile::InteropStrict] {
        let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a", "shoeSize": 3 });
        assert_eq!(read(ResourceType::User, profile, body).unwrap_err().scim_type, syntax);
    }
    assert_eq!(user(json!(["a"])).unwrap_err().scim_type, syntax);
}

#[test]
fn q44_one_primary_is_left_and_duplicates_collapse() {
    let emails = json!([
        { "type": "work", "value": "A@x.test", "primary": true },
        { "type": "home", "value": "a@x.test", "primary": true },
        { "type": "work", "value": "a@X.test" }
    ]);
    let new = user(json!({ "userName": "a", "emails": emails })).unwrap();
    let expected = json!([
        { "type": "work", "value": "A@x.test", "primary": true },
        { "type": "home", "value": "a@x.test", "primary": false }
    ]);
    assert_eq!(new.document["emails"], expected);
}

#[test]
fn r065_to_r068_put_keeps_what_it_must_and_clears_the_rest() {
    let old =
        json!({ "userName": "a", "externalId": "e", "active": false, "title": "x", ENTERPRISE: { "division": "d" } });
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "b" });
    let kept = put(ResourceType::User, Profile::Auto, old.clone(), body.clone());
    assert_eq!(Value::Object(kept.document), json!({ "userName": "b", "externalId": "e", "active": false }));
    let strict = put(ResourceType::User, Profile::RfcStrict, old, body);
    assert_eq!((strict.active, Value::Object(strict.document)), (None, json!({ "userName": "b" })));
    let group = |profile, body| put(ResourceType::Group, profile, json!({ "displayName": "Eng" }), body).members;
    assert_eq!(group(Profile::Auto, json!({ "displayName": "E" })), None);
    assert_eq!(group(Profile::Auto, json!({ "displayName": "E", "members": [] })), Some(vec![]));
    assert_eq!(group(Profile::Ping, json!({ "displayName": "E" })), Some(vec![]));
}

#[test]
fn d04_active_is_never_guessed() {
    assert_eq!(user(json!({ "userName": "a", "active": "False" })).unwrap().active, Some(false));
    for value in [json!(null), json!(""), json!("perhaps"), json!(1)] {
        assert_eq!(
            user(json!({ "userName": "a", "active": value })).unwrap_err().scim_type,
            Some(ScimType::InvalidValue)
        );
    }
}

#[test]
fn r073f_members_are_read_apart_from_the_document() {
    let body =
        json!({ "displayName": "Eng", "members": ["u1", { "value": "u2", "display": "Bob", "type": "user" }, "u1"] });
    let new = read(ResourceType::Group, Profile::Auto, body).unwrap();
    let bob = Member { value: "u2".into(), display: Some("Bob".into()), kind: Some(ResourceType::User) };
    assert_eq!(new.members, Some(vec![Member { value: "u1".into(), display: None, kind: None }, bob]));
    assert!(new.document.get("members").is_none());
}

#[test]
fn d13_u0000_is_refused_even_in_what_would_be_ignored() {
    assert!(user(json!({ "userName": "a", "x": { "y": "\u{0}" } })).is_err());
}
