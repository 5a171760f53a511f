//! The doors: one room for each dialect, and the edge in front of them all.
//!
//! Owns addresses, extractors and answers; hands on what was asked to `service`. Must not know the store.

pub mod admin;
pub mod edge;
pub mod forward_auth;
pub mod oidc_op;
pub mod scim;
mod signed_in;
