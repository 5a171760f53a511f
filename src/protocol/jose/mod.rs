//! JSON Web Signatures, Keys and Tokens: RFC 7515, 7517, 7518, 7519, 7638.
//!
//! Owns the signing key of ours, the reading of foreign key sets, and the one door by which a signed token becomes
//! claims. Hands on [`Claims`] that are proved, to `oidc` and `oauth`. Must not know any other room, the clock, or
//! where keys come from: time and keys are arguments. Only asymmetric algorithms exist here, so `none` and `HS*`
//! cannot be chosen by mistake.

pub mod algorithm;
pub mod claims;
pub mod digest;
pub mod json;
pub mod jwks;
pub mod signing;
pub mod verify;

pub use algorithm::Alg;
pub use claims::Claims;
pub use jwks::JwkSet;
pub use signing::SigningKey;
pub use verify::{JoseFault, Rules, Typ, Verified, verify};
