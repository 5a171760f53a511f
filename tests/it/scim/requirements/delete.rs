//! 77 to 79: DELETE, and that nobody locks the house from outside (law 8).

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use serde_json::{Value, json};

async fn total(directory: &Directory, path: &str, filter: &str) -> Value {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
    directory.get(&format!("{path}?{query}")).await.expect(200).body["totalResults"].clone()
}

on_both_engines! {
    async fn r077_a_deleted_user_is_gone_for_every_verb_and_every_query(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[&ada, &bob]).await.expect(201);
        gw.wait(chrono::Duration::minutes(1));
        let path = format!("/Users/{ada}");
        let gone = okta.call("DELETE", &path, None).await.expect(204);
        assert_eq!(gone.body, Value::Null);
        let body = json!({"userName": "ada@acme.test"});
        for (method, body) in [("GET", None), ("PUT", Some(body)), ("DELETE", None)] {
            assert_eq!(okta.call(method, &path, body).await.expect(404).body["status"], "404", "{method}");
        }
        okta.patch(&path, json!([{"op": "replace", "path": "active", "value": true}])).await.expect(404);
        for filter in ["userName eq \"ada@acme.test\"", "externalId eq \"ext-ada@acme.test\"", "emails eq \"ada@acme.test\"",
                       "emails[type eq \"work\"].value eq \"ada@acme.test\"", "name.givenName eq \"Ada\" and userName sw \"ada\""] {
            assert_eq!(total(&okta, "/Users", filter).await, 0, "{filter}");
        }
        assert_eq!(total(&okta, "/Users", &format!("id eq \"{ada}\"")).await, 0);
        assert_eq!(total(&okta, "/Groups", &format!("members eq \"{ada}\"")).await, 0);
        let search = json!({"filter": format!("id eq \"{ada}\"")});
        assert_eq!(okta.call("POST", "/.search", Some(search)).await.expect(200).body["totalResults"], 0);
        // The group has lost a member: its version and time moved.
        let after = okta.get(&format!("/Groups/{}", group.id())).await.expect(200);
        assert_eq!(after.body["members"].as_array().unwrap().len(), 1);
        assert_ne!(after.headers["etag"], group.headers["etag"]);
        assert_ne!(after.body["meta"]["lastModified"], group.body["meta"]["lastModified"]);
        assert_eq!(acme.deeds(&ada).await, ["user_deleted", "user_provisioned"]);
    }

    async fn r077_the_name_of_a_deleted_user_is_free_at_once_for_somebody_else(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        let person = acme.person(&ada).await;
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        let other = json!({"userName": "ADA@acme.test", "externalId": "another-ada"});
        let other = okta.call("POST", "/Users", Some(other)).await.expect(201);
        assert_ne!(other.id(), ada);
        assert_ne!(acme.person(&other.id()).await, person, "another human is another person");
        assert_eq!(acme.access(&other.id()).await.0, None);
        // The first one comes back under another name alone: this one is taken.
        let again = json!({"userName": "ada@acme.test", "externalId": "ext-ada@acme.test"});
        okta.call("POST", "/Users", Some(again)).await.expect(409);
        let again = json!({"userName": "ada2@acme.test", "externalId": "ext-ada@acme.test"});
        assert_eq!(okta.call("POST", "/Users", Some(again)).await.expect(201).id(), ada);
    }

    async fn r077_a_deleted_group_gives_nothing_and_its_name_is_free(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let inner = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        let outer = okta.create_group("all", &[&inner]).await.expect(201).id();
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
        let before = okta.get(&format!("/Groups/{outer}")).await.expect(200);
        okta.call("DELETE", &format!("/Groups/{inner}"), None).await.expect(204);
        okta.call("DELETE", &format!("/Groups/{inner}"), None).await.expect(404);
        assert_eq!(acme.access(&ada).await.0, None);
        let user = okta.get(&format!("/Users/{ada}")).await.expect(200);
        assert!(user.body.get("groups").is_none(), "{}", user.body);
        let after = okta.get(&format!("/Groups/{outer}")).await.expect(200);
        assert_eq!(after.body["members"], json!([]));
        assert_ne!(after.headers["etag"], before.headers["etag"]);
        okta.create_group("panel-north-users", &[]).await.expect(201);
    }

    async fn r078_delete_is_no_deactivation_in_any_profile(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        for profile in ["auto", "okta", "entra", "rfc-strict", "interop-strict"] {
            let idp = acme.directory(profile, profile).await;
            let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "externalId": "1"});
            let ada = idp.call("POST", "/Users", Some(body.clone())).await.expect(201).id();
            idp.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
            idp.get(&format!("/Users/{ada}")).await.expect(404);
            let again = idp.call("POST", "/Users", Some(body)).await.expect(201);
            assert_eq!(again.id() == ada, profile != "rfc-strict", "{profile}: rfc-strict never restores");
        }
    }

    async fn r079_no_verb_takes_the_last_admin(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-admins", &[&bob]).await.expect(201).id();
        let (user, admins) = (format!("/Users/{bob}"), format!("/Groups/{group}"));
        let before = (okta.get(&user).await.expect(200).body, okta.get(&admins).await.expect(200).body);
        let bulk = json!({"Operations": [{"method": "DELETE", "path": user}]});
        let off = json!({"userName": "bob@acme.test", "active": false});
        let none = json!({"displayName": "panel-admins", "members": []});
        let remove = json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]);
        let refusals = [
            okta.patch(&user, json!([{"op": "Replace", "path": "active", "value": "False"}])).await,
            okta.patch(&user, json!([{"op": "replace", "value": {"active": false}}])).await,
            okta.call("PUT", &user, Some(off)).await,
            okta.call("DELETE", &user, None).await,
            okta.patch(&admins, remove).await,
            okta.patch(&admins, json!([{"op": "remove", "path": "members", "value": [{"value": bob}]}])).await,
            okta.patch(&admins, json!([{"op": "replace", "path": "members", "value": []}])).await,
            okta.patch(&admins, json!([{"op": "remove", "path": "members"}])).await,
            okta.patch(&admins, json!([{"op": "replace", "path": "displayName", "value": "elsewhere"}])).await,
            okta.call("PUT", &admins, Some(none)).await,
            okta.call("DELETE", &admins, None).await,
        ];
        for reply in &refusals {
            assert_eq!(reply.status, 409, "{}", reply.body);
            assert!(reply.body["detail"].as_str().unwrap().contains("last administrator"), "{}", reply.body);
        }
        let outcome = okta.call("POST", "/Bulk", Some(bulk)).await.expect(200).body;
        assert_eq!(outcome["Operations"][0]["status"], "409", "{outcome}");
        assert_eq!((okta.get(&user).await.expect(200).body, okta.get(&admins).await.expect(200).body), before);
        assert_eq!(acme.access(&bob).await.0.as_deref(), Some("msp_admin"));
        let told = acme.events().await.into_iter().filter(|event| event.deed == "last_admin_kept").count();
        assert_eq!(told, refusals.len() + 1, "each refusal stands in the audit");
    }

    async fn r079_of_two_admins_one_may_go(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        let cleo = okta.create_user("cleo@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-admins", &[&bob, &cleo]).await.expect(201).id();
        let off = json!([{"op": "replace", "value": {"active": false}}]);
        // At the same moment: one of them is left.
        let (bobs, cleos) = (format!("/Users/{bob}"), format!("/Users/{cleo}"));
        let (one, other) = futures::future::join(okta.patch(&bobs, off.clone()), okta.patch(&cleos, off.clone())).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let left = if one.status == 409 { &bob } else { &cleo };
        assert_eq!(acme.access(left).await.0.as_deref(), Some("msp_admin"));
        okta.patch(&format!("/Groups/{group}"), json!([{"op": "replace", "path": "members", "value": []}])).await.expect(409);
        // Somebody who never was an admin goes as always.
        let dan = okta.create_user("dan@acme.test").await.expect(201).id();
        okta.call("DELETE", &format!("/Users/{dan}"), None).await.expect(204);
    }

    async fn r079_a_group_too_large_to_settle_at_once_does_not_take_the_last_admin_either(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ids = okta.create_users("user", 600).await;
        let refs: Vec<&str> = ids.iter().map(String::as_str).collect();
        let group = okta.create_group("panel-admins", &refs).await.expect(201).id();
        doorward::jobs::settling::run_once(&gw.gateway).await.unwrap();
        let path = format!("/Groups/{group}");
        okta.patch(&path, json!([{"op": "replace", "path": "displayName", "value": "elsewhere"}])).await.expect(409);
        okta.call("DELETE", &path, None).await.expect(409);
        assert_eq!(okta.get(&path).await.expect(200).body["members"].as_array().unwrap().len(), 600);
        assert_eq!(acme.access(&ids[0]).await.0.as_deref(), Some("msp_admin"));
        // With an admin beside it the group may go.
        let other = okta.create_user("other@acme.test").await.expect(201).id();
        acme.grant_by_hand(&other, "msp_admin").await;
        okta.call("DELETE", &path, None).await.expect(204);
        assert_eq!(acme.access(&ids[0]).await.0, None);
    }

    async fn r079_who_administers_since_a_large_change_is_not_taken_before_anybody_has_looked(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, json!([{"group": "old", "role": "msp_admin"}])).await;
        let okta = acme.directory("okta", "auto").await;
        let yan = okta.create_user("yan@acme.test").await.expect(201).id();
        let xena = okta.create_user("xena@acme.test").await.expect(201).id();
        okta.create_group("old", &[&yan]).await.expect(201);
        let group = okta.create_group("new", &[&xena]).await.expect(201).id();
        acme.replace_rules_with_a_mark(json!([{"group": "new", "role": "msp_admin"}])).await;
        let (user, admins) = (format!("/Users/{xena}"), format!("/Groups/{group}"));
        okta.call("DELETE", &user, None).await.expect(409);
        okta.patch(&user, json!([{"op": "replace", "value": {"active": false}}])).await.expect(409);
        okta.patch(&admins, json!([{"op": "remove", "path": "members", "value": [{"value": xena}]}])).await.expect(409);
        okta.patch(&admins, json!([{"op": "replace", "path": "displayName", "value": "elsewhere"}])).await.expect(409);
        okta.call("PUT", &admins, Some(json!({"displayName": "new", "members": []}))).await.expect(409);
        okta.call("DELETE", &admins, None).await.expect(409);
        assert_eq!(acme.access(&xena).await.0.as_deref(), Some("msp_admin"));
        // Yan is no administrator any more, and may go.
        okta.call("DELETE", &format!("/Users/{yan}"), None).await.expect(204);
    }
}
