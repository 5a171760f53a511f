//! SAML 2.0 as a service provider: what we ask an IdP, and a strict judge of what it answers.
//!
//! Owns the byte guard, the canonical form, the signature check, every rule of the Web Browser SSO profile that can
//! be decided from one message, the reading of an IdP's metadata and the writing of ours.
//! Hands on [`Login`], [`IdpMetadata`] and faults with one variant per check.
//! Must not know our other rooms, the network, a database or the clock: the caller keeps the outstanding requests and
//! the assertion ids that were used, and says what time it is.

mod assertion;
mod authn_request;
mod c14n;
mod certificate;
mod document;
mod escape;
mod expected;
mod fault;
mod guard;
mod key;
mod login;
mod metadata;
mod metadata_fault;
mod namespace;
mod response;
mod signature;
mod signed;
mod sp_metadata;
mod time;
mod values;

pub use authn_request::{AuthnRequest, PostForm};
pub use c14n::C14nFault;
pub use certificate::CertificateFault;
pub use expected::Expected;
pub use fault::SamlFault;
pub use guard::XmlFault;
pub use key::{KeyFault, KeyKind, SigningKey};
pub use login::{Attribute, Claimed, Login, NameIdFormat};
pub use metadata::{Endpoint, IdpMetadata, MetadataWarning, parse_idp_metadata};
pub use metadata_fault::MetadataFault;
pub use response::{MAX_RESPONSE_BYTES, verify_response};
pub use sp_metadata::SpMetadata;
pub use time::TimeFault;
pub use values::ValueFault;
