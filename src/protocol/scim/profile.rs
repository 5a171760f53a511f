//! A directory's profile, and the dialect rewrites (quirks) that it allows.

use std::fmt;
use std::str::FromStr;

/// How tolerant a directory is. `auto` is one fixed tolerant grammar; nothing is guessed from the User-Agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// The tolerant grammar that every IdP below is served by unchanged.
    #[default]
    Auto,
    /// As `auto`; the name is the admin's label.
    Okta,
    /// As `auto`; the name is the admin's label.
    Entra,
    /// As `auto`; the name is the admin's label.
    OneLogin,
    /// As `auto`; the name is the admin's label.
    JumpCloud,
    /// As `auto`, but an absent `members` of a PUT means none: Ping never sends an empty list.
    Ping,
    /// As `auto`; the name is the admin's label.
    Rippling,
    /// RFC 7643 and 7644 to the letter.
    RfcStrict,
    /// The interoperability profile draft (`draft-zollner-scim-interop-profile`).
    InteropStrict,
}

/// Every profile.
pub const PROFILES: [Profile; 9] = [
    Profile::Auto,
    Profile::Okta,
    Profile::Entra,
    Profile::OneLogin,
    Profile::JumpCloud,
    Profile::Ping,
    Profile::Rippling,
    Profile::RfcStrict,
    Profile::InteropStrict,
];

/// The text is not a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no SCIM profile is called so; use auto, okta, entra, onelogin, jumpcloud, ping, rippling, rfc-strict or interop-strict"
)]
pub struct UnknownProfile;

impl Profile {
    /// The name in configuration, the database and the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Ping => "ping",
            Self::Rippling => "rippling",
            Self::RfcStrict => "rfc-strict",
            Self::InteropStrict => "interop-strict",
        }
    }

    /// Whether the profile allows no dialect at all.
    #[must_use]
    pub fn is_strict(self) -> bool {
        matches!(self, Self::RfcStrict | Self::InteropStrict)
    }

    /// Whether this profile allows a rewrite.
    #[must_use]
    pub fn allows(self, quirk: Quirk) -> bool {
        match quirk {
            Quirk::AbsentMembersMeanNone => self == Self::Ping || self.is_strict(),
            _ => !self.is_strict(),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        PROFILES.into_iter().find(|profile| profile.name() == text).ok_or(UnknownProfile)
    }
}

