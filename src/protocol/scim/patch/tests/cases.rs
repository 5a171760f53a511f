use super::*;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Mutability;
use crate::protocol::scim::schema::Schema;

#[test]
fn r069_the_structure_is_checked() {
    let parse = |body| PatchRequest::parse(body, ResourceType::User, Profile::Auto).map_err(|error| error.scim_type);
    let syntax = Err(Some(ScimType::InvalidSyntax));
    for body in [
        json!([]),
        json!({}),
        json!({ "Operations": [] }),
        json!({ "Operations": {} }),
        json!({ "Operations": [3] }),
        json!({ "Operations": [{ "op": "move", "path": "title" }] }),
        json!({ "Operations": [{ "path": "title" }] }),
    ] {
        assert_eq!(parse(body.clone()).map(drop), syntax, "{body}");
    }
    assert!(parse(json!({ "operations": [{ "OP": "Add", "path": "title", "value": "x" }] })).is_ok());
}

#[test]
fn r070_all_operations_or_none_in_order() {
    let patched = user(json!([
        { "op": "remove", "path": "title" },
        { "op": "add", "path": "title", "value": "Lady" },
        { "op": "replace", "path": "title", "value": "Dame" }
    ]));
    assert_eq!(patched.unwrap().document["title"], json!("Dame"));
    let failed =
        user(json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "remove", "path": "userName" }]));
    assert_eq!(refusal(failed), Some(ScimType::Mutability));
}

#[test]
fn r071_what_changes_nothing_is_no_change() {
    for operation in [
        json!({ "op": "replace", "path": "title", "value": "Countess" }),
        json!({ "op": "replace", "value": { "active": true } }),
        json!({ "op": "add", "path": "emails", "value": [{ "type": "work", "value": "ADA@corp.test".to_lowercase(), "primary": true }] }),
        json!({ "op": "remove", "path": "nickName" }),
        json!({ "op": "remove", "path": "emails[type eq \"other\"]" }),
        json!({ "op": "replace", "path": "emails", "value": [
            { "type": "home", "value": "ada@home.example" },
            { "type": "work", "value": "ada@corp.test", "primary": true } ] }),
    ] {
        let patched = user(json!([operation.clone()])).unwrap();
        assert!(!patched.changed, "{operation}");
    }
}

#[test]
fn r073a_add_without_a_path_merges_the_object() {
    let patched = user(json!([{ "op": "add", "value": {
        "title": "Lady", "name.givenName": "Augusta", "emails": [{ "type": "other", "value": "a@x.test" }],
        format!("{ENTERPRISE}:employeeNumber"): "7", ENTERPRISE: { "division": "A" } } }]));
    let document = patched.unwrap().document;
    assert_eq!(document["title"], json!("Lady"));
    assert_eq!(document["name"], json!({ "givenName": "Augusta", "familyName": "Byron" }));
    assert_eq!(document["emails"].as_array().unwrap().len(), 3);
    assert_eq!(document[ENTERPRISE], json!({ "department": "R&D", "employeeNumber": "7", "division": "A" }));
    assert_eq!(refusal(user(json!([{ "op": "add", "value": "x" }]))), Some(ScimType::InvalidValue));
}

#[test]
fn r073b_replace_without_a_path_replaces_lists_and_ignores_id_schemas_and_meta() {
    let patched = user(json!([{ "op": "replace", "value": {
        "id": "x", "schemas": ["y"], "meta": {}, "emails": [{ "value": "new@x.test" }] } }]));
    assert_eq!(patched.unwrap().document["emails"], json!([{ "value": "new@x.test" }]));
}

#[test]
fn r073c_remove_without_a_path_has_no_target() {
    assert_eq!(refusal(user(json!([{ "op": "remove" }]))), Some(ScimType::NoTarget));
}

#[test]
fn r073d_to_f_add_sets_merges_and_appends() {
    assert_eq!(after("add", "nickName", json!("A"))["nickName"], json!("A"));
    assert_eq!(after("add", "name", json!({ "middleName": "K" }))["name"]["givenName"], json!("Ada"));
    assert_eq!(after("add", "emails", json!({ "value": "c@x.test" }))["emails"][2], json!({ "value": "c@x.test" }));
    assert_eq!(after("add", "emails", json!("c@x.test"))["emails"][2], json!({ "value": "c@x.test" }));
    assert_eq!(refusal(strict(json!([{ "op": "add", "path": "title", "value": 3 }]))), Some(ScimType::InvalidValue));
    assert_eq!(refusal(user(json!([{ "op": "add", "path": "title" }]))), Some(ScimType::InvalidValue));
}

