//! The doors: one room for each dialect, and the edge in front of them all.
//!
//! Owns addresses, extractors, statuses and headers; hands on what was asked to `service`. Must not know SQL or rules.

pub mod admin;
pub mod cookies;
pub mod edge;
pub mod forward_auth;
pub mod oidc_op;
pub mod oidc_rp;
pub mod pages;
mod proxy;
pub mod saml;
pub mod scim;
pub mod serving;
pub mod session;
mod signing_in;
