//! An organization's own extension schemas, in the form of RFC 7643 §7: `/api/v1/organizations/{slug}/schemas`.

use super::refusal::Refusal;
use super::{ApiCaller, Problem};
use crate::domain::audit::Actor;
use crate::protocol::scim::schema::DeclaredSchema;
use crate::service::Gateway;
use crate::service::console::schemas::{self, Declared};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

/// All of them.
#[derive(Serialize)]
pub(super) struct Schemas {
    schemas: Vec<Value>,
}

pub(super) async fn list(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path(slug): Path<String>,
) -> Result<Json<Schemas>, Refusal> {
    Ok(Json(Schemas { schemas: schemas::of_caller(&gw, caller.org, &slug).await? }))
}

pub(super) async fn show(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, urn)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(schemas::get(&gw, caller.org, &slug, &urn).await?))
}

pub(super) async fn replace(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, urn)): Path<(String, String)>,
    body: Result<Json<DeclaredSchema>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Json(declared) = body.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad_request", e.body_text()))?;
    let actor = Actor::Token(caller.token);
    let (document, declared) = schemas::put(&gw, &actor, caller.org, &slug, &urn, declared).await?;
    let status = if declared == Declared::Added { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(document)))
}

pub(super) async fn delete(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, urn)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    schemas::delete(&gw, &Actor::Token(caller.token), caller.org, &slug, &urn).await?;
    Ok(StatusCode::NO_CONTENT)
}
