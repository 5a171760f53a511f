//! The panel definition: which roles, features, client scopes, flags and seats a panel has.
//!
//! Owns the definition as rules use it, and the reading of its file (`file`). Hands on roles by rank. Must not know
//! where a definition is kept nor who holds a role. The grammar is written at the head of `config/panels/msp.toml`.

mod file;
mod offer;
#[cfg(test)]
mod tests;

pub use file::PanelError;
pub use file::PanelFault;
pub use offer::{Offer, OfferKind};

use serde::Serialize;
use std::collections::BTreeMap;

/// The level that every feature has without saying so: nothing is allowed.
pub const NONE: &str = "none";

/// The definitions that come with the program: key, file name and text of each.
#[must_use]
pub fn shipped() -> &'static [(&'static str, &'static str, &'static str)] {
    &[("msp", "config/panels/msp.toml", include_str!("../../../config/panels/msp.toml"))]
}

/// A panel, as its definition says it is. A value of this type has passed every check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PanelDefinition {
    /// What an organization names it by.
    pub key: String,
    /// What people read.
    pub title: String,
    /// What the panel is divided by; `None` where every role reaches the whole panel.
    pub scope_kind: Option<ScopeKind>,
    /// Features, as they stand in the file.
    pub features: Vec<Feature>,
    /// Roles, highest first, as they stand in the file.
    pub roles: Vec<Role>,
    /// Sets of permissions for roles whose permissions are `"custom"`.
    pub templates: Vec<Template>,
    /// Switches that a rule may give beside a role.
    pub flags: Vec<Flag>,
    /// How much there is of things.
    pub limits: Limits,
    /// What people read when they are refused.
    pub texts: Texts,
    /// What this panel calls things that others call otherwise.
    pub labels: Labels,
}

/// What a panel is divided by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeKind {
    /// `client`, `site`, `region` or `department`.
    pub key: String,
    /// What people read.
    pub title: String,
    /// What lies inside and is assigned with it, present and future.
    pub contains: Option<String>,
}

/// Something that a panel can do, with the levels at which it may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// The key that claims name it by.
    pub key: String,
    /// Levels, weakest first; [`NONE`] is implied below them.
    pub levels: Vec<String>,
}

/// Which clients a role reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Every client, whichever are assigned.
    All,
    /// Those that are assigned; a rule for such a role names clients.
    Assigned,
    /// None: the role holds in the panel itself.
    None,
}

/// Feature → level, for every feature of the definition, [`NONE`] included.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Permissions(pub BTreeMap<String, String>);

impl Permissions {
    /// The level of a feature; [`NONE`] where nothing is said.
    #[must_use]
    pub fn level(&self, feature: &str) -> &str {
        self.0.get(feature).map_or(NONE, String::as_str)
    }
}

/// What a role may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RolePermissions {
    /// The same for everybody who has the role.
    Fixed(Permissions),
    /// Whatever the rule or the person was given: a template or a set of its own.
    Custom,
}

/// A named set of rights inside the panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    /// The key that rules and claims name it by.
    pub key: String,
    /// What people read.
    pub title: String,
    /// Which clients it reaches.
    pub clients: Reach,
    /// Whether a rule, a push or an administrator may give it. The one role that is not is the owner's.
    pub assignable: bool,
    /// What it may do.
    pub permissions: RolePermissions,
    /// Whether it needs a seat.
    pub takes_seat: bool,
    /// Whether who has it can manage people: the last such person is never taken away (law 8).
    pub administers_users: bool,
}

/// A set of permissions with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Template {
    /// The key that rules name it by.
    pub key: String,
    /// What people read.
    pub title: String,
    /// What it allows.
    pub permissions: Permissions,
}

/// A switch that a rule may give beside a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// The key that rules and claims name it by.
    pub key: String,
    /// What people read.
    pub title: String,
    /// What an editor warns of before giving it; empty for nothing.
    pub warning: String,
}

/// How much there is of things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Who says how many seats there are.
    pub seats: SeatCount,
}

