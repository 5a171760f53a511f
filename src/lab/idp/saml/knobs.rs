//! How the SAML side behaves.

use crate::lab::idp::person::GroupsClaim;
use chrono::Duration;

/// Which elements of a response are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signed {
    /// The assertion alone.
    #[default]
    Assertion,
    /// The response alone.
    Response,
    /// Both, the assertion first.
    Both,
    /// Neither.
    Nothing,
}

/// What stands in the NameID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameId {
    /// The user name, in e-mail form.
    #[default]
    UserName,
    /// The subject, persistent.
    Persistent,
    /// A new value each time.
    Transient,
}

/// What a response says it answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum InResponseTo {
    /// The request that came.
    #[default]
    Request,
    /// Nothing, as if nobody had asked.
    Absent,
    /// Another id.
    Other(String),
}

/// The switches. The default is a well-behaved IdP.
#[derive(Debug, Clone)]
pub struct SamlKnobs {
    /// What is signed.
    pub signed: Signed,
    /// Signs with a key that the metadata does not name.
    pub foreign_key: bool,
    /// What the NameID says.
    pub name_id: NameId,
    /// Name of the attribute with the groups.
    pub groups_attribute: String,
    /// What becomes of the groups.
    pub groups: GroupsClaim,
    /// Sends the attributes `email`, `given_name`, `family_name`.
    pub identity_attributes: bool,
    /// Every time in the response is moved by this much.
    pub shift: Duration,
    /// How long the assertion holds from its (shifted) instant.
    pub validity: Duration,
    /// `SessionNotOnOrAfter` this long after the instant; absent without.
    pub session: Option<Duration>,
    /// Audience instead of the service provider's entity id.
    pub audience: Option<String>,
    /// Recipient instead of the ACS.
    pub recipient: Option<String>,
    /// Destination instead of the ACS.
    pub destination: Option<String>,
    /// Issuer instead of our entity id.
    pub issuer: Option<String>,
    /// What is answered.
    pub in_response_to: InResponseTo,
    /// Top-level status other than Success; no assertion goes with it.
    pub status: Option<String>,
}

impl Default for SamlKnobs {
    fn default() -> Self {
        Self {
            signed: Signed::default(),
            foreign_key: false,
            name_id: NameId::default(),
            groups_attribute: "groups".to_owned(),
            groups: GroupsClaim::default(),
            identity_attributes: true,
            shift: Duration::zero(),
            validity: Duration::minutes(5),
            session: None,
            audience: None,
            recipient: None,
            destination: None,
            issuer: None,
            in_response_to: InResponseTo::default(),
            status: None,
        }
    }
}
