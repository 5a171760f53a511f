//! What every other room may stand on: ids, time and chance, secrets, failure classes, links.
//!
//! Owns the small types that have one meaning everywhere. Must not know any other room of ours.

pub mod class;
pub mod fold;
pub mod ids;
pub mod seal;
pub mod sources;
pub mod token;
pub mod urls;
