//! What SAML, OpenID and password sign-in have in common at the door: who asks, where to go afterwards, and the
//! cookies of an attempt and of a session.

use super::cookies;
use super::edge::RequestId;
use super::pages;
use crate::base::class::{Class, Classify as _};
use crate::domain::return_to;
use crate::service::Gateway;
use crate::service::console::apps;
use crate::service::login::{Caller, Go, LoginError, NewSession, Started};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use std::convert::Infallible;
use std::net::SocketAddr;

/// Who asks: extracted from every sign-in request.
#[derive(Debug, Clone)]
pub(super) struct Asker(pub(super) Caller);

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let ip = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_string());
        let reference = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        Ok(Self(Caller { ip, reference }))
    }
}

/// Where the browser may go afterwards: a path of ours or an origin of a panel app.
pub(super) async fn checked_return(gw: &Gateway, wanted: Option<&str>) -> Result<Option<String>, LoginError> {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return Ok(None) };
    let uris: Vec<String> = apps::list(gw).await?.into_iter().flat_map(|(_, _, uris)| uris).collect();
    Ok(return_to::checked(wanted, gw.urls.origin(), uris.iter().map(String::as_str)))
}

/// Sends the browser to its IdP, bound to this attempt.
pub(super) fn go(gw: &Gateway, started: Started) -> Response {
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
