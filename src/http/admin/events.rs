//! What a directory has told of its changes: `/api/v1/organizations/{slug}/directories/{key}/events`.

use super::refusal::Refusal;
use super::{ApiCaller, Problem};
use crate::service::Gateway;
use crate::service::console::events::{self, EventPage, EventQuery};
use crate::service::console::scim_log;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;

pub(super) async fn list(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key)): Path<(String, String)>,
    query: Result<Query<EventQuery>, QueryRejection>,
) -> Result<Json<EventPage>, Refusal> {
    let of = scim_log::of_caller(&gw, caller.org, &slug, &key).await?;
    let Query(query) = query.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad_request", e.body_text()))?;
    Ok(Json(events::page(&gw, &of, &query).await?))
}
