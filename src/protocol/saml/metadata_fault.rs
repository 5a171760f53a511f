//! Why an IdP's metadata is refused.

use super::certificate::CertificateFault;
use super::guard::XmlFault;
use super::time::TimeFault;
use super::values::ValueFault;

/// Why an IdP's metadata is refused; `Display` says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataFault {
    /// More than 1 MiB.
    #[error("the metadata is larger than 1 MiB")]
    TooLarge,
    /// Not XML as we take it.
    #[error(transparent)]
    Xml(#[from] XmlFault),
    /// Neither an EntityDescriptor nor an EntitiesDescriptor.
    #[error("the document is no SAML 2.0 metadata: its root is no EntityDescriptor")]
    NotMetadata,
    /// No entity in it is an IdP.
    #[error("the metadata describes no SAML 2.0 IdP (no IDPSSODescriptor): is it a service provider's?")]
    NoIdp,
    /// Several IdPs: which one is meant?
    #[error("the metadata describes more than one IdP: hand in the one that is meant")]
    SeveralIdps,
    /// The entityID is missing, empty, too long or not printable.
    #[error("the entityID {0}")]
    EntityId(ValueFault),
    /// The entityID is our own: our metadata was handed in instead of the IdP's.
    #[error("the entityID is our own: this is our metadata, not the IdP's")]
    OurOwn,
    /// `validUntil` has passed.
    #[error("the metadata was valid until a time that has passed")]
    Expired,
    /// `validUntil` cannot be read.
    #[error("validUntil {0}")]
    ValidUntil(TimeFault),
    /// No location to sign in at, by redirect or POST.
    #[error("the metadata has no SingleSignOnService for HTTP-Redirect or HTTP-POST")]
    NoSignOnLocation,
    /// A location is no absolute address, or has white space, quotes, control characters, credentials or a fragment.
    #[error("the location \"{location}\" is not a proper address")]
    Location {
        /// What stands there, shortened.
        location: String,
    },
    /// A location is not https.
    #[error("the location \"{location}\" is not https")]
    NotHttps {
        /// What stands there, shortened.
        location: String,
    },
    /// No signing key: nothing that this IdP says could be verified.
    #[error("the metadata has no signing certificate")]
    NoSigningKey,
    /// More than 8 signing keys.
    #[error("the metadata has more than 8 signing keys")]
    TooManyKeys,
    /// A signing certificate cannot be taken.
    #[error("a signing certificate is refused: {0}")]
    Certificate(#[from] CertificateFault),
}
