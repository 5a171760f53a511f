//! What is shown of a call, and what never is.

use super::{
    Scrubbed, Subject, masked, masked_address, masked_query, masked_text, query_names_password, without_password,
};
use serde_json::{Value, json};

#[test]
fn the_values_of_a_user_are_masked_and_its_structure_stays() {
    let id = "0193e5f0-1111-7222-8333-444455556666";
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": id, "userName": "ada@acme.test", "externalId": "ext-7", "active": true, "displayName": "Ada Byron",
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"value": "ada@acme.test", "type": "work", "primary": true}],
        "groups": [{"value": id, "display": "panel-admins"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Sales", "manager": {"value": id, "displayName": "Olive"}
        },
        "x": {"y": 7},
    });
    assert_eq!(
        masked(&user, Subject::User),
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": id, "userName": "a…@acme.test", "externalId": "•••", "active": true, "displayName": "•••",
            "name": {"givenName": "•••", "familyName": "•••"},
            "emails": [{"value": "a…@acme.test", "type": "work", "primary": true}],
            "groups": [{"value": id, "display": "panel-admins"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                "department": "•••", "manager": {"value": id, "displayName": "•••"}
            },
            "x": {"y": "•••"},
        })
    );
}

#[test]
fn a_groups_name_stays_and_what_it_says_of_its_members_does_not() {
    let id = "0193e5f0-1111-7222-8333-444455556666";
    let group = json!({
        "displayName": "panel-admins", "externalId": "g-1",
        "members": [{"value": id, "display": "Ada Byron"}, {"value": "ada@acme.test"}],
    });
    assert_eq!(
        masked(&group, Subject::Group),
        json!({
            "displayName": "panel-admins", "externalId": "•••",
            "members": [{"value": id, "display": "•••"}, {"value": "a…@acme.test"}],
        })
    );
}

#[test]
fn an_operation_is_masked_by_what_its_path_names() {
    let body = json!({"Operations": [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ada@acme.test"},
        {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "Olive"},
        {"op": "remove", "path": "members[value eq \"ada\"]"},
        {"op": "replace", "value": {"name.givenName": "Ada", "active": false}},
    ]});
    let shown = masked(&body, Subject::User);
    assert_eq!(shown["Operations"][0], json!({"op": "Replace", "path": "active", "value": "False"}));
    assert_eq!(shown["Operations"][1]["value"], "a…@acme.test");
    assert_eq!(shown["Operations"][2]["value"], "•••");
    assert_eq!(shown["Operations"][3]["path"], "members[value eq \"•••\"]");
    assert_eq!(shown["Operations"][4]["value"], json!({"name.givenName": "•••", "active": false}));
}

#[test]
fn a_list_and_a_bulk_request_are_masked_inside() {
    let list = json!({"totalResults": 1, "Resources": [
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "panel-admins"},
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "displayName": "Ada"},
    ]});
    let shown = masked(&list, Subject::User);
    assert_eq!((&shown["totalResults"], &shown["Resources"][0]["displayName"]), (&json!(1), &json!("panel-admins")));
    assert_eq!(shown["Resources"][1]["displayName"], "•••");
    let bulk = json!({"Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "one", "data": {"userName": "ada@acme.test"}},
        {"method": "PUT", "path": "/Groups/ada@acme.test", "data": {"displayName": "panel-admins"}},
    ]});
    let shown = masked(&bulk, Subject::User);
    assert_eq!(shown["Operations"][0]["data"]["userName"], "a…@acme.test");
    assert_eq!(shown["Operations"][1]["path"], "/Groups/a…@acme.test");
    assert_eq!(shown["Operations"][1]["data"]["displayName"], "panel-admins");
}

#[test]
fn an_address_shows_where_it_leads_and_not_to_whom() {
    assert_eq!(masked_address("/v2/Users"), "/v2/Users");
    assert_eq!(masked_address("/Users/ada"), "/Users/•••");
    assert_eq!(masked_address("/nowhere/ada@acme.test"), "/nowhere/a…@acme.test");
}

