//! 98 to 100: what a directory tells of its changes (RFC 9967), and that nothing is told or advertised unless it is
//! wanted.

use super::patched::world;
use crate::harness::database::on_both_engines;
use crate::harness::gateway::TestGateway;
use chrono::Duration;
use doorward::domain::directory::Told;
use doorward::service::console::directories::{self, DirectoryWish};
use doorward::service::expiry;
use serde_json::{Value, json};

const PREFIX: &str = "urn:ietf:params:scim:event:prov:";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn told(gw: &TestGateway, events: Told) {
    let wish = DirectoryWish { events: Some(events), ..DirectoryWish::default() };
    directories::set(&gw.gateway, "acme", "idp", wish).await.unwrap();
}

/// The events of a token, by the end of their URI.
fn events(token: &Value) -> Vec<(&str, &Value)> {
    let events = token["events"].as_object().unwrap();
    events.iter().map(|(uri, body)| (uri.strip_prefix(PREFIX).unwrap(), body)).collect()
}

/// The names of a notice, in order.
fn notice(token: &Value) -> Vec<&str> {
    let (_, body) = events(token)[0];
    assert!(body.get("data").is_none(), "a notice carries no data: {token}");
    let mut names: Vec<_> = body["attributes"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

on_both_engines! {
    async fn r098_every_change_of_a_user_is_one_token_that_names_it_and_what_changed(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = world(&gw, "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        told(&gw, Told::Notice).await;
        let body = json!({"userName": "ada@acme.test", "externalId": "a-1", ENTERPRISE: {"department": "Math"}});
        let ada = okta.call("POST", "/Users", Some(body)).await.expect(201).id();
        let path = format!("/Users/{ada}");
        gw.wait(Duration::seconds(1));
        let patch = json!([{"op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "Looms"},
                           {"op": "replace", "path": "password", "value": "never told"},
                           {"op": "replace", "path": "active", "value": false}]);
        let request = okta.patch(&path, patch.clone()).await.expect(200).header("x-request-id").to_owned();
        gw.wait(Duration::seconds(1));
        okta.patch(&path, patch).await.expect(200);
        okta.call("PUT", &path, Some(json!({"userName": "ada@acme.test", "externalId": "a-1", "active": true}))).await.expect(200);
        gw.wait(Duration::seconds(1));
        okta.call("DELETE", &path, None).await.expect(204);
        okta.call("POST", "/Users", Some(json!({"userName": {}}))).await.refused(400, "invalidValue");

        let page = api.get("/idp/events").await.expect(200).body;
        let tokens = page["events"].as_array().unwrap();
        let kinds: Vec<Vec<&str>> = tokens.iter().map(|token| events(token).into_iter().map(|(kind, _)| kind).collect()).collect();
        // The second PATCH changed nothing, and the refused POST made nothing: nothing is told of either.
        assert_eq!(kinds, [vec!["create:notice"], vec!["patch:notice", "deactivate"], vec!["put:notice", "activate"], vec!["delete"]]);
        for token in tokens {
            assert_eq!(token["sub_id"], json!({"format": "scim", "uri": path, "externalId": "a-1"}));
            assert!(token.get("sub").is_none());
            assert_eq!(token["iss"], gw.gateway.urls.issuer());
            assert!(token["jti"].as_str().unwrap().starts_with("evt-") && token["txn"].is_string());
        }
        let department = format!("{ENTERPRISE}:department");
        assert_eq!(notice(&tokens[0]), ["active", "externalId", &department, "userName"]);
        assert_eq!(notice(&tokens[1]), ["active", &department]);
        assert_eq!(tokens[1]["txn"], request, "the audit, the SCIM log and the event speak of the same request");
        assert_eq!((page["next"].clone(), tokens[1]["toe"].as_i64().unwrap() - tokens[0]["toe"].as_i64().unwrap()), (Value::Null, 1));

        let first = api.get("/idp/events?limit=1").await.expect(200).body;
        let after = first["next"].as_str().unwrap();
        let rest = api.get(&format!("/idp/events?after={after}")).await.expect(200).body;
        assert_eq!(rest["events"].as_array().unwrap().as_slice(), &tokens[1..]);
        assert_eq!(api.get("/idp/events?after=7").await.expect(400).body["code"], "bad_filter");
    }

    async fn r098_full_events_carry_the_data_of_users_and_groups_are_told_by_notices(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = world(&gw, "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        told(&gw, Told::Full).await;
        let body = json!({"userName": "ada@acme.test", "title": "Countess", "password": "never told"});
        let ada = okta.call("POST", "/Users", Some(body)).await.expect(201).id();
        gw.wait(Duration::milliseconds(1));
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"title": "Programmer", "password": "never told"}}])).await.expect(200);
        gw.wait(Duration::milliseconds(1));
        let group = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        gw.wait(Duration::milliseconds(1));
        okta.patch(&format!("/Groups/{group}"), json!([{"op": "remove", "path": "members", "value": [{"value": ada}]}])).await.expect(200);
        gw.wait(Duration::milliseconds(1));
        okta.call("DELETE", &format!("/Groups/{group}"), None).await.expect(204);
        let page = api.get("/idp/events").await.expect(200).body;
        let tokens = page["events"].as_array().unwrap();
        let kinds: Vec<&str> = tokens.iter().map(|token| events(token)[0].0).collect();
        assert_eq!(kinds, ["create:full", "patch:full", "create:notice", "patch:notice", "delete"]);
        let data = &events(&tokens[0])[0].1["data"];
        assert_eq!((&data["id"], &data["userName"], &data["title"]), (&json!(ada), &json!("ada@acme.test"), &json!("Countess")));
        assert!(events(&tokens[0])[0].1.get("attributes").is_none(), "data or attributes, never both");
        let change = json!([{"op": "replace", "path": "title", "value": "Programmer"}]);
        assert_eq!(events(&tokens[1])[0].1["data"]["Operations"], change);
        assert_eq!((notice(&tokens[2]), notice(&tokens[3])), (vec!["displayName", "members"], vec!["members"]));
        assert!(!page.to_string().contains("never told"));
    }

    async fn r099_a_request_to_answer_later_is_answered_now_and_bulk_operations_are_told_apart(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = world(&gw, "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        told(&gw, Told::Notice).await;
        let config = okta.get("/ServiceProviderConfig").await.expect(200).body;
        assert_eq!(config["securityEvents"]["asyncRequest"], "none");
        let user = json!({"userName": "ada@acme.test"}).to_string();
        let later = [("prefer", "respond-async"), ("content-type", "application/scim+json")];
        let reply = okta.raw("POST", "/Users", &later, user).await.expect(201);
        assert!(!reply.headers.contains_key("preference-applied") && !reply.headers.contains_key("set-txn"));
        assert_eq!(reply.body["userName"], "ada@acme.test");
        gw.wait(Duration::milliseconds(1));
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "bob@acme.test"}},
            {"method": "POST", "path": "/Groups", "bulkId": "x", "data": {"displayName": "X", "members": [{"value": "bulkId:y"}]}},
            {"method": "POST", "path": "/Groups", "bulkId": "y", "data": {"displayName": "Y", "members": [{"value": "bulkId:x"}]}},
        ]});
        let request = okta.call("POST", "/Bulk", Some(bulk)).await.expect(200).header("x-request-id").to_owned();
        let page = api.get("/idp/events").await.expect(200).body;
        let mut places: Vec<_> = page["events"].as_array().unwrap()[1..].iter().map(|token| token["txn"].as_str().unwrap()).collect();
        places.sort_unstable();
        assert_eq!(places, [format!("{request}:0"), format!("{request}:1"), format!("{request}:2")]);
    }

    async fn r100_events_are_advertised_and_kept_only_where_they_are_wanted(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = world(&gw, "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let entra = acme.directory("entra", "auto").await;
        okta.create_user("ada@acme.test").await.expect(201);
        assert!(okta.get("/ServiceProviderConfig").await.expect(200).body.get("securityEvents").is_none());
        assert_eq!(api.get("/idp/events").await.expect(200).body["events"], json!([]));
        told(&gw, Told::Notice).await;
        let uris = okta.get("/ServiceProviderConfig").await.expect(200).body["securityEvents"]["eventUris"].clone();
        assert!(uris.as_array().unwrap().contains(&json!(format!("{PREFIX}patch:notice"))));
        assert!(!uris.to_string().contains("full"), "what is not sent is not advertised");
        okta.create_user("bob@acme.test").await.expect(201);
        entra.create_user("eve@acme.test").await.expect(201);
        assert_eq!(api.get("/idp/events").await.expect(200).body["events"].as_array().unwrap().len(), 1);
        assert_eq!(api.get("/entra/events").await.expect(200).body["events"], json!([]));
        told(&gw, Told::Full).await;
        let uris = okta.get("/ServiceProviderConfig").await.expect(200).body["securityEvents"]["eventUris"].clone();
        assert!(uris.as_array().unwrap().contains(&json!(format!("{PREFIX}create:full"))));

        let globex = gw.organization("globex", None, json!([])).await;
        globex.directory("idp", "auto").await;
        let theirs = gw.directories_api("acme", globex.org).await;
        theirs.get("/idp/events").await.expect(404);

        gw.wait(Duration::days(6));
        expiry::forget_expired(&gw.gateway).await.unwrap();
        assert_eq!(api.get("/idp/events").await.expect(200).body["events"].as_array().unwrap().len(), 1);
        gw.wait(Duration::days(2));
        expiry::forget_expired(&gw.gateway).await.unwrap();
        assert_eq!(api.get("/idp/events").await.expect(200).body["events"], json!([]));
    }
}
