//! The doors that speak HTTP: each extracts, calls a use case and answers in the dialect of its door.
//!
//! Owns statuses, headers and dialects. Must not know SQL or rules.

pub mod admin;
pub mod edge;
pub mod scim;
