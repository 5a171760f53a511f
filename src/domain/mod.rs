//! Plain types and pure rules: who is who, what a group gives, what enforcement forbids.
//!
//! Owns decisions, each as a function of stored facts. Must not know async, IO, SQL, HTTP or a protocol's JSON.

pub mod access;
pub mod audit;
pub mod claims;
pub mod client;
pub mod connection;
pub mod directory;
pub mod directory_client;
pub mod email;
pub mod enforcement;
pub mod grant;
pub mod identity;
pub mod panel;
pub mod person;
pub mod query;
pub mod return_to;
pub mod rule;
pub mod seat;
pub mod source;
pub mod why;
