//! 30 to 34: POST (RFC 7644 §3.3).

use super::{ENTERPRISE, GROUP, USER, directory, found, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use serde_json::{Value, json};

on_both_engines! {
    async fn r030_what_is_made_comes_back_whole_with_address_and_version(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let okta = json!({
            "schemas": [USER], "userName": "ada@corp.test", "name": {"givenName": "Ada", "familyName": "Byron"},
            "emails": [{"primary": true, "value": "ada@corp.test", "type": "work"}], "displayName": "Ada Byron", "locale": "en-US",
            "externalId": "00uAda", "groups": [], "password": "x9!rnd", "active": true,
        });
        let entra = json!({
            "schemas": [USER, ENTERPRISE], "externalId": "bob", "userName": "bob@corp.test", "active": true, "displayName": "Bob",
            "emails": [{"primary": true, "type": "work", "value": "bob@corp.test"}], "meta": {"resourceType": "User"}, "roles": [],
            ENTERPRISE: {"department": "R&D", "manager": "00000000-0000-7000-8000-000000000000"},
        });
        let group = json!({
            "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"], "externalId": "object-id", "displayName": "Eng",
            "meta": {"resourceType": "Group"},
        });
        for (path, body) in [("/Users", okta), ("/Users", entra), ("/Groups", group)] {
            let made = idp.call("POST", path, Some(body.clone())).await.expect(201);
            let location = format!("{}{path}/{}", idp.base, made.id());
            assert_eq!((made.header("location"), &made.body["meta"]["location"]), (location.as_str(), &json!(location)));
            assert_eq!((made.header("etag"), &made.body["meta"]["version"]), ("W/\"1\"", &json!("W/\"1\"")));
            for (key, value) in body.as_object().unwrap() {
                if !["schemas", "groups", "password", "meta", "roles"].contains(&key.as_str()) && !key.contains(':') {
                    assert_eq!(&made.body[key], value, "{key}");
                }
            }
            let got = idp.get(&format!("{path}/{}", made.id())).await.expect(200);
            assert_eq!((got.body, got.headers["etag"].clone()), (made.body, made.headers["etag"].clone()));
        }
    }

    async fn r031_active_is_true_where_nobody_says_otherwise(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "rfc-strict", "interop-strict"] {
            let idp = directory(&gw, profile, profile).await;
            assert_eq!(user(&gw, &idp, "ada", json!({})).await.expect(201).body["active"], true);
            assert_eq!(user(&gw, &idp, "bob", json!({"active": false})).await.expect(201).body["active"], false);
            for wrong in [json!(null), json!(""), json!("perhaps"), json!([])] {
                user(&gw, &idp, "cleo", json!({"active": wrong})).await.refused(400, "invalidValue");
            }
            for (name, sent, kept) in [("dan", "False", false), ("eve", "TRUE", true)] {
                let reply = user(&gw, &idp, name, json!({"active": sent})).await;
                match profile {
                    "auto" => assert_eq!(reply.expect(201).body["active"], kept),
                    _ => { reply.refused(400, "invalidValue"); }
                }
            }
        }
    }

    async fn r032_a_name_that_is_taken_is_a_conflict_and_changes_nothing(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "rfc-strict"] {
            let idp = directory(&gw, profile, profile).await;
            let ada = user(&gw, &idp, "ada", json!({"externalId": "e1", "title": "first"})).await.expect(201);
            for more in [json!({"title": "second"}), json!({"externalId": "e1"}), json!({"externalId": "e2"}), json!({"active": false})] {
                let refused = user(&gw, &idp, "ADA", more).await;
                refused.refused(409, "uniqueness");
                assert!(!refused.body.to_string().contains(&ada.id()));
            }
            user(&gw, &idp, "bob", json!({"externalId": "e1"})).await.refused(409, "uniqueness");
            assert_eq!(idp.get(&format!("/Users/{}", ada.id())).await.expect(200).body, ada.body);
            assert_eq!(idp.get("/Users").await.expect(200).body["totalResults"], 1);
        }
    }

    async fn r033_schemas_may_be_missing_old_or_long_but_must_be_a_list(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let strict = directory(&gw, "strict", "rfc-strict").await;
        let post = async |idp: &crate::harness::gateway::Directory, name: &str, schemas: Option<Value>| {
            let mut body = json!({"userName": name});
            if let Some(schemas) = schemas {
                body["schemas"] = schemas;
            }
            idp.call("POST", "/Users", Some(body)).await
        };
        for (at, (schemas, in_strict)) in [
            (None, 400), (Some(json!(null)), 400), (Some(json!([])), 400), (Some(json!([USER.to_uppercase()])), 201), (Some(json!(["urn:scim:schemas:core:1.0"])), 400),
            (Some(json!(["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"])), 400), (Some(json!([ENTERPRISE])), 400),
            (Some(json!([USER, USER])), 201), (Some(json!([USER, "urn:unknown:1"])), 400),
        ].into_iter().enumerate() {
            let name = format!("user{at}");
            let made = post(&idp, &name, schemas.clone()).await.expect(201);
            assert_eq!(made.body["schemas"], json!([USER]), "{schemas:?}");
            let reply = post(&strict, &name, schemas.clone()).await;
            assert_eq!(reply.status, in_strict, "{schemas:?}: {}", reply.body);
            if in_strict == 400 {
                reply.refused(400, "invalidSyntax");
            }
        }
        for wrong in [json!(USER), json!({"urn": USER}), json!(7), json!([7]), json!([[USER]]), json!([GROUP])] {
            for idp in [&idp, &strict] {
                post(idp, "wrong", Some(wrong.clone())).await.refused(400, "invalidSyntax");
            }
        }
    }

    async fn r033_what_no_schema_declares_is_passed_over_or_refused_by_the_strict(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let unknown = json!({"shoeSize": 42, "urn:vendor:2.0:User": {"a": 1}, "name": {"givenName": "Ada", "shoe": "x"}, ENTERPRISE: {"department": "X", "shoe": "y"}});
        let made = user(&gw, &idp, "ada", unknown).await.expect(201).body;
        assert_eq!((&made["name"], &made[ENTERPRISE]), (&json!({"givenName": "Ada"}), &json!({"department": "X"})));
        assert!(made.get("shoeSize").is_none() && made.get("urn:vendor:2.0:User").is_none());
        for profile in ["rfc-strict", "interop-strict"] {
            let strict = directory(&gw, profile, profile).await;
            for wrong in [json!({"shoeSize": 42}), json!({"urn:vendor:2.0:User": {"a": 1}}), json!({"name": {"shoe": "x"}}), json!({ENTERPRISE: {"shoe": "y"}}), json!({"name.givenName": "Ada"})] {
                user(&gw, &strict, "ada", wrong).await.refused(400, "invalidSyntax");
            }
        }
        let dotted = user(&gw, &idp, "bob", json!({"name.givenName": "Bob", "name.familyName": "B", format!("{ENTERPRISE}:department"): "Y"})).await.expect(201).body;
        assert_eq!((&dotted["name"], &dotted[ENTERPRISE]), (&json!({"givenName": "Bob", "familyName": "B"}), &json!({"department": "Y"})));
    }

    async fn r034_an_inactive_user_comes_back_in_place_and_nobody_else_does(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (idp, other) = (acme.directory("one", "auto").await, acme.directory("two", "auto").await);
        let ada = user(&gw, &idp, "ada", json!({"externalId": "e1", "title": "x"})).await.expect(201).id();
        let bob = user(&gw, &idp, "bob", json!({"externalId": "e2"})).await.expect(201).id();
        let group = idp.create_group("g", &[&ada]).await.expect(201).id();
        user(&gw, &idp, "ada", json!({"externalId": "e1"})).await.refused(409, "uniqueness");
        let off = json!([{"op": "Replace", "path": "active", "value": "False"}]);
        idp.patch(&format!("/Users/{ada}"), off.clone()).await.expect(200);
        // Only the name is hers, or the name is another's.
        user(&gw, &idp, "ada", json!({"externalId": "e9"})).await.refused(409, "uniqueness");
        user(&gw, &idp, "ada", json!({})).await.refused(409, "uniqueness");
        user(&gw, &idp, "BOB", json!({"externalId": "e1"})).await.refused(409, "uniqueness");
        assert_eq!(idp.get(&format!("/Users/{ada}")).await.expect(200).body["title"], "x", "nothing changed");
        // Another directory's row is never restored.
        assert_ne!(user(&gw, &other, "ada", json!({"externalId": "e1"})).await.expect(201).id(), ada);
        let still_off = user(&gw, &idp, "ada", json!({"externalId": "e1", "active": false})).await.expect(201);
        assert_eq!((still_off.id(), &still_off.body["active"]), (ada.clone(), &json!(false)));
        let back = user(&gw, &idp, "ada2", json!({"externalId": "e1"})).await.expect(201);
        assert_eq!((back.id(), &back.body["active"], &back.body["userName"]), (ada.clone(), &json!(true), &json!("ada2")), "restored and renamed");
        assert_eq!(back.header("location"), format!("{}/Users/{ada}", idp.base));
        assert_eq!(back.body["groups"][0]["value"], group, "memberships are kept while inactive");
        idp.call("DELETE", &format!("/Users/{bob}"), None).await.expect(204);
        let again = user(&gw, &idp, "bob", json!({"externalId": "e2"})).await.expect(201);
        assert_eq!((again.id(), found(&idp, "/Users", "externalId eq \"e2\"").await), (bob, "bob".to_owned()), "a tombstone of this directory");
    }

    async fn r034_the_strict_profile_never_restores(engine) {
        let gw = TestGateway::start(engine).await;
        let strict = directory(&gw, "acme", "rfc-strict").await;
        let ada = user(&gw, &strict, "ada", json!({"externalId": "e1", "active": false})).await.expect(201).id();
        user(&gw, &strict, "ada", json!({"externalId": "e1"})).await.refused(409, "uniqueness");
        user(&gw, &strict, "bob", json!({"externalId": "e1"})).await.refused(409, "uniqueness");
        strict.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        assert_ne!(user(&gw, &strict, "ada", json!({"externalId": "e1"})).await.expect(201).id(), ada);
    }
}
