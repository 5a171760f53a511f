//! oidc.
