//! The standards, pure: messages and checks of each, with time as an argument.
//!
//! Must not know any other room of ours. Rooms inside name only those below them: `saml`, `oidc` → `jose`.

pub mod jose;
pub mod oauth;
pub mod oidc;
pub mod saml;
pub mod scim;
