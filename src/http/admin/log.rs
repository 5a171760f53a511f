//! The SCIM log of a directory: `/api/v1/organizations/{slug}/directories/{key}/log`.

use super::refusal::Refusal;
use super::{ApiCaller, Problem};
use crate::base::class::Class;
use crate::http::scim;
use crate::service::Gateway;
use crate::service::console::scim_log::{self, LogPage, LogQuery, QuirkCount, WholeEntry};
use crate::service::scim_log::Replay;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Serialize;

/// The rewrites of a directory.
#[derive(Serialize)]
pub(super) struct Quirks {
    quirks: Vec<QuirkCount>,
}

pub(super) async fn list(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key)): Path<(String, String)>,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Result<Json<LogPage>, Refusal> {
    let logged = scim_log::of_caller(&gw, caller.org, &slug, &key).await?;
    let Query(query) = query.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad_request", e.body_text()))?;
    Ok(Json(scim_log::page(&gw, &logged, query.filter()?, false).await?))
}

pub(super) async fn quirks(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key)): Path<(String, String)>,
) -> Result<Json<Quirks>, Refusal> {
    let logged = scim_log::of_caller(&gw, caller.org, &slug, &key).await?;
    Ok(Json(Quirks { quirks: scim_log::quirks(&gw, &logged).await? }))
}

pub(super) async fn show(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key, id)): Path<(String, String, String)>,
) -> Result<Json<WholeEntry>, Refusal> {
    let logged = scim_log::of_caller(&gw, caller.org, &slug, &key).await?;
    let id = id.parse().map_err(|_| Problem::of_class(Class::NotFound))?;
    Ok(Json(scim_log::entry(&gw, &logged, id, false).await?))
}

pub(super) async fn replay(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key, id)): Path<(String, String, String)>,
) -> Result<Json<Replay>, Refusal> {
    let logged = scim_log::of_caller(&gw, caller.org, &slug, &key).await?;
    let id = id.parse().map_err(|_| Problem::of_class(Class::NotFound))?;
    Ok(Json(scim::replay(&gw, &logged, id).await?))
}
