//! Law 3: a neighbour's thing is not found, a neighbour's token proves nothing.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use serde_json::json;

on_both_engines! {
    async fn a_directory_cannot_reach_its_neighbours(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let zeta = gw.organization("zeta", None, usual_rules()).await;
        let (ours, sibling, theirs) =
            (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await, zeta.directory("okta", "auto").await);
        let ada = ours.create_user("ada@acme.test").await.expect(201).id();
        for stranger in [&sibling, &theirs] {
            stranger.get(&format!("/Users/{ada}")).await.expect(404);
            stranger.call("DELETE", &format!("/Users/{ada}"), None).await.expect(404);
            let body = json!([{"op": "replace", "value": {"active": false}}]);
            stranger.patch(&format!("/Users/{ada}"), body).await.expect(404);
            assert_eq!(stranger.get("/Users").await.expect(200).body["totalResults"], 0);
            let group = stranger.create_group("panel-north-users", &[&ada]).await.expect(201);
            assert_eq!(group.headers["scim-skipped"].to_str().unwrap(), ada);
            ours.with_token(&stranger.token).get("/Users").await.expect(401);
        }
        assert_eq!(acme.access(&ada).await.0, None);
    }

    async fn no_token_a_wrong_one_and_an_unknown_directory_are_all_the_same(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let mut unknown = okta.clone();
        unknown.base = format!("{}/scim/v2/dir-00000000000000000000000000000000", gw.base);
        let mut bodies = Vec::new();
        for caller in [okta.with_token("wrong"), okta.with_token(""), unknown] {
            for path in ["/Users", "/Groups", "/ServiceProviderConfig", "/nowhere"] {
                let reply = caller.get(path).await.expect(401);
                assert!(reply.headers.contains_key("www-authenticate"));
                assert_eq!(reply.headers["content-type"].to_str().unwrap(), "application/scim+json; charset=utf-8");
                bodies.push(reply.body);
            }
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]));
    }

    async fn every_refusal_below_the_base_is_scim_json(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        okta.get("/nowhere").await.expect(404);
        let reply = okta.call("PUT", "/Users", Some(json!({}))).await.expect(405);
        assert_eq!(reply.headers["allow"].to_str().unwrap(), "GET, POST");
        okta.call("POST", "/Schemas", None).await.expect(405);
        okta.get("/Schemas?filter=x").await.expect(403);
        okta.get("/Users?filter=nothing%20eq").await.expect(400);
        let schemas = okta.get("//Schemas/").await.expect(200);
        assert!(schemas.body["totalResults"].as_i64().unwrap() >= 3);
    }

    async fn a_directory_that_calls_too_fast_is_told_when_to_come_again_and_no_other(engine) {
        let gw = TestGateway::limited(engine, 1).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
        let mut refused = None;
        for _ in 0..20 {
            let reply = okta.get("/Users?count=0").await;
            if reply.status == 429 {
                refused = Some(reply);
                break;
            }
        }
        let refused = refused.expect("a burst of five, then a pause");
        assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
        assert_eq!(refused.body["status"], "429");
        entra.get("/Users?count=0").await.expect(200);
    }
}
