//! What of a definition somebody can be given: its roles, and the rights that they are made of.

use super::{NONE, PanelDefinition, Permissions, Reach, Role, RolePermissions};
use std::fmt::Write as _;

/// What kind of thing is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfferKind {
    /// A role that reaches every client.
    RoleForAll,
    /// A role that holds in the clients that are assigned with it.
    RoleForAssigned,
    /// A role that holds in the panel itself.
    RoleOfPanel,
    /// A feature at one of its levels.
    Permission,
    /// A set of permissions with a name.
    Template,
    /// A switch beside a role.
    Flag,
}

/// One thing that can be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What names it, unique in its list.
    pub key: String,
    /// What people read.
    pub title: String,
    /// What it allows, in a line.
    pub description: String,
    /// What it is.
    pub kind: OfferKind,
    /// Whether a rule or an administrator may give it.
    pub assignable: bool,
    /// Whether it takes a seat.
    pub takes_seat: bool,
    /// The keys of what lies whole inside it.
    pub contains: Vec<String>,
    /// The keys of what it lies inside of.
    pub contained_by: Vec<String>,
}

impl PanelDefinition {
    /// The roles, highest first. A role contains a lower one where it reaches at least as far and allows at least as much.
    #[must_use]
    pub fn roles_offered(&self) -> Vec<Offer> {
        let offers = self.roles.iter().map(|role| Offer {
            key: role.key.clone(),
            title: role.title.clone(),
            description: self.described(role),
            kind: match role.clients {
                Reach::All => OfferKind::RoleForAll,
                Reach::Assigned => OfferKind::RoleForAssigned,
                Reach::None => OfferKind::RoleOfPanel,
            },
            assignable: role.assignable,
            takes_seat: role.takes_seat,
            contains: Vec::new(),
            contained_by: Vec::new(),
        });
        let mut offers: Vec<Offer> = offers.collect();
        for (high, role) in self.roles.iter().enumerate() {
            for (low, other) in self.roles.iter().enumerate().skip(high + 1) {
                if self.covers(role, other) {
                    contain(&mut offers, high, low);
                }
            }
        }
        offers
    }

    /// The rights that roles are made of: each feature at each of its levels, the templates, and the flags. Clients are
    /// none of them: they say where a role holds, not what it allows.
    #[must_use]
    pub fn rights_offered(&self) -> Vec<Offer> {
        let right = |key: String, title: String, description: String, kind| Offer {
            key,
            title,
            description,
            kind,
            assignable: true,
            takes_seat: false,
            contains: Vec::new(),
            contained_by: Vec::new(),
        };
        let mut offers = Vec::new();
        for feature in &self.features {
            let first = offers.len();
            for level in &feature.levels {
                let (key, title) = (format!("permission:{}:{level}", feature.key), format!("{}: {level}", feature.key));
                let description = format!("The feature {} at the level {level}", feature.key);
                offers.push(right(key, title, description, OfferKind::Permission));
            }
            for high in first..offers.len() {
                (first..high).for_each(|low| contain(&mut offers, high, low));
            }
        }
        for template in &self.templates {
            let (key, allows) = (format!("template:{}", template.key), allowed(&template.permissions));
            offers.push(right(key, template.title.clone(), allows, OfferKind::Template));
        }
        for flag in &self.flags {
            let key = format!("flag:{}", flag.key);
            offers.push(right(key, flag.title.clone(), flag.warning.clone(), OfferKind::Flag));
        }
        offers
    }

    fn covers(&self, role: &Role, other: &Role) -> bool {
        let reaches = role.clients == other.clients || role.clients == Reach::All;
        let administers = role.administers_users || !other.administers_users;
        let (RolePermissions::Fixed(has), RolePermissions::Fixed(needs)) = (&role.permissions, &other.permissions)
        else {
            return false;
        };
        let suffices = |key: &str| self.suffices(key, has.level(key), needs.level(key));
        reaches && administers && self.features.iter().all(|feature| suffices(&feature.key))
    }

    fn described(&self, role: &Role) -> String {
        let kind = self.scope_kind.as_ref().map_or("client", |kind| kind.key.as_str());
        let mut text = match role.clients {
            Reach::All => format!("Holds for every {kind}"),
            Reach::Assigned => format!("Holds for each {kind} that is assigned"),
            Reach::None => "Holds in the panel itself".to_owned(),
        };
        if role.takes_seat {
            text.push_str("; takes a seat");
        }
        if role.administers_users {
            text.push_str("; administers users");
        }
        if !role.assignable {
            text.push_str("; is never given by a rule or a push");
        }
        let allows = match &role.permissions {
            RolePermissions::Fixed(permissions) => allowed(permissions),
            RolePermissions::Custom => "whatever is given with it".to_owned(),
        };
        // Writing to a String does not fail.
        let _ = write!(text, ". Allows {allows}");
        text
    }
}

fn contain(offers: &mut [Offer], high: usize, low: usize) {
    let (container, inside) = (offers[high].key.clone(), offers[low].key.clone());
    offers[high].contains.push(inside);
    offers[low].contained_by.push(container);
}

fn allowed(permissions: &Permissions) -> String {
    let given = permissions.0.iter().filter(|(_, level)| *level != NONE);
    given.map(|(feature, level)| format!("{feature}: {level}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msp() -> PanelDefinition {
        let (key, file, text) = super::super::shipped()[0];
        PanelDefinition::parse(key, file, text).unwrap()
    }

    #[test]
    fn a_role_contains_the_lower_roles_that_it_covers() {
        let roles = msp().roles_offered();
        let of = |key: &str| roles.iter().find(|role| role.key == key).unwrap();
        assert_eq!(of("msp_admin").contains, ["msp_user", "billing_only", "end_client"]);
        assert_eq!(of("msp_user").contains, ["end_client"], "billing is not a part of it");
        assert_eq!(of("end_client").contained_by, ["owner", "msp_admin", "msp_user"]);
        assert!(!of("owner").assignable && of("msp_user").takes_seat);
        assert!(of("billing_only").description.contains("billing: edit"), "{}", of("billing_only").description);
    }

    #[test]
    fn a_level_contains_the_weaker_ones_and_no_key_is_there_twice() {
        let rights = msp().rights_offered();
        let edit = rights.iter().find(|right| right.key == "permission:devices:edit").unwrap();
        assert_eq!(
            (edit.contains.as_slice(), edit.contained_by.len()),
            (&["permission:devices:view".to_owned()][..], 0)
        );
        let mut keys: Vec<_> = rights.iter().map(|right| &right.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), rights.len());
    }
}
