//! A sign-in that an IdP vouches for.

use chrono::DateTime;
use chrono::Utc;

/// Who signed in, as a verified assertion says it.
///
/// The caller still has to use up the request and the assertion id, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The NameID: 1 to 1024 bytes, no control characters, no white space round it.
    pub name_id: String,
    /// The format of the NameID.
    pub name_id_format: NameIdFormat,
    /// The IdP's name for this session, if it gave one.
    pub session_index: Option<String>,
    /// The moment on which our session must have ended, if the IdP gave one.
    pub session_not_on_or_after: Option<DateTime<Utc>>,
    /// When the person signed in at the IdP.
    pub authn_instant: DateTime<Utc>,
    /// How the person signed in (AuthnContextClassRef), if the IdP said it.
    pub authn_context: Option<String>,
    /// The attributes, in the order of the message; the same name may stand several times.
    pub attributes: Vec<Attribute>,
    /// The assertion's ID, which may be used once.
    pub assertion_id: String,
    /// Until when the assertion's ID must be kept against replay: from then on its IssueInstant alone refuses it,
    /// whatever the skew (NotOnOrAfter would not do: a second confirmation may end later than the first).
    pub assertion_expires: DateTime<Utc>,
    /// The IdP's entity id.
    pub issuer: String,
    /// The request that was answered; `None` for a sign-in that began at the IdP.
    pub in_response_to: Option<String>,
}

/// One attribute as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `Name`.
    pub name: String,
    /// `FriendlyName`.
    pub friendly_name: Option<String>,
    /// The values; a value with `xsi:nil` is left out.
    pub values: Vec<String>,
}

/// What a login says about an attribute. Absent is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed<'a> {
    /// The assertion does not have the attribute.
    Absent,
    /// The assertion has it, with these values (empty texts left out), perhaps none.
    Present(Vec<&'a str>),
}

/// The formats of a NameID that make a difference (SAML Core 8.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameIdFormat {
    /// `…:unspecified`, or no format given.
    Unspecified,
    /// An e-mail address.
    EmailAddress,
    /// An opaque name that stays the same for this person with us.
    Persistent,
    /// A name that is new for each sign-in: it identifies nobody.
    Transient,
    /// Another format, by its URI.
    Other(String),
}

const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
const EMAIL_ADDRESS: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

impl NameIdFormat {
    /// The format with this URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Self {
        match uri {
            UNSPECIFIED | "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified" => Self::Unspecified,
            // 2.0 has no such format of its own, but IdPs send it
            EMAIL_ADDRESS | "urn:oasis:names:tc:SAML:2.0:nameid-format:emailAddress" => Self::EmailAddress,
            PERSISTENT => Self::Persistent,
            TRANSIENT => Self::Transient,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The URI of the format.
    #[must_use]
    pub fn uri(&self) -> &str {
        match self {
            Self::Unspecified => UNSPECIFIED,
            Self::EmailAddress => EMAIL_ADDRESS,
            Self::Persistent => PERSISTENT,
            Self::Transient => TRANSIENT,
            Self::Other(uri) => uri,
        }
    }
}

/// Microsoft Entra sends this attribute, with a link, instead of the groups of a person in more than 150.
const ENTRA_GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";

impl Login {
    /// What the login says about the attribute called `name`; where no `Name` is equal, a `FriendlyName` counts.
    /// An attribute that is sent several times (one for each value) is taken together.
    #[must_use]
    pub fn claimed(&self, name: &str) -> Claimed<'_> {
        let named: Vec<&Attribute> = self.attributes.iter().filter(|found| found.name == name).collect();
        let found = if named.is_empty() {
            self.attributes.iter().filter(|found| found.friendly_name.as_deref() == Some(name)).collect()
        } else {
            named
        };
        if found.is_empty() {
            return Claimed::Absent;
        }
        let values = found.into_iter().flat_map(|found| &found.values).map(String::as_str);
        Claimed::Present(values.filter(|value| !value.is_empty()).collect())
    }

    /// The first value of the attribute called `name`, if it has one.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        match self.claimed(name) {
            Claimed::Absent => None,
            Claimed::Present(values) => values.first().copied(),
        }
    }

    /// Whether the IdP left the groups out because there are too many: they are then unknown, not absent.
    #[must_use]
    pub fn groups_overflow(&self) -> bool {
        self.attributes.iter().any(|found| found.name == ENTRA_GROUPS_LINK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(attributes: &[(&str, Option<&str>, &[&str])]) -> Login {
        let attribute = |(name, friendly, values): &(&str, Option<&str>, &[&str])| Attribute {
            name: (*name).to_owned(),
            friendly_name: friendly.map(str::to_owned),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        Login {
            name_id: "ada".to_owned(),
            name_id_format: NameIdFormat::Persistent,
            session_index: None,
            session_not_on_or_after: None,
            authn_instant: DateTime::UNIX_EPOCH,
            authn_context: None,
            attributes: attributes.iter().map(attribute).collect(),
            assertion_id: "_a".to_owned(),
            assertion_expires: DateTime::UNIX_EPOCH,
            issuer: "idp".to_owned(),
            in_response_to: None,
        }
    }

    #[test]
    fn absent_is_not_empty() {
        let login = login(&[("groups", None, &[]), ("roles", None, &[""])]);
        assert_eq!(login.claimed("groups"), Claimed::Present(vec![]));
        assert_eq!(login.claimed("roles"), Claimed::Present(vec![]));
        assert_eq!(login.claimed("teams"), Claimed::Absent);
    }

    #[test]
    fn a_name_goes_before_a_friendly_name_and_repeated_attributes_are_one() {
        let login = login(&[
            ("urn:oid:1", Some("groups"), &["friendly"]),
            ("groups", None, &["a"]),
            ("groups", None, &["b"]),
            ("urn:oid:2", Some("mail"), &["ada@acme.test"]),
        ]);
        assert_eq!(login.claimed("groups"), Claimed::Present(vec!["a", "b"]));
        assert_eq!(login.first("mail"), Some("ada@acme.test"));
        assert_eq!(login.first("urn:oid:1"), Some("friendly"));
        assert_eq!(login.first("Mail"), None);
    }

    #[test]
    fn the_marker_of_too_many_groups_is_seen() {
        assert!(login(&[(ENTRA_GROUPS_LINK, None, &["https://graph.windows.net/x"])]).groups_overflow());
        assert!(
            !login(&[("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", None, &[])]).groups_overflow()
        );
    }

    #[test]
    fn formats_keep_their_uri() {
        for uri in [UNSPECIFIED, EMAIL_ADDRESS, PERSISTENT, TRANSIENT, "urn:x:y"] {
            assert_eq!(NameIdFormat::from_uri(uri).uri(), uri);
        }
    }
}
