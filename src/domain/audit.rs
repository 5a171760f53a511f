//! Audit: who did what. Every change is written with its actor and its deed, in its own transaction.

use crate::base::ids::{AppId, ConnectionId, DirectoryId, PersonId, RuleId, TokenId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person, signed in.
    Person(PersonId),
    /// A person through the break-glass door.
    BreakGlass(PersonId),
    /// An IdP, pushing to a directory.
    Directory(DirectoryId),
    /// An IdP, through a login or a logout.
    Connection(ConnectionId),
    /// A mapping rule that was changed and settled afterwards.
    Rule(RuleId),
    /// A program with a token of the management API.
    Token(TokenId),
    /// A panel app.
    App(AppId),
    /// A job of ours, by its name.
    Job(String),
    /// Who runs this installation, at the command line.
    Operator,
    /// The vendor's support.
    Vendor,
    /// Somebody who has proved nothing.
    Stranger,
}

/// A kept actor that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an actor: {kind} {id:?}")]
pub struct UnknownActor {
    /// The kind that was kept.
    pub kind: String,
    /// The id that was kept.
    pub id: Option<String>,
}

impl Actor {
    /// The word for what kind of actor it is: a column of its own, which filters use.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::BreakGlass(_) => "break_glass",
            Self::Directory(_) => "directory",
            Self::Connection(_) => "connection",
            Self::Rule(_) => "rule",
            Self::Token(_) => "token",
            Self::App(_) => "app",
            Self::Job(_) => "job",
            Self::Operator => "operator",
            Self::Vendor => "vendor",
            Self::Stranger => "stranger",
        }
    }

    /// Which one; `None` for kinds of which there is one.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Person(id) | Self::BreakGlass(id) => Some(id.to_string()),
            Self::Directory(id) => Some(id.to_string()),
            Self::Connection(id) => Some(id.to_string()),
            Self::Rule(id) => Some(id.to_string()),
            Self::Token(id) => Some(id.to_string()),
            Self::App(id) => Some(id.to_string()),
            Self::Job(name) => Some(name.clone()),
            Self::Operator | Self::Vendor | Self::Stranger => None,
        }
    }

    /// The actor of a kept kind and id.
    ///
    /// # Errors
    /// [`UnknownActor`] where the kind is unknown or the id is not one of that kind.
    pub fn from_kept(kind: &str, id: Option<&str>) -> Result<Self, UnknownActor> {
        let unknown = || UnknownActor { kind: kind.to_owned(), id: id.map(str::to_owned) };
        let id = |_: ()| id.ok_or_else(unknown);
        match kind {
            "person" => id(())?.parse().map(Self::Person).map_err(|_| unknown()),
            "break_glass" => id(())?.parse().map(Self::BreakGlass).map_err(|_| unknown()),
            "directory" => id(())?.parse().map(Self::Directory).map_err(|_| unknown()),
            "connection" => id(())?.parse().map(Self::Connection).map_err(|_| unknown()),
            "rule" => id(())?.parse().map(Self::Rule).map_err(|_| unknown()),
            "token" => id(())?.parse().map(Self::Token).map_err(|_| unknown()),
            "app" => id(())?.parse().map(Self::App).map_err(|_| unknown()),
            "job" => Ok(Self::Job(id(())?.to_owned())),
            "operator" => Ok(Self::Operator),
            "vendor" => Ok(Self::Vendor),
            "stranger" => Ok(Self::Stranger),
            _ => Err(unknown()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct KeptActor<'a> {
    kind: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        KeptActor { kind: self.kind().into(), id: self.id() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = KeptActor::deserialize(deserializer)?;
        Self::from_kept(&kept.kind, kept.id.as_deref()).map_err(serde::de::Error::custom)
    }
}

macro_rules! deeds {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What was done (or refused, where the word says so). The words are stable: they are exported and filtered by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Deed {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Deed {
            /// Every deed.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

deeds! {
    /// A directory made a user.
    UserProvisioned = "user_provisioned";
    /// Attributes of a user changed.
    UserUpdated = "user_updated";
    /// `active: false` from the directory.
    UserDeactivated = "user_deactivated";
    /// `active: true` again.
    UserReactivated = "user_reactivated";
    /// A user was deleted; a tombstone remains.
    UserDeleted = "user_deleted";
    /// A tombstone was brought back.
    UserRestored = "user_restored";
    /// What a tombstone kept is erased.
    UserErased = "user_erased";
    /// A person was made by hand, by file or by API.
    PersonCreated = "person_created";
    /// A person was made at their first sign-in.
    PersonJustInTime = "person_just_in_time";
    /// A local account became a directory's; its password, links and sessions are gone.
    PersonAdopted = "person_adopted";
    /// A subject of a connection was linked to a person.
    PersonLinked = "person_linked";
    /// A link to a subject was taken away.
    PersonUnlinked = "person_unlinked";
    /// A person's links and manual grants wait for an admin: the directory may have put another human behind them.
    PersonSetAside = "person_set_aside";
    /// An admin gave them back.
    PersonGivenBack = "person_given_back";
    /// An admin threw them away.
    PersonAsideDiscarded = "person_aside_discarded";
    /// An administrator locked a person.
    PersonLocked = "person_locked";
    /// An administrator took the lock away.
    PersonUnlocked = "person_unlocked";
    /// A change of a field that an IdP manages was refused.
    FieldLocked = "field_locked";
    /// A group was made.
    GroupCreated = "group_created";
    /// A group's name changed.
    GroupRenamed = "group_renamed";
    /// Something else about a group changed.
    GroupUpdated = "group_updated";
    /// A group was deleted.
    GroupDeleted = "group_deleted";
    /// People came into a group or left it.
    MembersChanged = "members_changed";
    /// A person signed in.
    SignedIn = "signed_in";
    /// A sign-in was refused.
    SignInRefused = "sign_in_refused";
    /// A person signed out, or the IdP did so for them.
    SignedOut = "signed_out";
    /// Sessions of a person were ended by somebody else.
    SessionsEnded = "sessions_ended";
    /// The break-glass door was used.
    BreakGlassUsed = "break_glass_used";
    /// Somebody became a break-glass person, or is one no more.
    BreakGlassChanged = "break_glass_changed";
    /// Enforcement changed.
    EnforcementChanged = "enforcement_changed";
    /// A password was refused because sign-in through the company is enforced.
    PasswordRefused = "password_refused";
    /// A password was set or changed.
    PasswordChanged = "password_changed";
    /// A second factor was added or taken away.
    FactorChanged = "factor_changed";
    /// A token was made.
    TokenCreated = "token_created";
    /// A token got a successor, and ends.
    TokenRotated = "token_rotated";
    /// A token was revoked.
    TokenRevoked = "token_revoked";
    /// A token was used on a directory that it is not of.
    WrongDirectoryToken = "wrong_directory_token";
    /// Somebody looked at clear values of a SCIM log.
    ScimLogRevealed = "scim_log_revealed";
    /// What a person may do changed.
    AccessChanged = "access_changed";
    /// A change was refused because it takes the last usable admin.
    LastAdminKept = "last_admin_kept";
    /// An action beyond the actor's permissions was refused.
    PermissionDenied = "permission_denied";
    /// Something was given by hand.
    GrantGiven = "grant_given";
    /// Something given by hand was taken away.
    GrantTaken = "grant_taken";
    /// An override was set.
    OverrideSet = "override_set";
    /// An override ended or was taken away.
    OverrideEnded = "override_ended";
    /// A seat was taken.
    SeatTaken = "seat_taken";
    /// No seat was free; a person waits.
    SeatWaiting = "seat_waiting";
    /// A seat was freed.
    SeatFreed = "seat_freed";
    /// A change was refused because no seat was free.
    SeatRefused = "seat_refused";
    /// An organization was made.
    OrganizationCreated = "organization_created";
    /// An organization's settings changed.
    OrganizationUpdated = "organization_updated";
    /// The ownership moved.
    OwnershipTransferred = "ownership_transferred";
    /// A domain was added, to be proved.
    DomainAdded = "domain_added";
    /// A domain was proved.
    DomainVerified = "domain_verified";
    /// A domain was taken away.
    DomainRemoved = "domain_removed";
    /// A client was made.
    ClientCreated = "client_created";
    /// A client changed.
    ClientUpdated = "client_updated";
    /// A client was deleted.
    ClientDeleted = "client_deleted";
    /// A department was made.
    DepartmentCreated = "department_created";
    /// A department was deleted.
    DepartmentDeleted = "department_deleted";
    /// A connection was made.
    ConnectionCreated = "connection_created";
    /// A connection changed.
    ConnectionUpdated = "connection_updated";
    /// A connection can be used from now on.
    ConnectionActivated = "connection_activated";
    /// A connection was switched off.
    ConnectionDisabled = "connection_disabled";
    /// A connection was deleted.
    ConnectionDeleted = "connection_deleted";
    /// The keys or addresses of an IdP were read anew.
    ConnectionRefreshed = "connection_refreshed";
    /// A directory was made.
    DirectoryCreated = "directory_created";
    /// A directory changed.
    DirectoryUpdated = "directory_updated";
    /// A directory takes pushes again.
    DirectoryEnabled = "directory_enabled";
    /// A directory was switched off: it answers errors.
    DirectoryDisabled = "directory_disabled";
    /// A directory was deleted.
    DirectoryDeleted = "directory_deleted";
    /// An organization declared an extension schema of its own, or changed it.
    SchemaDeclared = "schema_declared";
    /// An organization took an extension schema away.
    SchemaRemoved = "schema_removed";
    /// A directory got an OAuth client.
    DirectoryClientCreated = "directory_client_created";
    /// What an OAuth client of a directory proves itself by changed.
    DirectoryClientUpdated = "directory_client_updated";
    /// An OAuth client of a directory got a new secret.
    DirectoryClientRotated = "directory_client_rotated";
    /// An OAuth client of a directory was taken away, with its tokens.
    DirectoryClientDeleted = "directory_client_deleted";
    /// An OAuth client of a directory did not prove itself.
    DirectoryClientRefused = "directory_client_refused";
    /// A panel app was made.
    AppCreated = "app_created";
    /// A panel app changed.
    AppUpdated = "app_updated";
    /// A panel app got a new secret.
    AppSecretRotated = "app_secret_rotated";
    /// A panel app was deleted.
    AppDeleted = "app_deleted";
    /// A person gave a panel app what it asks for.
    AppAuthorized = "app_authorized";
    /// A code or refresh token was used twice; all that came from it is revoked.
    AppReplayRefused = "app_replay_refused";
    /// The list of mapping rules was replaced.
    RulesReplaced = "rules_replaced";
    /// A mapping rule was made.
    RuleCreated = "rule_created";
    /// A mapping rule changed.
    RuleUpdated = "rule_updated";
    /// A mapping rule was deleted.
    RuleDeleted = "rule_deleted";
    /// A panel definition was adopted or changed.
    PanelApplied = "panel_applied";
    /// An invitation was made.
    InvitationCreated = "invitation_created";
    /// An invitation was accepted.
    InvitationUsed = "invitation_used";
    /// An invitation was withdrawn.
    InvitationRevoked = "invitation_revoked";
    /// A reset link was made.
    ResetCreated = "reset_created";
    /// A reset link was used.
    ResetUsed = "reset_used";
    /// A set-up link was made.
    SetupCreated = "setup_created";
    /// A set-up link was used.
    SetupUsed = "setup_used";
    /// A mass loss is held for an owner's word.
    ChangesHeld = "changes_held";
    /// Held changes were let through.
    ChangesReleased = "changes_released";
    /// A list was exported.
    Exported = "exported";
    /// The audit trail was sealed up to here.
    Sealed = "sealed";
    /// Keys were made or replaced.
    KeysRotated = "keys_rotated";
}

/// A word that names no deed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a deed: \"{0}\"")]
pub struct UnknownDeed(pub String);

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Deed {
    type Err = UnknownDeed;

    fn from_str(text: &str) -> Result<Self, UnknownDeed> {
        Self::ALL.iter().copied().find(|deed| deed.as_str() == text).ok_or_else(|| UnknownDeed(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_is_read_back_from_its_word() {
        for deed in Deed::ALL {
            assert_eq!(deed.as_str().parse(), Ok(*deed));
            let json = serde_json::to_string(deed).unwrap();
            assert_eq!(json, format!("\"{deed}\""));
            assert!(deed.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{deed}");
        }
    }

    #[test]
    fn an_actor_is_read_back_from_what_is_kept() {
        let actors = [
            Actor::Person(PersonId([1; 16])),
            Actor::BreakGlass(PersonId([2; 16])),
            Actor::Directory(DirectoryId([3; 16])),
            Actor::Connection(ConnectionId([4; 16])),
            Actor::Rule(RuleId([5; 16])),
            Actor::Token(TokenId([6; 16])),
            Actor::App(AppId([7; 16])),
            Actor::Job("sealer".into()),
            Actor::Operator,
            Actor::Vendor,
            Actor::Stranger,
        ];
        for actor in actors {
            assert_eq!(Actor::from_kept(actor.kind(), actor.id().as_deref()), Ok(actor.clone()));
            let json = serde_json::to_string(&actor).unwrap();
            assert_eq!(serde_json::from_str::<Actor>(&json).unwrap(), actor);
        }
    }

    #[test]
    fn an_id_of_another_kind_is_no_actor() {
        assert!(Actor::from_kept("person", Some(&DirectoryId([1; 16]).to_string())).is_err());
        assert!(Actor::from_kept("person", None).is_err());
    }
}
