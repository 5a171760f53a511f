//! Someone to patch, and what a PATCH must leave behind.

use crate::harness::gateway::{Directory, TestGateway, TestOrganization, usual_rules};
use serde_json::{Value, json};

/// An organization and its directory of this profile.
pub(super) async fn world<'a>(gw: &'a TestGateway, profile: &str) -> (TestOrganization<'a>, Directory) {
    let acme = gw.organization("acme", None, usual_rules()).await;
    let directory = acme.directory("idp", profile).await;
    (acme, directory)
}

/// Ada, with two e-mail addresses, a title and a department; her address below the base.
pub(super) async fn ada(directory: &Directory) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": "ada@acme.test", "externalId": "00uada", "active": true, "title": "Countess",
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"value": "ada@acme.test", "type": "work", "primary": true}, {"value": "ada@home.test", "type": "home"}],
    });
    format!("/Users/{}", directory.call("POST", "/Users", Some(body)).await.expect(201).id())
}

/// One operation that must hold: the answer, which a GET repeats.
pub(super) async fn done(directory: &Directory, path: &str, operation: Value) -> Value {
    let reply = directory.patch(path, json!([operation])).await;
    assert_eq!(reply.status, 200, "{operation}: {}", reply.body);
    assert!(!reply.headers.contains_key("scim-skipped"), "{operation}: {:?}", reply.headers);
    check(directory, path, &reply.body).await;
    reply.body
}

/// What was answered is what is there.
pub(super) async fn check(directory: &Directory, path: &str, answered: &Value) {
    assert_eq!(directory.get(path).await.expect(200).body, *answered);
}

/// Operations that must be refused with this keyword, and then nothing has changed.
pub(super) async fn refused(directory: &Directory, path: &str, operations: Value, status: u16, scim_type: &str) {
    let before = directory.get(path).await.expect(200);
    let reply = directory.patch(path, operations.clone()).await;
    assert_eq!(
        (reply.status, reply.body["scimType"].as_str()),
        (status, Some(scim_type)),
        "{operations}: {}",
        reply.body
    );
    assert!(!reply.body["detail"].as_str().unwrap().is_empty());
    let after = directory.get(path).await.expect(200);
    assert_eq!((after.body, &after.headers["etag"]), (before.body, &before.headers["etag"]), "{operations}");
}
