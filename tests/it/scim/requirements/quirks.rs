//! The quirk catalogue, 1 to 28: what IdPs really send, and what became of it elsewhere.

use super::patched::{ada, done, refused, world};
use super::{ENTERPRISE, GROUP, USER, address, found, names};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway};
use serde_json::{Value, json};

fn id(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

async fn group(idp: &Directory, name: &str, members: &[&str]) -> String {
    format!("/Groups/{}", idp.create_group(name, members).await.expect(201).id())
}

fn size(body: &Value) -> usize {
    body["members"].as_array().unwrap().len()
}

on_both_engines! {
    async fn q01_operations_in_capitals(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        assert_eq!(done(&idp, &path, json!({"op": "Add", "path": "nickName", "value": "a"})).await["nickName"], "a");
        assert_eq!(done(&idp, &path, json!({"op": "REPLACE", "path": "nickName", "value": "b"})).await["nickName"], "b");
        assert_eq!(done(&idp, &path, json!({"op": "Remove", "path": "nickName"})).await.get("nickName"), None::<&Value>);
    }

    async fn q02_the_flag_in_the_address(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        for flag in ["?aadOptscim062020", "?aadOptscim062020&", "?", "?&", "/?aadOptscim062020=1"] {
            assert_eq!(idp.get(&format!("{path}{flag}")).await.expect(200).body["userName"], "ada@acme.test", "{flag}");
        }
        let listed = idp.get("/Users?filter=userName%20eq%20%22ada%40acme.test%22&aadOptscim062020").await.expect(200);
        assert_eq!(listed.body["totalResults"], 1);
    }

    async fn q03_booleans_as_text(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        assert_eq!(done(&idp, &path, json!({"op": "Replace", "path": "active", "value": "False"})).await["active"], false);
        let body = json!({"userName": "b", "active": "True", "emails": [{"value": "b@x.test", "primary": "True"}], "roles": [{"value": "r", "primary": "False"}]});
        let made = idp.call("POST", "/Users", Some(body)).await.expect(201).body;
        assert_eq!((&made["active"], &made["emails"][0]["primary"], &made["roles"][0]["primary"]), (&json!(true), &json!(true), &json!(false)));
        assert_eq!(found(&idp, "/Users", "active eq \"False\"").await, "ada@acme.test");
    }

    async fn q04_q05_q06_an_element_is_made_once_and_no_other_is_touched(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = idp.patch(&path, json!([
            {"op": "Replace", "path": "emails[type eq \"other\"].value", "value": "o@acme.test"},
            {"op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "London"},
            {"op": "Add", "path": "addresses[type eq \"work\"].country", "value": "GB"},
            {"op": "Add", "path": "addresses[type eq \"work\"].postalCode", "value": "W1"},
        ])).await.expect(200).body;
        assert_eq!(body["addresses"], json!([{"type": "work", "locality": "London", "country": "GB", "postalCode": "W1"}]));
        assert_eq!(body["emails"].as_array().unwrap().len(), 3);
        assert_eq!(body["emails"][0], json!({"value": "ada@acme.test", "type": "work", "primary": true}));
    }

    async fn q07_dotted_and_urn_keys(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "replace", "value": {"name.givenName": "G", format!("{ENTERPRISE}:employeeNumber"): "7", format!("{USER}:title"): "T"}})).await;
        assert_eq!((&body["name"]["givenName"], &body[ENTERPRISE]["employeeNumber"], &body["title"]), (&json!("G"), &json!("7"), &json!("T")));
    }

    async fn q08_the_manager_is_a_plain_text_and_comes_back_complex(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let boss = idp.create_user("boss@acme.test").await.expect(201);
        let body = json!({"userName": "x", ENTERPRISE: {"manager": boss.id()}});
        let made = idp.call("POST", "/Users", Some(body)).await.expect(201);
        let shown = json!({"value": boss.id(), "$ref": boss.body["meta"]["location"], "displayName": "Ada Byron"});
        assert_eq!(made.body[ENTERPRISE]["manager"], shown);
        assert_eq!(found(&idp, "/Users", &format!("manager eq \"{}\"", boss.id())).await, "x");
        assert_eq!(idp.get(&format!("/Users/{}", made.id())).await.body[ENTERPRISE]["manager"], shown);
    }

    async fn q09_a_value_array_removes_those_alone(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let (one, two) = (id(&ada(&idp).await), idp.create_user("b@acme.test").await.id());
        let team = group(&idp, "panel-north-users", &[&one, &two]).await;
        let body = done(&idp, &team, json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": one}]})).await;
        assert_eq!((size(&body), &body["members"][0]["value"]), (1, &json!(two)));
        assert_eq!((acme.access(&one).await.0, acme.access(&two).await.0.as_deref()), (None, Some("msp_user")));
    }

    async fn q10_a_filtered_removal_takes_the_access_and_not_only_the_words(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let one = id(&ada(&idp).await);
        let team = group(&idp, "panel-north-users", &[&one]).await;
        assert_eq!(acme.access(&one).await.0.as_deref(), Some("msp_user"));
        done(&idp, &team, json!({"op": "remove", "path": format!("members[value eq \"{one}\"]")})).await;
        assert_eq!(acme.access(&one).await.0, None);
        assert_eq!(found(&idp, "/Groups", &format!("members eq \"{one}\"")).await, "");
    }

    async fn q11_q12_okta_pushes_a_group_without_a_path_and_empties_it(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "okta").await;
        let one = id(&ada(&idp).await);
        let team = group(&idp, "panel-north-users", &[]).await;
        let both = json!({"op": "replace", "value": {"id": id(&team), "displayName": "panel-south-users", "members": [{"value": one, "display": "ada"}]}});
        assert_eq!(size(&done(&idp, &team, both).await), 1);
        assert_eq!(acme.access(&one).await.1, "south");
        assert_eq!(size(&done(&idp, &team, json!({"op": "replace", "path": "members", "value": []})).await), 0);
        assert_eq!(acme.access(&one).await.0, None);
    }

    async fn q13_a_member_without_a_type_is_whatever_it_is(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let (one, inner) = (id(&ada(&idp).await), id(&group(&idp, "inner", &[]).await));
        let team = group(&idp, "team", &[&one, &inner]).await;
        let body = idp.get(&team).await.expect(200).body;
        let types: Vec<_> = body["members"].as_array().unwrap().iter().map(|m| (m["value"].as_str().unwrap(), m["type"].as_str().unwrap())).collect();
        assert!(types.contains(&(&one, "User")) && types.contains(&(&inner, "Group")), "{types:?}");
    }

    async fn q14_replace_is_replace(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "entra").await;
        let (one, two) = (id(&ada(&idp).await), idp.create_user("b@acme.test").await.id());
        let team = group(&idp, "panel-north-users", &[&one]).await;
        let body = done(&idp, &team, json!({"op": "Replace", "path": "members", "value": [{"value": two}]})).await;
        assert_eq!((size(&body), &body["members"][0]["value"]), (1, &json!(two)));
        assert_eq!(acme.access(&one).await.0, None);
    }

    async fn q15_an_unknown_member_stops_nothing_and_is_named(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let (one, two) = (id(&ada(&idp).await), idp.create_user("b@acme.test").await.id());
        let team = group(&idp, "panel-north-users", &[&one]).await;
        let reply = idp.patch(&team, json!([
            {"op": "add", "path": "members", "value": [{"value": "gone"}, {"value": two}]},
            {"op": "remove", "path": format!("members[value eq \"{one}\"]")},
        ])).await.expect(200);
        assert_eq!(reply.headers["scim-skipped"].to_str().unwrap(), "gone");
        assert_eq!((acme.access(&one).await.0, acme.access(&two).await.0.as_deref()), (None, Some("msp_user")));
        let strict = acme.directory("strict", "rfc-strict").await;
        let body = json!({"schemas": [GROUP], "displayName": "g", "members": [{"value": "gone"}]});
        assert_eq!(strict.call("POST", "/Groups", Some(body)).await.expect(400).body["scimType"], "invalidValue");
    }

    async fn q16_urns_of_scim_1_1(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "onelogin").await;
        let body = json!({"schemas": ["urn:scim:schemas:core:1.0", "urn:scim:schemas:extension:enterprise:1.0"], "userName": "ada"});
        let made = idp.call("POST", "/Users", Some(body)).await.expect(201);
        assert_eq!(made.body["schemas"], json!([USER]));
        let put = json!({"schemas": ["urn:scim:schemas:core:2.0"], "userName": "ada", "title": "T"});
        assert_eq!(idp.call("PUT", &format!("/Users/{}", made.id()), Some(put)).await.expect(200).body["title"], "T");
    }

    async fn q17_q18_both_verbs_work_on_both_types(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let (user, team) = (ada(&idp).await, group(&idp, "team", &[]).await);
        done(&idp, &user, json!({"op": "replace", "path": "title", "value": "a"})).await;
        assert_eq!(idp.call("PUT", &user, Some(json!({"userName": "ada"}))).await.expect(200).body["userName"], "ada");
        done(&idp, &team, json!({"op": "replace", "path": "displayName", "value": "crew"})).await;
        let put = json!({"displayName": "staff", "members": [{"value": id(&user)}]});
        assert_eq!(size(&idp.call("PUT", &team, Some(put)).await.expect(200).body), 1);
    }

    async fn q19_active_is_what_the_idp_said_and_not_whether_somebody_signed_in(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let by = doorward::domain::audit::Actor::Operator;
        let lock = doorward::service::console::users::UserPatch { locked: Some(true), ..Default::default() };
        let person = acme.person(&id(&path)).await;
        doorward::service::console::users::patch(&gw.gateway, &by, acme.org, "acme", person, lock).await.unwrap();
        assert_eq!(idp.get(&path).await.expect(200).body["active"], true, "locked here, active there");
        done(&idp, &path, json!({"op": "replace", "path": "active", "value": true})).await;
        assert!(acme.person_row(&id(&path)).await.locked, "and the lock holds");
    }

    async fn q20_q45_a_return_under_its_external_id_also_under_another_name(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "okta").await;
        let path = ada(&idp).await;
        done(&idp, &path, json!({"op": "replace", "value": {"active": false}})).await;
        let body = json!({"userName": "lovelace@acme.test", "externalId": "00uada", "active": true});
        let back = idp.call("POST", "/Users", Some(body)).await.expect(201);
        assert_eq!((back.id(), &back.body["userName"]), (id(&path), &json!("lovelace@acme.test")));
        assert_eq!(found(&idp, "/Users", "userName eq \"ada@acme.test\"").await, "");
    }

    async fn q21_a_password_is_taken_and_thrown_away_however_bad(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "okta").await;
        for (n, password) in [json!(""), json!("x"), json!("🙂".repeat(200))].into_iter().enumerate() {
            let body = json!({"userName": format!("u{n}"), "password": password});
            let made = idp.call("POST", "/Users", Some(body)).await.expect(201);
            assert_eq!(made.body.get("password"), None::<&Value>);
        }
        assert_eq!(idp.get("/Users?filter=password%20eq%20%22x%22").await.status, 400);
    }

    async fn q22_the_user_name_comes_back_as_it_was_sent_everywhere(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let name = "Zoë.O'Neil+x@ACME.test";
        let made = idp.call("POST", "/Users", Some(json!({"userName": name}))).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let patched = done(&idp, &path, json!({"op": "replace", "value": {"active": false}})).await;
        let listed = idp.get(&address("/Users", &[("filter", &format!("userName eq \"{}\"", name.to_uppercase()))])).await.expect(200).body;
        for body in [&made.body, &patched, &listed["Resources"][0], &idp.get(&path).await.body] {
            assert_eq!(body["userName"], name);
        }
    }

    async fn q23_q37_counters_are_true_and_no_method_is_a_404(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        for n in 0..5 {
            idp.create_user(&format!("u{n}")).await.expect(201);
        }
        let page = idp.get("/Users?startIndex=4&count=100").await.expect(200).body;
        assert_eq!((&page["totalResults"], &page["itemsPerPage"], &page["startIndex"]), (&json!(5), &json!(2), &json!(4)));
        assert_eq!(idp.get("/Users?startIndex=0&count=2").await.expect(200).body["startIndex"], 1);
        for path in ["/Users", "/Groups"] {
            assert_eq!(idp.call("PUT", path, Some(json!({}))).await.status, 405, "{path}");
        }
    }

    async fn q24_q25_groups_and_users_are_found_by_name_and_external_id(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "entra").await;
        ada(&idp).await;
        for (name, ext) in [("Eng", "g1"), ("Eng 2", "g2")] {
            idp.call("POST", "/Groups", Some(json!({"displayName": name, "externalId": ext}))).await.expect(201);
        }
        assert_eq!(found(&idp, "/Groups", "displayName eq \"eng\"").await, "Eng");
        assert_eq!(found(&idp, "/Groups", "externalId eq \"g2\"").await, "Eng 2");
        assert_eq!(found(&idp, "/Users", "externalId eq \"00uada\"").await, "ada@acme.test");
        assert_eq!(found(&idp, "/Users", "externalId eq \"00UADA\"").await, "");
    }

    async fn q26_q27_q28_filters_and_paths_beyond_the_letter(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        done(&idp, &path, json!({"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "R&D (north): \"one\""})).await;
        for filter in [
            "emails[type eq \"work\"].value eq \"ada@acme.test\"", "((userName sw \"ada\") and (active eq true))",
            &format!("schemas eq \"{USER}\""), &format!("{USER}:userName eq \"ada@acme.test\""), &format!("{ENTERPRISE}:department sw \"R&D (north):\""),
            "department co \"\\\"one\\\"\"", "not(userName eq \"x\") and userName pr",
        ] {
            assert_eq!(found(&idp, "/Users", filter).await, "ada@acme.test", "{filter}");
        }
        assert_eq!(done(&idp, &path, json!({"op": "Replace", "path": format!("{USER}:nickName"), "value": "N"})).await["nickName"], "N");
        refused(&idp, &path, json!([{"op": "replace", "path": format!("{USER}:role"), "value": "N"}]), 400, "invalidPath").await;
        assert_eq!(names(&idp.get("/Users").await.body), ["ada@acme.test"]);
    }
}
