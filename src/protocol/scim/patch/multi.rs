//! Multi-valued attributes: cases f to h, k to n, and p to r.

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::elements;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::CompareOp;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::Literal;
use crate::protocol::scim::fold;
use crate::protocol::scim::patch::Op;
use crate::protocol::scim::patch::apply::Aim;
use crate::protocol::scim::patch::apply::Engine;
use crate::protocol::scim::patch::single::put;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;

impl Engine<'_> {
    pub(super) fn multi(&mut self, op: Op, aim: &Aim<'_>, value: Option<Value>) -> Result<(), ScimError> {
        if aim.filter.is_some() && aim.sub.is_none() && self.profile == Profile::InteropStrict && op != Op::Remove {
            return Err(ScimError::invalid_path("After a filter the interoperability profile wants a sub-attribute."));
        }
        match (op, aim.filter.is_some() || aim.sub.is_some()) {
            (Op::Remove, true) => self.remove_selected(aim),
            (Op::Remove, false) => self.remove_listed(aim, value),
            (_, true) => self.write_selected(op, aim, value.unwrap_or_default()),
            (_, false) => self.write_list(op, aim, value.unwrap_or_default()),
        }
    }

    fn items(&self, aim: &Aim<'_>) -> Vec<Value> {
        self.slot(aim).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Cases f and k.
    fn write_list(&mut self, op: Op, aim: &Aim<'_>, value: Value) -> Result<(), ScimError> {
        let new = match self.take(aim.attribute, value)? {
            Some(Value::Array(new)) => new,
            _ if op == Op::Replace => {
                self.store(aim, None);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let before = self.items(aim);
        let mut items = if op == Op::Add { before.clone() } else { Vec::with_capacity(new.len()) };
        let mut written = Vec::with_capacity(new.len());
        for item in new {
            written.push(append(aim.attribute, &mut items, item));
        }
        elements::last_primary_wins(&mut items, &written);
        let items = Value::Array(items);
        if !elements::same_list(&items, &Value::Array(before)) {
            self.store(aim, Some(items));
        }
        Ok(())
    }

    /// Cases g, h, l, m and n.
    fn write_selected(&mut self, op: Op, aim: &Aim<'_>, value: Value) -> Result<(), ScimError> {
        let is_whole = value.is_object();
        let taken = match aim.sub {
            Some(sub) => self.take(sub, value)?,
            None => self.take_element(aim.attribute, value)?,
        };
        let Some(taken) = taken else { return self.remove_selected(aim) };
        let mut items = self.items(aim);
        let mut written = selected(&items, aim.filter);
        if written.is_empty() {
            items.push(self.created(aim)?);
            written.push(items.len() - 1);
        }
        let replaces = op == Op::Replace && is_whole && aim.sub.is_none();
        for at in &written {
            let Some(item) = items.get_mut(*at) else { continue };
            match (aim.sub, item, &taken) {
                (Some(sub), Value::Object(fields), value) => put(fields, &sub.name, Some(value.clone())),
                (None, Value::Object(fields), Value::Object(new)) if !replaces => fields.extend(new.clone()),
                (_, item, value) => *item = value.clone(),
            }
        }
        elements::last_primary_wins(&mut items, &written);
        self.store(aim, Some(Value::Array(items)));
        Ok(())
    }

    /// The element that a filter describes and that is not there yet (Entra). Without a filter it is an empty one.
    fn created(&mut self, aim: &Aim<'_>) -> Result<Value, ScimError> {
        let mut fields = Document::new();
        let Some(filter) = aim.filter else { return Ok(Value::Object(fields)) };
        let described = describe(filter, &mut fields);
        if described && self.applied.allow(self.profile, Quirk::CreateFromFilter) {
            return Ok(Value::Object(fields));
        }
        Err(ScimError::no_target(format!(
            "No element of {} matches [{filter}]; add the element first, without a filter.",
            aim.attribute.name
        )))
    }

    /// Cases p and q.
    fn remove_selected(&mut self, aim: &Aim<'_>) -> Result<(), ScimError> {
        let mut items = self.items(aim);
        let chosen = selected(&items, aim.filter);
        let mut keys = Document::new();
        if let Some(filter) = aim.filter {
            describe(filter, &mut keys);
        }
        for at in chosen.into_iter().rev() {
            let emptied = match (aim.sub, items.get_mut(at)) {
                (Some(sub), Some(Value::Object(fields))) => {
                    fields.shift_remove(&sub.name);
                    is_hollow(fields, &keys)
                }
                _ => true,
            };
            if emptied {
                items.remove(at);
            }
        }
        self.store(aim, Some(Value::Array(items)));
        Ok(())
    }

    /// Cases o and r: only an absent value clears the list.
    fn remove_listed(&mut self, aim: &Aim<'_>, value: Option<Value>) -> Result<(), ScimError> {
        let Some(value) = value else {
            self.store(aim, None);
            return Ok(());
        };
        if !self.applied.allow(self.profile, Quirk::RemoveListed) {
            return Err(ScimError::invalid_value(format!(
                "A remove takes no value; select the elements in the path, as in {}[value eq \"x\"].",
                aim.attribute.name
            )));
        }
        let Some(Value::Array(listed)) = self.take(aim.attribute, value)? else { return Ok(()) };
        let mut items = self.items(aim);
        items.retain(|item| !listed.iter().any(|wanted| is_listed(aim.attribute, item, wanted)));
        self.store(aim, Some(Value::Array(items)));
        Ok(())
    }
}

/// Adds an element, or lays it over the same one; says where it is.
fn append(attribute: &Attribute, items: &mut Vec<Value>, item: Value) -> usize {
    match items.iter().position(|other| elements::is_same(attribute, other, &item)) {
        Some(at) => {
            if let (Some(Value::Object(fields)), Value::Object(new)) = (items.get_mut(at), item) {
                fields.extend(new);
            }
            at
        }
        None => {
            items.push(item);
            items.len() - 1
        }
    }
}

fn selected(items: &[Value], filter: Option<&Filter>) -> Vec<usize> {
    let chosen = |item: &Value| filter.is_none_or(|filter| filter.matches_element(item));
    items.iter().enumerate().filter(|(_, item)| chosen(item)).map(|(at, _)| at).collect()
}

/// Writes the `eq` terms of a filter into an element; false if it is more than `eq` and `and`.
fn describe(filter: &Filter, fields: &mut Document) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|one| describe(one, fields)),
        Filter::Compare(term) if term.op == CompareOp::Eq && !term.is_empty_check() => {
            let value = match &term.value {
                Literal::Text(text) => Value::from(text.as_str()),
                Literal::Boolean(value) => Value::from(*value),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Time(_) | Literal::Null => return false,
            };
            fields.insert(term.path.name.clone(), value);
            true
        }
        _ => false,
    }
}

/// Whether nothing is left of an element but what selected it, or marks without a value.
fn is_hollow(fields: &Document, keys: &Document) -> bool {
    !fields.contains_key("value")
        && fields
            .keys()
            .all(|name| keys.contains_key(name) || matches!(name.as_str(), "type" | "primary" | "display" | "$ref"))
}

/// Whether an element is meant by one listed in the value: the same `value`, and the same `type` where one is given.
fn is_listed(attribute: &Attribute, item: &Value, wanted: &Value) -> bool {
    let (Value::Object(item), Value::Object(wanted)) = (item, wanted) else { return item == wanted };
    let has_value = wanted.contains_key("value");
    wanted.iter().filter(|(name, _)| !has_value || matches!(name.as_str(), "value" | "type")).all(|(name, wanted)| {
        let exact = attribute.sub(name).is_some_and(|sub| sub.case_exact);
        match (item.get(name), wanted) {
            (Some(Value::String(found)), Value::String(wanted)) => {
                fold::key_of(found, exact) == fold::key_of(wanted, exact)
            }
            (found, wanted) => found == Some(wanted),
        }
    })
}
