mod cases;
mod idps;

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::protocol::scim::error::ScimType;
use crate::protocol::scim::member::Member;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ada() -> Value {
    json!({
        "userName": "ada@corp.test", "active": true, "title": "Countess",
        "name": { "givenName": "Ada", "familyName": "Byron" },
        "emails": [
            { "type": "work", "value": "ada@corp.test", "primary": true },
            { "type": "home", "value": "ada@home.example" }
        ],
        ENTERPRISE: { "department": "R&D" }
    })
}

fn document(value: Value) -> Document {
    value.as_object().unwrap().clone()
}

fn run(kind: ResourceType, profile: Profile, start: Value, operations: Value) -> Result<Patched, ScimError> {
    let body = json!({ "schemas": [PATCH_URN], "Operations": operations });
    PatchRequest::parse(body, kind, profile)?.apply(Registry::standard(), &document(start))
}

fn user(operations: Value) -> Result<Patched, ScimError> {
    run(ResourceType::User, Profile::Auto, ada(), operations)
}

fn strict(operations: Value) -> Result<Patched, ScimError> {
    run(ResourceType::User, Profile::RfcStrict, ada(), operations)
}

fn group(operations: Value) -> Result<Patched, ScimError> {
    run(ResourceType::Group, Profile::Auto, json!({ "displayName": "Eng" }), operations)
}

fn member(id: &str) -> Member {
    Member { value: id.into(), display: None, kind: None }
}

/// The document after one operation on Ada.
fn after(op: &str, path: &str, value: Value) -> Value {
    let patched = user(json!([{ "op": op, "path": path, "value": value }]));
    Value::Object(patched.unwrap_or_else(|error| panic!("{op} {path}: {error}")).document)
}

fn refusal(result: Result<Patched, ScimError>) -> Option<ScimType> {
    result.unwrap_err().scim_type
}

#[test]
fn a_patch_tells_which_attributes_it_names() {
    let names = |operations: Value| {
        let body = json!({ "schemas": [PATCH_URN], "Operations": operations });
        PatchRequest::parse(body, ResourceType::User, Profile::Auto).unwrap().names("active")
    };
    assert!(names(json!([{ "op": "Replace", "path": "active", "value": "False" }])));
    assert!(names(
        json!([{ "op": "replace", "value": { "title": "X" } }, { "op": "replace", "value": { "Active": false } }])
    ));
    assert!(names(
        json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": true }])
    ));
    assert!(!names(json!([{ "op": "replace", "path": "title", "value": "active" }])));
}
