//! A caller's proof is remembered for a moment, and what ends it ends it at once all the same.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use chrono::Duration;
use doorward::base::ids::TokenId;
use doorward::base::token::reveal;
use doorward::protocol::scim::profile::Profile;
use doorward::service::console::directories::{self, DirectoryWish};
use doorward::service::console::directory_tokens::{self, Asked, Rotation, TokenWish};
use serde_json::{Value, json};

/// Every kind of call that there is, with a body where it takes one.
fn calls(user: &str, group: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let patch = |operation: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    let retitled = patch(json!({"op": "replace", "path": "title", "value": "Stranger"}));
    let renamed = patch(json!({"op": "replace", "path": "displayName", "value": "strangers"}));
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"ada@acme.test\""});
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "x", "data": {"userName": "eve@acme.test"}}]});
    let (ada, north) = (format!("/Users/{user}"), format!("/Groups/{group}"));
    vec![
        ("GET", "/Users".into(), None),
        ("GET", "/Users?count=0".into(), None),
        ("GET", "/Users?startIndex=2&count=1".into(), None),
        ("GET", "/Users?filter=userName%20eq%20%22ada@acme.test%22".into(), None),
        ("GET", "/Users?filter=userName%20eq%20%22nobody%22".into(), None),
        ("GET", "/Users?filter=id%20eq%20%22%22".into(), None),
        ("GET", "/Users?sortBy=userName".into(), None),
        ("GET", "/Users?cursor".into(), None),
        ("GET", "/Groups".into(), None),
        ("GET", "/Groups?excludedAttributes=members".into(), None),
        ("GET", "/?filter=id%20pr".into(), None),
        ("GET", ada.clone(), None),
        ("GET", north.clone(), None),
        ("GET", "/Users/00000000-0000-7000-8000-000000000000".into(), None),
        ("GET", "/ServiceProviderConfig".into(), None),
        ("GET", "/Schemas".into(), None),
        ("GET", "/Nowhere".into(), None),
        ("POST", "/.search".into(), Some(search.clone())),
        ("POST", "/Users/.search".into(), Some(search)),
        ("POST", "/Users".into(), Some(json!({"userName": "eve@acme.test"}))),
        ("POST", "/Users".into(), Some(json!({"userName": "ada@acme.test"}))),
        ("POST", "/Users".into(), Some(json!({"nothing": "of use"}))),
        ("POST", "/Groups".into(), Some(json!({"displayName": "strangers"}))),
        ("POST", "/Bulk".into(), Some(bulk)),
        ("PUT", ada.clone(), Some(json!({"userName": "ada@acme.test", "title": "Stranger"}))),
        ("PUT", north.clone(), Some(json!({"displayName": "strangers"}))),
        ("PATCH", ada.clone(), Some(retitled)),
        ("PATCH", north.clone(), Some(renamed)),
        ("DELETE", ada, None),
        ("DELETE", north, None),
    ]
}

async fn token(gw: &TestGateway, idp: &Directory, wish: &TokenWish) -> (Directory, TokenId) {
    let made = directory_tokens::add(&gw.gateway, &asked(gw).await, wish).await.unwrap();
    (idp.with_token(reveal(&made.token)), made.token_id)
}

/// A directory with one person in one mapped group; their ids.
async fn okta_with_ada_in_north(gw: &TestGateway) -> (Directory, String, String) {
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    let north = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
    (okta, ada, north)
}

async fn asked(gw: &TestGateway) -> Asked {
    Asked::by_operator(&gw.gateway, "acme", "okta").await.unwrap()
}

