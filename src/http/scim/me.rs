//! `/Me` (RFC 7644 §3.11). A directory's token is no person's; an access token of a panel app is.

use super::answer::{Answer, ScimFault};
use super::caller::{disabled, token_of};
use super::incoming::Incoming;
use super::{Address, not_allowed, parameters, resources};
use crate::base::ids::DirectoryId;
use crate::protocol::oauth::SCIM_ME;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::service::provisioning::{self, Subject};
use axum::http::{HeaderMap, Method, StatusCode, header};

/// The person who asks, if it is one and this is the address for it.
pub(super) async fn subject(
    gw: &Gateway,
    directory: &str,
    address: &Address,
    headers: &HeaderMap,
) -> Result<Option<Subject>, ScimFault> {
    if !matches!(address, Address::Me) {
        return Ok(None);
    }
    match (directory.parse::<DirectoryId>(), token_of(headers)) {
        (Ok(id), Some(token)) => Ok(provisioning::subject(gw, id, &token).await?),
        _ => Ok(None),
    }
}

/// What the person gets: their User, and no other call.
pub(super) async fn go(gw: &Gateway, subject: Subject, call: Incoming<'_>) -> Result<Answer, ScimFault> {
    let who = &subject.view;
    if !who.directory.enabled {
        return Err(disabled());
    }
    if call.method() != Method::GET && call.method() != Method::HEAD {
        return Err(not_allowed("GET"));
    }
    if !subject.in_scope {
        let challenge = format!("Bearer realm=\"scim\", error=\"insufficient_scope\", scope=\"{SCIM_ME}\"");
        let detail = format!("The access token was not made for this; the panel app must ask for the scope {SCIM_ME}.");
        return Err(ScimFault::plain(StatusCode::FORBIDDEN, detail).with(header::WWW_AUTHENTICATE, challenge));
    }
    let wire = subject.wire.ok_or_else(|| ScimError::not_found("User", "Me"))?;
    let mut asked = parameters::read_for_one(call.query(), who.profile)?;
    let projection = parameters::projection(&mut asked, ResourceType::User, who)?;
    let answer = resources::found(gw, who, wire, &projection, call.headers()).await?;
    Ok(answer.noting(&asked.applied))
}
