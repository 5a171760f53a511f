//! What really goes over the wire.

use super::*;
use crate::lab::server::{Bound, Server};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method as Verb, StatusCode, Uri};
use serde_json::json;
use std::sync::{Arc, Mutex};

struct Seen {
    line: String,
    headers: HeaderMap,
    body: Value,
}

/// A server that answers everything with one user and remembers what came.
async fn recorder() -> (Server, Arc<Mutex<Vec<Seen>>>, String) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let book = seen.clone();
    let answer = move |verb: Verb, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let body = serde_json::from_slice(&body).unwrap_or_default();
        book.lock().unwrap().push(Seen { line: format!("{verb} {uri}"), headers, body });
        (StatusCode::OK, axum::Json(json!({ "id": "u1", "userName": "old", "title": "T", "nickName": "kept" })))
    };
    let bound = Bound::on("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let base = bound.base_url();
    (bound.serve(axum::Router::new().fallback(answer)), seen, base)
}

fn ada() -> Profile {
    Profile {
        user_name: "ada@corp.test".to_owned(),
        given: "Ada".to_owned(),
        family: "Byron".to_owned(),
        email: "ada@corp.test".to_owned(),
        external_id: "00uAda".to_owned(),
        title: None,
        active: true,
    }
}

async fn sent(dialect: Dialect, what: &str) -> Vec<Seen> {
    let (_server, seen, base) = recorder().await;
    let client = IdpScimClient::new(&base, "secret".into(), dialect, Sources::system()).unwrap();
    let mut group = PushedGroup { id: "g1".to_owned(), name: "Eng".to_owned(), members: vec!["u1".to_owned()] };
    let reply = match what {
        "find" => client.find_user("ada@corp.test").await,
        "update" => client.update_user("u1", &ada()).await,
        "deactivate" => client.deactivate("u1", &ada()).await,
        "remove" => client.remove_members(&mut group, &["u1".to_owned()]).await,
        "add" => client.add_members(&mut group, &["u2".to_owned()]).await,
        other => panic!("no such call: {other}"),
    };
    assert_eq!(reply.unwrap().status, 200);
    std::mem::take(&mut *seen.lock().unwrap())
}

#[tokio::test]
async fn lookups_are_written_as_each_idp_writes_them() {
    for (dialect, line) in [
        (Dialect::Okta, "GET /Users?filter=userName%20eq%20%22ada%40corp.test%22&startIndex=1&count=100"),
        (Dialect::Entra, "GET /Users?filter=userName%20eq%20%22ada%40corp.test%22"),
        (Dialect::EntraFlag, "GET /Users?filter=userName%20eq%20%22ada%40corp.test%22&aadOptscim062020"),
        (Dialect::OneLogin, "GET /Users?filter=userName+eq+%22ada%40corp.test%22&"),
        (Dialect::Ping, "GET /Users?filter=userName%20eq%20ada%40corp.test"),
    ] {
        assert_eq!(sent(dialect, "find").await[0].line, line);
    }
}

#[tokio::test]
async fn okta_says_who_it_is_and_puts_back_what_it_fetched() {
    let seen = sent(Dialect::Okta, "update").await;
    assert_eq!([seen[0].line.as_str(), seen[1].line.as_str()], ["GET /Users/u1", "PUT /Users/u1"]);
    assert_eq!(seen[1].headers["user-agent"], "Okta SCIM Client 1.0.0");
    assert_eq!(seen[1].headers["content-type"], "application/scim+json; charset=utf-8");
    assert_eq!(seen[1].headers["authorization"], "Bearer secret");
    assert_eq!((&seen[1].body["nickName"], &seen[1].body["userName"]), (&json!("kept"), &json!("ada@corp.test")));
    assert!(seen[1].body.get("title").is_none());
}

#[tokio::test]
async fn a_deactivation_has_the_shape_of_its_idp() {
    for (dialect, operation) in [
        (Dialect::Okta, json!({ "op": "replace", "value": { "active": false } })),
        (Dialect::Entra, json!({ "op": "Replace", "path": "active", "value": "False" })),
        (Dialect::EntraFlag, json!({ "op": "replace", "path": "active", "value": false })),
        (Dialect::Keycloak, json!({ "op": "replace", "value": { "active": "false" } })),
    ] {
        let seen = sent(dialect, "deactivate").await;
        assert!(seen[0].line.starts_with("PATCH /Users/u1"));
        assert_eq!(seen[0].body["Operations"], json!([operation]), "{dialect}");
    }
    let seen = sent(Dialect::OneLogin, "deactivate").await;
    assert_eq!(seen[0].line, "PUT /Users/u1?");
    assert_eq!(seen[0].headers["user-agent"], "");
    assert_eq!(seen[0].headers["accept"], "application/json");
    assert_eq!(
        (&seen[0].body["active"], &seen[0].body["schemas"][0]),
        (&json!(false), &json!("urn:scim:schemas:core:2.0"))
    );
}

#[tokio::test]
async fn members_are_removed_in_the_way_of_each_idp() {
    let filter = json!([{ "op": "remove", "path": "members[value eq \"u1\"]" }]);
    for (dialect, operations) in [
        (Dialect::Okta, filter.clone()),
        (Dialect::EntraFlag, filter),
        (Dialect::Entra, json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "u1" }] }])),
        (Dialect::JumpCloud, json!([{ "op": "remove", "path": "members", "value": [{ "value": "u1" }] }])),
        (Dialect::OneLogin, json!([{ "op": "remove", "path": "members", "value": [{ "value": "u1" }] }])),
    ] {
        assert_eq!(sent(dialect, "remove").await[0].body["Operations"], operations, "{dialect}");
    }
    let seen = sent(Dialect::Ping, "remove").await;
    assert_eq!((seen[0].line.as_str(), &seen[0].body["members"]), ("PUT /Groups/g1", &json!([])));
    let touched = sent(Dialect::Okta, "add").await;
    assert_eq!(touched[0].body["Operations"][0]["value"], json!({ "id": "g1", "displayName": "Eng" }));
}
