//! OpenID Connect as a relying party: Core 1.0, Discovery 1.0, RFC 7636, RFC 9207, Back-Channel Logout 1.0.
//!
//! Owns the messages to and from a customer's IdP and every check of them, one fault for each. Hands on
//! [`id_token::IdToken`]: what a login proved. Must not know who calls, where keys come from, what time it is, or
//! where random bytes come from: all of them are arguments. Stands on `jose`.

pub mod authorization;
pub mod callback;
pub mod discovery;
pub mod groups;
pub mod id_token;
pub mod logout;
pub mod token;
pub mod userinfo;
