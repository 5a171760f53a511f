//! `/Roles` and `/Entitlements`: what there is to be given, in two dialects (draft-ietf-scim-roles-entitlements, Okta).

use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::Document;
use crate::protocol::scim::choice::Choice;
use crate::protocol::scim::discovery::RESOURCE_TYPE_URN;
use crate::protocol::scim::discovery::address;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Mutability;
use crate::protocol::scim::schema::Schema;
use crate::protocol::scim::schema::{is_prefix, split_sub};

/// How long a description may be for Okta, in characters.
const LONGEST_DESCRIPTION: usize = 1000;

/// Whose words are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// draft-ietf-scim-roles-entitlements.
    Draft,
    /// Okta's own.
    Okta,
}

/// One of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Catalogue {
    /// `/Roles`.
    Roles,
    /// `/Entitlements`.
    Entitlements,
}

/// Both lists.
pub const CATALOGUES: [Catalogue; 2] = [Catalogue::Roles, Catalogue::Entitlements];

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What a User's `roles` or `entitlements` would name it by.
    pub value: String,
    /// What people read.
    pub display: String,
    /// What it allows, in a line.
    pub description: String,
    /// What kind of thing it is.
    pub kind: String,
    /// Whether it can be given to anybody.
    pub supported: bool,
    /// How many may have it and how many have it; `None` where nothing limits that.
    pub assignments: Option<(u64, u64)>,
    /// The values of what lies inside.
    pub contains: Vec<String>,
    /// The values of what it lies inside of.
    pub contained_by: Vec<String>,
}

impl Catalogue {
    /// Name and id of the resource type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Roles => "Role",
            Self::Entitlements => "Entitlement",
        }
    }

    /// The endpoint below the base address, with its leading slash.
    #[must_use]
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::Roles => "/Roles",
            Self::Entitlements => "/Entitlements",
        }
    }

    /// The URN of its schema.
    #[must_use]
    pub fn urn(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::Draft, Self::Roles) => "urn:ietf:params:scim:schemas:core:2.0:Role",
            (Dialect::Draft, Self::Entitlements) => "urn:ietf:params:scim:schemas:core:2.0:Entitlement",
            (Dialect::Okta, Self::Roles) => "urn:okta:scim:schemas:core:1.0:Role",
            (Dialect::Okta, Self::Entitlements) => "urn:okta:scim:schemas:core:1.0:Entitlement",
        }
    }

    /// Its entry of `/ResourceTypes`.
    #[must_use]
    pub fn resource_type(self, base: &str, dialect: Dialect) -> Value {
        json!({
            "schemas": [RESOURCE_TYPE_URN],
            "id": self.name(),
            "name": self.name(),
            "endpoint": self.endpoint(),
            "description": self.description(),
            "schema": self.urn(dialect),
            "schemaExtensions": [],
            "meta": { "resourceType": "ResourceType", "location": address(base, &format!("ResourceTypes/{}", self.name())) },
        })
    }

    fn description(self) -> &'static str {
        match self {
            Self::Roles => "The roles of the panel",
            Self::Entitlements => "The rights that roles of the panel are made of",
        }
    }

    /// Its schema: nothing in it can be written.
    #[must_use]
    pub fn schema(self, dialect: Dialect) -> Schema {
        let text = |name: &str, what: &str| Attribute::new(name, AttributeType::String, what);
        let key = |name: &str| Attribute { required: true, case_exact: true, ..text(name, "What names it.") };
        let values = |name: &str, what: &str| Attribute { multi_valued: true, case_exact: true, ..text(name, what) };
        let number = |name: &str, what: &str| Attribute::new(name, AttributeType::Integer, what);
        let boolean = |name: &str, what: &str| Attribute::new(name, AttributeType::Boolean, what);
        let attributes = match dialect {
            Dialect::Draft => vec![
                key("value"),
                text("display", "What people read."),
                text("type", "What kind of thing it is."),
                boolean("supported", "Whether it can be given to anybody."),
                boolean("limitedAssignmentsPermitted", "Whether only so many may have it."),
                number("totalAssignmentsPermitted", "How many may have it."),
                number("totalAssignmentsUsed", "How many have it."),
                values("contains", "The values of what lies inside."),
                values("containedBy", "The values of what it lies inside of."),
            ],
            Dialect::Okta => vec![
                text("displayName", "What people read."),
                text("description", "What it allows."),
                text("type", "What kind of thing it is."),
            ],
        };
        let read = |attribute| Attribute { mutability: Mutability::ReadOnly, ..attribute };
        Schema {
            id: self.urn(dialect).to_owned(),
            name: self.name().to_owned(),
            description: self.description().to_owned(),
            attributes: attributes.into_iter().map(read).collect(),
        }
    }

    /// One entry as a resource, as far as it is asked for.
    #[must_use]
    pub fn resource(self, base: &str, dialect: Dialect, item: &Item, choice: Choice<'_>) -> Value {
        let mut out = Document::new();
        out.insert("schemas".to_owned(), json!([self.urn(dialect)]));
        out.insert("id".to_owned(), json!(item.value));
        match dialect {
            Dialect::Draft => {
                out.insert("value".to_owned(), json!(item.value));
                out.insert("display".to_owned(), json!(item.display));
                out.insert("type".to_owned(), json!(item.kind));
                out.insert("supported".to_owned(), json!(item.supported));
                out.insert("limitedAssignmentsPermitted".to_owned(), json!(item.assignments.is_some()));
                if let Some((permitted, used)) = item.assignments {
                    out.insert("totalAssignmentsPermitted".to_owned(), json!(permitted));
                    out.insert("totalAssignmentsUsed".to_owned(), json!(used));
                }
                for (name, values) in [("contains", &item.contains), ("containedBy", &item.contained_by)] {
                    if !values.is_empty() {
                        out.insert(name.to_owned(), json!(values));
                    }
                }
            }
            Dialect::Okta => {
                let description: String = item.description.chars().take(LONGEST_DESCRIPTION).collect();
                out.insert("displayName".to_owned(), json!(item.display));
                if !description.is_empty() {
                    out.insert("description".to_owned(), json!(description));
                }
                out.insert("type".to_owned(), json!(item.kind));
            }
        }
        let location = address(base, &format!("{}/{}", self.endpoint().trim_start_matches('/'), item.value));
        out.insert("meta".to_owned(), json!({ "resourceType": self.name(), "location": location }));
        out.retain(|name, _| leaves_in(choice, self.urn(dialect), name));
        Value::Object(out)
    }
}