/// Who says how many seats an organization has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatCount {
    /// The organization's own seat limit.
    Organization,
    /// The panel: as many for every organization, unless the organization has fewer.
    Fixed(u32),
}

impl SeatCount {
    /// The seats of an organization whose own limit is `own` (`None`: no limit).
    #[must_use]
    pub fn limit(self, own: Option<u32>) -> Option<u32> {
        match self {
            Self::Organization => own,
            Self::Fixed(count) => Some(own.map_or(count, |own| own.min(count))),
        }
    }
}

/// What people read when they are refused, exactly as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// An action or a page beyond the person's permissions.
    pub denied: String,
    /// No seat was free.
    pub no_seat: String,
}

/// What this panel calls things that others call otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Labels {
    /// Being able to sign in to the panel.
    pub panel_access: String,
    /// One paid place in the panel.
    pub seat: String,
}

impl Default for Labels {
    fn default() -> Self {
        Self { panel_access: "Panel access".to_owned(), seat: "Seat".to_owned() }
    }
}

impl PanelDefinition {
    /// Reads and checks a definition. `file_name` is only for the error.
    ///
    /// # Errors
    /// [`PanelError`] with the file and the line of the first thing that is wrong: text that is no TOML, unknown keys,
    /// a role without permissions, two owners, unknown features, levels, scope kinds, templates.
    pub fn parse(key: &str, file_name: &str, text: &str) -> Result<Self, PanelError> {
        file::parse(key, file_name, text)
    }

    /// The role of that key, with its rank (0 is the highest).
    #[must_use]
    pub fn ranked(&self, key: &str) -> Option<(usize, &Role)> {
        self.roles.iter().enumerate().find(|(_, role)| role.key == key)
    }

    /// The role of that key.
    #[must_use]
    pub fn role(&self, key: &str) -> Option<&Role> {
        self.ranked(key).map(|(_, role)| role)
    }

    /// What the owner of an organization is: the role that cannot be assigned or, where there is none, the highest.
    #[must_use]
    pub fn owner_role(&self) -> Option<&Role> {
        self.roles.iter().find(|role| !role.assignable).or(self.roles.first())
    }

    /// The feature of that key.
    #[must_use]
    pub fn feature(&self, key: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.key == key)
    }

    /// The template of that key.
    #[must_use]
    pub fn template(&self, key: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.key == key)
    }

    /// The flag of that key.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.key == key)
    }

    /// Whether `level` of `feature` is at least `needed`. An unknown level or feature is never enough.
    #[must_use]
    pub fn suffices(&self, feature: &str, level: &str, needed: &str) -> bool {
        self.feature(feature).is_some_and(|f| f.height(needed).is_some_and(|n| f.height(level).is_some_and(|l| l >= n)))
    }

    /// For each feature the higher of the two levels.
    #[must_use]
    pub fn join(&self, one: &Permissions, other: &Permissions) -> Permissions {
        let higher = |f: &Feature| {
            let (a, b) = (one.level(&f.key), other.level(&f.key));
            let level = if f.height(a) >= f.height(b) { a } else { b };
            (f.key.clone(), level.to_owned())
        };
        Permissions(self.features.iter().map(higher).collect())
    }

    /// A set of permissions made whole: every feature of the definition, [`NONE`] where `some` says nothing.
    #[must_use]
    pub fn complete(&self, some: &BTreeMap<String, String>) -> Permissions {
        let level = |f: &Feature| some.get(&f.key).filter(|l| f.height(l).is_some()).map_or(NONE, String::as_str);
        Permissions(self.features.iter().map(|f| (f.key.clone(), level(f).to_owned())).collect())
    }
}

impl Feature {
    /// How high a level stands: 0 for [`NONE`], `None` for one that the feature does not have.
    #[must_use]
    pub fn height(&self, level: &str) -> Option<usize> {
        if level == NONE { Some(0) } else { self.levels.iter().position(|l| l == level).map(|at| at + 1) }
    }
}