#[test]
fn r073g_m_a_filter_with_a_match_writes_that_element_alone() {
    for op in ["add", "replace"] {
        let emails = after(op, "emails[type eq \"work\"].value", json!("b@x.test"))["emails"].clone();
        assert_eq!(emails[0], json!({ "type": "work", "value": "b@x.test", "primary": true }));
        assert_eq!(emails[1], json!({ "type": "home", "value": "ada@home.example" }));
    }
}

#[test]
fn r073h_n_a_filter_without_a_match_makes_the_element() {
    for op in ["add", "replace"] {
        let phones = after(op, "phoneNumbers[type eq \"mobile\"].value", json!("+44"))["phoneNumbers"].clone();
        assert_eq!(phones, json!([{ "type": "mobile", "value": "+44" }]));
        let operation = json!([{ "op": op, "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44" }]);
        assert_eq!(refusal(strict(operation)), Some(ScimType::NoTarget));
        let vague = json!([{ "op": op, "path": "phoneNumbers[type co \"mob\"].value", "value": "+44" }]);
        assert_eq!(refusal(user(vague)), Some(ScimType::NoTarget));
    }
}

#[test]
fn r073j_replacing_a_complex_attribute_leaves_the_others() {
    assert_eq!(
        after("replace", "name", json!({ "familyName": "King" }))["name"],
        json!({ "givenName": "Ada", "familyName": "King" })
    );
    assert_eq!(after("replace", "name", json!({ "familyName": null }))["name"], json!({ "givenName": "Ada" }));
}

#[test]
fn r073k_l_lists_and_elements_are_replaced() {
    assert!(after("replace", "emails", json!([])).get("emails").is_none());
    assert!(after("replace", "emails", json!(null)).get("emails").is_none());
    let emails =
        after("replace", "emails[type eq \"home\"]", json!({ "type": "other", "value": "o@x.test" }))["emails"].clone();
    assert_eq!(emails[1], json!({ "type": "other", "value": "o@x.test" }));
}

#[test]
fn r073o_required_and_read_only_attributes_stay_and_active_never_falls_back() {
    assert!(after("remove", "title", json!(null)).get("title").is_none());
    for (path, reason) in [
        ("userName", ScimType::Mutability),
        ("id", ScimType::Mutability),
        ("groups", ScimType::Mutability),
        ("meta.version", ScimType::Mutability),
        ("active", ScimType::InvalidValue),
    ] {
        assert_eq!(refusal(user(json!([{ "op": "remove", "path": path }]))), Some(reason), "{path}");
    }
}

#[test]
fn d04_active_is_coerced_or_refused_and_never_guessed() {
    for value in [json!("False"), json!([{ "value": "False" }]), json!("false"), json!([false])] {
        assert_eq!(after("Replace", "active", value)["active"], json!(false));
    }
    for value in [json!(null), json!(""), json!("perhaps"), json!([]), json!(0), json!({})] {
        let operation = json!([{ "op": "replace", "path": "active", "value": value }]);
        assert_eq!(refusal(user(operation)), Some(ScimType::InvalidValue), "{value}");
        let pathless = json!([{ "op": "replace", "value": { "active": value } }]);
        assert_eq!(refusal(user(pathless)), Some(ScimType::InvalidValue), "{value}");
    }
    assert_eq!(
        refusal(strict(json!([{ "op": "replace", "path": "active", "value": "False" }]))),
        Some(ScimType::InvalidValue)
    );
}

#[test]
fn r073p_q_removing_by_filter() {
    let emails = after("remove", "emails[type eq \"home\"]", json!(null))["emails"].clone();
    assert_eq!(emails.as_array().unwrap().len(), 1);
    let emails = after("remove", "emails[type eq \"home\"].value", json!(null))["emails"].clone();
    assert_eq!(emails.as_array().unwrap().len(), 1);
    let emails = after("remove", "emails[value eq \"ada@home.example\"].type", json!(null))["emails"].clone();
    assert_eq!(emails[1], json!({ "value": "ada@home.example" }));
}

