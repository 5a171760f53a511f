//! The engine: resolves each operation and hands it to the case it is.

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::error::ScimType;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::member::MemberChange;
use crate::protocol::scim::patch::Op;
use crate::protocol::scim::patch::Operation;
use crate::protocol::scim::patch::Patched;
use crate::protocol::scim::path::Path;
use crate::protocol::scim::path::PathFault;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::Mutability;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::value::Intake;
use crate::protocol::scim::value::note_left_out;

/// How many elements the operations of one PATCH may look at, each as often as a filter has terms.
const MOST_WORK: usize = 2_000_000;

/// The working copy of one PATCH.
pub(super) struct Engine<'a> {
    registry: &'a Registry,
    kind: ResourceType,
    pub(super) profile: Profile,
    document: Document,
    pub(super) members: Vec<MemberChange>,
    skipped: Vec<String>,
    /// Why the last of them was left out.
    reason: ScimType,
    pub(super) applied: Applied,
    /// How many operations, or keys of path-less ones, took effect or were rightly without effect.
    done: usize,
    /// Whether the present operation brought a value.
    took: bool,
    /// How many elements were looked at.
    work: usize,
}

/// One attribute as an operation names it.
pub(super) struct Aim<'a> {
    pub(super) urn: Option<&'a str>,
    pub(super) attribute: &'a Attribute,
    pub(super) filter: Option<&'a Filter>,
    pub(super) sub: Option<&'a Attribute>,
}

impl Aim<'_> {
    pub(super) fn name(&self) -> String {
        match self.sub {
            Some(sub) => format!("{}.{}", self.attribute.name, sub.name),
            None => self.attribute.name.clone(),
        }
    }
}

