//! A person: where they come from, what state they are in, and who owns each of their fields.

use super::enforcement::Enforcement;
use super::source::Source;
use serde::{Deserialize, Serialize};

/// Where a person comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A directory pushed them.
    Directory,
    /// They were made at their first sign-in through a connection.
    JustInTime,
    /// An administrator invited them.
    Invited,
    /// They have been made here.
    Local,
    /// They own the organization.
    Owner,
}

/// A word that names no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: \"{0}\"")]
pub struct UnknownOrigin(pub String);

impl Origin {
    /// The word that rows and JSON use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::JustInTime => "just-in-time",
            Self::Invited => "invited",
            Self::Local => "local",
            Self::Owner => "owner",
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Origin {
    type Err = UnknownOrigin;

    fn from_str(text: &str) -> Result<Self, UnknownOrigin> {
        [Self::Directory, Self::JustInTime, Self::Invited, Self::Local, Self::Owner]
            .into_iter()
            .find(|origin| origin.as_str() == text)
            .ok_or_else(|| UnknownOrigin(text.to_owned()))
    }
}

/// What state a person is in. The IdP's word and ours are kept apart: either one is enough to keep them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonState {
    /// Active as the IdP sees them; true for people whom no IdP manages.
    pub active: bool,
    /// Locked by an administrator here; survives the next sync.
    pub locked: bool,
}

impl PersonState {
    /// Whether they may sign in, as far as their state goes.
    #[must_use]
    pub const fn may_sign_in(self) -> bool {
        self.active && !self.locked
    }

    /// The word that pages and the API show: `active`, `deactivated` (by the IdP), `locked` (here).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match (self.active, self.locked) {
            (false, _) => "deactivated",
            (true, true) => "locked",
            (true, false) => "active",
        }
    }
}

/// Who says what a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOwner {
    /// A directory, with every push.
    Directory,
    /// A connection, with every sign-in.
    Connection,
    /// The panel's administrators.
    Panel,
    /// The person.
    Person,
}

/// A field of a person that a door may want to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The e-mail address.
    Email,
    /// The login name.
    UserName,
    /// The whole name.
    Name,
    /// The given name.
    GivenName,
    /// The family name.
    FamilyName,
    /// Whether the IdP's side has the person as active.
    Active,
    /// The role.
    Role,
    /// The clients where the role holds.
    Clients,
    /// Switches.
    Flags,
    /// Panel access, that is the wish for a seat.
    Seat,
    /// The password.
    Password,
    /// The lock that an administrator sets here.
    Lock,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Email,
        Self::UserName,
        Self::Name,
        Self::GivenName,
        Self::FamilyName,
        Self::Active,
        Self::Role,
        Self::Clients,
        Self::Flags,
        Self::Seat,
        Self::Password,
        Self::Lock,
    ];

    /// The name that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::UserName => "user_name",
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::Active => "active",
            Self::Role => "role",
            Self::Clients => "clients",
            Self::Flags => "flags",
            Self::Seat => "seat",
            Self::Password => "password",
            Self::Lock => "locked",
        }
    }
}

/// What the ownership of fields depends on.
#[derive(Debug, Clone, Copy)]
pub struct Keeping<'a> {
    /// Where the person comes from.
    pub origin: Origin,
    /// The directory or connection that manages them; `None` for people whom no IdP manages.
    pub source: Option<&'a Source>,
    /// The organization's enforcement.
    pub enforcement: Enforcement,
    /// Whether their e-mail lies in a domain that the organization has proved.
    pub proved_domain: bool,
    /// The group (or attribute) through which rules gave their role; `None` where no rule gives one.
    pub mapped_by: Option<&'a str>,
}

/// Who owns a field, and where it stands locked: why, and where it can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldState {
    /// Who says what it is.
    pub owner: FieldOwner,
    /// Why it cannot be changed here; `None` where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<FieldLock>,
}

/// Why a field cannot be changed here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldLock {
    /// The reason, in words: ``read-only, managed by Okta directory `okta` ``.
    pub why: String,
    /// Where it can be changed, in words.
    pub change_at: String,
}

fn locked(owner: FieldOwner, why: String, change_at: impl Into<String>) -> FieldState {
    FieldState { owner, lock: Some(FieldLock { why, change_at: change_at.into() }) }
}

const fn free(owner: FieldOwner) -> FieldState {
    FieldState { owner, lock: None }
}

/// Who owns a field of a person and whether it is locked.
#[must_use]
pub fn field_state(field: Field, keeping: &Keeping<'_>) -> FieldState {
    match field {
        Field::Lock => free(FieldOwner::Panel),
        Field::Password => password(keeping),
        Field::Role | Field::Clients | Field::Flags => granted(field, keeping),
        Field::Seat => free(FieldOwner::Panel),
        Field::Active => match (managed(keeping), keeping.origin) {
            (Some((FieldOwner::Directory, source)), _) => by_source(FieldOwner::Directory, source),
            _ => free(FieldOwner::Panel),
        },
        Field::Email | Field::UserName => match managed(keeping) {
            Some((owner, source)) => by_source(owner, source),
            None => free(FieldOwner::Panel),
        },
        Field::Name | Field::GivenName | Field::FamilyName => match managed(keeping) {
            Some((owner, source)) => by_source(owner, source),
            None => free(FieldOwner::Person),
        },
    }
}

