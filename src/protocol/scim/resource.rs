//! Reading the body of a POST or a PUT (RFC 7644 §3.3, §3.5.1) into a document.

use std::collections::HashSet;

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::elements;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::fold;
use crate::protocol::scim::member::Member;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::Mutability;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Target;
use crate::protocol::scim::value::Intake;
use crate::protocol::scim::value::refuse_nul;

/// What a POST or a PUT says.
#[derive(Debug, Clone, PartialEq)]
pub struct NewResource {
    /// The document to store: canonical spelling, no `id`, `meta`, `schemas`, `members`, `groups` or `password`.
    pub document: Document,
    /// `externalId`, also in the document.
    pub external_id: Option<String>,
    /// `userName`, also in the document; always there for a User.
    pub user_name: Option<String>,
    /// `displayName`, also in the document; always there for a Group.
    pub display_name: Option<String>,
    /// `active`, also in the document; `None` for a Group, and where the state stays as it is (PUT, rfc-strict).
    pub active: Option<bool>,
    /// The members of a Group; `None` leaves them as they are (none, on POST).
    pub members: Option<Vec<Member>>,
    /// What was left out because no schema declares it, by name.
    pub ignored: Vec<String>,
    /// The rewrites that the body needed.
    pub applied: Applied,
}

/// Reads the body of a POST.
///
/// # Errors
/// 400 `invalidSyntax` for a wrong structure, `invalidValue` for a wrong or missing value.
pub fn read_resource(
    kind: ResourceType,
    registry: &Registry,
    body: Value,
    profile: Profile,
) -> Result<NewResource, ScimError> {
    let mut read = Reading::of(kind, registry, body, profile)?;
    if kind == ResourceType::User && !read.document.contains_key("active") {
        read.document.insert("active".to_owned(), Value::Bool(true));
    }
    read.finish()
}

/// Reads the body of a PUT over the stored document (requirements 65 to 68, 3.1.7).
///
/// # Errors
/// As [`read_resource`], and 400 `mutability` for an immutable attribute with another value.
pub fn replace_resource(
    kind: ResourceType,
    registry: &Registry,
    old: &Document,
    body: Value,
    profile: Profile,
) -> Result<NewResource, ScimError> {
    let mut read = Reading::of(kind, registry, body, profile)?;
    read.keep_immutable(old)?;
    if profile.allows(Quirk::KeepAbsent) {
        for name in ["externalId", "active"] {
            if let (false, Some(value)) = (read.document.contains_key(name), old.get(name)) {
                read.document.insert(name.to_owned(), value.clone());
                read.applied.note(Quirk::KeepAbsent);
            }
        }
    }
    if kind == ResourceType::Group && read.members.is_none() {
        let none = profile.allows(Quirk::AbsentMembersMeanNone);
        if none {
            read.members = Some(Vec::new());
        }
        if !profile.is_strict() {
            read.applied.note(if none { Quirk::AbsentMembersMeanNone } else { Quirk::KeepAbsent });
        }
    }
    read.finish()
}

/// Reads the elements of `members`, each id once.
pub(crate) fn read_members(elements: &Value) -> Result<Vec<Member>, ScimError> {
    let mut seen = HashSet::new();
    let mut members = Vec::new();
    for element in elements.as_array().into_iter().flatten() {
        let text = |name: &str| element.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(value) = text("value") else {
            return Err(ScimError::invalid_value("A member has no value; send the id of a User or Group."));
        };
        if seen.insert(value.to_owned()) {
            members.push(Member {
                value: value.to_owned(),
                display: text("display").map(str::to_owned),
                kind: text("type").and_then(ResourceType::from_name),
            });
        }
    }
    Ok(members)
}

struct Reading<'a> {
    kind: ResourceType,
    registry: &'a Registry,
    profile: Profile,
    document: Document,
    members: Option<Vec<Member>>,
    ignored: Vec<String>,
    applied: Applied,
}

