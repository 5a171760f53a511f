//! 61: POST …/.search (RFC 7644 §3.4.3).

use super::{ENTERPRISE, address, directory, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::TestGateway;
use serde_json::json;

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

on_both_engines! {
    async fn r061_a_search_says_what_a_query_says(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for name in ["ada", "bob", "cleo"] {
            user(&gw, &idp, name, json!({"title": name, "emails": [{"value": "a@x.test", "type": "work"}], ENTERPRISE: {"department": "D"}})).await.expect(201);
        }
        idp.create_group("g", &[]).await.expect(201);
        for (path, body, query) in [
            ("/Users", json!({}), vec![]), ("/Groups", json!({"schemas": [SEARCH]}), vec![]), ("", json!({"SCHEMAS": [SEARCH.to_uppercase()]}), vec![]),
            ("/Users", json!({"filter": "userName ne \"ada\"", "startIndex": 2, "count": 1}), vec![("filter", "userName ne \"ada\""), ("startIndex", "2"), ("count", "1")]),
            ("/Users", json!({"sortBy": "userName", "sortOrder": "descending", "count": "2"}), vec![("sortBy", "userName"), ("sortOrder", "descending"), ("count", "2")]),
            ("/Users", json!({"attributes": ["userName", "emails.value"]}), vec![("attributes", "userName,emails.value")]),
            ("/Users", json!({"attributes": "userName, title"}), vec![("attributes", "userName,title")]),
            ("/Users", json!({"excludedAttributes": ["emails", ENTERPRISE]}), vec![("excludedAttributes", &format!("emails,{ENTERPRISE}"))]),
            ("/Users", json!({"Filter": "userName eq \"ada\"", "COUNT": 5, "unknown": {"a": 1}}), vec![("filter", "userName eq \"ada\""), ("count", "5")]),
            ("/Users", json!({"filter": null, "cursor": null, "attributes": null, "count": null, "attributes": []}), vec![]), ("/Users", json!({"count": 0}), vec![("count", "0")]),
            ("/Users", json!({"count": -1, "startIndex": 0}), vec![("count", "-1"), ("startIndex", "0")]), ("", json!({"filter": "displayName eq \"g\""}), vec![("filter", "displayName eq \"g\"")]),
            ("/Groups", json!({"excludedAttributes": "members"}), vec![("excludedAttributes", "members")]),
        ] {
            let search = idp.call("POST", &format!("{path}/.search"), Some(body.clone())).await.expect(200);
            let list = idp.get(&address(path, &query)).await.expect(200);
            assert_eq!(search.body, list.body, "{body}");
        }
        for (wrong, scim_type) in [
            (json!([]), "invalidSyntax"), (json!({"filter": 7}), "invalidValue"), (json!({"filter": ""}), "invalidFilter"), (json!({"filter": "shoe eq 1"}), "invalidFilter"), (json!({"count": "x"}), "invalidValue"),
            (json!({"count": true}), "invalidValue"), (json!({"count": 1.5}), "invalidValue"), (json!({"attributes": [7]}), "invalidValue"), (json!({"attributes": {"a": 1}}), "invalidValue"),
            (json!({"attributes": ["a"], "excludedAttributes": ["b"]}), "invalidValue"), (json!({"sortBy": "shoe"}), "invalidPath"), (json!({"sortOrder": "up"}), "invalidValue"), (json!({"cursor": "x"}), "invalidCursor"),
            (json!({"schemas": SEARCH}), "invalidSyntax"), (json!({"schemas": [7]}), "invalidSyntax"), (json!({"filter": "userName eq \"a\u{0}\""}), "invalidFilter"),
        ] {
            for path in ["/Users/.search", "/Groups/.search", "/.search"] {
                let reply = idp.call("POST", path, Some(wrong.clone())).await;
                assert_eq!((reply.status, &reply.body["scimType"]), (400, &json!(scim_type)), "{path} {wrong}: {}", reply.body);
            }
        }
        let strict = directory(&gw, "strict", "rfc-strict").await;
        strict.call("POST", "/Users/.search", Some(json!({"schemas": [SEARCH], "filter": "userName pr"}))).await.expect(200);
        strict.call("POST", "/Users/.search", Some(json!({"filter": "userName pr"}))).await.refused(400, "invalidSyntax");
        strict.call("POST", "/Users/.search", Some(json!({"schemas": [SEARCH], "count": "5"}))).await.refused(400, "invalidValue");
        idp.call("POST", "/Schemas/.search", Some(json!({}))).await.expect(405);
        idp.call("POST", "/Me/.search", Some(json!({}))).await.refused(404, "");
    }
}
