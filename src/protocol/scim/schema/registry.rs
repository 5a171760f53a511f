//! The registry: every schema that a directory knows, and the resolution of names and URNs in any spelling.

use crate::protocol::scim::Document;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::DOORWARD_URN;
use crate::protocol::scim::schema::ENTERPRISE_URN;
use crate::protocol::scim::schema::GROUP_URN;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Returned;
use crate::protocol::scim::schema::Schema;
use crate::protocol::scim::schema::SchemaFault;
use crate::protocol::scim::schema::USER_URN;
use crate::protocol::scim::schema::custom;
use crate::protocol::scim::schema::standard;

use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// URNs of SCIM 1.1 and of templates that mix the two, with what they mean (OneLogin).
const OLD_URNS: [(&str, Option<&str>); 8] = [
    ("urn:scim:schemas:core:1.0", None),
    ("urn:scim:schemas:core:2.0", None),
    ("urn:scim:schemas:core:2.0:User", Some(USER_URN)),
    ("urn:scim:schemas:core:2.0:Group", Some(GROUP_URN)),
    ("urn:scim:schemas:extension:enterprise:1.0", Some(ENTERPRISE_URN)),
    ("urn:scim:schemas:extension:enterprise:2.0", Some(ENTERPRISE_URN)),
    ("urn:scim:schemas:extension:enterprise:1.0:User", Some(ENTERPRISE_URN)),
    ("urn:scim:schemas:extension:enterprise:2.0:User", Some(ENTERPRISE_URN)),
];

/// An extension schema and the kind of resource that it extends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The kind of resource.
    pub kind: ResourceType,
    /// The schema.
    pub schema: Schema,
}

/// The schemas of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    common: Vec<Attribute>,
    user: Schema,
    group: Schema,
    extensions: Vec<Extension>,
}

/// What an attribute path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// An attribute, or a sub-attribute of it.
    Attribute {
        /// The URN of the extension that declares it; `None` for core and common attributes.
        urn: Option<&'a str>,
        /// The attribute.
        attribute: &'a Attribute,
        /// The sub-attribute.
        sub: Option<&'a Attribute>,
    },
    /// The whole object of an extension.
    Extension(&'a Schema),
}

/// The path names nothing that this kind of resource has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no attribute of this kind of resource is called so")]
pub struct Unresolved;

