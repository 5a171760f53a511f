//! The authorization endpoint: a signed-in person and a known app give a code.

use super::{IssuingError, SignedIn, app, claims};
use crate::base::ids::FamilyId;
use crate::base::token::{TokenKind, reveal};
use crate::domain::audit::{Actor, Deed};
use crate::protocol::oauth::authorize::{self, AuthorizeRequest, SINCE};
use crate::protocol::oauth::{AuthorizeFault, Params, ShownFault, redirect};
use crate::service::Gateway;
use crate::store::AppRow;
use crate::store::codes::{self, NewCode};
use crate::store::{Done, StoreError};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How long a code works.
const CODE: Duration = Duration::seconds(60);

/// What a code is bound to, beside its app and session.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bound {
    /// The return address that it was sent to.
    pub(super) redirect_uri: String,
    /// The PKCE challenge (S256).
    pub(super) challenge: String,
    /// What the ID token must carry.
    pub(super) nonce: Option<String>,
    /// What was granted.
    pub(super) scope: String,
}

/// Where the browser goes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Back to the app, with a code or a refusal.
    App(String),
    /// To our sign-in page, and back here afterwards.
    SignIn(String),
}

/// Answers an authorization request. App and return address are proved first: until then nothing is redirected.
///
/// # Errors
/// [`IssuingError::Shown`] for what must be shown; otherwise a failure of ours.
pub async fn authorize(gw: &Gateway, params: &Params, browser: Option<&SignedIn>) -> Result<Next, IssuingError> {
    let client_id = authorize::client_id(params)?;
    let app = app(gw, client_id).await?.ok_or(ShownFault::ClientUnknown)?;
    let redirect_uri = authorize::redirect_uri(params, &app.redirect_uris)?;
    let state = params.one("state").ok().flatten();
    let refuse = |fault: &AuthorizeFault| Next::App(redirect::with_fault(redirect_uri, fault, state, gw.urls.issuer()));
    let request = match AuthorizeRequest::parse(params) {
        Ok(request) => request,
        Err(fault) => return Ok(refuse(&fault)),
    };
    let signed_in = match recent(gw, &request, browser) {
        Ok(signed_in) => signed_in,
        Err(_) if request.silent => return Ok(refuse(&AuthorizeFault::LoginRequired)),
        Err(Stale::GiveUp) => return Ok(refuse(&AuthorizeFault::LoginRequired)),
        Err(Stale::SignIn { anew }) => return Ok(Next::SignIn(sign_in_page(gw, params, &request, anew))),
    };
    if !claims::of(gw, signed_in.org, &signed_in.holder).await?.panel.panel_access {
        return Ok(refuse(&AuthorizeFault::NoPanelAccess));
    }
    let code = give_code(gw, &app, signed_in, redirect_uri, request).await?;
    Ok(Next::App(redirect::with_code(redirect_uri, &code, state, gw.urls.issuer())))
}

/// Why the session that is there will not do.
enum Stale {
    /// The person must sign in; anew, though a session is there.
    SignIn { anew: bool },
    /// They have just done so, and the IdP still gave an older proof.
    GiveUp,
}

fn recent<'a>(gw: &Gateway, request: &AuthorizeRequest, browser: Option<&'a SignedIn>) -> Result<&'a SignedIn, Stale> {
    let browser = browser.ok_or(Stale::SignIn { anew: request.anew })?;
    let holder = &browser.holder;
    let back = request.since.is_some_and(|since| holder.created.timestamp() >= since);
    if (request.anew || request.since.is_some()) && !back {
        return Err(Stale::SignIn { anew: true });
    }
    let old = request.max_age.is_some_and(|age| gw.sources.now() > holder.auth_time + Duration::seconds(age));
    match (old, back) {
        (false, _) => Ok(browser),
        (true, false) => Err(Stale::SignIn { anew: true }),
        (true, true) => Err(Stale::GiveUp),
    }
}

/// Our sign-in page, which comes back to this request. A sign-in that must be new is asked for once.
fn sign_in_page(gw: &Gateway, params: &Params, request: &AuthorizeRequest, anew: bool) -> String {
    let since = gw.sources.now().timestamp().to_string();
    let back = if anew { params.with("prompt", None).with(SINCE, Some(&since)) } else { params.clone() };
    let back = format!("/oauth2/authorize?{}", back.encoded());
    let mut pairs = vec![("return_to", back.as_str())];
    pairs.extend(request.login_hint.as_deref().filter(|hint| hint.contains('@')).map(|hint| ("email", hint)));
    if anew {
        pairs.push(("prompt", "login"));
    }
    redirect::with(&gw.urls.at("/login"), &pairs)
}

async fn give_code(
    gw: &Gateway,
    app: &AppRow,
    signed_in: &SignedIn,
    redirect_uri: &str,
    request: AuthorizeRequest,
) -> Result<String, IssuingError> {
    let code = gw.mint.mint(&gw.sources, TokenKind::Code, signed_in.org);
    let bound = Bound {
        redirect_uri: redirect_uri.to_owned(),
        challenge: request.challenge,
        nonce: request.nonce,
        scope: request.scope,
    };
    let person = &signed_in.holder.person;
    let new = NewCode {
        hash: code.hash,
        app: app.id,
        family: FamilyId::mint(&gw.sources),
        person: person.id,
        session: signed_in.holder.session,
        epoch: person.epoch,
        body: serde_json::to_string(&bound).map_err(|_| IssuingError::Malformed("code"))?,
        until: gw.sources.now() + CODE,
    };
    let body = json!({ "app": app.key, "session": signed_in.holder.session.to_string() });
    let record = gw.record(&Actor::Person(person.id), Deed::AppAuthorized, Some(app.id.to_string()), body);
    gw.store
        .write::<_, StoreError, _>(signed_in.org, async move |tx| {
            codes::insert(tx, &new).await?;
            Ok(Done::of(()).and(record.clone()))
        })
        .await?;
    Ok(reveal(&code.text).to_owned())
}
