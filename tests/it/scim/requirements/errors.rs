//! 86, 87, 91 and 92: statuses, the body of a refusal, and addresses that lead nowhere.

use super::patched::{ada, world};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, Reply, TestGateway, usual_rules};
use serde_json::{Value, json};

/// A refusal in SCIM's words: text status, a sentence, a keyword on 400 and 409 alone.
fn in_scim(reply: &Reply, what: &str) {
    assert_eq!(reply.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{what}");
    assert_eq!(reply.body["status"], json!(reply.status.to_string()), "{what}");
    assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{what}: {}", reply.body);
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("application/scim+json"), "{what}");
    if !matches!(reply.status, 400 | 409) {
        assert!(reply.body.get("scimType").is_none(), "{what}: {}", reply.body);
    }
}

async fn raw(directory: &Directory, method: &str, path: &str, content_type: &str, body: &str) -> Reply {
    let reply = reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{}{path}", directory.base))
        .bearer_auth(&directory.token)
        .header("content-type", content_type)
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    let text = reply.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    Reply { status, body, headers }
}

on_both_engines! {
    async fn r086_each_mistake_has_its_status_in_scim(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let stranger = idp.with_token("wrong");
        let big = format!("{{\"userName\": \"{}\"}}", "x".repeat(1024 * 1024));
        let cases = [
            ("no JSON", 400, raw(&idp, "POST", "/Users", "application/scim+json", "{").await),
            ("no user", 400, idp.call("POST", "/Users", Some(json!({}))).await),
            ("no filter", 400, idp.get("/Users?filter=x").await),
            ("wrong token", 401, stranger.get(&path).await),
            ("filtered discovery", 403, idp.get("/Schemas?filter=id%20pr").await),
            ("no such user", 404, idp.get("/Users/7").await),
            ("no such address", 404, idp.get("/Nowhere").await),
            ("no such method", 405, idp.call("PATCH", "/Users", Some(json!({}))).await),
            ("taken", 409, idp.call("POST", "/Users", Some(json!({"userName": "ada@acme.test"}))).await),
            ("too large", 413, raw(&idp, "POST", "/Users", "application/scim+json", &big).await),
            ("no JSON type", 415, raw(&idp, "POST", "/Users", "text/xml", "<a/>").await),
            ("no person", 501, idp.get("/Me").await),
        ];
        for (what, status, reply) in &cases {
            assert_eq!(reply.status, *status, "{what}: {}", reply.body);
            in_scim(reply, what);
        }
        assert!(cases[3].2.headers.contains_key("www-authenticate"));
        assert_eq!(cases[7].2.headers["allow"].to_str().unwrap(), "GET, POST");
    }

    async fn r086_a_pause_is_asked_for_in_whole_seconds(engine) {
        let gw = TestGateway::limited(engine, 1).await;
        let idp = gw.organization("acme", None, usual_rules()).await.directory("idp", "auto").await;
        let mut refused = None;
        for _ in 0..40 {
            let reply = idp.get("/Users?count=0").await;
            if reply.status == 429 {
                refused = Some(reply);
                break;
            }
        }
        let refused = refused.expect("the limit is one a second");
        in_scim(&refused, "429");
        let text = refused.headers["retry-after"].to_str().unwrap();
        assert!(text.chars().all(|digit| digit.is_ascii_digit()) && text.parse::<u64>().unwrap() >= 1, "{text}");
    }

    async fn r087_a_refusal_names_the_attribute_and_its_keyword(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let patch = async |operation: Value| idp.patch(&path, json!([operation])).await;
        for (scim_type, word, reply) in [
            ("invalidFilter", "shoeSize", idp.get("/Users?filter=shoeSize%20eq%20%227%22").await),
            ("uniqueness", "userName", idp.call("POST", "/Users", Some(json!({"userName": "ada@acme.test"}))).await),
            ("uniqueness", "externalId", idp.call("POST", "/Users", Some(json!({"userName": "b", "externalId": "00uada"}))).await),
            ("mutability", "groups", patch(json!({"op": "replace", "path": "groups", "value": []})).await),
            ("invalidSyntax", "Operations", idp.call("PATCH", &path, Some(json!({}))).await),
            ("invalidPath", "shoeSize", patch(json!({"op": "add", "path": "shoeSize", "value": 1})).await),
            ("noTarget", "phoneNumbers", patch(json!({"op": "add", "path": "phoneNumbers[type co \"m\"].value", "value": "1"})).await),
            ("invalidValue", "active", patch(json!({"op": "replace", "path": "active", "value": "perhaps"})).await),
            ("invalidValue", "userName", idp.call("POST", "/Users", Some(json!({"displayName": "nobody"}))).await),
            ("invalidCursor", "cursor", idp.get("/Users?cursor=forged").await),
            ("invalidCount", "count", idp.get("/Users?cursor&count=many").await),
        ] {
            assert_eq!(reply.body["scimType"], scim_type, "{}", reply.body);
            assert!(reply.body["detail"].as_str().unwrap().contains(word), "{word}: {}", reply.body);
            in_scim(&reply, scim_type);
        }
    }

    async fn r091_another_version_of_the_protocol_is_told_so(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        for version in ["v1", "v3", "v1.1"] {
            let mut other = idp.clone();
            other.base = idp.base.replace("/scim/v2/", &format!("/scim/{version}/"));
            for path in ["/Users", "/ServiceProviderConfig"] {
                let reply = other.get(path).await;
                assert_eq!((reply.status, &reply.body["scimType"]), (400, &json!("invalidVers")), "{version}{path}: {}", reply.body);
                in_scim(&reply, version);
                assert!(reply.body["detail"].as_str().unwrap().contains("v2"), "{}", reply.body);
            }
        }
    }

    async fn r092_unknown_addresses_are_scim_404_and_options_is_204(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        for path in ["/x", "/Users/a/b", "/users/x/y", "/Bulk/x", "/Schemas/urn:nobody", "/ResourceTypes/Device"] {
            let reply = idp.get(path).await.expect(404);
            in_scim(&reply, path);
        }
        for path in ["", "/", "/Users", "/Groups", "/Bulk", "/nowhere"] {
            let reply = raw(&idp, "OPTIONS", path, "application/json", "").await;
            assert_eq!((reply.status, reply.body), (204, Value::Null), "{path}");
        }
    }
}
