//! What waits for an admin: `/api/v1/organizations/{slug}/users/{id}/aside`.

use super::ApiCaller;
use super::refusal::Refusal;
use super::users::person;
use crate::domain::audit::Actor;
use crate::service::Gateway;
use crate::service::console::aside::{self, AsideView, GivenBackView};
use axum::Json;
use axum::extract::{Path, State};

pub(super) async fn show(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<AsideView>, Refusal> {
    Ok(Json(aside::get(&gw, caller.org, &slug, person(&id)?).await?))
}

pub(super) async fn give_back(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<GivenBackView>, Refusal> {
    Ok(Json(aside::give_back(&gw, &Actor::Token(caller.token), caller.org, &slug, person(&id)?).await?))
}

pub(super) async fn discard(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<AsideView>, Refusal> {
    Ok(Json(aside::discard(&gw, &Actor::Token(caller.token), caller.org, &slug, person(&id)?).await?))
}
