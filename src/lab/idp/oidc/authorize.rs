//! The authorization endpoint.

use super::knobs::IssParameter;
use super::{Grant, SignIn};
use crate::lab::idp::chooser::chooser;
use crate::lab::idp::core::Core;
use crate::lab::idp::person::Person;
use crate::lab::page::{auto_post, message, see_other};
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

type Fields = BTreeMap<String, String>;

pub(super) async fn by_query(State(core): State<Arc<Core>>, Query(fields): Query<Fields>) -> Response {
    authorize(&core, &fields)
}

pub(super) async fn by_form(State(core): State<Arc<Core>>, Form(fields): Form<Fields>) -> Response {
    authorize(&core, &fields)
}

fn authorize(core: &Core, fields: &Fields) -> Response {
    let field = |name: &str| fields.get(name).map(String::as_str);
    let known = field("client_id").and_then(|id| core.memory().clients.get(id).cloned());
    let Some(client) = known else {
        return message(StatusCode::BAD_REQUEST, "Unknown client", "No client of this name is registered.");
    };
    let Some(redirect_uri) = field("redirect_uri").filter(|uri| client.redirect_uris.iter().any(|known| known == uri))
    else {
        return message(StatusCode::BAD_REQUEST, "Unknown address", "This redirect_uri is not registered.");
    };
    let state = field("state");
    if let Some(error) = refusal(core, fields) {
        return back(core, fields, redirect_uri, &[("error", &error)], state);
    }
    let Some(person) = core.who(field("person")) else {
        let hidden: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(n, _)| *n != "person")
            .collect();
        return chooser(core, "get", &core.at("/oidc/authorize"), &hidden);
    };
    let code = grant(core, fields, person, &client.client_id, redirect_uri);
    back(core, fields, redirect_uri, &[("code", &code)], state)
}

/// The error that a well-formed client would not cause (RFC 6749 §4.1.2.1).
fn refusal(core: &Core, fields: &Fields) -> Option<String> {
    let field = |name: &str| fields.get(name).map(String::as_str);
    let knobs = core.memory().oidc.clone();
    if let Some(error) = knobs.authorize_error {
        return Some(error);
    }
    if field("response_type") != Some("code") {
        return Some("unsupported_response_type".to_owned());
    }
    if !field("scope").unwrap_or_default().split(' ').any(|scope| scope == "openid") {
        return Some("invalid_scope".to_owned());
    }
    let pkce_holds = match (field("code_challenge"), field("code_challenge_method")) {
        (Some(challenge), Some("S256")) => !challenge.is_empty(),
        (None, None) => !knobs.require_pkce,
        _ => false,
    };
    (!pkce_holds).then(|| "invalid_request".to_owned())
}

fn grant(core: &Core, fields: &Fields, person: Person, client_id: &str, redirect_uri: &str) -> String {
    let code = core.random();
    let sign_in = SignIn {
        person,
        client_id: client_id.to_owned(),
        nonce: fields.get("nonce").cloned(),
        at: core.sources.now(),
        sid: core.random(),
    };
    let challenge = fields.get("code_challenge").cloned();
    let grant = Grant { sign_in, redirect_uri: redirect_uri.to_owned(), challenge };
    core.memory().grants.codes.insert(code.clone(), grant);
    code
}

fn back(core: &Core, fields: &Fields, redirect_uri: &str, said: &[(&str, &str)], state: Option<&str>) -> Response {
    let iss = match core.memory().oidc.iss_parameter {
        IssParameter::Right => Some(core.base_url.clone()),
        IssParameter::Wrong => Some("https://somebody-else.test".to_owned()),
        IssParameter::Missing | IssParameter::Unsupported => None,
    };
    let mut answer = said.to_vec();
    answer.extend(state.map(|state| ("state", state)));
    answer.extend(iss.as_deref().map(|iss| ("iss", iss)));
    if fields.get("response_mode").is_some_and(|mode| mode == "form_post") {
        return auto_post(redirect_uri, &answer);
    }
    match Url::parse(redirect_uri) {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(answer);
            see_other(url.as_str())
        }
        Err(_) => message(StatusCode::BAD_REQUEST, "Unknown address", "This redirect_uri is no address."),
    }
}
