//! 69 to 72 and 74 to 76: the body of a PATCH, its order, its answer, its values.

use super::patched::{ada, check, refused, world};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

on_both_engines! {
    async fn r069_a_body_without_good_operations_is_a_syntax_error(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let before = idp.get(&path).await.expect(200).body;
        for body in [
            json!({}), json!({"Operations": []}), json!({"Operations": null}), json!({"Operations": {}}), json!([]),
            json!({"Operations": ["add"]}), json!({"Operations": [{"path": "title", "value": "x"}]}),
            json!({"Operations": [{"op": "move", "path": "title", "value": "x"}]}),
            json!({"Operations": [{"op": 7, "path": "title", "value": "x"}]}),
            json!({"Operations": [{"op": "add", "path": "title", "value": "x"}, {"op": "test", "path": "title"}]}),
        ] {
            let reply = idp.call("PATCH", &path, Some(body.clone())).await;
            assert_eq!((reply.status, &reply.body["scimType"]), (400, &json!("invalidSyntax")), "{body}");
        }
        assert_eq!(idp.get(&path).await.expect(200).body, before);
        let tolerated = json!({"operations": [{"OP": "aDD", "Path": "title", "VALUE": "x"}]});
        assert_eq!(idp.call("PATCH", &path, Some(tolerated)).await.expect(200).body["title"], "x");
    }

    async fn r070_operations_work_in_order_and_all_or_none(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let reply = idp.patch(&path, json!([
            {"op": "remove", "path": "title"}, {"op": "add", "path": "title", "value": "a"}, {"op": "replace", "path": "title", "value": "b"},
            {"op": "add", "path": "emails", "value": [{"value": "x@acme.test", "type": "other"}]},
            {"op": "replace", "path": "emails[type eq \"other\"].value", "value": "y@acme.test"},
            {"op": "remove", "path": "emails[type eq \"home\"]"},
        ])).await.expect(200);
        assert_eq!(reply.body["title"], "b");
        let values: Vec<_> = reply.body["emails"].as_array().unwrap().iter().map(|e| e["value"].as_str().unwrap()).collect();
        assert_eq!(values, ["ada@acme.test", "y@acme.test"]);
        // A later operation that fails takes the earlier ones with it, access and members included.
        let id = path.rsplit('/').next().unwrap().to_owned();
        let group = idp.create_group("panel-north-users", &[&id]).await.expect(201).id();
        let events = acme.events().await.len();
        let (user, team) = (idp.get(&path).await.expect(200).body, idp.get(&format!("/Groups/{group}")).await.expect(200).body);
        refused(&idp, &path, json!([{"op": "replace", "path": "active", "value": false}, {"op": "remove", "path": "userName"}]), 400, "mutability").await;
        refused(&idp, &path, json!([{"op": "replace", "path": "title", "value": "z"}, {"op": "replace", "path": "active", "value": "maybe"}]), 400, "invalidValue").await;
        let both = json!([{"op": "remove", "path": "members"}, {"op": "remove", "path": "displayName"}]);
        refused(&idp, &format!("/Groups/{group}"), both, 400, "mutability").await;
        assert_eq!(idp.get(&path).await.expect(200).body, user);
        assert_eq!(idp.get(&format!("/Groups/{group}")).await.expect(200).body, team);
        assert_eq!(acme.access(&id).await.0.as_deref(), Some("msp_user"));
        assert_eq!(acme.events().await.len(), events, "and nothing stands in the audit");
    }

    async fn r071_what_is_there_already_is_no_change(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let id = path.rsplit('/').next().unwrap().to_owned();
        let group = format!("/Groups/{}", idp.create_group("panel-north-users", &[&id]).await.expect(201).id());
        let (user, team) = (idp.get(&path).await.expect(200), idp.get(&group).await.expect(200));
        let epoch = acme.person_row(&id).await.epoch;
        gw.wait(chrono::Duration::days(1));
        for operation in [
            json!({"op": "Replace", "path": "active", "value": "True"}),
            json!({"op": "replace", "value": {"active": true, "userName": "ada@acme.test"}}),
            json!({"op": "replace", "path": "name", "value": {"familyName": "Byron"}}),
            json!({"op": "add", "path": "emails", "value": [{"value": "ada@acme.test", "type": "work", "primary": true}]}),
            json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "ada@home.test"}),
            json!({"op": "remove", "path": "emails[type eq \"fax\"]"}),
            json!({"op": "remove", "path": "nickName"}),
        ] {
            let reply = idp.patch(&path, json!([operation])).await.expect(200);
            assert_eq!((&reply.body, &reply.headers["etag"]), (&user.body, &user.headers["etag"]), "{operation}");
        }
        for operation in [
            json!({"op": "add", "path": "members", "value": [{"value": id}]}),
            json!({"op": "replace", "path": "members", "value": [{"value": id}]}),
            json!({"op": "replace", "value": {"displayName": "panel-north-users"}}),
            json!({"op": "remove", "path": "members[value eq \"00000000-0000-7000-8000-000000000000\"]"}),
            json!({"op": "remove", "path": "members", "value": []}),
        ] {
            let reply = idp.patch(&group, json!([operation])).await.expect(200);
            assert_eq!((&reply.body, &reply.headers["etag"]), (&team.body, &team.headers["etag"]), "{operation}");
        }
        assert_eq!(acme.person_row(&id).await.epoch, epoch, "nobody is signed out by it");
    }

    async fn r072_a_patch_shows_the_result_and_a_large_group_is_not_shown(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let operations: Vec<_> = (0..101).map(|n| json!({"method": "POST", "path": "/Users", "bulkId": format!("u{n}"),
                                                         "data": {"userName": format!("user{n}@acme.test")}})).collect();
        let made = idp.call("POST", "/Bulk", Some(json!({"Operations": operations}))).await.expect(200).body;
        let ids: Vec<String> = made["Operations"].as_array().unwrap().iter()
            .map(|one| one["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect();
        let hundred: Vec<&str> = ids[..99].iter().map(String::as_str).collect();
        let group = format!("/Groups/{}", idp.create_group("all", &hundred).await.expect(201).id());
        let add = |id: &str| json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        let shown = idp.patch(&group, add(&ids[99])).await.expect(200);
        assert_eq!(shown.body["members"].as_array().unwrap().len(), 100);
        assert_eq!(shown.headers["location"].to_str().unwrap(), shown.body["meta"]["location"].as_str().unwrap());
        let large = idp.patch(&group, add(&ids[100])).await.expect(204);
        assert_eq!(large.body, Value::Null);
        assert_eq!(large.headers["content-type"].to_str().unwrap(), "application/scim+json; charset=utf-8");
        let got = idp.get(&group).await.expect(200);
        assert_eq!(got.body["members"].as_array().unwrap().len(), 101, "GET never cuts members");
        assert_eq!(got.headers["etag"], large.headers["etag"]);
        let body = json!({"Operations": [{"op": "replace", "path": "displayName", "value": "everybody"}]});
        let part = idp.call("PATCH", &format!("{group}?attributes=displayName"), Some(body.clone())).await.expect(200);
        assert_eq!((&part.body["displayName"], part.body.get("members")), (&json!("everybody"), None));
        let without = idp.call("PATCH", &format!("{group}?excludedAttributes=members"), Some(body)).await.expect(200);
        assert!(without.body.get("members").is_none());
        let user = idp.call("PATCH", &format!("/Users/{}?attributes=title", ids[0]), Some(json!({"Operations": [{"op": "add", "path": "title", "value": "x"}]}))).await.expect(200);
        let mut keys: Vec<_> = user.body.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["id", "meta", "schemas", "title"]);
    }

    async fn r074_values_are_read_as_the_schema_says(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        for (operation, attribute, expected) in [
            (json!({"op": "replace", "path": "active", "value": "False"}), "active", json!(false)),
            (json!({"op": "replace", "path": "active", "value": [{"value": "True"}]}), "active", json!(true)),
            (json!({"op": "replace", "value": {"active": "false"}}), "active", json!(false)),
            (json!({"op": "replace", "path": "active", "value": [true]}), "active", json!(true)),
            (json!({"op": "add", "path": "roles", "value": [{"value": "r", "primary": "True"}]}), "roles", json!([{"value": "r", "primary": true}])),
            (json!({"op": "replace", "path": "title", "value": ["Lady"]}), "title", json!("Lady")),
            (json!({"op": "replace", "path": "title", "value": [{"value": "Dame"}]}), "title", json!("Dame")),
            (json!({"op": "replace", "path": "title", "value": 7}), "title", json!("7")),
            (json!({"op": "replace", "path": "title", "value": ""}), "title", Value::Null),
            (json!({"op": "replace", "path": "name.middleName", "value": null}), "title", Value::Null),
        ] {
            let reply = idp.patch(&path, json!([operation])).await;
            assert_eq!(reply.status, 200, "{operation}: {}", reply.body);
            assert_eq!(reply.body[attribute], expected, "{operation}");
            check(&idp, &path, &reply.body).await;
        }
        for value in [json!(null), json!(""), json!("perhaps"), json!([]), json!({}), json!(2), json!(["x"])] {
            refused(&idp, &path, json!([{"op": "replace", "path": "active", "value": value}]), 400, "invalidValue").await;
            refused(&idp, &path, json!([{"op": "add", "value": {"active": value}}]), 400, "invalidValue").await;
        }
        refused(&idp, &path, json!([{"op": "replace", "path": "userName", "value": ""}]), 400, "invalidValue").await;
        refused(&idp, &path, json!([{"op": "replace", "path": "name", "value": "Ada"}]), 400, "invalidValue").await;
        let strict = strict(&gw).await;
        let path = ada(&strict).await;
        for value in [json!("False"), json!([false]), json!({"value": false})] {
            refused(&strict, &path, json!([{"op": "replace", "path": "active", "value": value}]), 400, "invalidValue").await;
        }
    }

    async fn r075_the_manager_in_every_form_and_gone_again(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let boss = idp.create_user("boss@acme.test").await.expect(201);
        let at = format!("{ENTERPRISE}:manager");
        let shown = json!({"value": boss.id(), "$ref": boss.body["meta"]["location"], "displayName": "Ada Byron"});
        for op in ["add", "Replace"] {
            for value in [json!(boss.id()), json!({"value": boss.id()}), json!([{"value": boss.id()}]), json!([boss.id()])] {
                let reply = idp.patch(&path, json!([{"op": op, "path": at, "value": value}])).await.expect(200);
                assert_eq!(reply.body[ENTERPRISE]["manager"], shown, "{op} {value}");
                check(&idp, &path, &reply.body).await;
                let gone = if op == "add" { json!("") } else { Value::Null };
                let reply = idp.patch(&path, json!([{"op": op, "path": at, "value": gone}])).await.expect(200);
                assert!(reply.body.get(ENTERPRISE).and_then(|e| e.get("manager")).is_none(), "{}", reply.body);
            }
            let pathless = json!([{"op": op, "value": {ENTERPRISE: {"manager": boss.id()}}}]);
            assert_eq!(idp.patch(&path, pathless).await.expect(200).body[ENTERPRISE]["manager"], shown);
            let reply = idp.patch(&path, json!([{"op": "remove", "path": at}])).await.expect(200);
            assert!(reply.body.get(ENTERPRISE).is_none(), "{}", reply.body);
        }
        // Somebody who is not there yet is kept without a name, and shown with one when he is.
        let later = "00000000-0000-7000-8000-000000000007";
        let reply = idp.patch(&path, json!([{"op": "add", "path": at, "value": later}])).await.expect(200);
        assert_eq!(reply.body[ENTERPRISE]["manager"], json!({"value": later}));
        let body = json!({"userName": "ada@acme.test", ENTERPRISE: {"manager": boss.id()}});
        assert_eq!(idp.call("PUT", &path, Some(body)).await.expect(200).body[ENTERPRISE]["manager"], shown);
    }

    async fn r076_a_thousand_operations_and_a_mebibyte_are_taken(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let id = path.rsplit('/').next().unwrap().to_owned();
        let mut operations: Vec<_> = (0..999).map(|n| json!({"op": "replace", "path": "title", "value": format!("t{n}")})).collect();
        operations.push(json!({"op": "add", "path": "nickName", "value": "x".repeat(900_000)}));
        let reply = idp.patch(&path, json!(operations)).await.expect(200);
        assert_eq!((&reply.body["title"], reply.body["nickName"].as_str().unwrap().len()), (&json!("t998"), 900_000));
        // Members: one operation each, as Okta sends them.
        let group = format!("/Groups/{}", idp.create_group("panel-north-users", &[]).await.expect(201).id());
        let mut members: Vec<_> = (0..999).map(|n| json!({"op": "remove", "path": format!("members[value eq \"00000000-0000-7000-8000-{n:012}\"]")})).collect();
        members.push(json!({"op": "add", "path": "members", "value": [{"value": id}]}));
        assert_eq!(idp.patch(&group, json!(members)).await.expect(200).body["members"].as_array().unwrap().len(), 1);
        assert_eq!(acme.access(&id).await.0.as_deref(), Some("msp_user"));
    }
}

async fn strict(gw: &TestGateway) -> Directory {
    gw.organization("zeta", None, usual_rules()).await.directory("strict", "rfc-strict").await
}