#[test]
fn r073r_remove_with_a_value_removes_what_is_listed_and_nothing_else() {
    let emails = after("remove", "emails", json!([{ "value": "ADA@home.example" }]))["emails"].clone();
    assert_eq!(emails.as_array().unwrap().len(), 1);
    for nothing in [json!([]), json!(null)] {
        assert_eq!(after("remove", "emails", nothing)["emails"].as_array().unwrap().len(), 2);
    }
    let cleared = user(json!([{ "op": "remove", "path": "emails" }])).unwrap();
    assert!(cleared.document.get("emails").is_none());
    let listed = json!([{ "op": "remove", "path": "emails", "value": [{ "value": "x" }] }]);
    assert_eq!(refusal(strict(listed)), Some(ScimType::InvalidValue));
}

#[test]
fn r073s_t_urns_in_the_path() {
    assert_eq!(after("add", "urn:ietf:params:scim:schemas:core:2.0:User:title", json!("x"))["title"], json!("x"));
    let whole = after("replace", ENTERPRISE, json!({ "department": "HR", "costCenter": "1" }));
    assert_eq!(whole[ENTERPRISE], json!({ "department": "HR", "costCenter": "1" }));
    assert!(after("remove", ENTERPRISE, json!(null)).get(ENTERPRISE).is_none());
    let own = "urn:ietf:params:scim:schemas:extension:doorward:2.0:User";
    for path in [own.to_owned(), format!("{own}:role")] {
        let operation = json!([{ "op": "add", "path": path, "value": { "role": "admin" } }]);
        assert_eq!(refusal(user(operation)), Some(ScimType::Mutability));
    }
}

#[test]
fn r073u_bad_paths_are_told() {
    let with = |path: &str| refusal(user(json!([{ "op": "add", "path": path, "value": "x" }])));
    assert_eq!(with("emails[type eq"), Some(ScimType::InvalidFilter));
    assert_eq!(with("emails]"), Some(ScimType::InvalidPath));
    assert_eq!(with("emails[size eq 3].value"), Some(ScimType::InvalidFilter));
}

#[test]
fn d06_an_unknown_path_is_skipped_and_named_and_alone_it_is_refused() {
    let patched = user(json!([
        { "op": "Add", "path": "urn:acme:custom:shoeSize", "value": "9" },
        { "op": "Replace", "path": "active", "value": "False" }
    ]))
    .unwrap();
    assert_eq!(patched.skipped, ["urn:acme:custom:shoeSize"]);
    assert_eq!(patched.document["active"], json!(false));
    assert_eq!(
        refusal(user(json!([{ "op": "replace", "path": "__ENABLE__", "value": false }]))),
        Some(ScimType::InvalidPath)
    );
    assert_eq!(refusal(user(json!([{ "op": "replace", "value": { "shoe size": 3 } }]))), Some(ScimType::InvalidPath));
    let strict =
        strict(json!([{ "op": "add", "path": "shoeSize", "value": "9" }, { "op": "remove", "path": "title" }]));
    assert_eq!(refusal(strict), Some(ScimType::InvalidPath));
}

#[test]
fn r008_d09_a_new_primary_takes_the_mark_from_the_old_one() {
    let emails = after("add", "emails", json!([{ "value": "n@x.test", "primary": true }]))["emails"].clone();
    assert_eq!((&emails[0]["primary"], &emails[2]["primary"]), (&json!(false), &json!(true)));
    let emails = after("replace", "emails[type eq \"home\"].primary", json!("True"))["emails"].clone();
    assert_eq!((&emails[0]["primary"], &emails[1]["primary"]), (&json!(false), &json!(true)));
}

#[test]
fn r074_values_are_coerced_by_the_schema() {
    assert_eq!(after("replace", "title", json!([{ "value": "Lady" }]))["title"], json!("Lady"));
    assert_eq!(after("replace", "title", json!(7))["title"], json!("7"));
    assert!(after("replace", "title", json!("")).get("title").is_none());
    assert_eq!(
        refusal(user(json!([{ "op": "replace", "path": "userName", "value": "" }]))),
        Some(ScimType::InvalidValue)
    );
    let roles = after("add", "roles", json!([{ "value": "a", "primary": "True" }]))["roles"].clone();
    assert_eq!(roles, json!([{ "value": "a", "primary": true }]));
}

#[test]
fn r075_the_manager_in_every_form() {
    let path = format!("{ENTERPRISE}:manager");
    for value in [json!("u9"), json!({ "value": "u9", "displayName": "Boss" }), json!([{ "value": "u9" }])] {
        assert_eq!(after("add", &path, value)[ENTERPRISE]["manager"], json!({ "value": "u9" }));
    }
    for value in [json!(""), json!(null), json!({ "value": "" })] {
        let start = after("add", &path, json!("u9"));
        let operations = json!([{ "op": "Replace", "path": path, "value": value }]);
        let patched = run(ResourceType::User, Profile::Auto, start, operations).unwrap();
        assert!(patched.document[ENTERPRISE].get("manager").is_none(), "{value}");
    }
}

