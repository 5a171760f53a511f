//! What SAML, OpenID and password sign-in have in common at the door: who asks, where to go afterwards, and the
//! cookies of an attempt and of a session.

use super::cookies;
use super::edge::RequestId;
use super::pages;
use super::proxy;
use crate::base::class::{Class, Classify as _};
use crate::domain::return_to;
use crate::service::Gateway;
use crate::service::console::apps;
use crate::service::login::{self, Caller, Go, LoginError, NewSession, Started};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::convert::Infallible;

/// Who asks: extracted from every sign-in request.
#[derive(Debug, Clone)]
pub(super) struct Asker(pub(super) Caller);

impl FromRequestParts<Gateway> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, gw: &Gateway) -> Result<Self, Infallible> {
        let ip = proxy::client(gw, parts).map(|ip| ip.to_string());
        let reference = parts.extensions.get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
        Ok(Self(Caller { ip, reference }))
    }
}

/// A browser that signs in: who asks, and the attempts that it has in flight.
#[derive(Debug)]
pub(super) struct Browser {
    /// Who asks.
    pub(super) caller: Caller,
    /// The cookie of sign-ins in flight.
    pub(super) flow: Option<String>,
}

impl FromRequestParts<Gateway> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, gw: &Gateway) -> Result<Self, Infallible> {
        let Asker(caller) = Asker::from_request_parts(parts, gw).await?;
        Ok(Self { caller, flow: cookies::flow(gw, &parts.headers).map(str::to_owned) })
    }
}

/// How a connection speaks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Protocol {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
}

/// Where the browser may go afterwards: a path of ours or an origin of a panel app.
pub(super) async fn checked_return(gw: &Gateway, wanted: Option<&str>) -> Result<Option<String>, LoginError> {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return Ok(None) };
    let uris: Vec<String> = apps::list(gw).await?.into_iter().flat_map(|(_, _, uris)| uris).collect();
    Ok(return_to::checked(wanted, gw.urls.origin(), uris.iter().map(String::as_str)))
}

/// What may stand behind a connection's `/login`.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// Where to go afterwards.
    pub(super) return_to: Option<String>,
    /// Whom it is about: passed on to an OpenID Provider.
    pub(super) email: Option<String>,
}

/// Starts a sign-in with a connection of this protocol, and sends the browser to its IdP.
pub(super) async fn start(
    gw: &Gateway,
    protocol: Protocol,
    connection: &str,
    wish: Wish,
    browser: Browser,
) -> Response {
    let outcome = async {
        let id = connection.parse().map_err(|_| LoginError::NoConnection)?;
        let back = checked_return(gw, wish.return_to.as_deref()).await?;
        let flow = browser.flow.as_deref();
        match protocol {
            Protocol::Saml => login::start_saml(gw, id, flow, back).await,
            Protocol::Oidc => login::start_oidc(gw, id, flow, back, wish.email.as_deref()).await,
        }
    };
    match outcome.await {
        Ok(started) => go(gw, started),
        Err(error) => refused(&error, &browser.caller),
    }
}

/// Sends the browser to its IdP, bound to this attempt.
fn go(gw: &Gateway, started: Started) -> Response {
    let mut response = match started.go {
        Go::Redirect(address) => Redirect::to(&address).into_response(),
        Go::Post(action, fields) => pages::post_on(&action, &fields),
    };
    set_cookie(&mut response, &cookies::set_flow(gw, crate::base::token::reveal(&started.browser)));
    response
}

/// Signs the browser in: 303, with the session's cookie.
pub(super) fn enter(gw: &Gateway, session: &NewSession) -> Response {
    let there = session.return_to.as_deref().unwrap_or("/account");
    let mut response = Redirect::to(there).into_response();
    let seconds = (session.until - gw.sources.now()).num_seconds();
    set_cookie(&mut response, &cookies::set_session(gw, crate::base::token::reveal(&session.cookie), seconds));
    response
}

/// Takes the session's cookie away.
pub(super) fn leave(gw: &Gateway, response: &mut Response) {
    set_cookie(response, &cookies::set_session(gw, "", 0));
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The status of a refusal.
pub(super) fn status(error: &LoginError) -> StatusCode {
    match error.class() {
        Class::BadInput => StatusCode::BAD_REQUEST,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::Conflict => StatusCode::CONFLICT,
        Class::Busy if matches!(error, LoginError::Throttled) => StatusCode::TOO_MANY_REQUESTS,
        Class::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Class::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A refusal as a page: one plain sentence and a reference; the audit has the detail.
pub(super) fn refused(error: &LoginError, caller: &Caller) -> Response {
    if error.class() == Class::Bug {
        tracing::error!(%error, request = caller.reference, "a sign-in failed");
    }
    pages::message(status(error), "Sign-in", &error.public_text(), &caller.reference)
}
