//! One attempt from start to session: begun, bound to a browser, used up once, in the unit that makes the session.

use super::admit;
use super::door::Door;
use super::error::LoginError;
use super::session::{NewSession, mint};
use crate::base::seal::Place;
use crate::base::token::{TokenHash, TokenKind, reveal};
use crate::domain::audit::{Actor, Deed};
use crate::domain::identity::Identity;
use crate::service::Gateway;
use crate::store::flows::{self, FlowRow};
use crate::store::sessions::{self, SessionRow};
use crate::store::{Done, StoreError};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;

/// Who asks, for the audit and the throttle.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The address of the browser, if it is known.
    pub ip: Option<String>,
    /// The id of the request: what a refusal shows.
    pub reference: String,
}

/// What the browser is to do to start a sign-in.
#[derive(Debug)]
pub struct Started {
    /// Where it goes.
    pub go: Go,
    /// The cookie that binds the attempt to it.
    pub browser: SecretString,
}

/// How the browser gets to the IdP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Go {
    /// By a redirect.
    Redirect(String),
    /// By a form that it posts: action, then (name, value) pairs.
    Post(String, Vec<(&'static str, String)>),
}

/// What an attempt remembers beside its connection and browser.
#[derive(Default)]
pub(super) struct Secrets {
    pub(super) request: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) verifier: Option<String>,
}

/// An attempt that came back.
pub(super) struct Attempt {
    pub(super) hash: TokenHash,
    pub(super) row: FlowRow,
    pub(super) verifier: Option<String>,
}

/// Keeps a new attempt; its handle and the browser's cookie.
pub(super) async fn begin(
    gw: &Gateway,
    door: &Door,
    cookie: Option<&str>,
    return_to: Option<String>,
    secrets: Secrets,
) -> Result<(SecretString, SecretString), LoginError> {
    let handle = gw.mint.mint(&gw.sources, TokenKind::Flow, door.org);
    let browser: SecretString = match cookie {
        Some(text) => text.to_owned().into(),
        None => gw.mint.mint(&gw.sources, TokenKind::Flow, door.org).text,
    };
    let row = hex(handle.hash);
    let place = Place { table: "flow", row: &row, column: "verifier" };
    let flow = FlowRow {
        con: door.row.src,
        browser: gw.mint.hash(reveal(&browser)),
        request: secrets.request,
        nonce: secrets.nonce,
        verifier: secrets.verifier.map(|text| gw.master.seal(&gw.sources, place, text.as_bytes())),
        return_to,
    };
    let (hash, now, until) = (handle.hash, gw.sources.now(), gw.sources.now() + gw.settings.flow);
    gw.store
        .write(door.org, async move |tx| {
            flows::insert(tx, hash, &flow, now, until).await?;
            Ok::<_, StoreError>(Done::of(()))
        })
        .await?;
    Ok((handle.text, browser))
}

/// Finds the attempt of this connection and browser; it is not used up yet.
pub(super) async fn find(gw: &Gateway, door: &Door, handle: &str, cookie: Option<&str>) -> Result<Attempt, LoginError> {
    let seen = gw.mint.read(TokenKind::Flow, handle).filter(|seen| seen.org == door.org).ok_or(LoginError::FlowLost)?;
    let browser = gw.mint.hash(cookie.ok_or(LoginError::FlowLost)?);
    let (con, now) = (door.row.src, gw.sources.now());
    let row = gw.store.read(door.org, async move |tx| flows::peek(tx, con, seen.hash, browser, now).await).await?;
    let row = row.ok_or(LoginError::FlowLost)?;
    let name = hex(seen.hash);
    let place = Place { table: "flow", row: &name, column: "verifier" };
    let verifier = match &row.verifier {
        Some(sealed) => Some(String::from_utf8_lossy(&gw.master.open(place, sealed)?).into_owned()),
        None => None,
    };
    Ok(Attempt { hash: seen.hash, row, verifier })
}

