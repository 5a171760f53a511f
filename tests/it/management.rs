//! What an organization's administrator can do over the management API, and what not.

use crate::harness::admin::Admin;
use crate::harness::database::on_both_engines;
use crate::harness::world::World;
use serde_json::json;

on_both_engines! {
    async fn a_field_of_the_directory_is_locked_and_says_where_it_can_be_changed(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        okta.create_user("ada@acme.test").await.expect(201);
        let admin = Admin::of(&world, "acme").await;
        let ada = admin.person("ada@acme.test").await;
        let id = ada["id"].as_str().unwrap();
        for (field, value) in [("email", "other@acme.test"), ("name", "Another Name"), ("given_name", "Eve")] {
            let refused = admin.change(id, json!({field: value})).await.expect(409);
            assert_eq!(refused.headers["content-type"], "application/problem+json");
            assert_eq!((&refused.body["code"], &refused.body["field"]), (&json!("field_locked"), &json!(field)));
            assert_eq!(refused.body["owner"], "directory");
            assert!(refused.body["why"].is_string() && refused.body["change_at"].is_string(), "{}", refused.body);
        }
        assert_eq!(admin.person("ada@acme.test").await, ada, "nothing was changed");
        let log = admin.change(id, json!({"shoe_size": 43})).await.expect(400);
        assert!(log.body["detail"].as_str().unwrap().contains("shoe_size"), "{}", log.body);
    }

    async fn a_local_persons_fields_are_the_administrators_to_change(engine) {
        let world = World::start(engine, true).await;
        let admin = Admin::of(&world, "acme").await;
        let id = admin.person("lena@acme.test").await["id"].as_str().unwrap().to_owned();
        let changed = admin.change(&id, json!({"name": "Lena Later"})).await.expect(200);
        assert_eq!(changed.body["name"], "Lena Later");
    }

    async fn who_is_locked_by_an_administrator_is_signed_out_at_once_whatever_the_idp_says(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let user = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&user]).await.expect(201);
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        browser.open(&world.login_url(1)).await.unwrap();
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 200);
        let admin = Admin::of(&world, "acme").await;
        let id = admin.person("ada@acme.test").await["id"].as_str().unwrap().to_owned();
        admin.change(&id, json!({"locked": true})).await.expect(200);
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 303);
        okta.patch(&format!("/Users/{user}"), json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        let mut again = world.browser();
        assert_eq!(again.open(&world.login_url(1)).await.unwrap().status, 403, "the IdP does not unlock");
        admin.change(&id, json!({"locked": false})).await.expect(200);
        let mut back = world.browser();
        assert_eq!(back.open(&world.login_url(1)).await.unwrap().status, 200);
    }

    async fn an_administrator_finds_nothing_at_a_neighbours_door(engine) {
        let world = World::start(engine, true).await;
        world.gw.organization("zeta", None, json!([])).await;
        let admin = Admin::of(&world, "acme").await;
        let id = admin.person("lena@acme.test").await["id"].as_str().unwrap().to_owned();
        let zeta = Admin::of(&world, "zeta").await;
        admin.at("zeta").call("GET", "/users", None).await.expect(404);
        zeta.at("acme").call("GET", &format!("/users/{id}"), None).await.expect(404);
        zeta.call("GET", &format!("/users/{id}"), None).await.expect(404);
        zeta.change(&id, json!({"locked": true})).await.expect(404);
        assert_eq!(admin.person("lena@acme.test").await["locked"], false);
    }

    async fn the_why_card_names_the_group_and_the_rule_as_it_was_written(engine) {
        let world = World::start(engine, true).await;
        let admin = Admin::of(&world, "acme").await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        okta.create_group("admin", &[&ada]).await.expect(201);
        let card = admin.why("ada@acme.test").await;
        for word in ["panel-north-users", "panel-{client}-users", "msp_user", "north"] {
            assert!(card.contains(word), "{word} is missing: {card}");
        }
        assert!(!card.contains("msp_admin"), "a group called admin is only a group: {card}");
    }
}