macro_rules! quirks {
    ($($(#[$doc:meta])* $variant:ident = $id:literal,)+) => {
        /// A rewrite of a request, or a reading of it, beyond the letter of the standard.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Quirk { $($(#[$doc])* $variant,)+ }

        /// Every quirk.
        pub const QUIRKS: &[Quirk] = &[$(Quirk::$variant),+];

        impl Quirk {
            /// The stable id that the log, the metrics and the console show.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }
        }
    };
}

quirks! {
    /// `Add`, `Replace`, `Remove` with capitals (Entra).
    OpCase = "q01-op-case",
    /// An unknown query parameter such as `aadOptscim062020` (Entra).
    QueryFlag = "q02-query-flag",
    /// A boolean as text, `"False"` (Entra).
    BooleanText = "q03-boolean-text",
    /// A PATCH filter that matches no element makes one from its `eq` terms (Entra).
    CreateFromFilter = "q04-create-from-filter",
    /// Keys such as `name.givenName` or `urn:…:employeeNumber` in a path-less value (Entra).
    DottedKeys = "q07-dotted-keys",
    /// `manager` as a plain id or a list (Entra).
    ManagerForm = "q08-manager-form",
    /// `remove` with a list of values removes those and nothing else (Entra, JumpCloud).
    RemoveListed = "q09-remove-listed",
    /// `id`, `schemas`, `meta` or another readOnly key beside real changes in a path-less value (Okta).
    ReadOnlyEcho = "q11-read-only-echo",
    /// A member that this directory never had is left out and named (Okta).
    UnknownMember = "q15-unknown-member",
    /// URNs of SCIM 1.1 in a 2.0 call (OneLogin).
    Scim1Urn = "q16-scim1-urn",
    /// A POST with the externalId of an inactive user restores it (Okta).
    Restore = "q20-restore",
    /// A password is read and thrown away (Okta).
    PasswordDiscarded = "q21-password-discarded",
    /// `emails[type eq "work"].value eq "x"` as a filter (Entra).
    ValuePathFilter = "q26-value-path-filter",
    /// Roles as JSON text, or with `id` and `displayName` (Entra).
    RoleForm = "q29-role-form",
    /// An attribute that no schema declares is left out and named (Entra, Okta).
    UnknownAttribute = "q30-unknown-attribute",
    /// A doubled or trailing slash in the address (JumpCloud).
    PathSlashes = "q36-path-slashes",
    /// Several elements with `primary: true` (Ping).
    PrimaryTwice = "q44-primary-twice",
    /// The value of a path-less operation as JSON text (Keycloak extensions).
    JsonText = "q47-json-text",
    /// A PUT keeps externalId, `active` and members that it does not name (OneLogin).
    KeepAbsent = "q52-keep-absent",
    /// A PUT without `members` empties the group (Ping).
    AbsentMembersMeanNone = "q52-absent-members-none",
    /// Empty texts and nulls are dropped (Entra, OneLogin).
    EmptyDropped = "q54-empty-dropped",
    /// A message key in another case, `operations`.
    MessageKeyCase = "r02-message-key-case",
    /// A body without `schemas`.
    MissingSchemas = "r33-missing-schemas",
    /// A filter literal without quotes, in single quotes, or `True` (Microsoft's documents, Ping).
    LooseLiteral = "r43-loose-literal",
    /// An extension's attribute without its URN.
    BareExtensionName = "r47-bare-extension-name",
    /// A value filter inside `attributes` (Microsoft's collection).
    ProjectionFilter = "r64-projection-filter",
    /// A member, or another element, as a bare text.
    BareElement = "r73f-bare-element",
    /// A one-element array where one value belongs.
    ArrayUnwrapped = "r74-array-unwrapped",
    /// `{"value": x}` where `x` belongs.
    ValueObjectUnwrapped = "r74-value-object",
    /// A number as text, or text as a number.
    NumberText = "r74-number-text",
    /// One element where a list belongs.
    ElementWrapped = "r73f-element-wrapped",
    /// `remove` without a path, of the members listed in its value.
    PathlessRemove = "d12-pathless-remove",
    /// `.search` with `count` as text or `attributes` as one list of names.
    SearchForm = "d12-search-form",
}

impl fmt::Display for Quirk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.id())
    }
}

/// The rewrites that one request needed, in a stable order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied(Vec<Quirk>);

impl Applied {
    /// Notes a rewrite.
    pub fn note(&mut self, quirk: Quirk) {
        if let Err(at) = self.0.binary_search(&quirk) {
            self.0.insert(at, quirk);
        }
    }

    /// Notes a rewrite if the profile allows it, and says whether it does.
    pub fn allow(&mut self, profile: Profile, quirk: Quirk) -> bool {
        let allowed = profile.allows(quirk);
        if allowed {
            self.note(quirk);
        }
        allowed
    }

    /// Takes over the notes of another step of the same request.
    pub fn extend(&mut self, other: &Self) {
        for quirk in &other.0 {
            self.note(*quirk);
        }
    }

    /// The rewrites, each once.
    #[must_use]
    pub fn quirks(&self) -> &[Quirk] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_reads_back_from_its_name() {
        for profile in PROFILES {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        assert_eq!("Auto".parse::<Profile>(), Err(UnknownProfile));
    }

    #[test]
    fn quirk_ids_are_unique() {
        let mut ids: Vec<_> = QUIRKS.iter().map(|quirk| quirk.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), QUIRKS.len());
    }
}
