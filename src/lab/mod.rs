//! What stands in for the outside world: emulated IdPs with real keys and a sample panel app.
//!
//! Owns the emulated SAML and OpenID IdP, the sample panel app, the browser that walks between them, and the SCIM
//! traffic of each IdP. Hands on handles that `demo`, `simulate` and the tests drive. Talks to the product over HTTP
//! alone and names no room but `base`; must not know the product's own verifiers.

pub mod api_client;
pub mod browser;
pub mod error;
pub mod idp;
mod page;
pub mod panel_app;
pub mod scim_client;
mod server;
pub mod simulate;
