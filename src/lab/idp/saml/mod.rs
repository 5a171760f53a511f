//! The SAML side of the emulated IdP: metadata, sign-in by both bindings, sign-in that nobody asked for, logout.
//!
//! Owns the messages and how they are signed; hands on the form that a browser posts to the service provider. Must not
//! know OpenID, nor how the product verifies.

pub mod knobs;
pub(super) mod logout;
pub(super) mod metadata;
mod request;
mod response;
mod signature;

use super::chooser::chooser;
use super::core::Core;
use crate::lab::error::LabError;
use crate::lab::page::{auto_post, message};
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use request::AuthnRequest;
use response::Ask;
use serde::Deserialize;
use std::sync::Arc;

/// When a response is tampered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    /// Before anything is signed: the signatures will hold.
    BeforeSigning,
    /// After the signatures were made.
    AfterSigning,
}

/// A change to the XML of the next response.
pub(super) struct Tampering {
    pub(super) when: Tamper,
    pub(super) change: Box<dyn FnOnce(String) -> String + Send>,
}

/// What a browser posts to an assertion consumer service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlForm {
    /// Where to.
    pub acs: String,
    /// The response, base64.
    pub saml_response: String,
    /// Goes back as it came.
    pub relay_state: Option<String>,
}

impl SamlForm {
    /// The fields of the form.
    #[must_use]
    pub fn fields(&self) -> Vec<(&str, &str)> {
        let mut fields = vec![("SAMLResponse", self.saml_response.as_str())];
        fields.extend(self.relay_state.as_deref().map(|state| ("RelayState", state)));
        fields
    }

    /// The response as XML.
    #[must_use]
    pub fn xml(&self) -> String {
        let bytes = STANDARD.decode(&self.saml_response).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct SsoFields {
    #[serde(rename = "SAMLRequest")]
    saml_request: String,
    #[serde(rename = "RelayState")]
    relay_state: Option<String>,
    person: Option<String>,
    /// Which binding brought the request, when the page with the buttons sends it on.
    binding: Option<String>,
}

#[derive(Deserialize)]
struct UnsolicitedFields {
    acs: String,
    audience: String,
    relay_state: Option<String>,
    person: Option<String>,
}

/// The doors under `/saml`.
pub(super) fn routes() -> axum::Router<Arc<Core>> {
    axum::Router::new()
        .route("/saml/metadata", get(show_metadata))
        .route("/saml/sso", get(sso_by_redirect).post(sso_by_post))
        .route("/saml/unsolicited", get(unsolicited))
        .route("/saml/slo", get(slo))
}

async fn show_metadata(State(core): State<Arc<Core>>) -> Response {
    ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], metadata::metadata(&core)).into_response()
}

async fn sso_by_redirect(State(core): State<Arc<Core>>, Query(fields): Query<SsoFields>) -> Response {
    sso(&core, &fields, true)
}

async fn sso_by_post(State(core): State<Arc<Core>>, Form(fields): Form<SsoFields>) -> Response {
    sso(&core, &fields, fields.binding.as_deref() == Some("redirect"))
}

fn sso(core: &Core, fields: &SsoFields, deflated: bool) -> Response {
    let Some(request) = AuthnRequest::read(&fields.saml_request, deflated) else {
        return message(StatusCode::BAD_REQUEST, "Not a request", "This is no AuthnRequest that can be read.");
    };
    let registered = core.memory().service_providers.get(&request.issuer).cloned();
    let Some(acs) = request.acs.clone().or(registered) else {
        return message(StatusCode::BAD_REQUEST, "No address", "The request does not say where the answer goes.");
    };
    let Some(person) = core.who(fields.person.as_deref()) else {
        let binding = if deflated { "redirect" } else { "post" };
        let mut hidden = vec![("SAMLRequest", fields.saml_request.as_str()), ("binding", binding)];
        hidden.extend(fields.relay_state.as_deref().map(|state| ("RelayState", state)));
        return chooser(core, "post", &core.at("/saml/sso"), &hidden);
    };
    let ask = Ask { person: &person, acs: &acs, audience: &request.issuer, request: Some(&request.id) };
    answer(core, &ask, fields.relay_state.as_deref())
}

async fn unsolicited(State(core): State<Arc<Core>>, Query(fields): Query<UnsolicitedFields>) -> Response {
    let Some(person) = core.who(fields.person.as_deref()) else {
        let mut hidden = vec![("acs", fields.acs.as_str()), ("audience", fields.audience.as_str())];
        hidden.extend(fields.relay_state.as_deref().map(|state| ("relay_state", state)));
        return chooser(&core, "get", &core.at("/saml/unsolicited"), &hidden);
    };
    let ask = Ask { person: &person, acs: &fields.acs, audience: &fields.audience, request: None };
    answer(&core, &ask, fields.relay_state.as_deref())
}

async fn slo() -> Response {
    message(StatusCode::OK, "Signed out", "You are signed out at your identity provider.")
}

fn answer(core: &Core, ask: &Ask<'_>, relay_state: Option<&str>) -> Response {
    match form(core, ask, relay_state) {
        Ok(form) => auto_post(&form.acs, &form.fields()),
        Err(error) => {
            tracing::error!(%error, "the emulated IdP cannot answer");
            message(StatusCode::INTERNAL_SERVER_ERROR, "Fault", "The emulated identity provider failed.")
        }
    }
}

fn form(core: &Core, ask: &Ask<'_>, relay_state: Option<&str>) -> Result<SamlForm, LabError> {
    let form = SamlForm {
        acs: ask.acs.to_owned(),
        saml_response: STANDARD.encode(response::write(core, ask)?),
        relay_state: relay_state.map(str::to_owned),
    };
    core.memory().last_form = Some(form.clone());
    Ok(form)
}

/// A form for a sign-in that nobody asked for.
pub(super) fn unsolicited_form(
    core: &Core,
    user_name: &str,
    acs: &str,
    audience: &str,
    relay_state: Option<&str>,
) -> Result<SamlForm, LabError> {
    let person = core.person(user_name)?;
    form(core, &Ask { person: &person, acs, audience, request: None }, relay_state)
}

#[cfg(test)]
mod tests;
