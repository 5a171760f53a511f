//! Sign-in: from an e-mail to a session, through a company's IdP or by password.
//!
//! Owns the login flow, where SAML and OpenID meet in [`Identity`](crate::domain::identity::Identity), linking and
//! refusing, passwords at the door, and links that were handed out. Hands on [`NewSession`] and [`LoginError`]s.
//! Must not know HTTP.

mod admit;
mod door;
mod error;
mod flow;
pub mod mailed;
mod oidc;
mod password;
mod saml;
mod session;
mod throttle;

pub use crate::store::people::PersonRow;
pub use crate::store::sessions::SessionRow;
pub use door::{Discovery, discover};
pub use error::LoginError;
pub use flow::{Caller, Go, Started};
pub use oidc::{finish_oidc, start_oidc};
pub use password::password;
pub use saml::{finish_saml, metadata, start_saml};
pub use session::NewSession;
pub use throttle::Attempts;
