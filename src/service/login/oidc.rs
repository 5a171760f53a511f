//! Sign-in through an OpenID provider.

use super::door::{self, Door};
use super::error::LoginError;
use super::flow::{self, Attempt, Caller, Go, Secrets, Started};
use super::session::NewSession;
use crate::base::ids::ConnectionId;
use crate::base::seal::Place;
use crate::base::token::reveal;
use crate::domain::connection::ConnectionProtocol;
use crate::domain::identity::{Groups, Identity, SubjectKind};
use crate::protocol::jose::digest::text_of;
use crate::protocol::oidc::authorization::AuthorizationRequest;
use crate::protocol::oidc::callback::{Callback, Expected};
use crate::protocol::oidc::groups::GroupsClaim;
use crate::protocol::oidc::id_token::{Checks, IdToken};
use crate::protocol::oidc::token::TokenRequest;
use crate::protocol::oidc::userinfo::Signed;
use crate::service::Gateway;
use crate::store::StoreError;
use crate::upstream::UpstreamError;
use secrecy::SecretString;
use std::collections::BTreeMap;

/// The claim that holds groups where the connection names none.
const GROUPS: &str = "groups";

fn provider(door: &Door) -> Result<(&str, &str), LoginError> {
    match &door.settings.protocol {
        ConnectionProtocol::Oidc { issuer, client_id } => Ok((issuer, client_id)),
        ConnectionProtocol::Saml { .. } => Err(LoginError::NoConnection),
    }
}

/// Starts a sign-in.
///
/// # Errors
/// When the connection cannot be used or its IdP does not answer.
pub async fn start_oidc(
    gw: &Gateway,
    id: ConnectionId,
    cookie: Option<&str>,
    return_to: Option<String>,
    login_hint: Option<&str>,
) -> Result<Started, LoginError> {
    let door = door::open(gw, id).await?;
    let (issuer, client_id) = provider(&door)?;
    let metadata = gw.upstream.discover(issuer).await?;
    let nonce = text_of(&gw.sources.bytes::<32>());
    let verifier = text_of(&gw.sources.bytes::<32>());
    let secrets = Secrets { request: None, nonce: Some(nonce.clone()), verifier: Some(verifier.clone()) };
    let (handle, browser) = flow::begin(gw, &door, cookie, return_to, secrets).await?;
    let redirect_uri = gw.urls.oidc_callback(id);
    let request = AuthorizationRequest {
        client_id,
        redirect_uri: &redirect_uri,
        scopes: &["email".to_owned(), "profile".to_owned()],
        state: reveal(&handle),
        nonce: &nonce,
        pkce_verifier: &verifier,
        max_age: None,
        prompt: None,
        login_hint,
        acr_values: &[],
    };
    Ok(Started { go: Go::Redirect(request.url(&metadata.authorization_endpoint).into()), browser })
}

/// Finishes a sign-in with what the browser brought back (the raw query).
///
/// # Errors
/// The [`LoginError`] that says why nobody was signed in; the audit has been told.
pub async fn finish_oidc(
    gw: &Gateway,
    id: ConnectionId,
    cookie: Option<&str>,
    query: &str,
    caller: &Caller,
) -> Result<NewSession, LoginError> {
    let door = door::open(gw, id).await?;
    provider(&door)?;
    let callback = match Callback::parse(query) {
        Ok(callback) => callback,
        Err(fault) => return Err(flow::refuse(gw, &door, None, caller, fault.into()).await),
    };
    let attempt = match flow::find(gw, &door, callback.state(), cookie).await {
        Ok(attempt) => attempt,
        Err(why) => return Err(flow::refuse(gw, &door, None, caller, why).await),
    };
    match prove(gw, &door, callback, &attempt).await {
        Ok(token) => flow::finish(gw, &door, attempt, caller, identity(token), None).await,
        Err(why) => Err(flow::refuse(gw, &door, Some(attempt), caller, why).await),
    }
}

/// From the code to an ID token that holds, with what UserInfo adds.
async fn prove(gw: &Gateway, door: &Door, callback: Callback, attempt: &Attempt) -> Result<IdToken, LoginError> {
    let (issuer, client_id) = provider(door)?;
    let metadata = gw.upstream.discover(issuer).await?;
    let state = callback.state().to_owned();
    let answers_with_issuer = metadata.answers_with_issuer;
    let code = callback.code(&Expected { state: &state, issuer, answers_with_issuer })?;
    let redirect_uri = gw.urls.oidc_callback(door.row.id);
    let secret = client_secret(gw, door)?;
    let request = TokenRequest {
        code: &code,
        redirect_uri: &redirect_uri,
        pkce_verifier: attempt.verifier.as_deref().ok_or(LoginError::FlowLost)?,
        client_id,
        client_secret: secret.as_ref(),
        client_auth: metadata.client_auth,
    };
    let tokens = gw.upstream.exchange_code(&metadata, &request).await?;
    let now = gw.sources.now();
    let groups_claim = door.settings.groups_attribute.as_deref().unwrap_or(GROUPS);
    let checks = Checks {
        issuer,
        client_id,
        trusted_audiences: &[],
        algorithms: &metadata.algorithms,
        nonce: attempt.row.nonce.as_deref().ok_or(LoginError::FlowLost)?,
        max_age: None,
        acr_values: &[],
        access_token: Some(reveal(&tokens.access_token)),
        groups_claim,
        now,
    };
    let token = gw.upstream.id_token(&metadata, &tokens.id_token, &checks).await?;
    let complete = token.profile.email.is_some() && token.groups != GroupsClaim::Absent;
    if complete {
        return Ok(token);
    }
    let rules = Signed { issuer, client_id, algorithms: &metadata.algorithms, now };
    match gw.upstream.userinfo(&metadata, &tokens.access_token, &token.subject, &rules).await? {
        Some(claims) => Ok(token.with_userinfo(&claims, groups_claim).map_err(UpstreamError::from)?),
        None => Ok(token),
    }
}

/// Where the client secret of a connection is bound to; `row` is `<organization number>/<connection id>`.
fn secret_place(row: &str) -> Place<'_> {
    Place { table: "connection", row, column: "secret" }
}

fn client_secret(gw: &Gateway, door: &Door) -> Result<Option<SecretString>, LoginError> {
    let Some(sealed) = &door.row.secret else { return Ok(None) };
    let plain = gw.master.open(secret_place(&format!("{}/{}", door.org.0, door.row.id)), sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| StoreError::Malformed("client secret"))?;
    Ok(Some(text.to_owned().into()))
}

fn identity(token: IdToken) -> Identity {
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in token.claims.members() {
        let texts = match value {
            serde_json::Value::String(text) => vec![text.clone()],
            serde_json::Value::Array(items) => {
                items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => continue,
        };
        attributes.insert(name.clone(), texts);
    }
    Identity {
        subject: token.subject,
        subject_kind: SubjectKind::Sub,
        email: token.profile.email,
        email_verified: token.profile.email_verified,
        user_name: token.profile.preferred_username,
        name: token.profile.name,
        given_name: token.profile.given_name,
        family_name: token.profile.family_name,
        groups: match token.groups {
            GroupsClaim::Present(groups) => Groups::Present(groups),
            GroupsClaim::Absent => Groups::Absent,
            GroupsClaim::Overage => Groups::Overage,
        },
        attributes,
        amr: token.amr,
        auth_time: token.auth_time,
        session_cap: None,
        idp_session: token.session,
    }
}
