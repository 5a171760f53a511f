//! A push becomes access: group → rule → role, client scope and seat, right from the commit.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use serde_json::json;

on_both_engines! {
    async fn a_membership_gives_a_role_in_a_client_and_its_end_takes_it(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        assert_eq!(acme.access(&ada).await.0, None);
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        okta.patch(&format!("/Groups/{group}"), json!([{"op": "add", "path": "members", "value": [{"value": ada}]}])).await.expect(200);
        let (role, clients, seat) = acme.access(&ada).await;
        assert_eq!((role.as_deref(), clients.as_str(), seat.as_str()), (Some("msp_user"), "north", "Held"));
        assert_eq!(okta.get(&format!("/Users/{ada}")).await.expect(200).body["groups"][0]["display"], "panel-north-users");
        let removal = json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]);
        okta.patch(&format!("/Groups/{group}"), removal).await.expect(200);
        let (role, _, seat) = acme.access(&ada).await;
        assert_eq!((role, seat.as_str()), (None, "None"));
    }

    async fn a_renamed_or_deleted_group_is_followed_at_once(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        let rename = json!([{"op": "replace", "value": {"id": group, "displayName": "panel-south-users"}}]);
        okta.patch(&format!("/Groups/{group}"), rename).await.expect(200);
        assert_eq!(acme.access(&ada).await.1, "south");
        okta.call("DELETE", &format!("/Groups/{group}"), None).await.expect(204);
        assert_eq!(acme.access(&ada).await.0, None);
    }

    async fn who_leaves_a_group_in_the_call_that_renames_it_loses_what_it_gave(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        for verb in ["PATCH", "PUT"] {
            let group = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
            let path = format!("/Groups/{group}");
            assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
            if verb == "PATCH" {
                let both = json!([{"op": "replace", "path": "displayName", "value": "plain"}, {"op": "remove", "path": "members"}]);
                okta.patch(&path, both).await.expect(200);
            } else {
                okta.call("PUT", &path, Some(json!({"displayName": "plain 2", "members": []}))).await.expect(200);
            }
            assert_eq!(acme.access(&ada).await.0, None, "{verb}");
        }
    }

    async fn nothing_widens_by_accident(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        for name in ["admin", "owner", "panel-elsewhere-users"] {
            okta.create_group(name, &[&ada]).await.expect(201);
        }
        assert_eq!(acme.access(&ada).await.0, None);
    }

    async fn a_seat_that_is_freed_goes_to_the_first_who_waits(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", Some(1), usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let mut people = Vec::new();
        for name in ["ada", "bob", "cleo"] {
            people.push(okta.create_user(&format!("{name}@acme.test")).await.expect(201).id());
        }
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        for id in &people {
            gw.wait(chrono::Duration::minutes(1));
            okta.patch(&format!("/Groups/{group}"), json!([{"op": "add", "path": "members", "value": [{"value": id}]}])).await.expect(200);
        }
        let mut seats = Vec::new();
        for id in &people {
            seats.push(acme.access(id).await.2);
        }
        assert_eq!(seats, ["Held", "Waiting", "Waiting"]);
        okta.patch(&format!("/Users/{}", people[0]), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        assert_eq!(acme.access(&people[1]).await.2, "Held");
        assert_eq!(acme.access(&people[2]).await.2, "Waiting");
    }

    async fn an_unknown_member_is_skipped_and_named_while_the_rest_is_applied(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        let stranger = "00000000-0000-7000-8000-000000000000";
        let reply = okta.patch(&format!("/Groups/{group}"), json!([
            {"op": "add", "path": "members", "value": [{"value": stranger}, {"value": ada}]},
        ])).await.expect(200);
        assert_eq!(reply.headers["scim-skipped"].to_str().unwrap(), stranger);
        assert_eq!(reply.body["members"].as_array().unwrap().len(), 1);
    }

    async fn fifty_at_once_leave_fifty_members(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        let mut people = Vec::new();
        for i in 0..50 {
            people.push(okta.create_user(&format!("user{i}@acme.test")).await.expect(201).id());
        }
        let calls = people.iter().map(|id| {
            let (okta, path, id) = (okta.clone(), format!("/Groups/{group}"), id.clone());
            async move { okta.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": id}]}])).await.status }
        });
        let statuses = futures::future::join_all(calls).await;
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        assert_eq!(okta.get(&format!("/Groups/{group}")).await.expect(200).body["members"].as_array().unwrap().len(), 50);
    }
}

on_both_engines! {
    async fn law_7_who_is_an_administrator_behind_a_mark_is_only_proposed(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let lena = acme.local_admin_behind_a_mark("lena@acme.test").await;
        let pushed = okta.create_user("lena@acme.test").await.expect(201).id();
        okta.patch(&format!("/Users/{pushed}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        let current = doorward::service::access::current(&gw.gateway, acme.org, lena).await.unwrap();
        assert_eq!(current.access.role.as_deref(), Some("msp_admin"));
        let api = acme.user_view(lena).await;
        assert!(api.active && api.origin == "local", "the push took nobody over: {api:?}");
    }

    async fn lists_and_cards_tell_of_a_large_change_at_once(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", Some(1), usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        let person = acme.person(&ada).await;
        let seen = async || {
            let view = acme.user_view(person).await;
            let card = doorward::service::console::why::cards(&gw.gateway, "acme", "ada@acme.test").await.unwrap();
            (view.role, view.seat, card[0].to_string())
        };
        let before = seen().await;
        assert_eq!((before.0.as_deref(), before.1), (Some("msp_user"), "held"));
        acme.replace_rules_with_a_mark(json!([])).await;
        let after = seen().await;
        assert_eq!((after.0, after.1), (None, "none"));
        assert_ne!(after.2, before.2);
        acme.replace_rules_with_a_mark(json!([{"group": "panel-north-users", "role": "msp_admin"}])).await;
        let list = doorward::service::console::users::list(&gw.gateway, acme.org, "acme", None, 10).await.unwrap();
        assert_eq!((list[0].role.as_deref(), list[0].seat), (Some("msp_admin"), "held"));
    }

    async fn a_large_change_is_never_read_as_it_was_before(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        acme.replace_rules_with_a_mark(json!([{"group": "panel-north-users", "role": "msp_admin"}])).await;
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_admin"), "derived afresh before it is read");
        acme.replace_rules_with_a_mark(usual_rules()).await;
        doorward::jobs::settling::run_once(&gw.gateway).await.unwrap();
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
        assert_eq!(doorward::jobs::settling::run_once(&gw.gateway).await.unwrap(), 0, "nobody is left behind the marks");
        gw.wait(chrono::Duration::minutes(11));
        doorward::jobs::settling::run_once(&gw.gateway).await.unwrap();
        assert!(gw.gateway.store.marked_organizations().await.unwrap().is_empty(), "the marks are gone");
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
    }
}
