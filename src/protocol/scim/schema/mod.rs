//! Schemas as data (RFC 7643 §7): attributes with their characteristics, and the registry that resolves names.
//!
//! Owns the definitions of User, Group, the enterprise extension and Doorward's own read-only extension, and the
//! check of an organization's custom extension. Hands on attributes by name, whatever the spelling.
//! Must not know how a value is stored.

mod attribute;
mod custom;
mod declared;
mod registry;
mod standard;

pub use attribute::Attribute;
pub use attribute::AttributeType;
pub use attribute::Mutability;
pub use attribute::Returned;
pub use attribute::Uniqueness;
pub use custom::SchemaFault;
pub use declared::DeclaredSchema;
pub use registry::Extension;
pub use registry::Registry;
pub use registry::Target;
pub use registry::Unresolved;
pub(crate) use registry::{is_prefix, split_sub};

/// The URN of the core User schema.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The URN of the core Group schema.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The URN of the enterprise User extension.
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The URN of Doorward's own extension: what a person may do, for an IdP's admin to read.
pub const DOORWARD_URN: &str = "urn:ietf:params:scim:schemas:extension:doorward:2.0:User";

/// The kinds of resources (RFC 7643 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceType {
    /// A User, under `/Users`.
    User,
    /// A Group, under `/Groups`.
    Group,
}

/// Both kinds.
pub const RESOURCE_TYPES: [ResourceType; 2] = [ResourceType::User, ResourceType::Group];

impl ResourceType {
    /// Name and id of the resource type; `meta.resourceType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The endpoint below the base address, with its leading slash.
    #[must_use]
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// The URN of the base schema.
    #[must_use]
    pub fn urn(self) -> &'static str {
        match self {
            Self::User => USER_URN,
            Self::Group => GROUP_URN,
        }
    }

    /// The other kind.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::User => Self::Group,
            Self::Group => Self::User,
        }
    }

    /// The kind of a name in any case, as in `members[].type`.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        RESOURCE_TYPES.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text))
    }
}

/// A schema: a URN and the attributes that it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The URN in canonical spelling.
    pub id: String,
    /// A short name.
    pub name: String,
    /// What it is, for a human.
    pub description: String,
    /// The attributes, in the order of `/Schemas`.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of this name in any case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests;
