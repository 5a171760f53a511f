//! The check of an organization's own extension schema before it is taken in.

use std::collections::HashSet;

use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::Mutability;
use crate::protocol::scim::schema::Returned;
use crate::protocol::scim::schema::Schema;
use crate::protocol::scim::schema::Uniqueness;

const MOST_ATTRIBUTES: usize = 200;
const LONGEST_NAME: usize = 100;
const LONGEST_URN: usize = 200;
const LONGEST_TEXT: usize = 1000;
const MOST_WORDS: usize = 200;
/// How many extensions of its own an organization may have.
pub(super) const MOST_SCHEMAS: usize = 20;

/// Names with a meaning of their own wherever they stand: ids, members, and passwords, which are thrown away.
const RESERVED: [&str; 6] = ["schemas", "id", "externalId", "meta", "members", "password"];

/// What is wrong with a custom schema. Each names the field, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaFault {
    /// Not a URN, or one of a namespace of SCIM's own.
    #[error("urn: {0:?} is no URN for an extension; use urn:ietf:params:scim:schemas:extension:<vendor>:2.0:User")]
    BadUrn(String),
    /// The address names another schema than the body.
    #[error("id: it is not {0}, the URN in the address; send the same or leave it out")]
    OtherUrn(String),
    /// Another schema of the directory has this URN, or one that continues it.
    #[error("urn: the schema {0} is there already, or its URN begins with this one; choose another URN")]
    UrnTaken(String),
    /// Neither the declaration nor its URN says what is extended.
    #[error("resource: {0:?} does not say what it extends; set resource to \"User\" or \"Group\"")]
    Resource(String),
    /// A word that is none of those that the field takes.
    #[error("attribute {attribute}, {field}: {word:?} is no such word; use {words}")]
    Word {
        /// The attribute, dotted.
        attribute: String,
        /// The field.
        field: &'static str,
        /// What stands there.
        word: String,
        /// What may stand there.
        words: &'static str,
    },
    /// A name that the grammar of attribute names does not allow (RFC 7643 §2.1).
    #[error("name: {0:?} is no attribute name; it starts with a letter and goes on with letters, digits, '-' and '_'")]
    BadName(String),
    /// A name that SCIM gives a meaning of its own.
    #[error("name: {0} means something of its own in SCIM; choose another name")]
    Reserved(String),
    /// Two attributes whose names differ in case at most.
    #[error("name: the attribute {0} is declared twice; take one away")]
    NameTwice(String),
    /// A complex or multi-valued attribute inside a complex attribute (RFC 7643 §2.3.8).
    #[error("the sub-attribute {0} is complex or multi-valued; one level of nesting is all that SCIM has")]
    TooDeep(String),
    /// A sub-attribute with characteristics that are not enforced below an attribute.
    #[error("the sub-attribute {0} has a mutability or returned of its own; set it at the attribute above")]
    SubRule(String),
    /// A complex attribute without sub-attributes, or a simple one with them.
    #[error("sub_attributes: the attribute {0} must have them if it is complex, and none otherwise")]
    SubAttributes(String),
    /// A required attribute: resources without the extension would be refused.
    #[error("required: {0} cannot be; an extension that IdPs may leave out cannot require anything")]
    Required(String),
    /// A uniqueness that is not enforced.
    #[error("uniqueness: {0} can only have \"none\"; userName and externalId are what is unique")]
    Uniqueness(String),
    /// What nobody may read must not be returned (RFC 7643 §7).
    #[error("returned: the attribute {0} is writeOnly; set returned to \"never\"")]
    WriteOnly(String),
    /// A text or list beyond its bound.
    #[error("{0}: a text has at most 1,000 characters, a list at most 200 words; make it shorter")]
    TooLong(String),
    /// No attribute, or more than 200.
    #[error("attributes: a schema has 1 to 200, this has {0}")]
    Count(usize),
    /// More extensions than an organization may have.
    #[error("an organization has at most 20 schemas of its own; put attributes into one that is there")]
    TooMany,
}

pub(super) fn check(schema: &Schema) -> Result<(), SchemaFault> {
    let urn = &schema.id;
    let characters = |byte: u8| byte.is_ascii_alphanumeric() || b":._-".contains(&byte);
    let taken = ["urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:", "urn:scim:"];
    if urn.len() > LONGEST_URN
        || urn.split(':').count() < 4
        || !urn.starts_with("urn:")
        || taken.iter().any(|space| urn.to_ascii_lowercase().starts_with(space))
        || urn.split(':').any(str::is_empty)
        || !urn.bytes().all(characters)
    {
        return Err(SchemaFault::BadUrn(urn.clone()));
    }
    for (field, text) in [("name", &schema.name), ("description", &schema.description)] {
        if text.chars().count() > LONGEST_TEXT || text.contains('\0') {
            return Err(SchemaFault::TooLong(field.to_owned()));
        }
    }
    if schema.attributes.is_empty() || schema.attributes.len() > MOST_ATTRIBUTES {
        return Err(SchemaFault::Count(schema.attributes.len()));
    }
    check_names(&schema.attributes)?;
    for attribute in &schema.attributes {
        check_attribute(attribute)?;
    }
    Ok(())
}

fn check_attribute(attribute: &Attribute) -> Result<(), SchemaFault> {
    let name = || attribute.name.clone();
    if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(&attribute.name)) {
        return Err(SchemaFault::Reserved(name()));
    }
    if attribute.mutability == Mutability::WriteOnly && attribute.returned != Returned::Never {
        return Err(SchemaFault::WriteOnly(name()));
    }
    if attribute.is_complex() == attribute.sub_attributes.is_empty() {
        return Err(SchemaFault::SubAttributes(name()));
    }
    if attribute.sub_attributes.len() > MOST_ATTRIBUTES {
        return Err(SchemaFault::TooLong(format!("{}.sub_attributes", attribute.name)));
    }
    check_names(&attribute.sub_attributes)?;
    for sub in &attribute.sub_attributes {
        let path = || format!("{}.{}", attribute.name, sub.name);
        if sub.is_complex() || sub.multi_valued {
            return Err(SchemaFault::TooDeep(path()));
        }
        if (sub.mutability, sub.returned) != (Mutability::ReadWrite, Returned::Default) {
            return Err(SchemaFault::SubRule(path()));
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
        if attribute.uniqueness != Uniqueness::None {
            return Err(SchemaFault::Uniqueness(name.clone()));
        }
        let lists = [&attribute.canonical_values, &attribute.reference_types];
        let long = |text: &str| text.chars().count() > LONGEST_TEXT || text.contains('\0');
        if long(&attribute.description)
            || lists.iter().any(|list| list.len() > MOST_WORDS || list.iter().any(|word| long(word)))
        {
            return Err(SchemaFault::TooLong(name.clone()));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(SchemaFault::NameTwice(name.clone()));
        }
    }
    Ok(())
}
