//! `/oauth2/userinfo`: the bearer of an access token asks about the person. The header alone carries the token.

use super::answer::{Refusal, fresh};
use crate::service::Gateway;
use crate::service::issuing::{self, IssuingError};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

pub(super) async fn userinfo(State(gw): State<Gateway>, headers: HeaderMap) -> Result<Response, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        // A request without any credential is told no error code (RFC 6750 §3.1).
        let challenge = (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"doorward\""));
        return Ok((StatusCode::UNAUTHORIZED, [challenge]).into_response());
    };
    let bearer = value.to_str().ok().and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let person = issuing::userinfo(&gw, bearer.ok_or(IssuingError::BearerDead)?).await?;
    Ok(fresh(&person))
}