impl<'a> Reading<'a> {
    fn of(kind: ResourceType, registry: &'a Registry, body: Value, profile: Profile) -> Result<Self, ScimError> {
        refuse_nul(&body)?;
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax(format!("The body is no JSON object; send one {}.", kind.name())));
        };
        let mut read = Self {
            kind,
            registry,
            profile,
            document: Document::new(),
            members: None,
            ignored: Vec::new(),
            applied: Applied::default(),
        };
        let schemas = body.iter().find(|(key, _)| key.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
        read.schemas(schemas)?;
        for (key, value) in body {
            if !["schemas", "id", "meta"].iter().any(|name| name.eq_ignore_ascii_case(&key)) {
                read.member_of_body(&key, value)?;
            }
        }
        Ok(read)
    }

    fn schemas(&mut self, schemas: Option<&Value>) -> Result<(), ScimError> {
        let wanted = self.kind.urn();
        let Some(schemas) = schemas.filter(|value| !value.is_null()) else {
            if self.applied.allow(self.profile, Quirk::MissingSchemas) {
                return Ok(());
            }
            return Err(ScimError::invalid_syntax(format!("schemas is missing; send [\"{wanted}\"].")));
        };
        let Value::Array(urns) = schemas else {
            return Err(ScimError::invalid_syntax(format!("schemas is no list; send [\"{wanted}\"].")));
        };
        let mut has_base = false;
        for urn in urns {
            let Some(urn) = urn.as_str() else {
                return Err(ScimError::invalid_syntax("schemas holds something that is no text; send URNs."));
            };
            if urn.eq_ignore_ascii_case(self.kind.other().urn()) {
                let (kind, endpoint) = (self.kind.other().name(), self.kind.other().endpoint());
                return Err(ScimError::invalid_syntax(format!("schemas names a {kind}; send it to {endpoint}.")));
            }
            if self.registry.modern(self.kind, urn, self.profile).is_some() {
                self.applied.note(Quirk::Scim1Urn);
                has_base = true;
            } else if urn.eq_ignore_ascii_case(wanted) {
                has_base = true;
            } else if self.registry.schema(urn).is_none() {
                self.intake().unknown(urn)?;
            }
        }
        if has_base || self.applied.allow(self.profile, Quirk::MissingSchemas) {
            return Ok(());
        }
        Err(ScimError::invalid_syntax(format!("schemas lacks the base schema; add {wanted}.")))
    }

    fn intake(&mut self) -> Intake<'_> {
        Intake { profile: self.profile, applied: &mut self.applied, ignored: &mut self.ignored }
    }

    fn member_of_body(&mut self, key: &str, value: Value) -> Result<(), ScimError> {
        let registry = self.registry;
        match registry.resolve(self.kind, key, self.profile, &mut self.applied) {
            Ok(Target::Extension(schema)) => {
                let fields = match value {
                    _ if Registry::is_derived(&schema.id) => return Ok(()),
                    Value::Object(fields) => fields,
                    Value::Null => return Ok(()),
                    _ => return Err(ScimError::invalid_value(format!("{} is no object; send one.", schema.id))),
                };
                for (name, value) in fields {
                    match schema.attribute(&name) {
                        // Clients that treat an extension as a message of its own write `schemas` into it.
                        None if name.eq_ignore_ascii_case("schemas") => {}
                        Some(attribute) => self.attribute(Some(&schema.id), attribute, None, value)?,
                        None => self.intake().unknown(&format!("{}:{name}", schema.id))?,
                    }
                }
                Ok(())
            }
            Ok(Target::Attribute { urn, attribute, sub }) => {
                let plain = sub.is_none() && !key.contains(':');
                if !plain && !self.applied.allow(self.profile, Quirk::DottedKeys) {
                    return self.intake().unknown(key);
                }
                self.attribute(urn, attribute, sub, value)
            }
            Err(_) => self.intake().unknown(key),
        }
    }

    fn attribute(
        &mut self,
        urn: Option<&str>,
        attribute: &Attribute,
        sub: Option<&Attribute>,
        value: Value,
    ) -> Result<(), ScimError> {
        if attribute.is_read_only() || urn.is_some_and(Registry::is_derived) {
            return Ok(());
        }
        if attribute.name == "password" && urn.is_none() {
            self.applied.note(Quirk::PasswordDiscarded);
            return Ok(());
        }
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if attribute.name == "active" && urn.is_none() && is_empty {
            return Err(ScimError::invalid_value("active is empty; send true or false, or leave it out."));
        }
        let value = match sub {
            Some(sub) => {
                let mut whole = Document::new();
                whole.insert(sub.name.clone(), value);
                let whole = Value::Object(whole);
                if attribute.multi_valued { Value::Array(vec![whole]) } else { whole }
            }
            None => value,
        };
        if self.kind == ResourceType::Group && urn.is_none() && attribute.name == "members" {
            if !value.is_null() {
                let elements = self.intake().take(attribute, value)?.unwrap_or_default();
                self.members = Some(read_members(&elements)?);
            }
            return Ok(());
        }
        let Some(mut value) = self.intake().take(attribute, value)? else { return Ok(()) };
        if let Value::Array(items) = &mut value {
            elements::collapse(attribute, items);
            elements::first_primary_wins(attribute, items, self.profile, &mut self.applied)?;
        }
        let place = match urn {
            Some(urn) => {
                let object = self.document.entry(urn).or_insert_with(|| Value::Object(Document::new()));
                object.as_object_mut()
            }
            None => Some(&mut self.document),
        };
        let Some(place) = place else { return Ok(()) };
        match (sub, place.get_mut(&attribute.name), value) {
            (Some(_), Some(Value::Object(present)), Value::Object(fields)) => present.extend(fields),
            (_, _, value) => {
                place.insert(attribute.name.clone(), value);
            }
        }
        Ok(())
    }

    /// An immutable attribute keeps its value, and a writeOnly one that is not sent stays.
    fn keep_immutable(&mut self, old: &Document) -> Result<(), ScimError> {
        let registry = self.registry;
        for schema in registry.extensions(self.kind) {
            for attribute in &schema.attributes {
                let immutable = attribute.mutability == Mutability::Immutable;
                if !immutable && attribute.mutability != Mutability::WriteOnly {
                    continue;
                }
                let Some(before) = old.get(&schema.id).and_then(|object| object.get(&attribute.name)) else {
                    continue;
                };
                let now = self.document.get(&schema.id).and_then(|object| object.get(&attribute.name));
                if immutable && now.is_some_and(|now| now != before) {
                    return Err(ScimError::mutability(format!(
                        "{}:{} is immutable; send its present value or leave it out.",
                        schema.id, attribute.name
                    )));
                }
                if now.is_none() {
                    let object = self.document.entry(&schema.id).or_insert_with(|| Value::Object(Document::new()));
                    if let Value::Object(fields) = object {
                        fields.insert(attribute.name.clone(), before.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<NewResource, ScimError> {
        require(self.registry, self.kind, &self.document)?;
        let text = |name: &str| self.document.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(NewResource {
            external_id: text("externalId"),
            user_name: text("userName"),
            display_name: text("displayName"),
            active: self.document.get("active").and_then(Value::as_bool),
            members: self.members,
            ignored: self.ignored,
            applied: self.applied,
            document: self.document,
        })
    }
}

/// How long a name may be that resources are found by, in bytes of its folded form: a database keeps it in an index,
/// and PostgreSQL takes 2,700 bytes there.
const LONGEST_KEY: usize = 2000;

/// No name that resources are found by is longer than an index takes.
fn refuse_long_keys(document: &Document) -> Result<(), ScimError> {
    let texts =
        ["userName", "externalId", "displayName"].into_iter().filter_map(|name| Some((name, document.get(name)?)));
    let emails = document.get("emails").and_then(Value::as_array).into_iter().flatten();
    let emails = emails.filter_map(|email| Some(("emails.value", email.get("value")?)));
    for (name, value) in texts.chain(emails) {
        let length = value.as_str().map_or(0, |text| text.len().max(fold::fold(text).len()));
        if length > LONGEST_KEY {
            return Err(ScimError::invalid_value(format!("{name} is too long; send {LONGEST_KEY} bytes at most.")));
        }
    }
    Ok(())
}

/// Every required attribute of the base schema has a value that is not blank, and no key is too long to be one.
pub(crate) fn require(registry: &Registry, kind: ResourceType, document: &Document) -> Result<(), ScimError> {
    for attribute in registry.base(kind).attributes.iter().filter(|attribute| attribute.required) {
        let text = document.get(&attribute.name).and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(ScimError::invalid_value(format!(
                "{} is required and has no value; map a value to it at the IdP.",
                attribute.name
            )));
        }
    }
    refuse_long_keys(document)
}

#[cfg(test)]
mod tests;
