//! A grant: a role in a client scope, which remembers who gave it.

use super::client::ClientScope;
use super::panel::Permissions;
use super::source::Source;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a person may do somewhere, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role's key.
    pub role: String,
    /// Where it holds. `Some` of no client: in the panel itself.
    pub clients: ClientScope,
    /// The level of every feature.
    pub permissions: Permissions,
    /// Whether the role holds only with a seat.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_seat: bool,
    /// Who gave it, in stable order; never empty.
    pub sources: Vec<GrantSource>,
}

/// One of those who gave a grant, and the part of it that they gave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GrantSource {
    /// Who.
    #[serde(flatten)]
    pub by: GivenBy,
    /// The clients that came from here.
    pub clients: ClientScope,
}

/// Who gives a grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum GivenBy {
    /// The ownership of the organization (law 7).
    Owner,
    /// A mapping rule.
    Rule {
        /// The rule's `group`, `pattern`, `group_id` or attribute test, as written.
        when: String,
        /// The name of the group that met it; `None` for an attribute.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Who brought the group or attribute.
        from: Source,
    },
    /// An administrator, by hand.
    Manual,
    /// An administrator, for a reason and for a time.
    Override {
        /// Why.
        reason: String,
        /// Until when; from this instant on it gives nothing.
        until: DateTime<Utc>,
    },
}

/// A role that an administrator gave by hand. A re-sync does not touch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManualGrant {
    /// The role's key.
    pub role: String,
    /// The assigned clients; a role that reaches all or none keeps them without effect.
    #[serde(default = "ClientScope::nothing")]
    pub clients: ClientScope,
    /// For a role with custom permissions: a template's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// For a role with custom permissions: levels written out, on top of the template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub permissions: BTreeMap<String, String>,
    /// Flags that go with it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<String>,
    /// Whether it asks for a seat; `None`: as the role says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<bool>,
}

impl ManualGrant {
    /// A role in some clients, nothing else said.
    #[must_use]
    pub fn new(role: impl Into<String>, clients: ClientScope) -> Self {
        Self {
            role: role.into(),
            clients,
            template: None,
            permissions: BTreeMap::new(),
            flags: BTreeSet::new(),
            seat: None,
        }
    }
}

/// A manual grant with a reason and an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// What it gives.
    pub grant: ManualGrant,
    /// Why.
    pub reason: String,
    /// Until when; from this instant on it gives nothing.
    pub until: DateTime<Utc>,
}
