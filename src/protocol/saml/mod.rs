//! saml.
