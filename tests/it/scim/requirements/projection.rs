//! 62 to 64: `attributes` and `excludedAttributes` (RFC 7644 §3.4.2.5, §3.9).

use super::{ENTERPRISE, USER, address, directory, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway};
use serde_json::{Value, json};

fn ada() -> Value {
    json!({
        "schemas": [USER], "userName": "ada", "title": "x", "name": {"givenName": "Ada", "familyName": "Byron"}, "externalId": "e",
        "emails": [{"value": "a@x.test", "type": "work", "primary": true}, {"value": "b@x.test", "type": "home"}],
        ENTERPRISE: {"department": "D", "division": "V"},
    })
}

/// What is shown beside what always is.
fn shown(body: &Value) -> Value {
    let mut fields = body.as_object().unwrap().clone();
    for always in ["schemas", "id", "meta"] {
        assert!(fields.shift_remove(always).is_some(), "{always}: {body}");
    }
    Value::Object(fields)
}

async fn asked(idp: &Directory, path: &str, name: &str, list: &str) -> Value {
    shown(&idp.get(&address(path, &[(name, list)])).await.expect(200).body)
}

on_both_engines! {
    async fn r062_lists_of_names_choose_what_is_shown(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let path = format!("/Users/{}", idp.call("POST", "/Users", Some(ada())).await.expect(201).id());
        let values = json!([{"value": "a@x.test"}, {"value": "b@x.test"}]);
        for (list, expected) in [
            ("userName", json!({"userName": "ada"})), ("USERNAME , title", json!({"userName": "ada", "title": "x"})), ("name.givenName", json!({"name": {"givenName": "Ada"}})),
            ("emails.value", json!({"emails": values})), ("Emails.VALUE,emails.value", json!({"emails": values})), ("shoe,userName", json!({"userName": "ada"})), ("shoe", json!({})), ("name.shoe", json!({})),
            (&format!("{USER}:userName"), json!({"userName": "ada"})), (&format!("{USER}:name.familyName"), json!({"name": {"familyName": "Byron"}})), (&format!("{ENTERPRISE}:department"), json!({ENTERPRISE: {"department": "D"}})),
            (ENTERPRISE, json!({ENTERPRISE: {"department": "D", "division": "V"}})), (&ENTERPRISE.to_uppercase(), json!({ENTERPRISE: {"department": "D", "division": "V"}})), ("department", json!({ENTERPRISE: {"department": "D"}})),
            ("id", json!({})), ("meta.location", json!({})), ("schemas", json!({})), ("externalId", json!({"externalId": "e"})), ("name,name.givenName", json!({"name": {"givenName": "Ada", "familyName": "Byron"}})),
            ("name.middleName", json!({})), ("emails.display", json!({})), ("emails.primary", json!({"emails": [{"primary": true}]})),
            ("groups", json!({})), (",,userName,", json!({"userName": "ada"})), ("urn:x:y:z", json!({})),
        ] {
            assert_eq!(asked(&idp, &path, "attributes", list).await, expected, "{list}");
        }
        let whole = shown(&idp.get(&path).await.expect(200).body);
        for (list, gone) in [
            ("userName,emails,active", &["userName", "emails", "active"][..]), (ENTERPRISE, &[ENTERPRISE]), ("shoe", &[]), (&format!("{USER}:title"), &["title"]), ("department,division", &[ENTERPRISE]), ("id,schemas,meta,meta.version", &[]), ("groups", &[]),
        ] {
            let mut expected = whole.as_object().unwrap().clone();
            gone.iter().for_each(|name| { expected.shift_remove(*name); });
            assert_eq!(asked(&idp, &path, "excludedAttributes", list).await, Value::Object(expected), "{list}");
        }
        let no_name = asked(&idp, &path, "excludedAttributes", "name.givenName,name.familyName,emails.value,emails.type,emails.primary").await;
        assert_eq!((no_name.get("name"), no_name.get("emails")), (None, None), "nothing is left of them");
        let twice = idp.get(&format!("{path}?attributes=userName&attributes=title")).await.expect(200).body;
        assert_eq!(shown(&twice), json!({"userName": "ada", "title": "x"}));
        let less = asked(&idp, &path, "excludedAttributes", &format!("name.givenName,emails.type,{ENTERPRISE}:division")).await;
        assert_eq!((&less["name"], &less[ENTERPRISE], &less["emails"][1]), (&json!({"familyName": "Byron"}), &json!({"department": "D"}), &json!({"value": "b@x.test"})));
        assert_eq!(asked(&idp, &path, "attributes", "").await, whole);
        assert_eq!(asked(&idp, &path, "excludedAttributes", "").await, whole);
        let list = idp.get("/Users?attributes=userName").await.expect(200).body;
        assert_eq!(shown(&list["Resources"][0]), json!({"userName": "ada"}));
    }

    async fn r062_every_verb_that_shows_a_resource_takes_them(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let refused = idp.call("POST", "/Users?attributes=title&excludedAttributes=emails", Some(ada())).await;
        refused.refused(400, "invalidValue");
        assert_eq!(idp.get("/Users").await.expect(200).body["totalResults"], 0, "refused before anything is made");
        let made = idp.call("POST", "/Users?attributes=title", Some(ada())).await.expect(201);
        assert_eq!((shown(&made.body), made.header("etag")), (json!({"title": "x"}), "W/\"1\""));
        assert!(made.header("location").ends_with(&made.id()));
        let path = format!("/Users/{}", made.id());
        let put = idp.call("PUT", &format!("{path}?excludedAttributes=emails,name,{ENTERPRISE},active"), Some(ada())).await.expect(200);
        assert_eq!(shown(&put.body), json!({"userName": "ada", "title": "x", "externalId": "e"}));
        let patched = idp.patch(&format!("{path}?attributes=title"), json!([{"op": "replace", "path": "title", "value": "y"}])).await.expect(200);
        assert_eq!(shown(&patched.body), json!({"title": "y"}));
        for (method, body) in [("GET", None), ("PUT", Some(ada())), ("PATCH", Some(json!({"Operations": [{"op": "replace", "path": "title", "value": "z"}]})))] {
            idp.call(method, &format!("{path}?attributes=title&excludedAttributes=emails"), body).await.refused(400, "invalidValue");
        }
        idp.get("/Users?attributes=a&excludedAttributes=b").await.refused(400, "invalidValue");
        assert_eq!(idp.get(&path).await.expect(200).body["title"], "y");
        let group = idp.call("POST", "/Groups?excludedAttributes=members", Some(json!({"displayName": "g", "members": [{"value": made.id()}]}))).await.expect(201);
        assert_eq!(shown(&group.body), json!({"displayName": "g"}));
        let of_group = format!("/Groups/{}", group.id());
        let patched = idp.patch(&format!("{of_group}?attributes=displayName"), json!([{"op": "remove", "path": "members"}])).await.expect(200);
        assert_eq!(shown(&patched.body), json!({"displayName": "g"}));
    }

    async fn r063_members_that_are_not_asked_for_are_not_shown_and_not_read(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let id = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        let group = idp.create_group("g", &[&id]).await.expect(201).id();
        let path = format!("/Groups/{group}");
        for (name, list) in [("excludedAttributes", "members"), ("excludedAttributes", "MEMBERS"), ("excludedAttributes", "urn:ietf:params:scim:schemas:core:2.0:Group:members"), ("attributes", "displayName"), ("attributes", "id,displayName")] {
            assert_eq!(asked(&idp, &path, name, list).await, json!({"displayName": "g"}), "{name}={list}");
            for filter in ["displayName eq \"g\"", "members pr"] {
                let found = idp.get(&address("/Groups", &[(name, list), ("filter", filter)])).await.expect(200).body;
                assert_eq!(shown(&found["Resources"][0]), json!({"displayName": "g"}), "{name}={list} {filter}");
            }
        }
        assert_eq!(asked(&idp, &path, "attributes", "members.value").await, json!({"members": [{"value": id}]}));
        assert_eq!(asked(&idp, &path, "attributes", "members").await["members"][0]["value"], id);
        let empty = idp.create_group("empty", &[]).await.expect(201).id();
        assert_eq!(asked(&idp, &format!("/Groups/{empty}"), "excludedAttributes", "externalId").await, json!({"displayName": "empty", "members": []}));
        assert_eq!(asked(&idp, &format!("/Groups/{empty}"), "attributes", "members.value").await, json!({"members": []}));
        assert_eq!(asked(&idp, &format!("/Users/{id}"), "attributes", "password,groups.display").await, json!({"groups": [{"display": "g"}]}));
    }

    async fn r064_a_value_filter_among_the_names_is_read_as_the_attribute(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let path = format!("/Users/{}", idp.call("POST", "/Users", Some(ada())).await.expect(201).id());
        let emails = json!({"emails": ada()["emails"]});
        for list in ["emails[type eq \"work\"]", "emails[type eq \"work\"].value", "Emails[type eq \"a,b\" and value eq \"x]\"]", "emails[type eq \"work\"],shoe", &format!("{USER}:emails[primary eq true]")] {
            assert_eq!(asked(&idp, &path, "attributes", list).await, emails, "{list}");
        }
        let both = asked(&idp, &path, "attributes", "emails[type eq \"work\"],userName").await;
        assert_eq!((&both["emails"], &both["userName"]), (&ada()["emails"], &json!("ada")));
        let raw = idp.get("/Users?attributes=emails[type+eq+%22work%22]&filter=userName+eq+%22ada%22").await.expect(200).body;
        assert_eq!(shown(&raw["Resources"][0]), emails);
        assert!(asked(&idp, &path, "excludedAttributes", "emails[type eq \"work\"]").await.get("emails").is_none());
    }
}
