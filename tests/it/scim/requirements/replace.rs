//! 65 to 68: PUT (RFC 7644 §3.5.1), 3.1.7.

use super::{ENTERPRISE, GROUP, USER, directory, found, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use serde_json::{Value, json};

fn full() -> Value {
    json!({
        "title": "x", "nickName": "n", "externalId": "e", "name": {"givenName": "Ada", "familyName": "Byron"}, "emails": [{"value": "a@x.test", "type": "work"}],
        "phoneNumbers": [{"value": "+1", "type": "work"}], ENTERPRISE: {"department": "D", "manager": {"value": "00uBoss"}},
    })
}

on_both_engines! {
    async fn r065_a_put_replaces_what_the_directory_owns(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let made = user(&gw, &idp, "ada", full()).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let group = idp.create_group("g", &[&made.id()]).await.expect(201).id();
        gw.wait(chrono::Duration::minutes(1));
        let new = json!({"schemas": [USER], "id": "other", "userName": "ada2", "name": {"givenName": "Augusta"}, "groups": [], "meta": {"created": "1999-01-01T00:00:00Z"}});
        let put = idp.call("PUT", &path, Some(new)).await.expect(200);
        assert_eq!((put.id(), put.header("location")), (made.id(), made.header("location")));
        assert_eq!((&put.body["userName"], &put.body["name"], &put.body["externalId"]), (&json!("ada2"), &json!({"givenName": "Augusta"}), &json!("e")));
        for cleared in ["title", "nickName", "emails", "phoneNumbers", ENTERPRISE] {
            assert!(put.body.get(cleared).is_none(), "{cleared}");
        }
        assert_eq!((&put.body["groups"][0]["value"], &put.body["meta"]["created"], &put.body["schemas"]), (&json!(group), &made.body["meta"]["created"], &json!([USER])));
        assert_eq!(idp.get(&path).await.expect(200).body, put.body);
        for (filter, expected) in [("emails eq \"a@x.test\"", ""), ("userName eq \"ada\"", ""), ("externalId eq \"e\"", "ada2"), ("title pr", ""), (&format!("{ENTERPRISE}:department pr"), "")] {
            assert_eq!(found(&idp, "/Users", filter).await, expected, "{filter}");
        }
        // What Okta fetched and sends back whole changes nothing.
        let back = idp.get(&path).await.expect(200);
        gw.wait(chrono::Duration::minutes(1));
        let same = idp.call("PUT", &path, Some(back.body.clone())).await.expect(200);
        assert_eq!((same.body, &same.headers["etag"]), (back.body, &back.headers["etag"]));
        user(&gw, &idp, "bob", json!({"externalId": "e2"})).await.expect(201);
        idp.call("PUT", &path, Some(json!({"userName": "BOB"}))).await.refused(409, "uniqueness");
        idp.call("PUT", &path, Some(json!({"userName": "ada2", "externalId": "e2"}))).await.refused(409, "uniqueness");
        let none = "/Users/00000000-0000-7000-8000-000000000000";
        for absent in [none, "/Users/none", &format!("/Users/{group}"), &format!("/Groups/{}", made.id())] {
            idp.call("PUT", absent, Some(json!({"userName": "new", "displayName": "new"}))).await.refused(404, "");
        }
        assert_eq!(idp.get("/Users").await.expect(200).body["totalResults"], 2, "a PUT makes nobody");
    }

    async fn r065_r067_a_strict_put_clears_the_external_id_too(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "rfc-strict").await;
        let made = user(&gw, &idp, "ada", full()).await.expect(201);
        let put = idp.call("PUT", &format!("/Users/{}", made.id()), Some(json!({"schemas": [USER], "userName": "ada"}))).await.expect(200).body;
        let keys: Vec<_> = put.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["schemas", "id", "userName", "meta"]);
        assert_eq!(found(&idp, "/Users", "externalId eq \"e\"").await, "");
        user(&gw, &idp, "bob", json!({"externalId": "e"})).await.expect(201);
    }

    async fn r066_a_put_without_active_lets_nobody_in(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        for profile in ["auto", "onelogin", "okta", "ping", "rfc-strict", "interop-strict"] {
            let idp = acme.directory(profile, profile).await;
            let (on, off) = (user(&gw, &idp, "on", json!({})).await.expect(201).id(), user(&gw, &idp, "off", json!({"active": false})).await.expect(201).id());
            idp.create_group("panel-north-users", &[&on, &off]).await.expect(201);
            for (id, name, active) in [(&on, "on", true), (&off, "off", false)] {
                let path = format!("/Users/{id}");
                let put = idp.call("PUT", &path, Some(json!({"schemas": [USER], "userName": name, "title": "x"}))).await.expect(200).body;
                let expected = if profile == "rfc-strict" { None } else { Some(json!(active)) };
                let expected = if profile == "interop-strict" { put.get("active").cloned() } else { expected };
                assert_eq!(put.get("active").cloned(), expected, "{profile} {name}");
                assert_eq!(acme.person_row(id).await.state, if active { "active" } else { "inactive" }, "{profile} {name}");
                for wrong in [json!(null), json!(""), json!("perhaps")] {
                    idp.call("PUT", &path, Some(json!({"schemas": [USER], "userName": name, "active": wrong}))).await.refused(400, "invalidValue");
                }
            }
            let back = idp.call("PUT", &format!("/Users/{off}"), Some(json!({"schemas": [USER], "userName": "off", "active": true}))).await.expect(200);
            assert_eq!(back.body["active"], true);
            assert_eq!(acme.person_row(&off).await.state, "active");
        }
    }

    async fn r067_an_extension_that_is_not_sent_is_gone_and_unknown_keys_are_passed_over(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let path = format!("/Users/{}", user(&gw, &idp, "ada", full()).await.expect(201).id());
        let listed = json!({"schemas": [USER, ENTERPRISE], "userName": "ada", "shoeSize": 42, "urn:vendor:2.0:User": {"a": 1}});
        let put = idp.call("PUT", &path, Some(listed.clone())).await.expect(200).body;
        assert_eq!((&put["schemas"], put.get(ENTERPRISE), put.get("shoeSize")), (&json!([USER]), None, None));
        let some = json!({"schemas": [USER, ENTERPRISE], "userName": "ada", ENTERPRISE: {"division": "V"}});
        assert_eq!(idp.call("PUT", &path, Some(some)).await.expect(200).body[ENTERPRISE], json!({"division": "V"}));
        let onelogin = json!({"schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"], "userName": "ada", "active": true, "name": {"givenName": "Ada", "familyName": " Byron"}});
        assert_eq!(idp.call("PUT", &format!("{path}?"), Some(onelogin)).await.expect(200).body["name"]["familyName"], " Byron");
        for profile in ["rfc-strict", "interop-strict"] {
            let strict = directory(&gw, profile, profile).await;
            let path = format!("/Users/{}", user(&gw, &strict, "ada", json!({})).await.expect(201).id());
            strict.call("PUT", &path, Some(listed.clone())).await.refused(400, "invalidSyntax");
        }
    }

    async fn r068_a_group_put_without_members_keeps_them_except_from_ping(engine) {
        let gw = TestGateway::start(engine).await;
        for (profile, kept) in [("auto", true), ("onelogin", true), ("okta", true), ("entra", true), ("jumpcloud", true), ("rippling", true), ("ping", false), ("rfc-strict", false), ("interop-strict", false)] {
            let idp = directory(&gw, profile, profile).await;
            let ada = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
            let bob = user(&gw, &idp, "bob", json!({})).await.expect(201).id();
            let made = idp.call("POST", "/Groups", Some(json!({"schemas": [GROUP], "displayName": "g", "externalId": "e", "members": [{"value": ada}]}))).await.expect(201).id();
            let path = format!("/Groups/{made}");
            let put = async |more: Value| {
                let mut body = json!({"schemas": [GROUP], "displayName": "Ingénierie"});
                body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                let body = idp.call("PUT", &path, Some(body)).await.expect(200).body;
                let mut members: Vec<_> = body["members"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect();
                members.sort();
                members
            };
            let expected: Vec<String> = if kept { vec![ada.clone()] } else { Vec::new() };
            assert_eq!(put(json!({})).await, expected, "{profile}: absent");
            assert_eq!(put(json!({"members": [{"value": ada}, {"value": bob, "type": "User"}]})).await, [ada.clone(), bob.clone()], "{profile}");
            assert_eq!(put(json!({"members": [{"value": bob}]})).await, std::slice::from_ref(&bob), "{profile}");
            assert_eq!(put(json!({"members": []})).await, Vec::<String>::new(), "{profile}: an empty list");
            put(json!({"members": [{"value": ada}]})).await;
            assert_eq!(put(json!({"members": null})).await, expected, "{profile}: null");
            let group = idp.get(&path).await.expect(200).body;
            assert_eq!((&group["displayName"], group.get("externalId").is_some()), (&json!("Ingénierie"), !matches!(profile, "rfc-strict" | "interop-strict")), "{profile}");
        }
    }
}
