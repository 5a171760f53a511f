//! The numbered requirements of SCIM, each with a test whose name carries its number (`r041_…`), driven over HTTP.

mod bulk;
mod cases;
mod concurrency;
mod create;
mod credentials;
mod cursor;
pub mod custom_schemas;
mod data_model;
mod delete;
mod errors;
mod events;
mod filter;
mod interop;
mod ipsie;
mod list;
mod me;
mod numbers;
mod patch;
mod patched;
mod projection;
mod quirks;
mod quirks_more;
mod read;
mod replace;
mod returning;
mod roles;
mod search;
mod sort_and_pages;
mod transport;

use crate::harness::gateway::{Directory, Reply, TestGateway, usual_rules};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A directory of a new organization, with this profile.
async fn directory(gw: &TestGateway, slug: &str, profile: &str) -> Directory {
    gw.organization(slug, None, usual_rules()).await.directory("idp", profile).await
}

/// A POST of a User; ids follow the clock, so that they are in the order of the calls.
async fn user(gw: &TestGateway, idp: &Directory, name: &str, more: Value) -> Reply {
    gw.wait(chrono::Duration::milliseconds(1));
    let mut body = json!({"schemas": [USER], "userName": name});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    idp.call("POST", "/Users", Some(body)).await
}

/// An address with its parameters, encoded.
fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}

/// What a list shows: the userName or displayName of each resource.
fn names(body: &Value) -> Vec<&str> {
    let name = |one: &'_ Value| if one["userName"].is_null() { "displayName" } else { "userName" };
    body["Resources"].as_array().unwrap().iter().map(|one| one[name(one)].as_str().unwrap()).collect()
}

/// The names that a filter finds, with a total that says the same.
async fn found(idp: &Directory, path: &str, filter: &str) -> String {
    let reply = idp.get(&address(path, &[("filter", filter)])).await;
    assert_eq!(reply.status, 200, "{filter}: {}", reply.body);
    let names = names(&reply.body);
    assert_eq!(reply.body["totalResults"], names.len(), "{filter}");
    names.join(" ")
}

/// Whether null is nowhere in a body.
fn without_nulls(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(without_nulls),
        Value::Object(fields) => fields.values().all(without_nulls),
        _ => true,
    }
}
