//! Multi-valued attributes: cases f to h, k to n, and p to r.

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::elements;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::CompareOp;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::Literal;
use crate::protocol::scim::patch::Op;
use crate::protocol::scim::patch::apply::Aim;
use crate::protocol::scim::patch::apply::Engine;
use crate::protocol::scim::patch::single::put;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::value::refuse_too_many;

impl Engine<'_> {
    pub(super) fn multi(&mut self, op: Op, aim: &Aim<'_>, value: Option<Value>) -> Result<(), ScimError> {
        if aim.filter.is_some() && aim.sub.is_none() && self.profile == Profile::InteropStrict && op != Op::Remove {
            return Err(ScimError::invalid_path("After a filter the interoperability profile wants a sub-attribute."));
        }
        self.work(self.slot(aim).and_then(Value::as_array).map_or(0, Vec::len), aim.filter)?;
        match (op, aim.filter.is_some() || aim.sub.is_some()) {
            (Op::Remove, true) => self.remove_selected(aim),
            (Op::Remove, false) => self.remove_listed(aim, value),
            (_, true) => self.write_selected(op, aim, value.unwrap_or_default()),
            (_, false) => self.write_list(op, aim, value.unwrap_or_default()),
        }
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
        let before = self.take_items(aim);
        let (mut items, before) = if op == Op::Add { (before, None) } else { (Vec::new(), Some(before)) };
        let written = elements::append_all(aim.attribute, &mut items, new);
        refuse_too_many(aim.attribute, items.len())?;
        elements::last_primary_wins(&mut items, &written);
        // The order of elements has no meaning: the same ones in another order are no change.
        let items = before.filter(|before| elements::same_list(before, &items)).unwrap_or(items);
        self.store(aim, Some(Value::Array(items)));
        Ok(())
    }

    /// Cases g, h, l, m and n.
    fn write_selected(&mut self, op: Op, aim: &Aim<'_>, value: Value) -> Result<(), ScimError> {
        let is_whole = value.is_object() || value.as_array().is_some_and(|items| items.iter().all(Value::is_object));
        let taken = match aim.sub {
            Some(sub) => self.take(sub, value)?,
            None => self.take_element(aim.attribute, value)?,
        };
        let Some(taken) = taken else { return self.remove_selected(aim) };
        let mut items = self.take_items(aim);
        let mut written = selected(&items, aim.filter);
        if written.is_empty() {
            items.push(self.created(aim)?);
            refuse_too_many(aim.attribute, items.len())?;
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
        elements::collapse(aim.attribute, &mut items);
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
        let mut items = self.take_items(aim);
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
        if aim.sub.is_some() {
            elements::collapse(aim.attribute, &mut items);
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
        let mut items = self.take_items(aim);
        let listed = elements::Listed::of(aim.attribute, &listed);
        items.retain(|item| !listed.names(item));
        self.store(aim, Some(Value::Array(items)));
        Ok(())
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
