//! What an organization has set of a directory, beside its profile.

use serde::{Deserialize, Serialize};

/// Settings of a directory, kept as one JSON object; what is not there has its default, and what a newer program has set
/// is passed over: old instances run on during an upgrade. Who sets something is held to these names elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectorySettings {
    /// What is told of each change (RFC 9967).
    #[serde(skip_serializing_if = "Told::is_nothing")]
    pub events: Told,
    /// Whether `/Roles` and `/Entitlements` are there, and in whose words.
    #[serde(skip_serializing_if = "RoleLists::is_off")]
    pub roles: RoleLists,
}

/// How much a directory's events tell of a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// There are no events.
    #[default]
    Off,
    /// The names of the attributes that changed.
    Notice,
    /// The values too, of Users; Groups are told by notices, since their members may be many.
    Full,
}

/// A word that is none of [`Told`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of events; use off, notice or full")]
pub struct UnknownTold(String);

impl Told {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Notice => "notice",
            Self::Full => "full",
        }
    }

    fn is_nothing(&self) -> bool {
        *self == Self::Off
    }
}

impl std::str::FromStr for Told {
    type Err = UnknownTold;

    fn from_str(text: &str) -> Result<Self, UnknownTold> {
        [Self::Off, Self::Notice, Self::Full]
            .into_iter()
            .find(|told| told.as_str() == text)
            .ok_or_else(|| UnknownTold(text.to_owned()))
    }
}

/// Whether a directory lists the panel's roles and entitlements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleLists {
    /// There are no such lists.
    #[default]
    Off,
    /// As draft-ietf-scim-roles-entitlements writes them.
    Draft,
    /// As Okta reads them.
    Okta,
}

/// A word that is none of [`RoleLists`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of role lists; use off, draft or okta")]
pub struct UnknownRoleLists(String);

impl RoleLists {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Draft => "draft",
            Self::Okta => "okta",
        }
    }

    fn is_off(&self) -> bool {
        *self == Self::Off
    }
}

impl std::str::FromStr for RoleLists {
    type Err = UnknownRoleLists;

    fn from_str(text: &str) -> Result<Self, UnknownRoleLists> {
        [Self::Off, Self::Draft, Self::Okta]
            .into_iter()
            .find(|lists| lists.as_str() == text)
            .ok_or_else(|| UnknownRoleLists(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_nobody_made_are_an_empty_object_and_those_of_a_newer_program_can_be_read() {
        assert_eq!(serde_json::to_string(&DirectorySettings::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<DirectorySettings>("{}").unwrap(), DirectorySettings::default());
        let full = DirectorySettings { events: Told::Full, roles: RoleLists::Okta };
        let text = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<DirectorySettings>(&text).unwrap(), full);
        let newer = r#"{"events":"full","roles":"okta","colour":"blue"}"#;
        assert_eq!(serde_json::from_str::<DirectorySettings>(newer).unwrap(), full);
        assert!("oktaa".parse::<RoleLists>().unwrap_err().to_string().contains("off, draft or okta"));
        assert!("loud".parse::<Told>().unwrap_err().to_string().contains("off, notice or full"));
    }
}
