//! The directories of an organization and their credentials: `/api/v1/organizations/{slug}/directories`.

use super::refusal::Refusal;
use super::{ApiCaller, Problem};
use crate::base::class::Class;
use crate::base::ids::TokenId;
use crate::domain::audit::Actor;
use crate::service::Gateway;
use crate::service::console::directories::{self, DirectoryView};
use crate::service::console::directory_clients::{self, ClientMade, ClientView, ClientWish};
use crate::service::console::directory_tokens::{self, Asked, Rotation, TokenMade, TokenView, TokenWish};
use crate::service::console::tokens::Caller;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The directories.
#[derive(Serialize)]
pub(super) struct Directories {
    directories: Vec<DirectoryView>,
}

/// The tokens of a directory.
#[derive(Serialize)]
pub(super) struct Tokens {
    tokens: Vec<TokenView>,
}

/// The OAuth clients of a directory.
#[derive(Serialize)]
pub(super) struct Clients {
    clients: Vec<ClientView>,
}

/// Something with a secret in it, which nobody stores.
type Shown<T> = (StatusCode, [(HeaderName, &'static str); 1], Json<T>);

fn shown<T>(status: StatusCode, made: T) -> Shown<T> {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(made))
}

fn asked(caller: Caller, slug: String, key: String) -> Asked {
    Asked { actor: Actor::Token(caller.token), org: caller.org, slug, key }
}

/// What a body wishes; an empty one wishes nothing.
fn wish<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad_request", e.to_string()))
}

fn token_id(text: &str) -> Result<TokenId, Problem> {
    text.parse().map_err(|_| Problem::of_class(Class::NotFound))
}

pub(super) async fn directories(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path(slug): Path<String>,
) -> Result<Json<Directories>, Refusal> {
    Ok(Json(Directories { directories: directories::of_caller(&gw, caller.org, &slug).await? }))
}

pub(super) async fn tokens(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key)): Path<(String, String)>,
) -> Result<Json<Tokens>, Refusal> {
    Ok(Json(Tokens { tokens: directory_tokens::list(&gw, &asked(caller, slug, key)).await? }))
}

pub(super) async fn add_token(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key)): Path<(String, String)>,
    body: Bytes,
) -> Result<Shown<TokenMade>, Refusal> {
    let wish: TokenWish = wish(&body)?;
    let made = directory_tokens::add(&gw, &asked(caller, slug, key), &wish).await?;
    Ok(shown(StatusCode::CREATED, made))
}

pub(super) async fn revoke_token(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key, id)): Path<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    directory_tokens::revoke(&gw, &asked(caller, slug, key), token_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn rotate_token(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key, id)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Shown<TokenMade>, Refusal> {
    let rotation: Rotation = wish(&body)?;
    let made = directory_tokens::rotate(&gw, &asked(caller, slug, key), token_id(&id)?, rotation).await?;
    Ok(shown(StatusCode::CREATED, made))
}

pub(super) async fn clients(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key)): Path<(String, String)>,
) -> Result<Json<Clients>, Refusal> {
    Ok(Json(Clients { clients: directory_clients::list(&gw, &asked(caller, slug, key)).await? }))
}

pub(super) async fn add_client(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key)): Path<(String, String)>,
    body: Bytes,
) -> Result<Shown<ClientMade>, Refusal> {
    let wish: ClientWish = wish(&body)?;
    let made = directory_clients::add(&gw, &asked(caller, slug, key), &wish).await?;
    Ok(shown(StatusCode::CREATED, made))
}

pub(super) async fn remove_client(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key, id)): Path<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    let id = directory_clients::id_of(caller.org, &id)?;
    directory_clients::remove(&gw, &asked(caller, slug, key), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn rotate_client(
    ApiCaller(caller): ApiCaller,
    State(gw): State<Gateway>,
    Path((slug, key, id)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Shown<ClientMade>, Refusal> {
    let rotation: Rotation = wish(&body)?;
    let id = directory_clients::id_of(caller.org, &id)?;
    let made = directory_clients::rotate(&gw, &asked(caller, slug, key), id, rotation).await?;
    Ok(shown(StatusCode::OK, made))
}
