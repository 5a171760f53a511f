//! SCIM as IdPs meet it, on both engines.

mod access;
mod access_model;
mod bad_bodies;
mod bad_input;
mod bulk;
mod correlation;
mod credentials;
mod credentials_of_keys;
mod cursors;
mod filter_model;
mod interop;
mod log;
mod log_keeping;
mod meanwhile;
mod membership;
mod own_extension;
mod patch_model;
mod proofs;
mod replay;
mod reports_to;
mod requirements;
mod schemas;
mod search;
mod users;
mod walls;
