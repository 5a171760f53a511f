//! Why a response is refused: one variant for each check, for the eyes of an organization's admin.

use super::c14n::C14nFault;
use super::guard::XmlFault;
use super::time::TimeFault;
use super::values::ValueFault;

/// Why a SAML response is refused. `Display` names the check, for the admin's console and the log; the person who
/// signs in sees only [`SamlFault::public_text`].
///
/// Texts in it come from the message (shortened), so that an admin can see what the IdP sent; show them escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamlFault {
    /// More than [`super::MAX_RESPONSE_BYTES`].
    #[error("the response is larger than 1 MiB")]
    TooLarge,
    /// The form field is not base64.
    #[error("the SAMLResponse field is not base64")]
    NotBase64,
    /// Not XML as we take it.
    #[error(transparent)]
    Xml(#[from] XmlFault),
    /// The document element is not a SAML 2.0 `Response`.
    #[error("the document is not a SAML 2.0 Response")]
    NotAResponse,
    /// No status, two of them, or one without a code.
    #[error("the response has no single Status with a StatusCode")]
    StatusMissing,
    /// The IdP says that it did not sign the person in.
    #[error("the IdP answered with the status {code} {nested} {message}")]
    Status {
        /// The top-level status code.
        code: String,
        /// The second-level status code, or nothing.
        nested: String,
        /// The IdP's own words, or nothing.
        message: String,
    },
    /// An `ID` is empty or longer than 256 bytes.
    #[error("an ID is empty or too long")]
    MalformedId,
    /// Two elements have the same `ID`.
    #[error("two elements have the same ID")]
    DuplicateId,
    /// No assertion in the response.
    #[error("the response holds no Assertion")]
    NoAssertion,
    /// More than one assertion.
    #[error("the response holds more than one Assertion")]
    SeveralAssertions,
    /// An assertion or a response inside something else: the mark of a wrapping attack.
    #[error("an Assertion or a Response is nested inside another element")]
    NestedMessage,
    /// The assertion is encrypted.
    #[error("the assertion is encrypted, which is not supported yet: switch assertion encryption off at the IdP")]
    EncryptedAssertion,
    /// The NameID is encrypted.
    #[error("the NameID is encrypted, which is not supported yet")]
    EncryptedNameId,
    /// An attribute is encrypted.
    #[error("an attribute is encrypted, which is not supported yet")]
    EncryptedAttribute,
    /// A signature that is a child of neither the response nor the assertion.
    #[error("a Signature stands where none belongs")]
    MisplacedSignature,
    /// Two signatures on one element.
    #[error("an element has more than one Signature")]
    SeveralSignatures,
    /// Neither the response nor the assertion is signed.
    #[error("neither the response nor the assertion is signed")]
    Unsigned,
    /// The connection has no signing key.
    #[error("the connection has no signing key of the IdP")]
    NoKeys,
    /// The connection has more than 8 signing keys.
    #[error("the connection has more than 8 signing keys")]
    TooManyKeys,
    /// The signature is not built as XML Signature in SAML must be.
    #[error("the Signature does not have the form that SAML prescribes")]
    SignatureGrammar,
    /// The signature refers to something else than its own parent.
    #[error("the Signature's Reference does not point to the element that it stands in")]
    SignatureReference,
    /// Other transforms than enveloped-signature and exclusive canonicalization.
    #[error("the Signature uses other transforms than enveloped-signature and exclusive canonicalization")]
    SignatureTransforms,
    /// An algorithm that is not accepted, such as SHA-1.
    #[error("the signature or digest algorithm {0} is not accepted: use RSA or ECDSA with SHA-256 or better")]
    SignatureAlgorithm(String),
    /// No pinned key is of the family that the signature algorithm needs.
    #[error("no signing key of the connection fits the signature algorithm")]
    NoFittingKey,
    /// No pinned key made this signature: the IdP changed its key, or the message is forged.
    #[error("the signature was made by none of the connection's signing keys")]
    SignatureMismatch,
    /// The content was changed after it was signed.
    #[error("the signed content was changed after it was signed")]
    DigestMismatch,
    /// The signed part has no canonical form.
    #[error(transparent)]
    Canonical(#[from] C14nFault),
    /// `Version` is not 2.0.
    #[error("the Version of the {element} is not 2.0")]
    Version {
        /// Where.
        element: &'static str,
    },
    /// A mandatory element or attribute is not there.
    #[error("{element} is missing")]
    Missing {
        /// What.
        element: &'static str,
    },
    /// An element that may stand once stands twice.
    #[error("{element} occurs more than once")]
    Repeated {
        /// What.
        element: &'static str,
    },
    /// The value of an element cannot be taken.
    #[error("{element} {source}")]
    Value {
        /// What.
        element: &'static str,
        /// Why.
        source: ValueFault,
    },
    /// A time cannot be taken.
    #[error("{element} {source}")]
    Time {
        /// What.
        element: &'static str,
        /// Why.
        source: TimeFault,
    },
    /// An IssueInstant in the future: the clocks differ.
    #[error("the {element} was issued in the future: compare the clocks")]
    IssuedInFuture {
        /// What.
        element: &'static str,
    },
    /// An IssueInstant more than ten minutes back.
    #[error("the {element} was issued more than ten minutes ago")]
    IssuedLongAgo {
        /// What.
        element: &'static str,
    },
    /// Another issuer than the connection's.
    #[error("the {element} comes from the issuer \"{got}\", not from this connection's IdP")]
    Issuer {
        /// Which issuer.
        element: &'static str,
        /// What stands there.
        got: String,
    },
    /// `Destination` names another address.
    #[error("the Destination is \"{got}\", not this connection's ACS address")]
    Destination {
        /// What stands there.
        got: String,
    },
    /// A signed response without `Destination` (SAML Bindings 3.5.5.2).
    #[error("the signed response has no Destination")]
    DestinationMissing,
    /// The response answers another request.
    #[error("InResponseTo of the {element} is not the request that this browser was sent with")]
    InResponseTo {
        /// Where.
        element: &'static str,
    },
    /// An answer that nobody asked for, and the connection does not allow sign-in that begins at the IdP.
    #[error("nobody asked for this response, and sign-in that begins at the IdP is switched off")]
    Unsolicited,
    /// No subject confirmation is of the bearer method.
    #[error("the subject has no bearer confirmation")]
    NoBearer,
    /// The bearer confirmation names another recipient.
    #[error("the Recipient is \"{got}\", not this connection's ACS address")]
    Recipient {
        /// What stands there.
        got: String,
    },
    /// The bearer confirmation has a NotBefore (SAML Profiles 4.1.4.2 forbids it).
    #[error("the bearer confirmation has a NotBefore")]
    BearerNotBefore,
    /// The time of an element is over.
    #[error("{element} has passed")]
    Expired {
        /// Which time.
        element: &'static str,
    },
    /// The time of an element has not come.
    #[error("{element} has not come yet: compare the clocks")]
    NotYet {
        /// Which time.
        element: &'static str,
    },
    /// No AudienceRestriction.
    #[error("the assertion has no AudienceRestriction")]
    NoAudience,
    /// An AudienceRestriction that does not name us.
    #[error("the assertion is for the audience \"{got}\", not for this connection's entity id")]
    Audience {
        /// The first audience that stands there.
        got: String,
    },
    /// A condition that we do not know, which must not be ignored (SAML Core 2.5.1).
    #[error("the assertion has a condition that is not known")]
    UnknownCondition,
    /// No AuthnStatement.
    #[error("the assertion has no AuthnStatement")]
    NoAuthnStatement,
    /// The sign-in is older than asked for, by ForceAuthn or a greatest age.
    #[error("the person signed in at the IdP longer ago than was asked for")]
    AuthnTooOld,
    /// Another authentication context than the ones asked for.
    #[error("the person signed in with the authentication context \"{got}\", which was not asked for")]
    AuthnContext {
        /// What stands there, or nothing.
        got: String,
    },
}

impl SamlFault {
    /// What the person who signs in is told: the same for every fault, so that a forger learns nothing.
    #[must_use]
    pub fn public_text(&self) -> &'static str {
        "The answer of your company's sign-in could not be accepted."
    }
}

/// A text of the message, short enough to be shown and kept.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}
