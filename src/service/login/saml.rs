//! Sign-in through a SAML IdP.

use super::door::{self, Door};
use super::error::LoginError;
use super::flow::{self, Caller, Go, Secrets, Started};
use super::session::NewSession;
use crate::base::ids::ConnectionId;
use crate::base::token::reveal;
use crate::domain::connection::ConnectionProtocol;
use crate::domain::email::Email;
use crate::domain::identity::{Groups, Identity, SubjectKind};
use crate::protocol::saml::{
    AuthnRequest, Claimed, Expected, IdpMetadata, Login, NameIdFormat, SpMetadata, verify_response,
};
use crate::service::Gateway;
use crate::store::StoreError;
use std::collections::BTreeMap;

fn idp(door: &Door) -> Result<IdpMetadata, LoginError> {
    let ConnectionProtocol::Saml { idp: Some(idp) } = &door.settings.protocol else {
        return Err(LoginError::NoConnection);
    };
    serde_json::from_value(idp.clone()).map_err(|_| StoreError::Malformed("metadata").into())
}

/// Our metadata for a connection, also while it is a draft: the IdP needs it first.
///
/// # Errors
/// [`LoginError::NoConnection`] for another kind of connection.
pub async fn metadata(gw: &Gateway, id: ConnectionId) -> Result<String, LoginError> {
    let (org, src) = gw.store.connection_entry(id).await?.ok_or(LoginError::NoConnection)?;
    let row = gw.store.read(org, async move |tx| crate::store::connections::get(tx, src).await).await?;
    row.filter(|row| row.kind == "saml").ok_or(LoginError::NoConnection)?;
    let (entity_id, acs_url) = (gw.urls.saml_metadata(id), gw.urls.saml_acs(id));
    Ok(SpMetadata { entity_id: &entity_id, acs_url: &acs_url }.to_xml())
}

/// Starts a sign-in.
///
/// # Errors
/// When the connection cannot be used.
pub async fn start_saml(
    gw: &Gateway,
    id: ConnectionId,
    cookie: Option<&str>,
    return_to: Option<String>,
) -> Result<Started, LoginError> {
    let door = door::open(gw, id).await?;
    let idp = idp(&door)?;
    let request = format!("_{:032x}", u128::from_be_bytes(gw.sources.bytes()));
    let secrets = Secrets { request: Some(request.clone()), ..Secrets::default() };
    let (handle, browser) = flow::begin(gw, &door, cookie, return_to, secrets).await?;
    let (issuer, acs_url) = (gw.urls.saml_metadata(id), gw.urls.saml_acs(id));
    let destination = idp.sso_redirect.as_ref().or(idp.sso_post.as_ref()).ok_or(LoginError::NotReady)?;
    let ask = AuthnRequest {
        id: &request,
        issue_instant: gw.sources.now(),
        destination,
        issuer: &issuer,
        acs_url: &acs_url,
        force_authn: false,
        authn_contexts: &[],
    };
    let go = if idp.sso_redirect.is_some() {
        Go::Redirect(ask.redirect_url(reveal(&handle)))
    } else {
        let form = ask.post_form(reveal(&handle));
        Go::Post(form.action, vec![("SAMLRequest", form.saml_request), ("RelayState", form.relay_state)])
    };
    Ok(Started { go, browser })
}

/// Finishes a sign-in with what the IdP posted.
///
/// # Errors
/// The [`LoginError`] that says why nobody was signed in; the audit has been told.
pub async fn finish_saml(
    gw: &Gateway,
    id: ConnectionId,
    cookie: Option<&str>,
    response: String,
    relay_state: &str,
    caller: &Caller,
) -> Result<NewSession, LoginError> {
    let door = door::open(gw, id).await?;
    let idp = idp(&door)?;
    let attempt = match flow::find(gw, &door, relay_state, cookie).await {
        Ok(attempt) => attempt,
        Err(why) => return Err(flow::refuse(gw, &door, None, caller, why).await),
    };
    let (acs_url, audience) = (gw.urls.saml_acs(id), gw.urls.saml_metadata(id));
    let (now, skew, request) = (gw.sources.now(), gw.settings.skew, attempt.row.request.clone());
    let judged = tokio::task::spawn_blocking(move || {
        let keys = &idp.signing_keys;
        let expected =
            Expected { skew, ..Expected::new(&idp.entity_id, keys, &acs_url, &audience, request.as_deref()) };
        verify_response(&response, &expected, now)
    })
    .await
    .map_err(|_| StoreError::BrokenOff)?;
    match judged {
        Ok(login) => {
            let used = Some((login.assertion_id.clone(), login.assertion_expires));
            flow::finish(gw, &door, attempt, caller, identity(&door, login), used).await
        }
        Err(fault) => Err(flow::refuse(gw, &door, Some(attempt), caller, fault.into()).await),
    }
}

/// Names under which IdPs send what everybody needs.
const EMAIL: &[&str] = &[
    "email",
    "mail",
    "emailAddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
];
const NAME: &[&str] = &[
    "name",
    "displayName",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
];
const GIVEN: &[&str] = &[
    "givenName",
    "firstName",
    "given_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "urn:oid:2.5.4.42",
];
const FAMILY: &[&str] = &[
    "sn",
    "surname",
    "lastName",
    "family_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
];
const USER_NAME: &[&str] =
    &["userName", "username", "preferred_username", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"];

fn identity(door: &Door, login: Login) -> Identity {
    let first = |names: &[&str]| names.iter().find_map(|name| login.first(name)).map(str::to_owned);
    let groups = match door.settings.groups_attribute.as_deref().map(|name| login.claimed(name)) {
        _ if login.groups_overflow() => Groups::Overage,
        Some(Claimed::Present(values)) => Groups::Present(values.into_iter().map(str::to_owned).collect()),
        Some(Claimed::Absent) | None => Groups::Absent,
    };
    let of_mail_form = login.name_id_format != NameIdFormat::Transient && Email::parse(&login.name_id).is_ok();
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in &login.attributes {
        attributes.entry(found.name.clone()).or_default().extend(found.values.iter().cloned());
    }
    Identity {
        subject: login.name_id.clone(),
        subject_kind: SubjectKind::NameId(login.name_id_format.uri().to_owned()),
        email: first(EMAIL).or_else(|| of_mail_form.then(|| login.name_id.clone())),
        email_verified: false,
        user_name: first(USER_NAME),
        name: first(NAME),
        given_name: first(GIVEN),
        family_name: first(FAMILY),
        groups,
        attributes,
        amr: login.authn_context.clone().into_iter().collect(),
        auth_time: Some(login.authn_instant),
        session_cap: login.session_not_on_or_after,
        idp_session: login.session_index.clone(),
    }
}
