//! OAuth 2.0 and OpenID Connect as a provider: RFC 6749, 6750, 7009, 7521, 7523, 7636, 7662, 8414, 9207, OpenID Connect Core 1.0.
//!
//! Owns the messages from panel apps and from OAuth clients of directories, every check of them that needs no memory, and the words of our refusals. Hands
//! on parsed requests. Must not know who calls, where apps are kept, or what time it is. Stands on `jose`.

pub mod assertion;
pub mod authorize;
pub mod client;
pub mod credentials;
pub mod discovery;
pub mod fault;
pub mod params;
pub mod redirect;
pub mod token;

pub use authorize::{AuthorizeRequest, SCIM_ME};
pub use client::ClientProof;
pub use credentials::{AskedScope, CredentialsFault, CredentialsProof, CredentialsRequest};
pub use fault::{AuthorizeFault, ShownFault, TokenFault};
pub use params::Params;
pub use token::TokenRequest;
