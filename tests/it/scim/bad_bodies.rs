//! Valid bodies in which one value after another is replaced by one of every other kind: never a fault of ours, and a
//! refusal changes nothing.

use crate::harness::database::{Engine, on_both_engines};
use crate::harness::gateway::{Directory, Reply, TestGateway, usual_rules};
use crate::harness::thoroughness;
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One request whose body is taken apart.
struct Template {
    method: &'static str,
    path: String,
    body: Value,
}

fn others() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-7.25),
        json!(1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!("text"),
        json!("a\0b"),
        json!("x".repeat(3000)),
        json!("{\"active\":\"false\"}"),
        json!([]),
        json!([null]),
        json!([[]]),
        json!(["text"]),
        json!([{}]),
        json!({}),
        json!({"value": {"value": []}}),
        json!({"": null}),
        json!([{"value": 1, "primary": "True"}, 5, {"type": []}]),
    ]
}

/// The places of a body, outermost first.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{i}"), into);
            }
        }
        _ => {}
    }
}

fn person(name: &str, manager: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": name, "externalId": format!("ext-{name}"), "active": true, "displayName": "A", "title": "T",
        "profileUrl": "https://x.test/a", "password": "p",
        "name": {"givenName": "A", "familyName": "B"},
        "emails": [{"value": name, "type": "work", "primary": true, "display": "d"}, {"value": "h@x.test"}],
        "addresses": [{"locality": "L", "type": "home"}],
        "roles": [{"value": "r", "primary": true}],
        "x509Certificates": [{"value": "QUJD"}],
        ENTERPRISE: {"employeeNumber": "1", "manager": {"value": manager}},
    })
}

fn templates(ada: &str, bob: &str, group: &str) -> Vec<Template> {
    let template = |method, path: &str, body| Template { method, path: path.to_owned(), body };
    let operations = json!([
        {"op": "replace", "path": "active", "value": true},
        {"op": "add", "path": "emails[type eq \"work\"].value", "value": "w@x.test"},
        {"op": "Add", "value": {"name.givenName": "A", "nickName": "n", format!("{ENTERPRISE}:department"): "d"}},
        {"op": "replace", "path": "name", "value": {"familyName": "B"}},
        {"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": bob},
        {"op": "remove", "path": "phoneNumbers", "value": [{"value": "1"}]},
        {"op": "remove", "path": "title"},
    ]);
    let members = json!([
        {"op": "add", "path": "members", "value": [{"value": bob, "display": "b", "type": "User"}]},
        {"op": "remove", "path": format!("members[value eq \"{bob}\"]")},
        {"op": "replace", "value": {"id": group, "displayName": "panel-south-users"}},
    ]);
    let bulk = json!([
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "bulk", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}},
        {"method": "PATCH", "path": format!("/Groups/{group}"), "version": "W/\"0\"", "data": {"Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:u"}]}]}},
        {"method": "DELETE", "path": "/Users/bulkId:u"},
    ]);
    vec![
        template("POST", "/Users", person("new@acme.test", bob)),
        template("PUT", &format!("/Users/{ada}"), person("ada@acme.test", bob)),
        template("PATCH", &format!("/Users/{ada}"), json!({"schemas": [PATCH], "Operations": operations})),
        template(
            "POST",
            "/Groups",
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "new", "externalId": "g",
            "members": [{"value": ada, "$ref": "x", "type": "User", "display": "a"}]}),
        ),
        template(
            "PUT",
            &format!("/Groups/{group}"),
            json!({"displayName": "panel-north-users", "members": [{"value": ada}, {"value": bob}]}),
        ),
        template("PATCH", &format!("/Groups/{group}"), json!({"schemas": [PATCH], "Operations": members})),
        template(
            "POST",
            "/Bulk",
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": 1, "Operations": bulk}),
        ),
        template(
            "POST",
            "/.search",
            json!({"filter": "userName pr", "attributes": ["userName"], "sortBy": "userName", "sortOrder": "ascending",
            "startIndex": 1, "count": 2}),
        ),
        template("POST", "/Users/.search", json!({"cursor": "", "excludedAttributes": ["groups"], "count": 2})),
    ]
}

