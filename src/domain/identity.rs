//! What a login proved: the one thing that SAML and OpenID both hand on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one login proved about the person in front of the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who it is, to this connection: the SAML NameID or the OpenID `sub` (for Entra `tid` and `oid`).
    pub subject: String,
    /// What kind of name that is.
    pub subject_kind: SubjectKind,
    /// The e-mail address, if one was sent.
    pub email: Option<String>,
    /// Whether the IdP says that it has verified the address. Always false for SAML, which has no word for it.
    pub email_verified: bool,
    /// The login name, if one was sent (`preferred_username`, a user name attribute).
    pub user_name: Option<String>,
    /// The whole name.
    pub name: Option<String>,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// What was said about groups.
    pub groups: Groups,
    /// Everything else that was sent: attribute or claim → values.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// How the person proved who they are, in the IdP's words (OpenID `amr`, RFC 8176; SAML context class).
    pub amr: Vec<String>,
    /// When they did.
    pub auth_time: Option<DateTime<Utc>>,
    /// When our session must end at the latest (SAML `SessionNotOnOrAfter`).
    pub session_cap: Option<DateTime<Utc>>,
    /// The IdP's own session (SAML `SessionIndex`, OpenID `sid`): what a logout from there names.
    pub idp_session: Option<String>,
}

/// What kind of name a subject is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// An OpenID subject: stable, and unique at its issuer.
    Sub,
    /// A SAML NameID of this format (the format's URI).
    NameId(String),
}

/// The URI of a NameID that is an e-mail address.
pub const FORMAT_EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
/// The URI of a NameID that stays the same for a person.
pub const FORMAT_PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
/// The URI of a NameID that is another one at every login.
pub const FORMAT_TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

impl SubjectKind {
    /// Whether the subject names the same person at the next login. A transient one must never link or create anybody.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Self::NameId(format) if format == FORMAT_TRANSIENT)
    }

    /// The text that is kept beside a subject: `sub`, or the NameID format.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sub => "sub",
            Self::NameId(format) => format,
        }
    }

    /// The kind of a kept text.
    #[must_use]
    pub fn from_kept(text: &str) -> Self {
        if text == "sub" { Self::Sub } else { Self::NameId(text.to_owned()) }
    }
}

/// What a login said about groups (law 11: absent is not empty).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Groups {
    /// These, perhaps none.
    Present(Vec<String>),
    /// Nothing.
    Absent,
    /// There are too many to be sent (Entra's overage marker): unknown, not none.
    Overage,
}

/// What an absent claim of groups means on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupsAbsent {
    /// Nothing is said, so nothing changes: the default for OpenID.
    Keep,
    /// No group is left: the default for SAML, where many IdPs leave an empty attribute out.
    None,
}

/// What a login changes about the groups that its connection has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupChange {
    /// They stay as they are.
    Keep,
    /// They are these from now on.
    Set(Vec<String>),
}

/// What a login changes about groups. With a directory active, nothing.
#[must_use]
pub fn group_change(groups: &Groups, absent: GroupsAbsent, directory_active: bool) -> GroupChange {
    match (groups, absent) {
        _ if directory_active => GroupChange::Keep,
        (Groups::Present(groups), _) => GroupChange::Set(groups.clone()),
        (Groups::Absent, GroupsAbsent::None) => GroupChange::Set(Vec::new()),
        (Groups::Absent, GroupsAbsent::Keep) | (Groups::Overage, _) => GroupChange::Keep,
    }
}

/// Which part of an identity finds a pushed person at the first sign-in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityPart {
    /// The SAML NameID, then the e-mail where it counts; for OpenID a verified e-mail alone: the default.
    #[default]
    SubjectOrEmail,
    /// The subject.
    Subject,
    /// The e-mail, where it is verified (by the IdP's word, or in SAML by the connection's proved domain).
    Email,
    /// The login name: the default for Entra.
    UserName,
    /// An attribute or claim of this name.
    Attribute(String),
}

/// Which part of a pushed person it must equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushedPart {
    /// `userName`, whatever its case.
    #[default]
    UserName,
    /// `externalId`, exactly.
    ExternalId,
}

/// A connection's declared `match`: how the first sign-in of a pushed person finds that person, once (law 4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatchBy {
    /// Which part of the identity.
    pub part: IdentityPart,
    /// Which part of the pushed person.
    pub equals: PushedPart,
}

