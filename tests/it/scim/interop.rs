//! Bodies, headers and media types as clients really send and need them.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use serde_json::json;

async fn raw(directory: &Directory, method: &str, path: &str, accept: &str, body: Vec<u8>) -> reqwest::Response {
    reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{}{path}", directory.base))
        .bearer_auth(&directory.token)
        .header("accept", accept)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
}

fn media(reply: &reqwest::Response) -> &str {
    reply.headers()["content-type"].to_str().unwrap()
}

on_both_engines! {
    async fn r021_an_answer_has_the_media_type_that_the_client_reads_also_without_a_body(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let ada = okta.create_user("ada").await.expect(201).id();
        let path = format!("/Users/{ada}");
        let (json, scim) = ("application/json; charset=utf-8", "application/scim+json; charset=utf-8");
        for (accept, expected) in [("application/json", json), ("application/scim+json, application/json", scim), ("*/*", scim)] {
            assert_eq!(media(&raw(&okta, "GET", &path, accept, Vec::new()).await), expected, "{accept}");
            assert_eq!(media(&raw(&okta, "GET", "/nowhere", accept, Vec::new()).await), expected, "{accept}");
        }
        let head = raw(&okta, "HEAD", &path, "*/*", Vec::new()).await;
        assert_eq!((head.status().as_u16(), head.headers()["etag"].to_str().unwrap()), (200, "W/\"1\""));
        assert!(head.bytes().await.unwrap().is_empty());
        let gone = raw(&okta, "DELETE", &path, "*/*", Vec::new()).await;
        assert_eq!((gone.status().as_u16(), media(&gone)), (204, scim));
    }

    async fn r022_bodies_that_cannot_be_read_are_refused_in_scim(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let deep = format!("{{\"userName\": {}1{}}}", "[".repeat(5000), "]".repeat(5000));
        for (what, status, body) in [
            ("too big", 413, vec![b' '; 1024 * 1024 + 1]),
            ("invalid UTF-8", 400, b"{\"userName\": \"\xff\"}".to_vec()),
            ("U+0000", 400, b"{\"userName\": \"a\\u0000b\"}".to_vec()),
            ("too deep", 400, deep.into_bytes()),
            ("no object", 400, b"[]".to_vec()),
            ("empty", 400, Vec::new()),
        ] {
            let reply = raw(&okta, "POST", "/Users", "*/*", body).await;
            assert_eq!(reply.status().as_u16(), status, "{what}");
            let body: serde_json::Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
            assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{what}");
            assert_eq!(body["status"], status.to_string(), "{what}");
        }
        assert_eq!(okta.get("/Users").await.expect(200).body["totalResults"], 0);
    }

    async fn r050_filters_that_ask_too_much_are_refused(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let deep = format!("{}userName pr{}", "(".repeat(500), ")".repeat(500));
        let wide = vec!["userName pr"; 2000].join(" or ");
        for filter in [deep, wide, "userName eq \"\"".into(), "userName eq \"a\\u0000\"".into()] {
            let reply = okta.call("POST", "/Users/.search", Some(json!({"filter": filter}))).await;
            assert_eq!((reply.status, &reply.body["status"]), (400, &json!("400")), "{}", &filter[..15]);
        }
    }

    async fn r073_names_of_what_was_not_applied_are_written_in_plain_characters(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let body = json!({"displayName": "g", "members": [{"value": "Zoë, 1%"}, {"value": "x\ny"}]});
        let reply = okta.call("POST", "/Groups", Some(body)).await.expect(201);
        assert_eq!(reply.headers["scim-skipped"].to_str().unwrap(), "Zo%C3%AB%2C%201%25, x%0Ay");
    }
}
