//! The management API: JSON for programs of an organization, with bearer tokens and problem documents.
//!
//! Owns `/api/v1/…`. Must not know the store.

mod aside;
mod caller;
mod credentials;
mod events;
mod log;
mod refusal;
mod schemas;
mod users;

pub use crate::http::edge::Problem;
pub use caller::ApiCaller;

use crate::service::Gateway;
use axum::Router;
use axum::routing::{delete, get, post};

/// The routes.
pub fn routes() -> Router<Gateway> {
    Router::new()
        .route("/api/v1/organizations/{slug}/directories/{key}/events", get(events::list))
        .route("/api/v1/organizations/{slug}/directories", get(credentials::directories))
        .route(
            "/api/v1/organizations/{slug}/directories/{key}/tokens",
            get(credentials::tokens).post(credentials::add_token),
        )
        .route("/api/v1/organizations/{slug}/directories/{key}/tokens/{id}", delete(credentials::revoke_token))
        .route("/api/v1/organizations/{slug}/directories/{key}/tokens/{id}/rotate", post(credentials::rotate_token))
        .route(
            "/api/v1/organizations/{slug}/directories/{key}/clients",
            get(credentials::clients).post(credentials::add_client),
        )
        .route("/api/v1/organizations/{slug}/directories/{key}/clients/{id}", delete(credentials::remove_client))
        .route("/api/v1/organizations/{slug}/directories/{key}/clients/{id}/rotate", post(credentials::rotate_client))
        .route("/api/v1/organizations/{slug}/directories/{key}/log", get(log::list))
        .route("/api/v1/organizations/{slug}/directories/{key}/log/quirks", get(log::quirks))
        .route("/api/v1/organizations/{slug}/directories/{key}/log/{id}", get(log::show))
        .route("/api/v1/organizations/{slug}/directories/{key}/log/{id}/replay", post(log::replay))
        .route("/api/v1/organizations/{slug}/schemas", get(schemas::list))
        .route(
            "/api/v1/organizations/{slug}/schemas/{urn}",
            get(schemas::show).put(schemas::replace).delete(schemas::delete),
        )
        .route("/api/v1/organizations/{slug}/users", get(users::list))
        .route("/api/v1/organizations/{slug}/users/{id}", get(users::show).patch(users::change))
        .route("/api/v1/organizations/{slug}/users/{id}/aside", get(aside::show))
        .route("/api/v1/organizations/{slug}/users/{id}/aside/give-back", post(aside::give_back))
        .route("/api/v1/organizations/{slug}/users/{id}/aside/discard", post(aside::discard))
}