on_both_engines! {
    async fn a_token_that_was_good_a_moment_ago_opens_nothing_once_it_is_revoked(engine) {
        let gw = TestGateway::start(engine).await;
        let (okta, ada, north) = okta_with_ada_in_north(&gw).await;
        let before = okta.everything().await;
        for (method, path, body) in calls(&ada, &north) {
            let (known, id) = token(&gw, &okta, &TokenWish::default()).await;
            known.get("/Users?count=1").await.expect(200);
            directory_tokens::revoke(&gw.gateway, &asked(&gw).await, id).await.unwrap();
            let reply = known.call(method, &path, body).await;
            assert_eq!(reply.status, 401, "{method} {path}: {}", reply.body);
        }
        assert_eq!(okta.everything().await, before);
    }

    async fn a_directory_that_is_disabled_answers_403_to_a_token_that_it_knows(engine) {
        let gw = TestGateway::start(engine).await;
        let (okta, ada, north) = okta_with_ada_in_north(&gw).await;
        let before = okta.everything().await;
        for (method, path, body) in calls(&ada, &north) {
            directories::enable(&gw.gateway, "acme", "okta", true).await.unwrap();
            okta.get("/Users?count=1").await.expect(200);
            directories::enable(&gw.gateway, "acme", "okta", false).await.unwrap();
            let reply = okta.call(method, &path, body).await;
            assert_eq!(reply.status, 403, "{method} {path}: {}", reply.body);
        }
        directories::enable(&gw.gateway, "acme", "okta", true).await.unwrap();
        assert_eq!(okta.everything().await, before);
    }

    async fn a_call_that_finds_its_proof_stale_is_done_once_and_as_things_stand_now(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let body = |name: &str| json!({"userName": name, "active": "True"});
        okta.call("POST", "/Users", Some(body("ada@acme.test"))).await.expect(201);
        acme.replace_rules_with_a_mark(json!([])).await;
        let bob = okta.call("POST", "/Users", Some(body("bob@acme.test"))).await.expect(201).id();
        acme.replace_rules_with_a_mark(usual_rules()).await;
        okta.patch(&format!("/Users/{bob}"), json!([{"op": "replace", "path": "title", "value": "Builder"}])).await.expect(200);
        assert_eq!(okta.get("/Users").await.expect(200).body["totalResults"], 2);
        let strict = DirectoryWish { profile: Some(Profile::RfcStrict), ..DirectoryWish::default() };
        directories::set(&gw.gateway, "acme", "okta", strict).await.unwrap();
        okta.call("POST", "/Users", Some(body("eve@acme.test"))).await.refused(400, "invalidSyntax");
        let events = gw.gateway.store.read(acme.org, async |tx| doorward::store::audit::newest(tx, 100).await).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.deed == "user_provisioned").count(), 2);
    }

    async fn a_token_ends_with_its_time_or_its_rotation_and_its_last_use_is_known_to_the_minute(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let used = async || directory_tokens::list(&gw.gateway, &asked(&gw).await).await.unwrap()[0].used.unwrap();
        okta.get("/Users?filter=userName%20eq%20%22x%22").await.expect(200);
        let first = used().await;
        gw.wait(Duration::seconds(59));
        okta.get("/Users?filter=userName%20eq%20%22x%22").await.expect(200);
        assert_eq!(used().await, first);
        gw.wait(Duration::seconds(1));
        okta.get("/Users?filter=userName%20eq%20%22x%22").await.expect(200);
        assert_eq!(used().await, first + Duration::minutes(1));

        let (brief, _) = token(&gw, &okta, &TokenWish { expires_days: Some(1), ..TokenWish::default() }).await;
        gw.wait(Duration::hours(24) - Duration::seconds(30));
        brief.get("/Users?count=1").await.expect(200);
        gw.wait(Duration::seconds(30));
        brief.get("/Users?count=1").await.expect(401);
        let (old, id) = token(&gw, &okta, &TokenWish::default()).await;
        old.get("/Users?count=1").await.expect(200);
        let at_once = Rotation { overlap_hours: Some(0) };
        directory_tokens::rotate(&gw.gateway, &asked(&gw).await, id, at_once).await.unwrap();
        old.get("/Users?count=1").await.expect(401);
    }
}
