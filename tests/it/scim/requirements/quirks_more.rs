//! The quirk catalogue, 29 to 55. Not here: 38 (faults of a validator, which nothing should mend), 46 (a pull from Google,
//! which is not there yet) and 53 (what a log may show: the log has its own tests).

use super::patched::{ada, done, world};
use super::{USER, found};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use crate::harness::world::World;
use serde_json::{Value, json};

fn id(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

async fn group(idp: &Directory, name: &str, members: &[&str]) -> String {
    format!("/Groups/{}", idp.create_group(name, members).await.expect(201).id())
}

on_both_engines! {
    async fn q29_roles_in_every_shape_of_entra(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "entra").await;
        let path = ada(&idp).await;
        let text = json!({"id": "1", "value": "editor", "displayName": "Editor"}).to_string();
        for (n, value) in [json!([{"value": "admin", "displayName": "Admin", "id": "2"}]), json!([text]), json!([{"value": "viewer", "primary": "False"}])].into_iter().enumerate() {
            let body = idp.patch(&path, json!([{"op": "Add", "path": "roles", "value": value}])).await.expect(200).body;
            assert_eq!(body["roles"].as_array().unwrap().len(), n + 1, "{body}");
        }
        let body = idp.get(&path).await.body;
        let mut values: Vec<_> = body["roles"].as_array().unwrap().iter().map(|role| role["value"].as_str().unwrap()).collect();
        values.sort_unstable();
        assert_eq!(values, ["admin", "editor", "viewer"]);
        assert_eq!(acme.access(&id(&path)).await.0, None, "an IdP's role is an attribute and makes no admin");
    }

    async fn q30_unknown_attributes_are_left_out_and_the_rest_is_kept(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let body = json!({"userName": "u", "title": "T", "shoeSize": 7, "urn:acme:x:2.0:User": {"a": 1}});
        let made = idp.call("POST", "/Users", Some(body.clone())).await.expect(201).body;
        assert_eq!((&made["title"], made.get("shoeSize"), made.get("urn:acme:x:2.0:User")), (&json!("T"), None, None));
        let mut strict_body = body;
        strict_body["schemas"] = json!([USER]);
        let strict = acme.directory("interop", "interop-strict").await;
        assert_eq!(strict.call("POST", "/Users", Some(strict_body)).await.expect(400).body["scimType"], "invalidSyntax");
    }

    async fn q31_q34_changes_of_members_touch_those_members_alone(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let mut people = Vec::new();
        for n in 0..12 {
            people.push(idp.create_user(&format!("u{n}")).await.expect(201).id());
        }
        let team = group(&idp, "team", &people[..6].iter().map(String::as_str).collect::<Vec<_>>()).await;
        let calls = people.iter().enumerate().map(|(n, one)| {
            let (idp, team) = (idp.clone(), team.clone());
            let operation = if n < 3 { json!({"op": "remove", "path": format!("members[value eq \"{one}\"]")}) } else { json!({"op": "add", "path": "members", "value": [{"value": one}]}) };
            async move { idp.patch(&team, json!([operation])).await.status }
        });
        assert!(futures::future::join_all(calls).await.iter().all(|status| *status == 200));
        let body = idp.get(&team).await.expect(200).body;
        let mut seen: Vec<_> = body["members"].as_array().unwrap().iter().map(|m| m["value"].as_str().unwrap().to_owned()).collect();
        let mut due = people[3..].to_vec();
        seen.sort();
        due.sort();
        assert_eq!(seen, due);
    }

    async fn q32_a_put_that_says_200_has_stored_the_members(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let (one, two) = (idp.create_user("a").await.id(), idp.create_user("b").await.id());
        let team = group(&idp, "x", &[&one]).await;
        let body = json!({"displayName": "panel-north-users", "members": [{"value": two}]});
        idp.call("PUT", &team, Some(body)).await.expect(200);
        let members = idp.get(&team).await.body["members"].clone();
        assert_eq!((members.as_array().unwrap().len(), &members[0]["value"]), (1, &json!(two)));
        assert_eq!((acme.access(&one).await.0, acme.access(&two).await.0.as_deref()), (None, Some("msp_user")));
    }

    async fn q33_refusals_are_json_that_names_the_cause(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let reply = idp.patch(&path, json!([{"op": "replace", "path": "active", "value": "secret-value"}])).await.expect(400);
        assert!(reply.body["detail"].as_str().unwrap().contains("active"));
        assert_eq!(reply.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    }

    async fn q35_a_user_whom_others_refer_to_can_be_deleted(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "entra").await;
        let boss = ada(&idp).await;
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let report = idp.call("POST", "/Users", Some(json!({"userName": "r", enterprise: {"manager": id(&boss)}}))).await.expect(201);
        let team = group(&idp, "team", &[&id(&boss)]).await;
        idp.call("DELETE", &boss, None).await.expect(204);
        idp.call("DELETE", &boss, None).await.expect(404);
        assert_eq!(idp.get(&team).await.expect(200).body["members"], json!([]));
        let manager = idp.get(&format!("/Users/{}", report.id())).await.expect(200).body[enterprise]["manager"].clone();
        assert_eq!(manager, json!({"value": id(&boss)}), "kept as sent, shown without a name");
    }

    async fn q36_slashes_too_many(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "jumpcloud").await;
        let path = ada(&idp).await;
        for address in [format!("{path}/"), format!("/{path}"), format!("//Users//{}//", id(&path))] {
            assert_eq!(idp.get(&address).await.expect(200).body["userName"], "ada@acme.test", "{address}");
        }
        idp.call("POST", "/Users/", Some(json!({"userName": "b"}))).await.expect(201);
    }

    async fn q39_q40_ids_of_others_are_never_ours(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let zeta = gw.organization("zeta", None, usual_rules()).await;
        let other = zeta.directory("idp", "auto").await;
        let ours = ada(&idp).await;
        let same = json!({"userName": "ada@acme.test", "externalId": "00uada", "emails": [{"value": "ada@acme.test"}]});
        let theirs = other.call("POST", "/Users", Some(same)).await.expect(201);
        assert_ne!((theirs.id(), zeta.person(&theirs.id()).await), (id(&ours), acme.person(&id(&ours)).await));
        // An externalId is a label: not even our own id in it means anybody.
        for external_id in ["1", "0", &id(&ours), &acme.person(&id(&ours)).await.to_string()] {
            let made = idp.call("POST", "/Users", Some(json!({"userName": format!("u-{external_id}"), "externalId": external_id}))).await.expect(201);
            assert_ne!(made.id(), id(&ours));
            assert_ne!(acme.person(&made.id()).await, acme.person(&id(&ours)).await);
            idp.get(&format!("/Users/{external_id}")).await.expect(if external_id == id(&ours) { 200 } else { 404 });
        }
    }

    async fn q41_who_was_deprovisioned_does_not_come_back_at_sign_in(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        world.idp.sign_in("ada@acme.test").unwrap();
        let sign_in = async |connection: usize| {
            let mut browser = world.browser();
            browser.open(&world.login_url(connection)).await.unwrap();
            browser.settle().await.unwrap().status
        };
        assert_eq!(sign_in(0).await, 200);
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        assert_eq!([sign_in(0).await, sign_in(1).await], [403, 403], "inactive");
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        assert_eq!([sign_in(0).await, sign_in(1).await], [403, 403], "deleted");
    }

    async fn q42_neither_owner_nor_last_admin_falls_to_a_push(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let olive = okta.create_user("olive@acme.test").await.expect(201).id();
        okta.patch(&format!("/Users/{olive}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        okta.call("DELETE", &format!("/Users/{olive}"), None).await.expect(204);
        let mut browser = world.browser();
        let password = [("email", "olive@acme.test"), ("password", "olive-secret")];
        assert_eq!(browser.post_form(&world.at("/login"), &password).await.unwrap().status, 303);
        // With the owner there, the IdP may take its last admin.
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        okta.create_group("panel-admins", &[&bob]).await.expect(201);
        okta.patch(&format!("/Users/{bob}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
    }

    async fn q43_a_repeated_post_destroys_nothing(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "okta").await;
        let path = ada(&idp).await;
        let before = idp.get(&path).await.body;
        let body = json!({"userName": "ada@acme.test", "externalId": "00uada"});
        idp.call("POST", "/Users", Some(body)).await.expect(409);
        assert_eq!(idp.get(&path).await.body, before);
    }

    async fn q44_one_address_twice_and_both_primary(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "ping").await;
        let twice = json!([{"value": "a@x.test", "type": "work", "primary": true}, {"value": "a@x.test", "type": "work", "primary": true}]);
        let made = idp.call("POST", "/Users", Some(json!({"userName": "a", "emails": twice}))).await.expect(201).body;
        assert_eq!(made["emails"], json!([{"value": "a@x.test", "type": "work", "primary": true}]));
        let both = json!([{"value": "a@x.test", "type": "work", "primary": true}, {"value": "b@x.test", "type": "home", "primary": true}]);
        let made = idp.call("POST", "/Users", Some(json!({"userName": "b", "emails": both}))).await.expect(201).body;
        assert_eq!((&made["emails"][0]["primary"], made["emails"][1]["primary"] == true), (&json!(true), false), "the first wins");
    }

    async fn q47_a_value_as_json_text_without_a_path(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let text = json!({"active": "false", "title": "{\"not\": \"parsed\"}"}).to_string();
        let body = done(&idp, &path, json!({"op": "replace", "value": text})).await;
        assert_eq!((&body["active"], &body["title"]), (&json!(false), &json!("{\"not\": \"parsed\"}")));
    }

    async fn q48_a_member_list_is_left_out_where_nobody_asked(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let one = id(&ada(&idp).await);
        let team = group(&idp, "team", &[&one]).await;
        for address in [format!("{team}?excludedAttributes=members"), format!("{team}?attributes=displayName")] {
            assert_eq!(idp.get(&address).await.expect(200).body.get("members"), None::<&Value>, "{address}");
        }
        let listed = idp.get("/Groups?excludedAttributes=members").await.expect(200).body;
        assert_eq!(listed["Resources"][0].get("members"), None::<&Value>);
    }

    async fn q49_a_group_is_called_as_it_was_renamed(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "okta").await;
        let team = group(&idp, "Old", &[]).await;
        done(&idp, &team, json!({"op": "replace", "value": {"id": id(&team), "displayName": "New"}})).await;
        assert_eq!(found(&idp, "/Groups", "displayName eq \"New\"").await, "New");
        assert_eq!(found(&idp, "/Groups", "displayName eq \"Old\"").await, "");
    }

    async fn q50_activating_the_active_is_a_success(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "entra").await;
        let path = ada(&idp).await;
        let before = (idp.get(&path).await.headers["etag"].clone(), acme.events().await.len());
        done(&idp, &path, json!({"op": "Replace", "path": "active", "value": "True"})).await;
        assert_eq!((idp.get(&path).await.headers["etag"].clone(), acme.events().await.len()), before);
    }

    async fn q51_one_directory_does_not_use_up_what_another_may_call(engine) {
        let gw = TestGateway::limited(engine, 1).await;
        let (acme, idp) = world(&gw, "auto").await;
        let other = acme.directory("other", "auto").await;
        let calls = futures::future::join_all((0..40).map(|_| idp.get("/Users?count=0"))).await;
        assert!(calls.iter().any(|reply| reply.status == 429));
        other.get("/Users?count=0").await.expect(200);
        idp.with_token("wrong").get("/Users?count=0").await.expect(401);
    }

    async fn q52_a_put_clears_what_is_absent_and_keeps_three_things(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "onelogin").await;
        let path = ada(&idp).await;
        done(&idp, &path, json!({"op": "replace", "value": {"active": false}})).await;
        let body = idp.call("PUT", &path, Some(json!({"userName": "ada@acme.test"}))).await.expect(200).body;
        assert_eq!((&body["externalId"], &body["active"]), (&json!("00uada"), &json!(false)));
        for cleared in ["title", "name", "emails"] {
            assert_eq!(body.get(cleared), None::<&Value>, "{cleared}");
        }
        let team = group(&idp, "team", &[&id(&path)]).await;
        let kept = idp.call("PUT", &team, Some(json!({"displayName": "crew"}))).await.expect(200).body;
        assert_eq!(kept["members"].as_array().unwrap().len(), 1);
    }

    async fn q54_empty_texts_and_nulls_are_nothing(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "entra").await;
        let body = json!({"userName": "a", "title": "", "nickName": null, "name": {"givenName": "A", "familyName": ""}, "emails": [], "phoneNumbers": null});
        let made = idp.call("POST", "/Users", Some(body)).await.expect(201).body;
        assert_eq!(made["name"], json!({"givenName": "A"}));
        for absent in ["title", "nickName", "emails", "phoneNumbers"] {
            assert_eq!(made.get(absent), None::<&Value>, "{absent}");
        }
        let team = group(&idp, "team", &[]).await;
        let member = json!([{"$ref": null, "display": null, "value": made["id"]}]);
        assert_eq!(done(&idp, &team, json!({"op": "Add", "path": "members", "value": member})).await["members"].as_array().unwrap().len(), 1);
    }

    async fn q55_a_name_is_matched_whole_and_wildcards_are_letters(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "entra").await;
        for name in ["jo", "jo@a.test", "jo@b.test", "j_"] {
            idp.call("POST", "/Users", Some(json!({"userName": name}))).await.expect(201);
        }
        for name in ["jo", "jo@a.test", "j_"] {
            assert_eq!(found(&idp, "/Users", &format!("userName eq \"{name}\"")).await, name);
        }
        assert_eq!(found(&idp, "/Users", "userName eq \"j%\"").await, "");
    }
}
