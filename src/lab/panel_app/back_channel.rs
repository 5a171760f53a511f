//! Logout that the provider tells behind the browser's back (OpenID Connect Back-Channel Logout §2.6).

use super::Panel;
use crate::lab::error::LabError;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::sync::Arc;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[derive(Deserialize)]
pub(super) struct Logout {
    logout_token: String,
}

pub(super) async fn logout(State(panel): State<Arc<Panel>>, Form(fields): Form<Logout>) -> Response {
    let status = match end(&panel, &fields.logout_token).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::warn!(%error, "the sample panel refuses a logout token");
            StatusCode::BAD_REQUEST
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")]).into_response()
}

async fn end(panel: &Panel, token: &str) -> Result<(), LabError> {
    let provider = panel.provider()?;
    let endpoints = provider.discover().await?;
    let claims = provider.verified(&endpoints, token, "logout+jwt").await?;
    let (sid, subject) = (claims["sid"].as_str(), claims["sub"].as_str());
    let right_event =
        claims["events"].as_object().is_some_and(|events| events.len() == 1 && events.contains_key(EVENT));
    let jti = claims["jti"].as_str().filter(|_| right_event && claims.get("nonce").is_none());
    let jti = jti.filter(|_| sid.or(subject).is_some());
    let jti = jti.ok_or(LabError::WrongAnswer { what: "the logout token is no such token" })?;
    if !panel.sessions().end_by_provider(jti, sid, subject) {
        return Err(LabError::WrongAnswer { what: "the logout token came before" });
    }
    Ok(())
}
