//! The management API: JSON for programs of an organization, with bearer tokens and problem documents.
//!
//! Owns `/api/v1/…`. Must not know the store.

use crate::service::Gateway;
use axum::Router;

/// The routes.
pub fn routes() -> Router<Gateway> {
    Router::new()
}
