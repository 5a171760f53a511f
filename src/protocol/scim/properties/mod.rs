//! Properties over generated requests: printing reads back, PATCH agrees with a naive model, the plan never loses a
//! match, and no input brings anything down.

mod filters;
mod patches;

use serde_json::Value;

use proptest::prelude::*;

/// Any JSON, of the names and texts that matter to SCIM.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "userName",
        "emails",
        "value",
        "type",
        "primary",
        "members",
        "active",
        "name",
        "name.givenName",
        "roles",
        "",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "manager",
        "schemas",
        "Operations",
        "op",
        "path",
        "add",
        "replace",
        "remove",
        "True",
        "False",
        "emails[type eq \"work\"].value",
        "members[value eq \"u\"]",
        "a\u{0}",
        "displayName",
        "id",
        "meta",
        "password",
        "{\"active\":\"false\"}",
        "data",
        "method",
        "bulkId:x",
        "bulkId",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}