/// Ends an attempt with a refusal, and tells the audit.
pub(super) async fn refuse(
    gw: &Gateway,
    door: &Door,
    attempt: Option<Attempt>,
    caller: &Caller,
    why: LoginError,
) -> LoginError {
    if attempt.is_none() && !gw.memory.attempts.tell_refusal(&door.row.id.to_string()) {
        return why; // strangers do not fill the audit
    }
    let record = gw.record(
        &Actor::Connection(door.row.id),
        Deed::SignInRefused,
        None,
        json!({"reason": why.code(), "detail": why.to_string(), "ip": caller.ip, "request": caller.reference}),
    );
    let (con, now) = (door.row.src, gw.sources.now());
    let kept = gw
        .store
        .write(door.org, async move |tx| {
            if let Some(attempt) = &attempt {
                flows::take(tx, con, attempt.hash, attempt.row.browser, now).await?;
            }
            Ok::<_, StoreError>(Done::of(()).and(record.clone()))
        })
        .await;
    match kept {
        Ok(()) => why,
        Err(error) => error.into(),
    }
}

/// Uses the attempt up, admits or refuses who was proved, and begins the session: one unit.
pub(super) async fn finish(
    gw: &Gateway,
    door: &Door,
    attempt: Attempt,
    caller: &Caller,
    identity: Identity,
    assertion: Option<(String, DateTime<Utc>)>,
) -> Result<NewSession, LoginError> {
    let (minted, id) = mint(gw, door.org);
    let (gateway, door, caller) = (gw.clone(), door.clone(), caller.clone());
    let now = gw.sources.now();
    let until = identity.session_cap.map_or(now + gw.settings.session, |cap| cap.min(now + gw.settings.session));
    let hash = minted.hash;
    let (con, org) = (door.row.src, door.org);
    let outcome = gw
        .store
        .write(org, async move |tx| {
            let refused = |why: LoginError| {
                let body = json!({
                    "reason": why.code(), "detail": why.to_string(), "subject": identity.subject,
                    "ip": caller.ip, "request": caller.reference,
                });
                let record = gateway.record(&Actor::Connection(door.row.id), Deed::SignInRefused, None, body);
                Ok(Done::of(Err(why)).and(record))
            };
            let Some(flow) = flows::take(tx, con, attempt.hash, attempt.row.browser, now).await? else {
                return refused(LoginError::FlowLost);
            };
            if let Some((assertion, keep)) = &assertion
                && !flows::use_assertion(tx, con, assertion, *keep).await?
            {
                return refused(LoginError::Replayed);
            }
            let admitted = match admit::admit(tx, &gateway, &door, &identity).await {
                Ok(admitted) => admitted,
                Err(error) if admit::is_refusal(&error) => return refused(error),
                Err(error) => return Err(error),
            };
            let session = SessionRow {
                hash,
                id,
                person: admitted.person.id,
                epoch: admitted.person.epoch,
                con: Some(con),
                subject: Some(admit::subject(&identity)),
                idp_session: identity.idp_session.clone(),
                auth_time: identity.auth_time.unwrap_or(now),
                amr: serde_json::to_string(&identity.amr).map_err(|_| StoreError::Malformed("amr"))?,
                created: now,
                until,
            };
            if !sessions::insert(tx, &session).await? {
                return refused(LoginError::Inactive);
            }
            let body = json!({"connection": door.row.key, "session": id, "ip": caller.ip, "request": caller.reference});
            let who = admitted.person.id;
            let record = gateway.record(&Actor::Person(who), Deed::SignedIn, Some(who.to_string()), body);
            Ok::<_, LoginError>(Done::of(Ok(flow.return_to)).and_all(admitted.records).and(record))
        })
        .await?;
    Ok(NewSession { cookie: minted.text, until, return_to: outcome? })
}

fn hex(hash: TokenHash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
