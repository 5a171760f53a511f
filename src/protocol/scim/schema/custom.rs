//! The check of an organization's own extension schema before it is taken in.

use std::collections::HashSet;

use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::Schema;

const MOST_ATTRIBUTES: usize = 200;
const LONGEST_NAME: usize = 100;
const LONGEST_URN: usize = 200;

/// What is wrong with a custom schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaFault {
    /// Not a URN, or one of the core namespace.
    #[error("{0:?} is no URN for an extension; use urn:ietf:params:scim:schemas:extension:<vendor>:2.0:User")]
    BadUrn(String),
    /// Another schema of the directory has this URN.
    #[error("the schema {0} is there already")]
    UrnTaken(String),
    /// A name that the grammar of attribute names does not allow (RFC 7643 §2.1).
    #[error("{0:?} is no attribute name; it starts with a letter and goes on with letters, digits, '-' and '_'")]
    BadName(String),
    /// Two attributes whose names differ in case at most.
    #[error("the attribute {0} is declared twice")]
    NameTwice(String),
    /// A complex attribute inside a complex attribute (RFC 7643 §2.3.8).
    #[error("the sub-attribute {0} is complex; one level of nesting is all that SCIM has")]
    TooDeep(String),
    /// A complex attribute without sub-attributes, or a simple one with them.
    #[error("the attribute {0} must have sub-attributes if it is complex, and none otherwise")]
    SubAttributes(String),
    /// A required attribute: resources without the extension would be refused.
    #[error("the attribute {0} is required; an extension that IdPs may leave out cannot require anything")]
    Required(String),
    /// No attribute, or more than 200.
    #[error("a schema has 1 to 200 attributes, this has {0}")]
    Count(usize),
}

pub(super) fn check(schema: &Schema) -> Result<(), SchemaFault> {
    let urn = &schema.id;
    let characters = |byte: u8| byte.is_ascii_alphanumeric() || b":._-".contains(&byte);
    let core = "urn:ietf:params:scim:schemas:core:";
    if urn.len() > LONGEST_URN
        || urn.split(':').count() < 3
        || !urn.to_ascii_lowercase().starts_with("urn:")
        || urn.to_ascii_lowercase().starts_with(core)
        || urn.ends_with(':')
        || !urn.bytes().all(characters)
    {
        return Err(SchemaFault::BadUrn(urn.clone()));
    }
    if schema.attributes.is_empty() || schema.attributes.len() > MOST_ATTRIBUTES {
        return Err(SchemaFault::Count(schema.attributes.len()));
    }
    check_names(&schema.attributes)?;
    for attribute in &schema.attributes {
        if attribute.is_complex() == attribute.sub_attributes.is_empty() {
            return Err(SchemaFault::SubAttributes(attribute.name.clone()));
        }
        check_names(&attribute.sub_attributes)?;
        if let Some(sub) = attribute.sub_attributes.iter().find(|sub| sub.is_complex() || sub.multi_valued) {
            return Err(SchemaFault::TooDeep(sub.name.clone()));
        }
    }
    Ok(())
}

fn check_names(attributes: &[Attribute]) -> Result<(), SchemaFault> {
    let mut seen = HashSet::new();
    for attribute in attributes {
        let name = &attribute.name;
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let good = name.len() <= LONGEST_NAME
            && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && name.bytes().all(rest);
        if !good && name != "$ref" {
            return Err(SchemaFault::BadName(name.clone()));
        }
        if attribute.required {
            return Err(SchemaFault::Required(name.clone()));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(SchemaFault::NameTwice(name.clone()));
        }
    }
    Ok(())
}