/// Who manages the person's identity fields. A connection does so only while people can sign in through it.
fn managed<'a>(keeping: &Keeping<'a>) -> Option<(FieldOwner, Option<&'a Source>)> {
    match keeping.origin {
        Origin::Directory => Some((FieldOwner::Directory, keeping.source)),
        Origin::JustInTime if keeping.enforcement != Enforcement::Off => Some((FieldOwner::Connection, keeping.source)),
        Origin::JustInTime | Origin::Invited | Origin::Local | Origin::Owner => None,
    }
}

fn by_source(owner: FieldOwner, source: Option<&Source>) -> FieldState {
    let (by, idp) = match source {
        Some(source) => (source.to_string(), source.idp_name().to_owned()),
        None => ("your company’s identity provider".to_owned(), "your company’s identity provider".to_owned()),
    };
    let when = if owner == FieldOwner::Connection { "the next sign-in" } else { "the next sync" };
    locked(owner, format!("read-only, managed by {by}"), format!("Change it in {idp}; {when} brings it here."))
}

fn password(keeping: &Keeping<'_>) -> FieldState {
    let sign_in = "Sign in with your company.";
    match managed(keeping) {
        Some((owner, source)) => {
            let state = by_source(owner, source);
            FieldState { lock: state.lock.map(|lock| FieldLock { change_at: sign_in.to_owned(), ..lock }), ..state }
        }
        None if keeping.enforcement == Enforcement::Enforced && keeping.proved_domain => {
            locked(FieldOwner::Connection, "no password: sign-in through the company is enforced".to_owned(), sign_in)
        }
        None => free(FieldOwner::Person),
    }
}

fn granted(field: Field, keeping: &Keeping<'_>) -> FieldState {
    if keeping.origin == Origin::Owner {
        let why = "the owner’s role and clients cannot be changed".to_owned();
        return locked(FieldOwner::Panel, why, "Transfer the ownership to an administrator first.");
    }
    let Some(group) = keeping.mapped_by else { return free(FieldOwner::Panel) };
    let (owner, by, idp) = match keeping.source {
        Some(source) if source.kind == super::source::SourceKind::Connection => {
            (FieldOwner::Connection, source.to_string(), source.idp_name())
        }
        Some(source) => (FieldOwner::Directory, source.to_string(), source.idp_name()),
        None => (FieldOwner::Directory, "a mapping rule".to_owned(), "your company’s identity provider"),
    };
    let change = format!("Change the groups of the person in {idp}, or the mapping rule for {group}.");
    locked(owner, format!("{} set by {group} through {by}", field.as_str()), change)
}

#[cfg(test)]
mod tests {
    use super::super::source::SourceKind;
    use super::*;

    fn okta() -> Source {
        Source { kind: SourceKind::Directory, key: "okta".into(), idp: "Okta".into() }
    }

    fn keeping(origin: Origin, source: Option<&Source>) -> Keeping<'_> {
        Keeping { origin, source, enforcement: Enforcement::Optional, proved_domain: true, mapped_by: None }
    }

    #[test]
    fn a_pushed_name_is_locked_with_the_reason_and_the_place() {
        let okta = okta();
        let state = field_state(Field::Name, &keeping(Origin::Directory, Some(&okta)));
        assert_eq!(state.owner, FieldOwner::Directory);
        let lock = state.lock.unwrap();
        assert_eq!(lock.why, "read-only, managed by Okta directory `okta`");
        assert_eq!(lock.change_at, "Change it in Okta; the next sync brings it here.");
    }

    #[test]
    fn a_local_persons_fields_are_their_own() {
        for field in Field::ALL {
            assert_eq!(field_state(field, &keeping(Origin::Local, None)).lock, None, "{field:?}");
        }
    }

    #[test]
    fn a_mapped_role_names_its_group_and_a_local_one_is_free() {
        let okta = okta();
        let mapped = Keeping { mapped_by: Some("panel-admins"), ..keeping(Origin::Directory, Some(&okta)) };
        let lock = field_state(Field::Role, &mapped).lock.unwrap();
        assert_eq!(lock.why, "role set by panel-admins through Okta directory `okta`");
        assert!(lock.change_at.contains("mapping rule for panel-admins"));
        assert_eq!(field_state(Field::Role, &keeping(Origin::Directory, Some(&okta))).lock, None);
    }

    #[test]
    fn an_administrator_may_always_lock_a_pushed_person() {
        let okta = okta();
        assert_eq!(field_state(Field::Lock, &keeping(Origin::Directory, Some(&okta))).lock, None);
    }

    #[test]
    fn an_enforced_organizations_people_have_no_password_and_its_guests_do() {
        let own = Keeping { enforcement: Enforcement::Enforced, ..keeping(Origin::Local, None) };
        assert!(field_state(Field::Password, &own).lock.is_some());
        assert!(field_state(Field::Password, &Keeping { proved_domain: false, ..own }).lock.is_none());
    }

    #[test]
    fn the_owners_role_moves_by_transfer_only() {
        assert!(field_state(Field::Role, &keeping(Origin::Owner, None)).lock.unwrap().change_at.contains("Transfer"));
    }

    #[test]
    fn either_the_idps_word_or_ours_keeps_a_person_out() {
        let state = |active, locked| PersonState { active, locked };
        assert!(state(true, false).may_sign_in());
        assert!(!state(false, false).may_sign_in());
        assert!(!state(true, true).may_sign_in());
        assert_eq!(state(false, true).as_str(), "deactivated");
    }
}
