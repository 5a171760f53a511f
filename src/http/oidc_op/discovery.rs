//! What we are and which keys we sign with: open to every page.

use super::answer::Refusal;
use crate::protocol::oauth::discovery;
use crate::service::{Gateway, keys};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use serde_json::Value;

/// A page of an app may read it, and keep it for a while; new keys are published longer than that before they sign.
const OPEN: [(HeaderName, &str); 2] =
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::CACHE_CONTROL, "public, max-age=300")];

pub(super) async fn document(State(gw): State<Gateway>) -> impl IntoResponse {
    (OPEN, Json(discovery::document(gw.urls.issuer())))
}

pub(super) async fn jwks(State(gw): State<Gateway>) -> Result<([(HeaderName, &'static str); 2], Json<Value>), Refusal> {
    Ok((OPEN, Json(keys::jwks(&gw).await?)))
}