/// The request with one value replaced; every answer is SCIM's, and what was refused has left everything as it was.
async fn try_one(directory: &Directory, template: &Template, place: &str, other: &Value) {
    let mut body = template.body.clone();
    *body.pointer_mut(place).unwrap() = other.clone();
    let what = format!("{} {} with {other} at {place:?}", template.method, template.path);
    let before = directory.everything().await;
    let reply = directory.call(template.method, &template.path, Some(body)).await;
    assert!(reply.status < 500, "{what}: {}", reply.body);
    if reply.status >= 400 {
        assert_eq!(
            reply.body["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:Error"]),
            "{what}: {}",
            reply.body
        );
        assert_eq!(reply.body["status"], reply.status.to_string(), "{what}");
        assert_eq!(directory.everything().await, before, "{what}: {}", reply.body);
        return;
    }
    if template.path == "/Bulk" {
        no_fault_of_ours(&what, &reply);
    }
    if let (201, Some(id)) = (reply.status, reply.body["id"].as_str()) {
        directory.call("DELETE", &format!("{}/{id}", template.path), None).await.expect(204);
    }
    holds_nothing_that_it_must_not(&what, &directory.everything().await);
}

fn no_fault_of_ours(what: &str, reply: &Reply) {
    for one in reply.body["Operations"].as_array().unwrap() {
        assert!(!one["status"].as_str().unwrap().starts_with('5'), "{what}: {one}");
    }
}

/// Whatever was taken is in the form of the schema.
fn holds_nothing_that_it_must_not(what: &str, everything: &Value) {
    for one in everything.as_array().unwrap().iter().flat_map(|list| list["Resources"].as_array().unwrap()) {
        assert!(one["id"].is_string() && one["meta"]["version"].is_string(), "{what}: {one}");
        assert!(one.get("password").is_none(), "{what}: {one}");
        if one["meta"]["resourceType"] == "User" {
            assert!(one["userName"].as_str().is_some_and(|name| !name.trim().is_empty()), "{what}: {one}");
            assert!(one["active"].is_boolean(), "{what}: {one}");
            for name in ["emails", "addresses", "roles", "phoneNumbers", "x509Certificates"] {
                let items = one.get(name).map(|list| list.as_array().unwrap());
                assert!(
                    items.is_none_or(|items| !items.is_empty() && items.iter().all(Value::is_object)),
                    "{what}: {one}"
                );
                let primary = items.into_iter().flatten().filter(|item| item["primary"] == true).count();
                assert!(primary < 2, "{what}: {one}");
            }
        } else {
            assert!(one["displayName"].as_str().is_some_and(|name| !name.trim().is_empty()), "{what}: {one}");
        }
    }
}

async fn try_all(engine: Engine, profile: &str, step: usize) {
    let gw = TestGateway::start(engine).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let directory = acme.directory("okta", profile).await;
    let ada = directory.create_user("ada@acme.test").await.expect(201).id();
    let bob = directory.create_user("bob@acme.test").await.expect(201).id();
    let group = directory.create_group("panel-north-users", &[&ada]).await.expect(201).id();
    // All of them would take minutes: a run takes each `step`th, another profile others.
    let mut number = profile.len();
    for template in templates(&ada, &bob, &group) {
        let mut all = Vec::new();
        places(&template.body, "", &mut all);
        for place in all {
            for other in others() {
                number += 1;
                if number.is_multiple_of(step) {
                    try_one(&directory, &template, &place, &other).await;
                }
            }
        }
    }
}

on_both_engines! {
    async fn any_value_of_a_body_may_be_of_any_kind(engine) {
        try_all(engine, "auto", (13 / thoroughness()).max(1)).await;
    }

    async fn any_value_of_a_body_may_be_of_any_kind_in_a_strict_directory(engine) {
        try_all(engine, "rfc-strict", (41 / thoroughness()).max(1)).await;
    }
}
