//! The scripts against a small tolerant server, honest and lying.

use super::*;
use crate::lab::scim_client::Dialect;
use crate::lab::server::{Bound, Server};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What the server claims to have done and did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    None,
    Deactivation,
    MemberRemoval,
    ConflictOverwrites,
    AnyToken,
}

struct Shelf {
    lie: Lie,
    things: Mutex<Vec<(&'static str, Value)>>,
}

async fn server(lie: Lie) -> (Server, String) {
    let bound = Bound::on("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let base = format!("{}/scim", bound.base_url());
    let shelf = Arc::new(Shelf { lie, things: Mutex::default() });
    (bound.serve(axum::Router::new().fallback(answer).with_state(shelf)), base)
}

async fn answer(State(shelf): State<Arc<Shelf>>, verb: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if headers["authorization"] != "Bearer secret" && shelf.lie != Lie::AnyToken {
        return said(401, error("who?"));
    }
    let mut path = uri.path().trim_start_matches("/scim/").split('/');
    let kind = if path.next() == Some("Groups") { "Groups" } else { "Users" };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match (verb.as_str(), path.next()) {
        ("GET", None) => shelf.list(kind, uri.query().unwrap_or_default()),
        ("POST", None) => shelf.create(kind, body),
        (verb, Some(id)) => shelf.one(verb, kind, id, &body),
        _ => said(405, error("no")),
    }
}

impl Shelf {
    fn list(&self, kind: &str, query: &str) -> Response {
        let query: std::collections::HashMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let number = |name: &str, or: usize| query.get(name).map_or(or, |text| text.parse().unwrap());
        let things = self.things.lock().unwrap();
        let fits = |thing: &Value| {
            query.get("filter").is_none_or(|filter| {
                let (attribute, value) = filter.split_once(" eq ").unwrap();
                thing[attribute].as_str().unwrap().eq_ignore_ascii_case(value.trim_matches('"'))
            })
        };
        let found: Vec<&Value> =
            things.iter().filter(|(of, thing)| *of == kind && fits(thing)).map(|(_, t)| t).collect();
        let page: Vec<&Value> =
            found.iter().copied().skip(number("startIndex", 1) - 1).take(number("count", 100)).collect();
        said(
            200,
            json!({ "totalResults": found.len(), "startIndex": 1, "itemsPerPage": page.len(), "Resources": page }),
        )
    }

    fn create(&self, kind: &'static str, mut body: Value) -> Response {
        let mut things = self.things.lock().unwrap();
        let id = format!("id-{}-{}", kind, things.len());
        let twin = things
            .iter_mut()
            .find(|(of, thing)| *of == "Users" && kind == *of && thing["userName"] == body["userName"]);
        if let Some((_, twin)) = twin {
            let same = !body["externalId"].is_null() && twin["externalId"] == body["externalId"];
            if twin["active"] == false && same {
                twin["active"] = json!(true);
                return said(201, twin.clone());
            }
            if self.lie == Lie::ConflictOverwrites {
                twin["name"] = body["name"].clone();
            }
            return said(409, error("uniqueness"));
        }
        body["id"] = json!(id);
        things.push((kind, body.clone()));
        said(201, body)
    }

    fn one(&self, verb: &str, kind: &'static str, id: &str, body: &Value) -> Response {
        let mut things = self.things.lock().unwrap();
        let Some(at) = things.iter().position(|(of, thing)| *of == kind && thing["id"] == id) else {
            return said(404, error("not found"));
        };
        let thing = &mut things[at].1;
        match verb {
            "PUT" => {
                let kept = (thing["id"].clone(), thing["externalId"].clone(), thing["active"].clone());
                *thing = body.clone();
                thing["id"] = kept.0;
                if thing["externalId"].is_null() {
                    thing["externalId"] = kept.1;
                }
                if self.lie == Lie::Deactivation && kind == "Users" {
                    thing["active"] = kept.2;
                }
            }
            "PATCH" => body["Operations"].as_array().unwrap().iter().for_each(|op| self.apply(thing, op)),
            "DELETE" => {
                // The place stays, so that ids are never used twice.
                *thing = json!({ "id": null, "userName": "", "displayName": "" });
                things[at].0 = "gone";
                return StatusCode::NO_CONTENT.into_response();
            }
            _ => {}
        }
        said(200, things[at].1.clone())
    }

    fn apply(&self, thing: &mut Value, operation: &Value) {
        let op = operation["op"].as_str().unwrap().to_lowercase();
        let value = &operation["value"];
        let Some(path) = operation["path"].as_str() else {
            let parsed = value.as_str().map(|text| serde_json::from_str::<Value>(text).unwrap());
            let values = parsed.as_ref().unwrap_or(value).as_object().unwrap();
            values.iter().for_each(|(path, value)| self.set(thing, path, value));
            return;
        };
        match (path, op.as_str()) {
            (path, "remove") if path.starts_with("members") => self.remove_members(thing, path, value),
            ("members", op) => {
                let mut members = thing["members"].as_array().cloned().filter(|_| op == "add").unwrap_or_default();
                for member in value.as_array().unwrap() {
                    if !members.iter().any(|known| known["value"] == member["value"]) {
                        members.push(member.clone());
                    }
                }
                thing["members"] = json!(members);
            }
            (path, "remove") => drop(thing.as_object_mut().unwrap().remove(path)),
            (path, _) => self.set(thing, path, value),
        }
    }

    fn set(&self, thing: &mut Value, path: &str, value: &Value) {
        match path {
            "active" if self.lie == Lie::Deactivation => {}
            "active" => {
                thing["active"] =
                    json!(*value == true || value.as_str().is_some_and(|v| v.eq_ignore_ascii_case("true")))
            }
            "emails[type eq \"work\"].value" => thing["emails"][0]["value"] = value.clone(),
            path => match path.split_once('.') {
                Some((outer, inner)) => thing[outer][inner] = value.clone(),
                None => thing[path] = value.clone(),
            },
        }
    }

    fn remove_members(&self, thing: &mut Value, path: &str, value: &Value) {
        if self.lie == Lie::MemberRemoval {
            return;
        }
        let listed = |id: &Value| value.as_array().is_some_and(|values| values.iter().any(|v| v["value"] == *id));
        let named = |id: &Value| path == format!("members[value eq {id}]");
        let members = thing["members"].as_array().cloned().unwrap_or_default();
        let left: Vec<Value> =
            members.into_iter().filter(|member| !listed(&member["value"]) && !named(&member["value"])).collect();
        thing["members"] = json!(left);
    }
}

fn error(detail: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": detail })
}

fn said(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

async fn played(dialect: Dialect, lie: Lie) -> Vec<StepResult> {
    let (_server, base) = server(lie).await;
    let sources = Sources::system();
    let client = IdpScimClient::new(&base, "secret".into(), dialect, sources.clone()).unwrap();
    let plan = Plan { users: 8, groups: 2, members: 6, ..Plan::default() };
    let mut steps = Vec::new();
    let summary = simulate(&client, &sources, &plan, |step| steps.push(step)).await;
    assert_eq!(summary.failed, steps.iter().filter(|step| !step.held).count());
    assert_eq!(summary.held + summary.failed, steps.len());
    steps
}

fn failed(steps: &[StepResult]) -> Vec<&'static str> {
    steps.iter().filter(|step| !step.held).map(|step| step.name).collect()
}

#[tokio::test]
async fn every_dialect_holds_against_an_honest_server() {
    for dialect in Dialect::ALL {
        let steps = played(dialect, Lie::None).await;
        let broken: Vec<&StepResult> = steps.iter().filter(|step| !step.held).collect();
        assert!(broken.is_empty(), "{dialect}: {broken:#?}");
        assert!(steps.len() >= 26, "{dialect} plays {} scenes", steps.len());
    }
}

#[tokio::test]
async fn a_200_that_did_nothing_is_caught_in_every_dialect() {
    for dialect in Dialect::ALL {
        assert!(failed(&played(dialect, Lie::Deactivation).await).contains(&"deactivate user"), "{dialect}");
    }
    for dialect in [Dialect::Okta, Dialect::Entra, Dialect::EntraFlag, Dialect::OneLogin, Dialect::JumpCloud] {
        assert!(failed(&played(dialect, Lie::MemberRemoval).await).contains(&"remove 1 member"), "{dialect}");
    }
}

#[tokio::test]
async fn a_conflict_that_changes_something_and_an_open_door_are_caught() {
    assert!(failed(&played(Dialect::Okta, Lie::ConflictOverwrites).await).contains(&"create again is a conflict"));
    assert_eq!(failed(&played(Dialect::Entra, Lie::AnyToken).await), ["wrong token is refused"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_each_step_with_its_reason() {
    let sources = Sources::system();
    let client = IdpScimClient::new("http://127.0.0.1:1", "x".into(), Dialect::Ping, sources.clone()).unwrap();
    let mut steps = Vec::new();
    let summary = simulate(&client, &sources, &Plan::default(), |step| steps.push(step)).await;
    assert_eq!(summary.held, 0);
    assert!(steps.iter().all(|step| step.status == 0 && !step.detail.is_empty()));
}
