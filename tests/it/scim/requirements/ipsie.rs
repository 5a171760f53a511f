//! 96 and 97: the OpenID IPSIE profile, levels AL1 and AL2, on the server's side; and of 95 what needs no OAuth.

use super::patched::world;
use crate::harness::database::on_both_engines;
use crate::harness::gateway::TestGateway;
use crate::harness::world::World;
use serde_json::{Value, json};

fn query(path: &str, filter: &str) -> String {
    let text: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
    format!("{path}?{text}")
}

on_both_engines! {
    async fn bulk_and_several_attributes_in_one_patch_are_there_and_25_calls_a_second_pass(engine) {
        let gw = TestGateway::limited(engine, 200).await;
        let (_, idp) = world(&gw, "auto").await;
        assert_eq!(idp.get("/ServiceProviderConfig").await.expect(200).body["bulk"]["supported"], true);
        let ada = idp.create_user("ada@acme.test").await.expect(201).id();
        let body = idp.patch(&format!("/Users/{ada}"), json!([
            {"op": "replace", "path": "displayName", "value": "A"}, {"op": "replace", "path": "active", "value": false},
            {"op": "replace", "path": "userName", "value": "ada2@acme.test"},
        ])).await.expect(200).body;
        assert_eq!((&body["displayName"], &body["active"], &body["userName"]), (&json!("A"), &json!(false), &json!("ada2@acme.test")));
        let calls = futures::future::join_all((0..100).map(|_| idp.get("/Users?count=1"))).await;
        assert!(calls.iter().all(|reply| reply.status == 200));
    }

    async fn r096_a_deactivation_ends_all_access_at_once_and_a_reactivation_brings_no_session(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        browser.open(&world.login_url(0)).await.unwrap();
        browser.settle().await.unwrap();
        browser.open(&format!("{}/login", world.panel.base_url())).await.unwrap();
        browser.settle().await.unwrap();
        let whoami = format!("{}/whoami", world.panel.base_url());
        assert_eq!(browser.fetch(&whoami).await.unwrap().status, 200);
        let path = format!("/Users/{ada}");
        okta.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        assert_eq!(browser.fetch(&whoami).await.unwrap().status, 401);
        assert_eq!(browser.fetch(&world.at("/auth/verify")).await.unwrap().status, 401);
        assert_eq!(okta.get(&path).await.expect(200).body["active"], false, "and is still there to be read");
        let mut again = world.browser();
        again.open(&world.login_url(0)).await.unwrap();
        assert_eq!(again.settle().await.unwrap().status, 403);
        okta.patch(&path, json!([{"op": "replace", "path": "active", "value": true}])).await.expect(200);
        assert_eq!(browser.fetch(&world.at("/auth/verify")).await.unwrap().status, 401, "the old session stays dead");
        let mut fresh = world.browser();
        fresh.open(&world.login_url(0)).await.unwrap();
        assert_eq!(fresh.settle().await.unwrap().status, 200, "a new sign-in works");
    }

    async fn r096_the_lookups_of_al1_find_exactly_the_user(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let ada = idp.create_user("ada@acme.test").await.expect(201).id();
        idp.create_user("bob@acme.test").await.expect(201);
        for filter in ["userName eq \"ada@acme.test\"", "externalId eq \"ext-ada@acme.test\"", "emails[value eq \"ada@acme.test\"]",
                       "emails[type eq \"work\" and value eq \"ada@acme.test\"]"] {
            let found = idp.get(&query("/Users", filter)).await.expect(200).body;
            assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(ada)), "{filter}");
        }
        assert_eq!(idp.get(&query("/Users", "emails[type eq \"home\" and value eq \"ada@acme.test\"]")).await.expect(200).body["totalResults"], 0);
        idp.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        let again = json!({"userName": "ada@acme.test", "externalId": "somebody-else"});
        assert_ne!(idp.call("POST", "/Users", Some(again)).await.expect(201).id(), ada);
    }

    async fn r097_groups_of_al2_become_roles_and_every_write_is_audited(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let mut people = Vec::new();
        for n in 0..60 {
            people.push(idp.create_user(&format!("user{n}@acme.test")).await.expect(201).id());
        }
        let body = json!({"displayName": "panel-north-users", "externalId": "g-1"});
        let group = idp.call("POST", "/Groups", Some(body)).await.expect(201);
        assert_eq!(group.body["members"], json!([]), "an empty group is a group");
        let path = format!("/Groups/{}", group.id());
        let operations: Vec<_> = people.iter().map(|id| json!({"op": "add", "path": "members", "value": [{"value": id}]})).collect();
        assert_eq!(idp.patch(&path, json!(operations)).await.expect(200).body["members"].as_array().unwrap().len(), 60);
        for id in &people {
            assert_eq!(acme.access(id).await.0.as_deref(), Some("msp_user"));
        }
        for filter in ["displayName eq \"panel-north-users\"".to_owned(), "externalId eq \"g-1\"".into(), format!("members[value eq \"{}\"]", people[7])] {
            let found = idp.get(&format!("{}&excludedAttributes=members", query("/Groups", &filter))).await.expect(200).body;
            assert_eq!(found["totalResults"], 1, "{filter}");
            assert_eq!(found["Resources"][0].get("members"), None, "{filter}");
        }
        let page = idp.get("/Groups?cursor&count=1000").await.expect(200).body;
        assert_eq!((page["Resources"].as_array().unwrap().len(), page.get("nextCursor")), (1, None));
        idp.patch(&path, json!([{"op": "replace", "path": "displayName", "value": "plain"}])).await.expect(200);
        idp.call("DELETE", &path, None).await.expect(204);
        let mut deeds = acme.deeds(&group.id()).await;
        deeds.sort();
        assert_eq!(deeds, ["group_created", "group_deleted", "group_renamed", "members_changed"]);
    }

    async fn r097_users_of_al2_keep_no_password(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let body = json!({"userName": "ada@acme.test", "displayName": "Ada", "active": true, "externalId": "a", "password": "s3cret-Pass!"});
        let made = idp.call("POST", "/Users", Some(body)).await.expect(201);
        for (name, value) in [("userName", json!("ada@acme.test")), ("displayName", json!("Ada")), ("active", json!(true)), ("externalId", json!("a"))] {
            assert_eq!(made.body[name], value);
        }
        assert_eq!(made.body.get("password"), None::<&Value>);
        let person = acme.person(&made.id()).await;
        let kept = gw.gateway.store
            .read::<_, doorward::store::StoreError, _>(acme.org, async move |tx| doorward::store::people::password(tx, person).await)
            .await.unwrap();
        assert_eq!(kept, None);
    }
}
