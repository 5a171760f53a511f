//! Who is signed in, for handlers: the one place where a browser's session is read.

use super::cookies;
use super::edge::Problem;
use crate::base::class::{Class, Classify as _};
use crate::service::Gateway;
use crate::service::issuing;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use url::form_urlencoded::byte_serialize;

pub use crate::service::issuing::SignedIn;

/// Who is signed in, or nobody.
#[derive(Debug)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

impl FromRequestParts<Gateway> for MaybeSignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gw: &Gateway) -> Result<Self, Response> {
        let Some(cookie) = cookies::session(gw, &parts.headers) else { return Ok(Self(None)) };
        issuing::signed_in(gw, cookie).await.map(Self).map_err(|error| {
            if error.class() == Class::Bug {
                tracing::error!(error = &error as &dyn std::error::Error, "a session cannot be read");
            }
            Problem::of_class(error.class()).into_response()
        })
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
