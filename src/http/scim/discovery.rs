//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 §4): GET only, never filtered.

use super::answer::{Answer, ScimFault};
use super::caller::ScimCaller;
use super::catalogue::dialect_of;
use super::not_allowed;
use crate::domain::directory::Told;
use crate::protocol::scim::bulk::BulkLimits;
use crate::protocol::scim::catalogue::{Dialect, support};
use crate::protocol::scim::discovery::{self, Features};
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::event::event_uris;
use crate::protocol::scim::profile::Profile;
use crate::service::Gateway;
use crate::service::provisioning::{self, CURSOR_SECONDS};
use axum::http::{Method, StatusCode};

pub(super) async fn go(
    gw: &Gateway,
    who: &ScimCaller,
    steps: &[String],
    method: &Method,
    query: Option<&str>,
) -> Result<Answer, ScimFault> {
    if method != Method::GET && method != Method::HEAD {
        return Err(not_allowed("GET"));
    }
    if filtered(query) {
        return Err(ScimFault::plain(StatusCode::FORBIDDEN, "filter: discovery is not filtered; leave it out."));
    }
    let base = gw.urls.scim(who.directory.id);
    let registry = &who.registry;
    let lists = dialect_of(who);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let body = match steps.as_slice() {
        ["ServiceProviderConfig"] => Some(discovery::service_provider_config(&base, &features(gw, who).await?)),
        ["ResourceTypes"] => Some(discovery::resource_types(&base, registry, lists)),
        ["ResourceTypes", id] => discovery::resource_type_by_id(&base, registry, id, lists),
        ["Schemas"] => Some(discovery::schemas(&base, registry, who.profile, lists)),
        ["Schemas", urn] => discovery::schema_by_id(&base, registry, urn, who.profile, lists),
        _ => None,
    };
    let body = body.ok_or_else(|| ScimError::not_found("discovery document", steps.last().unwrap_or(&"")))?;
    Ok(Answer::json(StatusCode::OK, body))
}

fn filtered(query: Option<&str>) -> bool {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(key, _)| key.eq_ignore_ascii_case("filter"))
}

/// What is there and no more.
async fn features(gw: &Gateway, who: &ScimCaller) -> Result<Features, ScimFault> {
    let roles = match dialect_of(who) {
        Some(Dialect::Draft) => {
            let found = provisioning::catalogues(gw, who, Dialect::Draft).await?;
            Some(support(&found.roles, &found.entitlements))
        }
        Some(Dialect::Okta) | None => None,
    };
    Ok(Features {
        roles,
        bulk: Some(BulkLimits::default()),
        sort: true,
        oauth: true,
        cursor_timeout: Some(u64::from(CURSOR_SECONDS)),
        security_events: match who.directory.settings.events {
            Told::Off => None,
            Told::Notice => Some(event_uris(false)),
            Told::Full => Some(event_uris(true)),
        },
        interop: who.profile == Profile::InteropStrict,
        ..Features::default()
    })
}
