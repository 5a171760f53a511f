//! Who is calling: a program with a management token.

use super::Problem;
use crate::base::class::{Class, Classify as _};
use crate::service::Gateway;
use crate::service::console::tokens::{self, Caller};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// A caller whose token was found.
#[derive(Debug, Clone, Copy)]
pub struct ApiCaller(pub Caller);

impl FromRequestParts<Gateway> for ApiCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gw: &Gateway) -> Result<Self, Problem> {
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = shown
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let nobody = || Problem::of_class(Class::Unauthenticated);
        let found = tokens::caller(gw, token.ok_or_else(nobody)?).await;
        found.map_err(|e| Problem::of_class(e.class()))?.map(Self).ok_or_else(nobody)
    }
}