impl<'a> Engine<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        kind: ResourceType,
        profile: Profile,
        document: Document,
        applied: Applied,
    ) -> Self {
        Self {
            registry,
            kind,
            profile,
            document,
            members: Vec::new(),
            skipped: Vec::new(),
            reason: ScimType::InvalidPath,
            applied,
            done: 0,
            took: false,
            work: 0,
        }
    }

    pub(super) fn run(&mut self, operation: &Operation) -> Result<(), ScimError> {
        match &operation.path {
            Some(path) => self.at_path(operation.op, path, operation.value.clone(), false),
            None => self.pathless(operation),
        }
    }

    pub(super) fn finish(self) -> Result<Patched, ScimError> {
        if self.done == 0 && !self.skipped.is_empty() {
            let names = self.skipped.join(", ");
            let detail = format!("Nothing was changed: {names} is unknown here or cannot be written; see /Schemas.");
            return Err(ScimError::bad(self.reason, detail));
        }
        Ok(Patched {
            document: self.document,
            changed: false,
            skipped: self.skipped,
            members: self.members,
            applied: self.applied,
        })
    }

    /// Cases a to c: the value is an object of attributes, keys being paths.
    fn pathless(&mut self, operation: &Operation) -> Result<(), ScimError> {
        if operation.op == Op::Remove {
            return Err(ScimError::no_target("A remove without a path removes nothing; name the attribute in path."));
        }
        let Some(Value::Object(fields)) = &operation.value else {
            return Err(ScimError::invalid_value("Without a path the value is an object of attributes; send one."));
        };
        if fields.is_empty() {
            self.done += 1;
        }
        for (key, value) in fields {
            if ["id", "schemas", "meta"].iter().any(|name| name.eq_ignore_ascii_case(key)) {
                self.applied.note(Quirk::ReadOnlyEcho);
            } else {
                self.at_path(operation.op, key, Some(value.clone()), true)?;
            }
        }
        Ok(())
    }

    fn at_path(&mut self, op: Op, text: &str, value: Option<Value>, is_key: bool) -> Result<(), ScimError> {
        let path = match Path::parse(text, self.registry, self.kind, self.profile, &mut self.applied) {
            Ok(path) => path,
            Err(PathFault::Unknown) => return self.skip(text, ScimType::InvalidPath),
            // A key is a name that someone chose, not a path that someone built.
            Err(PathFault::Invalid(_)) if is_key => return self.skip(text, ScimType::InvalidPath),
            Err(PathFault::Invalid(error)) => return Err(error),
        };
        if is_key {
            let plain = match &path {
                Path::Extension(_) => true,
                Path::Attribute { filter, sub, .. } => filter.is_none() && sub.is_none() && !text.contains(':'),
            };
            if !plain && !self.applied.allow(self.profile, Quirk::DottedKeys) {
                return self.skip(text, ScimType::InvalidPath);
            }
            if self.is_echo(&path) && self.profile.allows(Quirk::ReadOnlyEcho) {
                self.applied.note(Quirk::ReadOnlyEcho);
                return self.skip(text, ScimType::Mutability);
            }
        }
        match path {
            Path::Extension(urn) => self.extension(op, &urn, value),
            Path::Attribute { urn, name, filter, sub } => {
                let registry = self.registry;
                let attribute = match &urn {
                    Some(urn) => registry.schema(urn).and_then(|schema| schema.attribute(&name)),
                    None => registry.attribute(self.kind, &name),
                };
                let Some(attribute) = attribute else { return self.skip(text, ScimType::InvalidPath) };
                let sub = sub.as_deref().and_then(|sub| attribute.sub(sub));
                let aim = Aim { urn: urn.as_deref(), attribute, filter: filter.as_ref(), sub };
                self.attribute(op, &aim, value)
            }
        }
    }

    /// A readOnly attribute that a client only sends back.
    fn is_echo(&self, path: &Path) -> bool {
        match path {
            Path::Extension(urn) => Registry::is_derived(urn),
            Path::Attribute { urn: Some(urn), .. } => Registry::is_derived(urn),
            Path::Attribute { name, .. } => {
                self.registry.attribute(self.kind, name).is_some_and(Attribute::is_read_only)
            }
        }
    }

    /// Leaves out what cannot be applied and names it, or refuses in a strict profile (3.1.6).
    pub(super) fn skip(&mut self, text: &str, reason: ScimType) -> Result<(), ScimError> {
        let text: String = text.chars().filter(|next| !next.is_control()).take(200).collect();
        if !self.applied.allow(self.profile, Quirk::UnknownAttribute) {
            let detail = format!("The path {text} names nothing that can be written; see /Schemas for what can.");
            return Err(ScimError::bad(reason, detail));
        }
        note_left_out(&mut self.skipped, text);
        self.reason = reason;
        Ok(())
    }

    /// Case t: the object of an extension.
    fn extension(&mut self, op: Op, urn: &str, value: Option<Value>) -> Result<(), ScimError> {
        if Registry::is_derived(urn) {
            return Err(ScimError::mutability(format!(
                "{urn} is derived by Doorward; change the mapping rules there."
            )));
        }
        let fields = match (op, value) {
            (Op::Remove, _) | (Op::Replace, Some(Value::Null)) => {
                self.document.shift_remove(urn);
                self.done += 1;
                return Ok(());
            }
            (_, Some(Value::Object(fields))) => fields,
            _ => return Err(ScimError::invalid_value(format!("The value for {urn} is no object; send one."))),
        };
        // Clients that treat an extension as a message of its own write `schemas` into it.
        let fields: Document = fields.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("schemas")).collect();
        if fields.is_empty() {
            self.done += 1;
        }
        let registry = self.registry;
        for (name, value) in fields {
            match registry.schema(urn).and_then(|schema| schema.attribute(&name)) {
                Some(attribute) => {
                    let aim = Aim { urn: Some(urn), attribute, filter: None, sub: None };
                    self.attribute(op, &aim, Some(value))?;
                }
                None => self.skip(&format!("{urn}:{name}"), ScimType::InvalidPath)?,
            }
        }
        Ok(())
    }

    fn attribute(&mut self, op: Op, aim: &Aim<'_>, value: Option<Value>) -> Result<(), ScimError> {
        let Some(()) = self.may_write(op, aim)? else {
            self.done += 1;
            return Ok(());
        };
        if op != Op::Remove && value.is_none() {
            return Err(ScimError::invalid_value(format!("The operation on {} has no value; send one.", aim.name())));
        }
        let skipped = self.skipped.len();
        self.took = false;
        if aim.urn.is_none() && aim.attribute.name == "members" {
            self.members_at(op, aim, value)?;
            self.done += 1;
            return Ok(());
        }
        let fixed = aim.attribute.mutability == Mutability::Immutable;
        let before = if fixed { self.slot(aim).cloned() } else { None };
        if aim.attribute.multi_valued {
            self.multi(op, aim, value)?;
        } else {
            self.single(op, aim, value)?;
        }
        if before.is_some() && before.as_ref() != self.slot(aim) {
            return Err(ScimError::mutability(format!("{} is immutable and has a value already.", aim.name())));
        }
        // An operation of which only unknown sub-attributes are left has done nothing.
        if self.skipped.len() == skipped || self.took {
            self.done += 1;
        }
        Ok(())
    }

    /// Whether to go on: `None` for what is accepted without effect.
    fn may_write(&mut self, op: Op, aim: &Aim<'_>) -> Result<Option<()>, ScimError> {
        let core = aim.urn.is_none();
        if core && aim.attribute.name == "schemas" && op != Op::Remove {
            return Ok(None);
        }
        if core && aim.attribute.name == "password" {
            self.applied.note(Quirk::PasswordDiscarded);
            return Ok(None);
        }
        let fixed = aim.attribute.is_read_only()
            || aim.sub.is_some_and(Attribute::is_read_only)
            || aim.urn.is_some_and(Registry::is_derived)
            || core && aim.attribute.name == "schemas";
        if fixed {
            return Err(ScimError::mutability(format!("{} is readOnly; take it out of the mapping.", aim.name())));
        }
        Ok(Some(()))
    }

    /// Reads a value against its definition; unknown sub-attributes are named as not applied.
    pub(super) fn take(&mut self, attribute: &Attribute, value: Value) -> Result<Option<Value>, ScimError> {
        let mut intake = Intake { profile: self.profile, applied: &mut self.applied, ignored: &mut self.skipped };
        let taken = intake.take(attribute, value)?;
        self.took |= taken.is_some();
        Ok(taken)
    }

    /// As [`Engine::take`], for one element of a multi-valued attribute; a list of one is that one.
    pub(super) fn take_element(&mut self, attribute: &Attribute, value: Value) -> Result<Option<Value>, ScimError> {
        let listed = match value {
            Value::Array(items) if items.len() == 1 && self.applied.allow(self.profile, Quirk::ArrayUnwrapped) => items,
            one => vec![one],
        };
        match self.take(attribute, Value::Array(listed))? {
            Some(Value::Array(mut items)) => Ok(items.pop()),
            other => Ok(other),
        }
    }

    /// Counts what an operation looks at; without a bound, a small body could keep a large list busy for minutes.
    pub(super) fn work(&mut self, elements: usize, filter: Option<&Filter>) -> Result<(), ScimError> {
        self.work = self.work.saturating_add(elements.saturating_mul(filter.map_or(1, Filter::terms)));
        if self.work > MOST_WORK {
            return Err(ScimError::too_many(
                "The operations look at too many elements; send them in several requests.",
            ));
        }
        Ok(())
    }

    pub(super) fn slot(&self, aim: &Aim<'_>) -> Option<&Value> {
        match aim.urn {
            Some(urn) => self.document.get(urn)?.get(&aim.attribute.name),
            None => self.document.get(&aim.attribute.name),
        }
    }

    /// The elements of a multi-valued attribute, taken out until they are stored again. An error ends the whole PATCH,
    /// so that nothing is lost.
    pub(super) fn take_items(&mut self, aim: &Aim<'_>) -> Vec<Value> {
        let name = &aim.attribute.name;
        let slot = match aim.urn {
            Some(urn) => self.document.get_mut(urn).and_then(|object| object.get_mut(name)),
            None => self.document.get_mut(name),
        };
        match slot {
            Some(Value::Array(items)) => std::mem::take(items),
            _ => Vec::new(),
        }
    }

    /// Stores the attribute's value; `None` and an empty list unassign it.
    pub(super) fn store(&mut self, aim: &Aim<'_>, value: Option<Value>) {
        let value = value.filter(|value| value.as_array().is_none_or(|items| !items.is_empty()));
        let name = &aim.attribute.name;
        let Some(urn) = aim.urn else {
            match value {
                Some(value) => self.document.insert(name.clone(), value),
                None => self.document.shift_remove(name),
            };
            return;
        };
        let object = self.document.entry(urn).or_insert_with(|| Value::Object(Document::new()));
        if let Value::Object(fields) = object {
            match value {
                Some(value) => fields.insert(name.clone(), value),
                None => fields.shift_remove(name),
            };
            if fields.is_empty() {
                self.document.shift_remove(urn);
            }
        }
    }
}
