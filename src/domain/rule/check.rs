//! The check of a rule at save: it yields a whole answer, or it is refused.

use super::{MappingRule, RuleClients, When, capture_of};
use crate::domain::client::ClientKeys;
use crate::domain::panel::{PanelDefinition, Reach, Role, RolePermissions};

/// What a rule is checked against.
#[derive(Debug, Clone, Copy)]
pub struct RuleGround<'a> {
    /// The organization's panel.
    pub definition: &'a PanelDefinition,
    /// The organization's clients.
    pub clients: &'a ClientKeys,
    /// The keys of its directories and connections.
    pub sources: &'a [String],
    /// Whether groups come from more than one of them, so that a rule must say from which (`from`).
    pub several_bring_groups: bool,
}

/// A rule that does not yield a whole answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It gives nothing.
    #[error("the rule for `{0}` gives nothing: name a role")]
    GivesNothing(String),
    /// The panel has no such role.
    #[error("the rule for `{when}` names the role `{role}`, which the panel does not have")]
    UnknownRole {
        /// The rule's condition.
        when: String,
        /// The role.
        role: String,
    },
    /// The owner's role is never given by a rule (law 7).
    #[error("the rule for `{when}` names the role `{role}`, which cannot be assigned: it moves by transfer only")]
    NotAssignable {
        /// The rule's condition.
        when: String,
        /// The role.
        role: String,
    },
    /// The role holds in assigned clients and the rule names none.
    #[error("the rule for `{when}` gives `{role}`, which holds in assigned clients: name clients")]
    ClientsMissing {
        /// The rule's condition.
        when: String,
        /// The role, or its capture.
        role: String,
    },
    /// The role reaches all clients, or none, and the rule names some: it would give more than it seems to.
    #[error("the rule for `{when}` gives `{role}`, which does not hold in single clients: leave clients out")]
    ClientsNotForRole {
        /// The rule's condition.
        when: String,
        /// The role.
        role: String,
    },
    /// Clients without a role that could hold there.
    #[error("the rule for `{0}` names clients but no role")]
    ClientsWithoutRole(String),
    /// The organization has no such client.
    #[error("the rule for `{when}` names the client `{client}`, which does not exist")]
    UnknownClient {
        /// The rule's condition.
        when: String,
        /// The client.
        client: String,
    },
    /// The condition has no such capture.
    #[error("the rule for `{when}` uses `{{{capture}}}`, which its condition does not capture")]
    NoSuchCapture {
        /// The rule's condition.
        when: String,
        /// The capture.
        capture: String,
    },
    /// The role has custom permissions and the rule does not say which.
    #[error("the rule for `{when}` gives `{role}`, whose permissions are custom: name a template or permissions")]
    PermissionsMissing {
        /// The rule's condition.
        when: String,
        /// The role.
        role: String,
    },
    /// The role's permissions are fixed and the rule names others.
    #[error("the rule for `{0}` names a template or permissions, but its role has fixed ones (or the rule denies)")]
    PermissionsNotForRole(String),
    /// The panel has no such template.
    #[error("the rule for `{when}` names the template `{template}`, which the panel does not have")]
    UnknownTemplate {
        /// The rule's condition.
        when: String,
        /// The template.
        template: String,
    },
    /// The panel has no such feature, or the feature no such level.
    #[error("the rule for `{when}` names {feature} = \"{level}\", which the panel does not have")]
    UnknownPermission {
        /// The rule's condition.
        when: String,
        /// The feature.
        feature: String,
        /// The level.
        level: String,
    },
    /// The panel has no such flag.
    #[error("the rule for `{when}` names the flag `{flag}`, which the panel does not have")]
    UnknownFlag {
        /// The rule's condition.
        when: String,
        /// The flag.
        flag: String,
    },
    /// The organization has no such directory or connection.
    #[error("the rule for `{when}` counts groups from `{from}`, which is no directory or connection here")]
    UnknownSource {
        /// The rule's condition.
        when: String,
        /// The key.
        from: String,
    },
    /// Groups of the same name may come from two IdPs.
    #[error("the rule for `{0}` must say whose groups count (`from`): they come from more than one IdP")]
    FromMissing(String),
    /// A denial gives nothing, so it has no word about seats.
    #[error("the rule for `{0}` denies, so it cannot give a seat")]
    DenialWithSeat(String),
}