impl MatchBy {
    /// The values to look a pushed person up by, the first one first; empty where this identity may find nobody.
    ///
    /// The caller still has to see that the person lies inside a domain proved and assigned to the connection.
    #[must_use]
    pub fn values(&self, identity: &Identity) -> Vec<String> {
        let email = || identity.email.clone().filter(|_| email_counts(identity));
        let lasting = || Some(identity.subject.clone()).filter(|_| identity.subject_kind.is_lasting());
        let found: Vec<Option<String>> = match &self.part {
            IdentityPart::SubjectOrEmail => vec![lasting().filter(|_| is_name_id(identity)), email()],
            IdentityPart::Subject => vec![lasting()],
            IdentityPart::Email => vec![email()],
            IdentityPart::UserName => vec![identity.user_name.clone()],
            IdentityPart::Attribute(name) => match identity.attributes.get(name).map(Vec::as_slice) {
                Some([one]) => vec![Some(one.clone())],
                _ => Vec::new(), // several values would let an IdP's user choose whom to be
            },
        };
        let mut values: Vec<String> = found.into_iter().flatten().filter(|value| !value.trim().is_empty()).collect();
        values.dedup();
        values
    }
}

fn is_name_id(identity: &Identity) -> bool {
    matches!(identity.subject_kind, SubjectKind::NameId(_))
}

/// An OpenID e-mail counts when the IdP says that it is verified; a SAML one as the rest of the signed assertion does.
fn email_counts(identity: &Identity) -> bool {
    identity.email_verified || is_name_id(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(kind: SubjectKind, subject: &str) -> Identity {
        Identity {
            subject: subject.into(),
            subject_kind: kind,
            email: Some("ana@acme.test".into()),
            email_verified: false,
            user_name: Some("ana.upn@acme.test".into()),
            name: None,
            given_name: None,
            family_name: None,
            groups: Groups::Absent,
            attributes: BTreeMap::from([
                ("employee".into(), vec!["7".into()]),
                ("many".into(), vec!["a".into(), "b".into()]),
            ]),
            amr: Vec::new(),
            auth_time: None,
            session_cap: None,
            idp_session: None,
        }
    }

    #[test]
    fn an_absent_claim_means_what_the_connection_says() {
        assert_eq!(group_change(&Groups::Absent, GroupsAbsent::Keep, false), GroupChange::Keep);
        assert_eq!(group_change(&Groups::Absent, GroupsAbsent::None, false), GroupChange::Set(vec![]));
        assert_eq!(group_change(&Groups::Present(vec![]), GroupsAbsent::Keep, false), GroupChange::Set(vec![]));
    }

    #[test]
    fn an_overage_is_unknown_and_never_none() {
        assert_eq!(group_change(&Groups::Overage, GroupsAbsent::None, false), GroupChange::Keep);
    }

    #[test]
    fn with_a_directory_active_a_login_changes_no_group() {
        let present = Groups::Present(vec!["admins".into()]);
        assert_eq!(group_change(&present, GroupsAbsent::None, true), GroupChange::Keep);
    }

    #[test]
    fn an_unverified_openid_email_finds_nobody() {
        let oidc = identity(SubjectKind::Sub, "s1");
        assert!(MatchBy::default().values(&oidc).is_empty());
        let verified = Identity { email_verified: true, ..oidc };
        assert_eq!(MatchBy::default().values(&verified), ["ana@acme.test"]);
    }

    #[test]
    fn a_transient_name_finds_nobody() {
        let saml = identity(SubjectKind::NameId(FORMAT_TRANSIENT.into()), "_x1");
        let by = MatchBy { part: IdentityPart::Subject, ..MatchBy::default() };
        assert!(by.values(&saml).is_empty());
    }

    #[test]
    fn an_attribute_with_two_values_finds_nobody() {
        let saml = identity(SubjectKind::NameId(FORMAT_PERSISTENT.into()), "p1");
        let by = |name: &str| MatchBy { part: IdentityPart::Attribute(name.into()), equals: PushedPart::ExternalId };
        assert_eq!(by("employee").values(&saml), ["7"]);
        assert!(by("many").values(&saml).is_empty());
    }
}
