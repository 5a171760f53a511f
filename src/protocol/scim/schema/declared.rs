//! An organization's own extension schema as it is declared: RFC 7643 §7, in its own spelling or in that of a file.

use serde::Deserialize;
use serde_json::Value;

use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Extension;
use crate::protocol::scim::schema::Mutability;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Returned;
use crate::protocol::scim::schema::Schema;
use crate::protocol::scim::schema::SchemaFault;
use crate::protocol::scim::schema::Uniqueness;

/// A schema as somebody declares it; an unknown key is an error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredSchema {
    /// The URN.
    #[serde(alias = "id")]
    pub urn: Option<String>,
    /// The kind of resource that it extends; without it the last word of the URN says so.
    resource: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    attributes: Vec<DeclaredAttribute>,
    /// What an answer carries beside; it comes back when somebody sends what they read.
    #[serde(default, rename = "schemas")]
    _schemas: Option<Value>,
    #[serde(default, rename = "meta")]
    _meta: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredAttribute {
    name: String,
    #[serde(rename = "type", default = "string")]
    kind: String,
    #[serde(default, alias = "multiValued")]
    multi_valued: bool,
    #[serde(default)]
    description: String,
    #[serde(default)]
    required: bool,
    #[serde(alias = "caseExact")]
    case_exact: Option<bool>,
    mutability: Option<String>,
    returned: Option<String>,
    uniqueness: Option<String>,
    #[serde(default, alias = "canonicalValues")]
    canonical_values: Vec<String>,
    #[serde(default, alias = "referenceTypes")]
    reference_types: Vec<String>,
    #[serde(default, alias = "subAttributes")]
    sub_attributes: Vec<DeclaredAttribute>,
}

fn string() -> String {
    AttributeType::String.name().to_owned()
}

impl DeclaredSchema {
    /// The extension that is meant, with its words read. Its rules are checked where it joins a registry.
    ///
    /// # Errors
    /// The first word that cannot be read, with the attribute that it stands at.
    pub fn read(self) -> Result<Extension, SchemaFault> {
        let urn = self.urn.unwrap_or_default();
        let last = urn.rsplit(':').next().unwrap_or_default();
        let named = self.resource.as_deref().unwrap_or(last);
        let Some(kind) = ResourceType::from_name(named) else { return Err(SchemaFault::Resource(urn)) };
        let attributes = self.attributes.into_iter().map(|one| one.read("")).collect::<Result<_, _>>()?;
        let name = if self.name.is_empty() { urn.clone() } else { self.name };
        let schema = Schema { id: urn, name, description: self.description, attributes };
        Ok(Extension { kind, schema })
    }
}

impl DeclaredAttribute {
    fn read(self, parent: &str) -> Result<Attribute, SchemaFault> {
        let path = if parent.is_empty() { self.name.clone() } else { format!("{parent}.{}", self.name) };
        let wrong = |field, word: &str, words| {
            let (attribute, word) = (path.clone(), word.to_owned());
            SchemaFault::Word { attribute, field, word, words }
        };
        let kinds = "string, boolean, decimal, integer, dateTime, reference, binary or complex";
        let kind = AttributeType::from_name(&self.kind).ok_or_else(|| wrong("type", &self.kind, kinds))?;
        let mut attribute = Attribute::new(&self.name, kind, &self.description);
        attribute.multi_valued = self.multi_valued;
        attribute.required = self.required;
        attribute.case_exact = self.case_exact.unwrap_or(attribute.case_exact);
        attribute.canonical_values = self.canonical_values;
        attribute.reference_types = self.reference_types;
        attribute.searchable &= !attribute.is_complex();
        if let Some(word) = &self.mutability {
            let words = "readOnly, readWrite, immutable or writeOnly";
            attribute.mutability = Mutability::from_name(word).ok_or_else(|| wrong("mutability", word, words))?;
        }
        if let Some(word) = &self.returned {
            let words = "always, never, default or request";
            attribute.returned = Returned::from_name(word).ok_or_else(|| wrong("returned", word, words))?;
        } else if attribute.mutability == Mutability::WriteOnly {
            attribute.returned = Returned::Never;
        }
        if let Some(word) = &self.uniqueness {
            let words = "none, server or global";
            attribute.uniqueness = Uniqueness::from_name(word).ok_or_else(|| wrong("uniqueness", word, words))?;
        }
        for sub in self.sub_attributes {
            attribute.sub_attributes.push(sub.read(&path)?);
        }
        Ok(attribute)
    }
}