#[test]
fn a_refusal_and_a_query_lose_what_they_quote() {
    let detail = "userName \"ada@acme.test\" is taken by another User; send another.";
    assert_eq!(masked_text(detail), "userName \"a…@acme.test\" is taken by another User; send another.");
    assert_eq!(masked_text("No User with id ada@acme.test here"), "No User with id a…@acme.test here");
    assert_eq!(masked_text("it's \\\"Ada\\\""), "it'•••'");
    assert_eq!(
        masked_query(
            "filter=userName%20eq%20%22ada%40acme.test%22%20and%20active%20eq%20true&count=5&aadOptscim062020"
        ),
        "filter=userName eq \"a…@acme.test\" and active eq true&count=5&aadOptscim062020"
    );
    assert_eq!(masked_query("filter=name.familyName+eq+Byron"), "filter=name.familyName eq •••");
    assert_eq!(masked_query("Byron=Ada&sortBy=userName"), "Byron=•••&sortBy=userName");
}

#[test]
fn a_password_is_taken_out_wherever_it_stands() {
    for (body, left) in [
        (json!({"userName": "ada", "password": "s3cret"}), json!({"userName": "ada"})),
        (json!({"PassWord": "s3cret"}), json!({})),
        (json!({"urn:ietf:params:scim:schemas:core:2.0:User:password": "s3cret"}), json!({})),
        (
            json!({"Operations": [{"op": "replace", "path": "password", "value": "s3cret"}]}),
            json!({"Operations": [{"op": "replace", "path": "password"}]}),
        ),
        (
            json!({"Operations": [{"op": "replace", "value": "{\"password\":\"s3cret\"}"}]}),
            json!({"Operations": [{"op": "replace", "value": ""}]}),
        ),
        (json!({"filter": "password eq \"s3cret\""}), json!({"filter": ""})),
    ] {
        let Scrubbed::Rewritten(bytes) = without_password(body.to_string().as_bytes()) else { panic!("{body}") };
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), left);
    }
    let Scrubbed::Rewritten(bytes) = without_password(b"{\"p\\u0061ssword\":\"s3cret\",\"a\":1}") else { panic!() };
    assert_eq!(bytes, b"{\"a\":1}");
    assert_eq!(without_password(b"{\"userName\":\"ada\"}"), Scrubbed::Clean);
    assert_eq!(without_password(b"{\"attributes\":[\"password\"]}"), Scrubbed::Clean);
    assert_eq!(without_password(b"{\"password\":\"s3c"), Scrubbed::Unfit);
}

#[test]
fn attributes_of_an_own_schema_are_masked_whatever_they_are_called() {
    let urn = "urn:ietf:params:scim:schemas:extension:acme:2.0:User";
    let body = json!({ urn: { "version": "secret-1", "type": "secret-2", "active": "secret-3", "car": { "plate": "secret-4" } } });
    let shown = masked(&body, Subject::User).to_string();
    assert!(!shown.contains("secret"), "{shown}");
    let patch = json!({ "Operations": [
        { "op": "replace", "path": format!("{urn}:version"), "value": "secret-5" },
        { "op": "replace", "path": urn, "value": { "status": "secret-6" } },
        { "op": "replace", "value": { format!("{urn}:detail"): "secret-7" } },
    ] });
    let shown = masked(&patch, Subject::User).to_string();
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn a_query_that_compares_with_a_password_is_known_however_its_letters_are_written() {
    for query in [
        "filter=password%20eq%20%22x%22",
        "filter=Pass%77ord+eq+\"x\"",
        "%70assword=x",
        "filter=urn:ietf:params:scim:schemas:core:2.0:User:PASSWORD eq \"x\"",
        "filter=password%",
        "filter=userName%20eq%20%22%ff%22",
    ] {
        assert!(query_names_password(query), "{query}");
    }
    for query in [
        "filter=userName%20eq%20%22ada%40acme.test%22&count=1",
        "attributes=userName,password",
        "excludedAttributes=p%61ssword",
        "filter=displayName%20eq%20%22pass%3Fword%22",
        "",
    ] {
        assert!(!query_names_password(query), "{query}");
    }
}

#[test]
fn a_body_is_clean_where_no_password_is_named_in_any_case_or_by_an_escape() {
    for body in ["{\"passWord\": \"x\"}", "{\"\\u0070assword\": \"x\"}", "{\"ppassword\": \"x\"}"] {
        assert!(matches!(without_password(body.as_bytes()), Scrubbed::Rewritten(_)), "{body}");
    }
    for body in ["{\"title\": \"P\"}", "{\"passwor\": 1}", "p"] {
        assert_eq!(without_password(body.as_bytes()), Scrubbed::Clean, "{body}");
    }
}
