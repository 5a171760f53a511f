//! A person that an IdP knows.

/// A person as the IdP's own directory has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name they sign in with; unique in the IdP. SAML's NameID unless told otherwise.
    pub user_name: String,
    /// Their address.
    pub email: String,
    /// First name.
    pub given: String,
    /// Last name.
    pub family: String,
    /// The IdP's own immutable id, sent by SCIM as `externalId`.
    pub external_id: String,
    /// Display names of the groups they are in.
    pub groups: Vec<String>,
    /// OpenID's `sub`, and the persistent NameID of SAML.
    pub subject: String,
}

impl Person {
    /// A person without groups whose user name is their address and whose ids follow from it.
    #[must_use]
    pub fn new(email: &str, given: &str, family: &str) -> Self {
        let local: String = email.chars().take_while(|c| *c != '@').filter(char::is_ascii_alphanumeric).collect();
        Self {
            user_name: email.to_owned(),
            email: email.to_owned(),
            given: given.to_owned(),
            family: family.to_owned(),
            external_id: format!("00u{local}"),
            groups: Vec::new(),
            subject: format!("sub-{local}"),
        }
    }

    /// The same person in `groups`.
    #[must_use]
    pub fn in_groups(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|group| (*group).to_owned()).collect();
        self
    }

    /// First and last name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// What becomes of a claim of groups in a token or assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupsClaim {
    /// The person's groups; the claim is left out when there are none, as many IdPs do.
    #[default]
    Present,
    /// The claim is always there, and empty when there are no groups.
    PresentEvenIfEmpty,
    /// The claim is there and empty, whatever the person's groups.
    Empty,
    /// The claim is left out, whatever the person's groups.
    Absent,
    /// Entra's overage: a pointer to Graph instead of the groups.
    Overage,
}

impl GroupsClaim {
    /// The groups to say; `None` leaves the claim out.
    pub(super) fn of(self, person: &Person) -> Option<&[String]> {
        match self {
            Self::Present if person.groups.is_empty() => None,
            Self::Present | Self::PresentEvenIfEmpty => Some(&person.groups),
            Self::Empty => Some(&[]),
            Self::Absent | Self::Overage => None,
        }
    }
}
