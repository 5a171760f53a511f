//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 §4): GET only, never filtered.

use super::answer::{Answer, ScimFault};
use super::caller::ScimCaller;
use super::not_allowed;
use super::parameters::Parameters;
use crate::protocol::scim::discovery;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::schema::{Registry, ResourceType};
use crate::service::Gateway;
use axum::http::{Method, StatusCode};

pub(super) fn go(
    gw: &Gateway,
    who: &ScimCaller,
    steps: &[String],
    method: &Method,
    parameters: &Parameters,
) -> Result<Answer, ScimFault> {
    if method != Method::GET && method != Method::HEAD {
        return Err(not_allowed("GET"));
    }
    if parameters.get("filter").is_some() {
        return Err(ScimFault::plain(StatusCode::FORBIDDEN, "filter: discovery is not filtered; leave it out."));
    }
    let base = gw.urls.scim(who.directory.id);
    let registry = Registry::standard();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let body = match steps.as_slice() {
        ["ServiceProviderConfig"] => Some(discovery::service_provider_config(&base)),
        ["ResourceTypes"] => Some(discovery::resource_types(&base, &registry)),
        ["ResourceTypes", name] => ResourceType::from_name(name)
            .filter(|kind| kind.name() == *name)
            .map(|kind| discovery::resource_type(&base, &registry, kind)),
        ["Schemas"] => Some(discovery::schemas(&base, &registry)),
        ["Schemas", urn] => registry.schema(urn).map(|schema| discovery::schema(&base, schema)),
        _ => None,
    };
    let body = body.ok_or_else(|| ScimError::not_found("discovery document", steps.last().unwrap_or(&"")))?;
    Ok(Answer::json(StatusCode::OK, body))
}
