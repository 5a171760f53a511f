//! Mapping rules: when somebody is in a group, then they get a role in some clients.
//!
//! Owns the shape of a rule, its check at save and the book that finds rules by group. Hands on what a rule says, not
//! what it gives: that is `access`. Must not know where rules are kept.

mod book;
mod check;
mod pattern;
#[cfg(test)]
mod tests;

pub use book::RuleBook;
pub use check::RuleError;
pub use check::RuleGround;
pub use pattern::Pattern;
pub use pattern::PatternError;
pub use pattern::Reading;
pub use pattern::Readings;

use super::client::ClientScope;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// When a rule concerns somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// They are in a group of this name, whatever its case.
    Group(String),
    /// They are in the group whose SCIM id or IdP's id (`externalId`) is exactly this; a rename does not matter.
    GroupId(String),
    /// They are in a group whose name meets this pattern.
    Pattern(Pattern),
    /// An attribute of theirs has one of these values, whatever its case.
    Attribute {
        /// The attribute's dotted name, such as `enterprise.department`, whatever its case.
        name: String,
        /// The values; any one is enough.
        one_of: Vec<String>,
    },
}

impl std::fmt::Display for When {
    /// The `group`, `pattern`, `group_id` as written; an attribute test as `name = value | value`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Group(written) | Self::GroupId(written) => f.write_str(written),
            Self::Pattern(pattern) => f.write_str(pattern.written()),
            Self::Attribute { name, one_of } => write!(f, "{name} = {}", one_of.join(" | ")),
        }
    }
}

/// Which clients a rule names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "ClientScopeWritten")]
pub enum RuleClients {
    /// Every client, said in so many words.
    All,
    /// Keys, and captures such as `{client}`.
    Named(Vec<String>),
}

/// `"all"` or a list in the order written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum ClientScopeWritten {
    Word(String),
    List(Vec<String>),
}

impl From<RuleClients> for ClientScopeWritten {
    fn from(clients: RuleClients) -> Self {
        match clients {
            RuleClients::All => Self::Word("all".to_owned()),
            RuleClients::Named(keys) => Self::List(keys),
        }
    }
}

impl<'de> Deserialize<'de> for RuleClients {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match ClientScopeWritten::deserialize(deserializer)? {
            ClientScopeWritten::Word(word) if word == "all" => Ok(Self::All),
            ClientScopeWritten::Word(_) => Err(serde::de::Error::custom("clients is \"all\" or a list of client keys")),
            ClientScopeWritten::List(keys) => Ok(Self::Named(keys)),
        }
    }
}

impl From<ClientScope> for RuleClients {
    fn from(scope: ClientScope) -> Self {
        match scope {
            ClientScope::All => Self::All,
            ClientScope::Some(keys) => Self::Named(keys.into_iter().collect()),
        }
    }
}

/// A mapping rule, in the form of the `apply` file and of the database:
/// `{ pattern = "panel-{client}-users", role = "msp_user", clients = ["{client}"] }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RuleFile", into = "RuleFile")]
pub struct MappingRule {
    /// When.
    pub when: When,
    /// The key of the directory or connection whose groups count; `None`: any.
    pub from: Option<String>,
    /// The role's key, or a capture such as `{role}`. `None`: the rule gives flags or a seat, or denies everything.
    pub role: Option<String>,
    /// For a role with custom permissions: a template's key.
    pub template: Option<String>,
    /// For a role with custom permissions: levels written out, on top of the template.
    pub permissions: BTreeMap<String, String>,
    /// Where the role holds.
    pub clients: Option<RuleClients>,
    /// Flags that go with it; of a denial: flags that are taken.
    pub flags: BTreeSet<String>,
    /// Whether it asks for a seat; `None`: as the role says.
    pub seat: Option<bool>,
    /// Takes instead of giving, and wins over everything that gives.
    pub deny: bool,
}

impl MappingRule {
    /// A rule that says nothing yet but when.
    #[must_use]
    pub const fn new(when: When) -> Self {
        Self {
            when,
            from: None,
            role: None,
            template: None,
            permissions: BTreeMap::new(),
            clients: None,
            flags: BTreeSet::new(),
            seat: None,
            deny: false,
        }
    }
}

/// The capture that a text of a rule stands for: `client` for `{client}`.
#[must_use]
pub(super) fn capture_of(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}')
}

/// A text that is not the shape of a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleShape {
    /// Nothing says when it holds.
    #[error("a rule needs one of group, group_id, pattern or attribute")]
    NoCondition,
    /// More than one thing says when it holds.
    #[error("a rule has one condition: group, group_id, pattern or attribute")]
    TwoConditions,
    /// An attribute without values, or values without an attribute.
    #[error("attribute goes with equals or one_of, and with one of them only")]
    AttributeTest,
    /// A condition that nothing could meet.
    #[error("a rule's condition is empty")]
    EmptyCondition,
    /// The pattern is refused.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

/// The flat form of a rule.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RuleFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equals: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    permissions: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<RuleClients>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    flags: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seat: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deny: bool,
}

impl TryFrom<RuleFile> for MappingRule {
    type Error = RuleShape;

    fn try_from(file: RuleFile) -> Result<Self, RuleShape> {
        let one_of = match (file.equals, file.one_of) {
            (Some(_), Some(_)) => return Err(RuleShape::AttributeTest),
            (Some(value), None) => Some(vec![value]),
            (None, values) => values,
        };
        if file.attribute.is_some() != one_of.as_ref().is_some_and(|values| !values.is_empty()) {
            return Err(RuleShape::AttributeTest);
        }
        let attribute = file.attribute.map(|name| When::Attribute { name, one_of: one_of.unwrap_or_default() });
        let pattern = file.pattern.map(|written| Pattern::parse(&written)).transpose()?.map(When::Pattern);
        let mut conditions = [file.group.map(When::Group), file.group_id.map(When::GroupId), pattern, attribute];
        let mut said = conditions.iter_mut().filter_map(Option::take);
        let when = said.next().ok_or(RuleShape::NoCondition)?;
        if said.next().is_some() {
            return Err(RuleShape::TwoConditions);
        }
        if matches!(&when, When::Group(text) | When::GroupId(text) | When::Attribute { name: text, .. } if text.trim().is_empty())
        {
            return Err(RuleShape::EmptyCondition);
        }
        Ok(Self {
            when,
            from: file.from,
            role: file.role,
            template: file.template,
            permissions: file.permissions,
            clients: file.clients,
            flags: file.flags,
            seat: file.seat,
            deny: file.deny,
        })
    }
}

impl From<MappingRule> for RuleFile {
    fn from(rule: MappingRule) -> Self {
        let mut file = Self {
            from: rule.from,
            role: rule.role,
            template: rule.template,
            permissions: rule.permissions,
            clients: rule.clients,
            flags: rule.flags,
            seat: rule.seat,
            deny: rule.deny,
            ..Self::default()
        };
        match rule.when {
            When::Group(name) => file.group = Some(name),
            When::GroupId(id) => file.group_id = Some(id),
            When::Pattern(pattern) => file.pattern = Some(pattern.into()),
            When::Attribute { name, mut one_of } => {
                file.attribute = Some(name);
                if one_of.len() == 1 { file.equals = one_of.pop() } else { file.one_of = Some(one_of) }
            }
        }
        file
    }
}