impl MappingRule {
    /// Whether the rule yields a whole answer.
    ///
    /// # Errors
    /// The first [`RuleError`] that stands against it.
    pub fn check(&self, ground: &RuleGround<'_>) -> Result<(), RuleError> {
        self.check_from(ground)?;
        let when = || self.when.to_string();
        for flag in &self.flags {
            if ground.definition.flag(flag).is_none() {
                return Err(RuleError::UnknownFlag { when: when(), flag: flag.clone() });
            }
        }
        self.check_clients(ground)?;
        if self.deny && self.seat.is_some() {
            return Err(RuleError::DenialWithSeat(when()));
        }
        match self.role.as_deref() {
            Some(role) => match capture_of(role) {
                Some(capture) => self.check_captured_role(capture, ground.definition),
                None => self.check_role(role, ground.definition),
            },
            None if self.names_permissions() => Err(RuleError::PermissionsNotForRole(when())),
            None if self.deny => Ok(()),
            None if self.clients.is_some() => Err(RuleError::ClientsWithoutRole(when())),
            None if self.flags.is_empty() && self.seat.is_none() => Err(RuleError::GivesNothing(when())),
            None => Ok(()),
        }
    }

    fn check_from(&self, ground: &RuleGround<'_>) -> Result<(), RuleError> {
        match &self.from {
            Some(from) if !ground.sources.contains(from) => {
                Err(RuleError::UnknownSource { when: self.when.to_string(), from: from.clone() })
            }
            None if ground.several_bring_groups => Err(RuleError::FromMissing(self.when.to_string())),
            _ => Ok(()),
        }
    }

    fn names_permissions(&self) -> bool {
        self.template.is_some() || !self.permissions.is_empty()
    }

    fn check_capture(&self, capture: &str) -> Result<(), RuleError> {
        match &self.when {
            When::Pattern(pattern) if pattern.captures().any(|name| name == capture) => Ok(()),
            _ => Err(RuleError::NoSuchCapture { when: self.when.to_string(), capture: capture.to_owned() }),
        }
    }

    fn check_clients(&self, ground: &RuleGround<'_>) -> Result<(), RuleError> {
        let Some(RuleClients::Named(keys)) = &self.clients else { return Ok(()) };
        for key in keys {
            if let Some(capture) = capture_of(key) {
                self.check_capture(capture)?;
            } else if ground.clients.find(key).is_none() {
                return Err(RuleError::UnknownClient { when: self.when.to_string(), client: key.clone() });
            }
        }
        Ok(())
    }

    fn check_captured_role(&self, capture: &str, definition: &PanelDefinition) -> Result<(), RuleError> {
        self.check_capture(capture)?;
        if self.names_permissions() {
            return Err(RuleError::PermissionsNotForRole(self.when.to_string()));
        }
        let bound = definition.roles.iter().any(|role| role.assignable && role.clients == Reach::Assigned);
        if bound && !self.deny && !self.names_clients() {
            return Err(RuleError::ClientsMissing { when: self.when.to_string(), role: format!("{{{capture}}}") });
        }
        Ok(())
    }

    fn names_clients(&self) -> bool {
        match &self.clients {
            None => false,
            Some(RuleClients::All) => true,
            Some(RuleClients::Named(keys)) => !keys.is_empty(),
        }
    }

    fn check_role(&self, key: &str, definition: &PanelDefinition) -> Result<(), RuleError> {
        let (when, named) = (self.when.to_string(), key.to_owned());
        let Some(role) = definition.role(key) else { return Err(RuleError::UnknownRole { when, role: named }) };
        if !role.assignable {
            return Err(RuleError::NotAssignable { when, role: named });
        }
        if self.deny {
            return if self.names_permissions() { Err(RuleError::PermissionsNotForRole(when)) } else { Ok(()) };
        }
        match (role.clients, &self.clients) {
            (Reach::Assigned, _) if !self.names_clients() => {
                return Err(RuleError::ClientsMissing { when, role: named });
            }
            (Reach::All, Some(RuleClients::Named(_))) | (Reach::None, Some(_)) => {
                return Err(RuleError::ClientsNotForRole { when, role: named });
            }
            _ => {}
        }
        self.check_permissions(role, definition)
    }

    fn check_permissions(&self, role: &Role, definition: &PanelDefinition) -> Result<(), RuleError> {
        let when = || self.when.to_string();
        match role.permissions {
            RolePermissions::Fixed(_) if self.names_permissions() => {
                return Err(RuleError::PermissionsNotForRole(when()));
            }
            RolePermissions::Custom if !self.names_permissions() => {
                return Err(RuleError::PermissionsMissing { when: when(), role: role.key.clone() });
            }
            RolePermissions::Fixed(_) | RolePermissions::Custom => {}
        }
        if let Some(template) = self.template.as_ref().filter(|key| definition.template(key).is_none()) {
            return Err(RuleError::UnknownTemplate { when: when(), template: template.clone() });
        }
        let unknown = |feature: &str, level: &str| definition.feature(feature).and_then(|f| f.height(level)).is_none();
        match self.permissions.iter().find(|(feature, level)| unknown(feature, level)) {
            Some((feature, level)) => {
                Err(RuleError::UnknownPermission { when: when(), feature: feature.clone(), level: level.clone() })
            }
            None => Ok(()),
        }
    }
}
