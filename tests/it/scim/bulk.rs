//! Bulk requests.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, Reply, TestGateway, usual_rules};
use serde_json::{Value, json};

async fn send(directory: &Directory, fail_on_errors: Option<u64>, operations: Value) -> Reply {
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    if let Some(most) = fail_on_errors {
        body["failOnErrors"] = json!(most);
    }
    directory.call("POST", "/Bulk", Some(body)).await
}

fn user(name: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name}})
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|id| json!({"value": format!("bulkId:{id}")})).collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": name, "data": {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members}})
}

fn statuses(reply: &Reply) -> Vec<&str> {
    reply.body["Operations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect()
}

fn id_at(reply: &Reply, at: usize) -> String {
    reply.body["Operations"][at]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn members(directory: &Directory, group: &str) -> Vec<String> {
    let body = directory.get(&format!("/Groups/{group}")).await.expect(200).body;
    body["members"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    async fn r080_r081_each_operation_is_kept_or_refused_for_itself(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        let reply = send(&okta, None, json!([
            user("cleo"), user("CLEO"),
            {"method": "PATCH", "path": format!("/Users/{ada}"), "data": {"Operations": [{"op": "replace", "path": "title", "value": "x"}]}},
            {"method": "DELETE", "path": format!("/Users/{bob}")},
            {"method": "DELETE", "path": "/Users/nobody"},
            {"method": "PUT", "path": format!("/Users/{ada}"), "version": "W/\"1\"", "data": {"userName": "ada"}},
        ])).await.expect(200);
        assert_eq!(statuses(&reply), ["201", "409", "200", "204", "404", "412"]);
        let operations = &reply.body["Operations"];
        assert_eq!((&operations[0]["bulkId"], &operations[0]["version"]), (&json!("cleo"), &json!("W/\"1\"")));
        assert_eq!((&operations[1]["response"]["scimType"], operations[1].get("location")), (&json!("uniqueness"), None));
        assert!(operations[4]["location"].as_str().unwrap().ends_with("/Users/nobody"));
        assert_eq!(okta.get(&format!("/Users/{ada}")).await.expect(200).body["title"], "x");
        okta.get(&format!("/Users/{bob}")).await.expect(404);
    }

    async fn r082_references_resolve_forward_and_in_a_cycle(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        for profile in ["auto", "rfc-strict"] {
            let okta = acme.directory(profile, profile).await;
            let reply = send(&okta, None, json!([group("panel-north-users", &["ada"]), user("ada")])).await.expect(200);
            assert_eq!(statuses(&reply), ["201", "201"], "{}", reply.body);
            assert_eq!(members(&okta, &id_at(&reply, 0)).await, [id_at(&reply, 1)]);
            let reply = send(&okta, None, json!([group("a", &["b"]), user("bob"), group("b", &["a", "bob"])])).await.expect(200);
            assert_eq!(statuses(&reply), ["201", "201", "201"], "{}", reply.body);
            let mut of_b = vec![id_at(&reply, 0), id_at(&reply, 1)];
            of_b.sort();
            assert_eq!(members(&okta, &id_at(&reply, 0)).await, [id_at(&reply, 2)]);
            assert_eq!(members(&okta, &id_at(&reply, 2)).await, of_b);
        }
    }

    async fn r082_a_reference_to_what_was_refused_is_a_conflict(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        okta.create_user("ada").await.expect(201);
        let reply = send(&okta, None, json!([user("ada"), group("g", &["ada"]), group("h", &["nobody"])])).await.expect(200);
        assert_eq!(statuses(&reply), ["409", "409", "409"]);
        assert_eq!(okta.get("/Groups").await.expect(200).body["totalResults"], 0);
    }

    async fn r083_it_stops_after_the_failures_that_the_client_allows(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let missing = json!({"method": "DELETE", "path": "/Users/nobody"});
        let reply = send(&okta, Some(2), json!([missing, user("ada"), missing, user("bob")])).await.expect(200);
        assert_eq!(statuses(&reply), ["404", "201", "404"]);
        assert_eq!(okta.get("/Users").await.expect(200).body["totalResults"], 1);
    }

    async fn r084_limits_are_told_and_kept(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let bulk = okta.get("/ServiceProviderConfig").await.expect(200).body["bulk"].clone();
        assert_eq!(bulk, json!({"supported": true, "maxOperations": 1000, "maxPayloadSize": 16 * 1024 * 1024}));
        let many: Vec<_> = (0..1001).map(|_| json!({"method": "DELETE", "path": "/Users/x"})).collect();
        send(&okta, None, json!(many)).await.expect(413);
        okta.get("/Bulk").await.expect(405);
    }
}
