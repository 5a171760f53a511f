//! The SAML verifier against messages that an independent signer made, and against those who forge them.
//!
//! Owns an IdP of its own (`idp`), which signs with `bergshamra`, and a test for each check. Must not use the network.

mod idp;
mod peers;
mod profile;
mod signatures;
mod transport;
mod values;
mod wrapping;