/// Whether a choice leaves an attribute of an entry in. `schemas` and `id` are in every answer.
fn leaves_in(choice: Choice<'_>, urn: &str, name: &str) -> bool {
    let chosen = match choice {
        Choice::All => true,
        Choice::Only(asked) => asked.iter().any(|path| names(path, urn, name, true)),
        Choice::Except(asked) => !asked.iter().any(|path| names(path, urn, name, false)),
    };
    chosen || matches!(name, "schemas" | "id")
}

/// Whether a path names an attribute, or a part of it where that counts. Names match in any case, alone or behind the URN of
/// their schema, which names all of them.
fn names(path: &str, urn: &str, name: &str, or_a_part: bool) -> bool {
    if path.eq_ignore_ascii_case(urn) {
        return true;
    }
    let (named, sub) = split_sub(if is_prefix(urn, path) { &path[urn.len() + 1..] } else { path });
    named.eq_ignore_ascii_case(name) && (or_a_part || sub.is_none())
}

/// `RolesAndEntitlements` of `/ServiceProviderConfig` in the draft's dialect.
#[must_use]
pub fn support(roles: &[Item], entitlements: &[Item]) -> Value {
    json!({
        "roles": {
            "supported": true,
            "multipleRolesSupported": true,
            "primarySupported": true,
            "typeSupported": true,
            "types": types(roles),
        },
        "entitlements": {
            "supported": true,
            "multipleEntitlementsSupported": true,
            "primarySupported": true,
            "typeSupported": true,
            "types": types(entitlements),
        },
    })
}

fn types(items: &[Item]) -> Vec<&str> {
    let mut types: Vec<&str> = items.iter().map(|item| item.kind.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    types
}