impl Registry {
    /// User, Group, the enterprise extension and Doorward's own: what every directory knows. Made once.
    #[must_use]
    pub fn standard() -> &'static Arc<Self> {
        static STANDARD: LazyLock<Arc<Registry>> = LazyLock::new(|| {
            let extension = |schema| Extension { kind: ResourceType::User, schema };
            Arc::new(Registry {
                common: standard::common(),
                user: standard::user(),
                group: standard::group(),
                extensions: vec![extension(standard::enterprise()), extension(standard::doorward())],
            })
        });
        &STANDARD
    }

    /// Adds an organization's own extension.
    ///
    /// # Errors
    /// What is wrong with the schema; the registry is then as it was.
    pub fn add_extension(&mut self, kind: ResourceType, schema: Schema) -> Result<(), SchemaFault> {
        custom::check(&schema)?;
        // A path is resolved by the longest URN that it begins with: no URN may pass for an attribute of another.
        let near = |other: &Schema| is_prefix(&other.id, &schema.id) || is_prefix(&schema.id, &other.id);
        if let Some(other) = self.schemas().find(|other| near(other)) {
            return Err(SchemaFault::UrnTaken(other.id.clone()));
        }
        if self.own().count() >= custom::MOST_SCHEMAS {
            return Err(SchemaFault::TooMany);
        }
        self.extensions.push(Extension { kind, schema });
        Ok(())
    }

    /// The base schema of a kind.
    #[must_use]
    pub fn base(&self, kind: ResourceType) -> &Schema {
        match kind {
            ResourceType::User => &self.user,
            ResourceType::Group => &self.group,
        }
    }

    /// The attributes of every resource: `schemas`, `id`, `externalId`, `meta`.
    #[must_use]
    pub fn common(&self) -> &[Attribute] {
        &self.common
    }

    /// The extensions of a kind, in the order of `/Schemas`.
    pub fn extensions(&self, kind: ResourceType) -> impl Iterator<Item = &Schema> {
        self.extensions.iter().filter(move |extension| extension.kind == kind).map(|extension| &extension.schema)
    }

    /// The extensions that are an organization's own.
    pub fn own(&self) -> impl Iterator<Item = &Extension> {
        self.extensions.iter().filter(|extension| Self::is_own(&extension.schema.id))
    }

    /// Whether a schema is an organization's own: none that ships.
    #[must_use]
    pub fn is_own(urn: &str) -> bool {
        ![USER_URN, GROUP_URN, ENTERPRISE_URN, DOORWARD_URN].contains(&urn)
    }

    /// A stored document without what nobody may read of an organization's own schemas: values that are never returned,
    /// and those that no schema declares any more.
    #[must_use]
    pub fn readable(&self, kind: ResourceType, document: &Document) -> Document {
        let readable = |(key, value): (&String, &Value)| {
            if !key.contains(':') || !Self::is_own(key) {
                return Some((key.clone(), value.clone()));
            }
            let schema = self.extensions(kind).find(|schema| schema.id == *key)?;
            let is_read = |name: &str| schema.attribute(name).is_some_and(|one| one.returned != Returned::Never);
            let fields = value.as_object()?.iter().filter(|(name, _)| is_read(name));
            let fields: Document = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
            (!fields.is_empty()).then_some((key.clone(), Value::Object(fields)))
        };
        document.iter().filter_map(readable).collect()
    }

    /// Every schema, base schemas first.
    pub fn schemas(&self) -> impl Iterator<Item = &Schema> {
        [&self.user, &self.group].into_iter().chain(self.extensions.iter().map(|extension| &extension.schema))
    }

    /// The schema of a URN in any case.
    #[must_use]
    pub fn schema(&self, urn: &str) -> Option<&Schema> {
        self.schemas().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The extension of a kind by URN in any case; SCIM 1.1 URNs where the profile allows them.
    #[must_use]
    pub fn extension(&self, kind: ResourceType, urn: &str, profile: Profile) -> Option<&Schema> {
        let urn = self.modern(kind, urn, profile).unwrap_or(urn);
        self.extensions(kind).find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// What an old URN means for this kind, if it is one and the profile allows it.
    #[must_use]
    pub fn modern<'a>(&'a self, kind: ResourceType, urn: &str, profile: Profile) -> Option<&'a str> {
        if !profile.allows(Quirk::Scim1Urn) {
            return None;
        }
        let (_, meaning) = OLD_URNS.iter().find(|(old, _)| old.eq_ignore_ascii_case(urn))?;
        Some(meaning.unwrap_or(kind.urn()))
    }

    /// A core or common attribute of a kind by name in any case.
    #[must_use]
    pub fn attribute(&self, kind: ResourceType, name: &str) -> Option<&Attribute> {
        self.base(kind)
            .attribute(name)
            .or_else(|| self.common.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name)))
    }

    /// Resolves a dotted path without filters: `userName`, `name.familyName`, `urn:…:User:manager.value`, a bare
    /// extension URN. Names and URNs match in any case, URNs by the longest known schema.
    ///
    /// # Errors
    /// [`Unresolved`] if the kind has no such attribute.
    pub fn resolve(
        &self,
        kind: ResourceType,
        path: &str,
        profile: Profile,
        applied: &mut Applied,
    ) -> Result<Target<'_>, Unresolved> {
        if path.contains(':') {
            return self.resolve_urn(kind, path, profile, applied);
        }
        let (name, sub) = split_sub(path);
        if let Some(attribute) = self.attribute(kind, name) {
            return with_sub(None, attribute, sub);
        }
        let mut found = self.extensions(kind).filter_map(|schema| Some((schema, schema.attribute(name)?)));
        let (Some((schema, attribute)), None) = (found.next(), found.next()) else { return Err(Unresolved) };
        if !applied.allow(profile, Quirk::BareExtensionName) {
            return Err(Unresolved);
        }
        with_sub(Some(&schema.id), attribute, sub)
    }

    fn resolve_urn(
        &self,
        kind: ResourceType,
        path: &str,
        profile: Profile,
        applied: &mut Applied,
    ) -> Result<Target<'_>, Unresolved> {
        let known = std::iter::once(self.base(kind))
            .chain(self.extensions(kind))
            .map(|schema| (schema.id.as_str(), schema.id.as_str(), false));
        let old = OLD_URNS
            .iter()
            .filter(|_| profile.allows(Quirk::Scim1Urn))
            .map(|(old, meaning)| (*old, meaning.unwrap_or(kind.urn()), true));
        let (prefix, urn, is_old) = known
            .chain(old)
            .filter(|(prefix, _, _)| is_prefix(prefix, path))
            .max_by_key(|(prefix, _, _)| prefix.len())
            .ok_or(Unresolved)?;
        if is_old {
            applied.note(Quirk::Scim1Urn);
        }
        let rest = &path[prefix.len()..];
        let is_base = urn.eq_ignore_ascii_case(kind.urn());
        let Some(rest) = rest.strip_prefix(':') else {
            return if is_base { Err(Unresolved) } else { self.extension_target(kind, urn) };
        };
        let (name, sub) = split_sub(rest);
        if is_base {
            return with_sub(None, self.attribute(kind, name).ok_or(Unresolved)?, sub);
        }
        let schema = self.extensions(kind).find(|schema| schema.id == urn).ok_or(Unresolved)?;
        with_sub(Some(&schema.id), schema.attribute(name).ok_or(Unresolved)?, sub)
    }

    fn extension_target(&self, kind: ResourceType, urn: &str) -> Result<Target<'_>, Unresolved> {
        self.extensions(kind).find(|schema| schema.id == urn).map(Target::Extension).ok_or(Unresolved)
    }

    /// Whether an extension is filled by the server alone.
    #[must_use]
    pub fn is_derived(urn: &str) -> bool {
        urn == DOORWARD_URN
    }
}

/// Whether a path is a URN, or a name behind it, in any case.
pub(crate) fn is_prefix(prefix: &str, path: &str) -> bool {
    let Some(head) = path.get(..prefix.len()) else { return false };
    head.eq_ignore_ascii_case(prefix) && matches!(path.as_bytes().get(prefix.len()), None | Some(b':'))
}

/// A name, and the sub-attribute behind its dot.
pub(crate) fn split_sub(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (path, None),
    }
}

fn with_sub<'a>(urn: Option<&'a str>, attribute: &'a Attribute, sub: Option<&str>) -> Result<Target<'a>, Unresolved> {
    let sub = match sub {
        Some(name) => Some(attribute.sub(name).ok_or(Unresolved)?),
        None => None,
    };
    Ok(Target::Attribute { urn, attribute, sub })
}
