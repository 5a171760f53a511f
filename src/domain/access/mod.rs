//! What a person may do: a pure function of stored facts (law 6).
//!
//! Owns the facts, the derivation (`gifts`: what each rule and hand gives; `resolve`: what remains of it) and its
//! result. Hands on [`Access`] to be stored, and [`Outcome`]s to be explained. Must not know where facts come from.

mod gifts;
#[cfg(test)]
mod model;
mod resolve;
#[cfg(test)]
mod tests;

pub use gifts::NoGift;
pub use gifts::Outcome;
pub use gifts::concerns;
pub use gifts::outcomes;
pub use resolve::resolve;

use super::client::ClientKeys;
use super::grant::Grant;
use super::grant::ManualGrant;
use super::grant::Override;
use super::panel::PanelDefinition;
use super::rule::RuleBook;
use super::source::Source;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How rules that give roles go together. Denials win in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precedence {
    /// All of them count: the union of client scopes, with the highest role in each. Their order does not matter.
    #[default]
    Union,
    /// Of the rules that name a role only the first whose condition is met counts, even where it gives nothing
    /// because its client is gone: a deleted client must not let another rule in.
    FirstMatch,
}

impl Precedence {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Union => "union",
            Self::FirstMatch => "first_match",
        }
    }
}

/// A word that names no precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("precedence is union or first_match, not \"{0}\"")]
pub struct UnknownPrecedence(pub String);

impl std::str::FromStr for Precedence {
    type Err = UnknownPrecedence;

    fn from_str(text: &str) -> Result<Self, UnknownPrecedence> {
        match text {
            "union" => Ok(Self::Union),
            "first_match" => Ok(Self::FirstMatch),
            other => Err(UnknownPrecedence(other.to_owned())),
        }
    }
}

/// The facts that all people of an organization share.
#[derive(Debug, Clone)]
pub struct OrgFacts {
    /// The organization's panel.
    pub definition: Arc<PanelDefinition>,
    /// Its rules.
    pub rules: RuleBook,
    /// How they go together.
    pub precedence: Precedence,
    /// The clients that exist. One more or one less is a change of fact for everybody.
    pub clients: ClientKeys,
    /// The highest role that groups and attributes of a connection may yield: connection key → role key. A role that
    /// the panel does not have (any more) is a ceiling over everything.
    pub ceilings: BTreeMap<String, String>,
}

/// A group that a person is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupFact {
    /// Our id of it (the SCIM `id`), or for a claimed group its value in the claim.
    pub id: String,
    /// Its name as pushed or claimed.
    pub name: String,
    /// The IdP's id of it, if it was sent (`externalId`).
    pub external_id: Option<String>,
    /// Who brought it.
    pub from: Source,
}

/// Attributes that one source says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeFacts {
    /// Who says so.
    pub from: Source,
    /// Dotted name → values.
    pub values: BTreeMap<String, Vec<String>>,
}

/// The facts of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonFacts {
    /// Their groups.
    pub groups: Vec<GroupFact>,
    /// Their attributes.
    pub attributes: Vec<AttributeFacts>,
    /// What an administrator gave by hand.
    pub manual: Vec<ManualGrant>,
    /// What an administrator gave for a time.
    pub overrides: Vec<Override>,
    /// Whether they own the organization: then nothing else counts (law 7).
    pub is_owner: bool,
}

/// What a person may do, resolved. Equal facts give an equal value and equal JSON, so that a version moves only with
/// a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// The grants, highest role first.
    pub grants: Vec<Grant>,
    /// The key of the highest role; `None` for a person without a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Switches.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<String>,
    /// Whether a seat is asked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wants_seat: bool,
    /// Whether the person can manage people (law 8).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub administers: bool,
    /// The instant at which the first override in force ends: from then on this value is stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Rules that were met and give nothing, in stable order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
}

impl Access {
    /// Whether some grant holds without a seat: then the person may sign in though none is free.
    #[must_use]
    pub fn panel_access_without_seat(&self) -> bool {
        self.grants.iter().any(|grant| !grant.needs_seat)
    }

    /// Whether an override ended after this was derived, so that it must be derived afresh.
    #[must_use]
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// A rule that was met and gives nothing (or less than it says).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Parked {
    /// The rule's condition, as written.
    pub when: String,
    /// The group that met it; `None` for an attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Why.
    pub why: NoGift,
}
