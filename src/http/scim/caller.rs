//! Who is calling. The extractor is the proof: who holds a [`ScimCaller`] has been checked against this directory.

use super::answer::ScimFault;
use super::record::TurnedAway;
use crate::base::class::Classify as _;
use crate::base::ids::DirectoryId;
use crate::service::Gateway;
use crate::service::provisioning::{self, DirectoryCaller};
use crate::service::scim_log::Refusal;
use axum::http::{HeaderMap, StatusCode, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The directory that has proved to be calling.
pub(super) type ScimCaller = DirectoryCaller;

/// Why a call goes no further, and whose log tells of it: none where the directory is unknown or the store fails.
pub(super) struct Stopped {
    pub(super) fault: ScimFault,
    pub(super) turned_away: Option<TurnedAway>,
}

impl From<ScimFault> for Stopped {
    fn from(fault: ScimFault) -> Self {
        Self { fault, turned_away: None }
    }
}

/// The caller, if it was proved a moment ago and may call now. What it gets has to be confirmed
/// ([`provisioning::remembered`]).
pub(super) fn recall(gw: &Gateway, directory: &str, headers: &HeaderMap) -> Option<ScimCaller> {
    let id = directory.parse().ok()?;
    let who = provisioning::remembered(gw, id, &token_of(headers)?).filter(|who| who.directory.enabled)?;
    gw.scim_limit.count(id).ok()?;
    Some(who)
}

/// Whether a call has been counted against the directory's limit already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Yes,
    NotYet,
}

/// Proves the caller. An unknown directory, no token, and any other directory's token are all the same 401; only the
/// right token learns that the directory is disabled (403).
pub(super) async fn prove(
    gw: &Gateway,
    directory: &str,
    headers: &HeaderMap,
    counted: Counted,
) -> Result<ScimCaller, Stopped> {
    let id = directory.parse::<DirectoryId>().ok();
    let token = token_of(headers);
    if let (Some(id), Some(token)) = (id, &token)
        && let Some(who) = provisioning::identify(gw, id, token).await.map_err(|e| ScimFault::failed(e.class(), &e))?
    {
        let pace = if counted == Counted::Yes { Ok(()) } else { gw.scim_limit.count(id) };
        let (why, fault) = match pace {
            Ok(()) if who.directory.enabled => return Ok(who),
            Ok(()) => (Refusal::Disabled, disabled()),
            Err(seconds) => (Refusal::TooFast, too_fast(seconds)),
        };
        let (org, src, caller) = (who.org, who.directory.src, Some(who.credential));
        let turned_away = TurnedAway { org, src, directory: id, why, hint: None, caller };
        return Err(Stopped { fault, turned_away: Some(turned_away) });
    }
    if token.is_some() {
        let directory = id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        tracing::warn!(directory, "wrong directory token");
    }
    let fault = ScimFault::plain(
        StatusCode::UNAUTHORIZED,
        "Authorization: send a token of this directory as `Bearer TOKEN`, or as the password of Basic.",
    )
    .with(header::WWW_AUTHENTICATE, "Bearer realm=\"scim\", Basic realm=\"scim\"");
    let turned_away = match id {
        Some(id) if gw.scim_log.is_on() => {
            provisioning::whose(gw, id).await.map_err(|e| ScimFault::failed(e.class(), &e))?.map(|(org, src)| {
                let why = if token.is_some() { Refusal::WrongToken } else { Refusal::NoToken };
                let hint = token.map(|token| provisioning::hint(gw, &token));
                TurnedAway { org, src, directory: id, why, hint, caller: None }
            })
        }
        _ => None,
    };
    Err(Stopped { fault, turned_away })
}

fn too_fast(seconds: u64) -> ScimFault {
    ScimFault::plain(StatusCode::TOO_MANY_REQUESTS, format!("Too many calls; come again in {seconds} s."))
        .with(header::RETRY_AFTER, seconds.to_string())
}

/// The refusal of a directory that is disabled.
pub(super) fn disabled() -> ScimFault {
    ScimFault::plain(StatusCode::FORBIDDEN, "This directory is disabled; an administrator of the panel can enable it.")
}

/// Bearer, the password of Basic, or the bare value (Okta's header authentication sends it verbatim).
pub(super) fn token_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let Some((scheme, rest)) = value.split_once(' ') else { return Some(value.to_owned()) };
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return text.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}
