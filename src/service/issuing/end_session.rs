//! An app asks for the end of a session (OpenID Connect RP-Initiated Logout 1.0).

use super::{IssuingError, SignedIn, app, browser};
use crate::base::ids::{AppId, OrgNo, SessionId};
use crate::domain::audit::Actor;
use crate::protocol::jose::{Alg, Claims, JwkSet, Rules, Typ, verify};
use crate::protocol::oauth::{Params, redirect};
use crate::service::{Gateway, keys};
use crate::store::{AppRow, StoreError};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// What is asked, and what is known about who asks.
#[derive(Debug, Clone, Copy)]
pub struct EndSession<'a> {
    /// The request.
    pub params: &'a Params,
    /// Who the browser belongs to.
    pub browser: Option<&'a SignedIn>,
    /// The person has said yes on our own page.
    pub confirmed: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The person must be asked first: nothing proves that the app speaks for this session.
    Ask,
    /// The session is over (or there was none); the browser goes there, if the app said where.
    Over(Option<String>),
}

/// Ends the session that the hint proves, or that the person has confirmed.
///
/// # Errors
/// A failure of ours; a hint that is no good only means that the person is asked.
pub async fn end_session(gw: &Gateway, asked: EndSession<'_>) -> Result<Ended, IssuingError> {
    let hint = match asked.params.one("id_token_hint").ok().flatten() {
        Some(hint) => proved_hint(gw, hint).await?,
        None => None,
    };
    let client = asked.params.one("client_id").ok().flatten();
    let app = match (&hint, client) {
        // A client_id that contradicts the hint proves nothing about either.
        (Some(hint), Some(client)) if hint.app.id.to_string() != client => None,
        (Some(hint), _) => Some(hint.app.clone()),
        (None, Some(client)) => app(gw, client).await?,
        (None, None) => None,
    };
    let of_browser = asked.browser.map(|browser| (browser.org, browser.holder.session));
    let of_hint = hint.as_ref().and_then(|hint| hint.session);
    let over = match (of_browser, of_hint) {
        (Some(own), Some(hinted)) if own == hinted => Some(own),
        (Some(own), _) if asked.confirmed => Some(own),
        (Some(_), _) => return Ok(Ended::Ask),
        (None, hinted) => hinted,
    };
    if let Some((org, session)) = over {
        let actor = asked.browser.map_or(Actor::Stranger, |browser| Actor::Person(browser.holder.person.id));
        browser::end(gw, org, session, &actor, "panel_app").await?;
    }
    Ok(Ended::Over(app.and_then(|app| destination(asked.params, &app))))
}

/// Where the browser goes afterwards: an address that the app has registered, with its state.
fn destination(params: &Params, app: &AppRow) -> Option<String> {
    let wanted = params.one("post_logout_redirect_uri").ok().flatten()?;
    let settings: Value = serde_json::from_str(&app.settings).unwrap_or_default();
    let listed: Vec<String> = settings
        .get("post_logout_redirect_uris")
        .and_then(|list| serde_json::from_value(list.clone()).ok())
        .unwrap_or_default();
    if !redirect::after_logout(wanted, &listed, &app.redirect_uris) {
        return None;
    }
    let state = params.one("state").ok().flatten().map(|state| ("state", state));
    Some(redirect::with(wanted, state.as_slice()))
}

struct Hint {
    app: AppRow,
    session: Option<(OrgNo, SessionId)>,
}

/// An ID token of ours, also an expired one: it proves which app it was made for and in which session.
async fn proved_hint(gw: &Gateway, hint: &str) -> Result<Option<Hint>, IssuingError> {
    let Ok(keys) = JwkSet::parse(keys::jwks(gw).await?.to_string().as_bytes()) else { return Ok(None) };
    let Some(issued) = issued_at(hint) else { return Ok(None) };
    let apps = gw.store.apps().await?;
    let ids: Vec<String> = apps.iter().map(|app| app.id.to_string()).collect();
    let audiences: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rules = Rules {
        algorithms: &[Alg::Es256, Alg::Rs256],
        issuer: gw.urls.issuer(),
        audiences: &audiences,
        typ: Typ::Only(&["JWT"]),
        // Seen from the moment when it was issued, an expired hint is as good as on its first day.
        now: issued,
        leeway: TimeDelta::zero(),
        max_age: None,
    };
    let Ok(verified) = verify(hint, &keys, &rules) else { return Ok(None) };
    let id = verified.claims.text("aud").and_then(|aud| aud.parse::<AppId>().ok());
    let Some(app) = apps.into_iter().find(|app| Some(app.id) == id) else { return Ok(None) };
    Ok(Some(Hint { app, session: session_of(gw, &verified.claims).await? }))
}

async fn session_of(gw: &Gateway, claims: &Claims) -> Result<Option<(OrgNo, SessionId)>, StoreError> {
    let session = claims.text("sid").and_then(|sid| sid.parse().ok());
    let slug = claims.get("org").and_then(|org| org.get("slug")).and_then(Value::as_str);
    let Some((session, slug)) = session.zip(slug) else { return Ok(None) };
    Ok(gw.store.slug_entry(slug).await?.map(|org| (org, session)))
}

/// `iat` of a token that has not been proved: good for nothing but to ask the proof about that moment.
fn issued_at(token: &str) -> Option<DateTime<Utc>> {
    let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&body).ok()?;
    DateTime::from_timestamp(claims.get("iat")?.as_i64()?, 0)
}
