//! People: `/api/v1/organizations/{slug}/users`.

use super::refusal::Refusal;
use super::{ApiCaller, Problem};
use crate::base::class::Class;
use crate::base::ids::PersonId;
use crate::domain::audit::Actor;
use crate::service::Gateway;
use crate::service::console::users::{self, UserPatch, UserView};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(super) struct Page {
    after: Option<String>,
    limit: Option<i64>,
}

/// A page of people; `next` goes into `after`.
#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<UserView>,
    next: Option<PersonId>,
}

pub(super) fn person(text: &str) -> Result<PersonId, Problem> {
    text.parse().map_err(|_| Problem::of_class(Class::NotFound))
}

pub(super) async fn list(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path(slug): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Users>, Refusal> {
    let after = page.after.as_deref().map(person).transpose()?;
    let limit = page.limit.unwrap_or(100).clamp(1, 200);
    let users = users::list(&gw, caller.org, &slug, after, limit).await?;
    let full = i64::try_from(users.len()).is_ok_and(|n| n == limit);
    let next = users.last().filter(|_| full).map(|user| user.id);
    Ok(Json(Users { users, next }))
}

pub(super) async fn show(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<UserView>, Refusal> {
    Ok(Json(users::get(&gw, caller.org, &slug, person(&id)?).await?))
}

pub(super) async fn change(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, id)): Path<(String, String)>,
    body: Result<Json<UserPatch>, JsonRejection>,
) -> Result<Json<UserView>, Refusal> {
    let id = person(&id)?;
    let Json(patch) = body.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad_request", e.body_text()))?;
    Ok(Json(users::patch(&gw, &Actor::Token(caller.token), caller.org, &slug, id, patch).await?))
}