#[test]
fn d13_u0000_is_refused_anywhere() {
    let operations = json!([{ "op": "replace", "value": { "unknown": ["a\u{0}"] } }]);
    assert_eq!(refusal(user(operations)), Some(ScimType::InvalidValue));
}

#[test]
fn r093_the_interoperability_profile_wants_paths_and_sub_attributes() {
    let interop = |operations| refusal(run(ResourceType::User, Profile::InteropStrict, ada(), operations));
    assert_eq!(interop(json!([{ "op": "replace", "value": { "active": false } }])), Some(ScimType::InvalidSyntax));
    let whole = json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": { "value": "x" } }]);
    assert_eq!(interop(whole), Some(ScimType::InvalidPath));
}

#[test]
fn r012_a_read_only_attribute_is_refused_by_path_and_named_beside_real_changes() {
    assert_eq!(refusal(user(json!([{ "op": "replace", "path": "groups", "value": [] }]))), Some(ScimType::Mutability));
    assert_eq!(
        refusal(user(json!([{ "op": "replace", "value": { "id": "x", "groups": [] } }]))),
        Some(ScimType::Mutability)
    );
    let beside = user(json!([{ "op": "replace", "value": { "groups": [], "active": false } }])).unwrap();
    assert_eq!((beside.skipped, &beside.document["active"]), (vec!["groups".to_owned()], &json!(false)));
    let echo = user(json!([{ "op": "replace", "value": { "id": "x" } }])).unwrap();
    assert!(!echo.changed && echo.skipped.is_empty());
}

#[test]
fn d06_an_unknown_sub_attribute_is_named_and_alone_it_is_refused() {
    let beside =
        user(json!([{ "op": "replace", "path": "name", "value": { "nick": "x", "givenName": "A" } }])).unwrap();
    assert_eq!((beside.skipped, &beside.document["name"]["givenName"]), (vec!["name.nick".to_owned()], &json!("A")));
    let alone = user(json!([{ "op": "replace", "path": "name", "value": { "nick": "x" } }]));
    assert_eq!(refusal(alone), Some(ScimType::InvalidPath));
}

#[test]
fn r073v_an_immutable_attribute_is_set_once() {
    let urn = "urn:ietf:params:scim:schemas:extension:acme:2.0:User";
    let mut badge = Attribute::new("badge", AttributeType::String, "");
    badge.mutability = Mutability::Immutable;
    let mut registry = Registry::clone(Registry::standard());
    let schema = Schema { id: urn.into(), name: "Acme".into(), description: String::new(), attributes: vec![badge] };
    registry.add_extension(ResourceType::User, schema).unwrap();
    let set = |start: &Document, value: &str| {
        let body = json!({ "Operations": [{ "op": "add", "path": format!("{urn}:badge"), "value": value }] });
        PatchRequest::parse(body, ResourceType::User, Profile::Auto).unwrap().apply(&registry, start)
    };
    let first = set(&document(ada()), "7").unwrap();
    assert_eq!(first.document[urn], json!({ "badge": "7" }));
    assert!(!set(&first.document, "7").unwrap().changed);
    assert_eq!(refusal(set(&first.document, "8")), Some(ScimType::Mutability));
}

#[test]
fn r073l_an_element_in_a_list_of_one_is_that_element() {
    let emails =
        after("Replace", "emails[type eq \"work\"]", json!([{ "type": "work", "value": "n@x" }]))["emails"].clone();
    assert_eq!(emails[0], json!({ "type": "work", "value": "n@x" }));
}

#[test]
fn the_work_of_one_request_is_bounded() {
    let many: Vec<_> = (0..1001).map(|n| json!({ "value": format!("{n}@x.test") })).collect();
    let listed = user(json!([{ "op": "add", "path": "emails", "value": many }]));
    assert_eq!(refusal(listed), Some(ScimType::InvalidValue));
    let operations: Vec<_> = (0..=MAX_OPERATIONS).map(|_| json!({ "op": "remove", "path": "title" })).collect();
    assert_eq!(refusal(user(Value::Array(operations))), Some(ScimType::TooMany));
}
