//! Who is signed in, for handlers.

use super::cookies;
use crate::service::Gateway;
use crate::service::browser;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use url::form_urlencoded::byte_serialize;

pub use crate::service::browser::SignedIn;

/// Who the browser belongs to, if its session is still good: the one place where a session cookie is believed.
///
/// # Errors
/// When the store fails.
pub(super) async fn of(gw: &Gateway, headers: &HeaderMap) -> Result<Option<SignedIn>, browser::BrowserError> {
    match cookies::session(gw, headers) {
        Some(cookie) => browser::signed_in(gw, cookie).await,
        None => Ok(None),
    }
}

/// Who is signed in, or nobody.
#[derive(Debug)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

impl FromRequestParts<Gateway> for MaybeSignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gw: &Gateway) -> Result<Self, Response> {
        of(gw, &parts.headers).await.map(Self).map_err(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
    }
}

impl FromRequestParts<Gateway> for SignedIn {
    type Rejection = Response;

    /// Nobody is sent to sign in and comes back afterwards.
    async fn from_request_parts(parts: &mut Parts, gw: &Gateway) -> Result<Self, Response> {
        let MaybeSignedIn(found) = MaybeSignedIn::from_request_parts(parts, gw).await?;
        found.ok_or_else(|| {
            let back = parts.uri.path_and_query().map_or("/", |path| path.as_str());
            let back: String = byte_serialize(back.as_bytes()).collect();
            Redirect::to(&format!("/login?return_to={back}")).into_response()
        })
    }
}
