//! Singular attributes: cases d, e, i, j and o.

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::normalise;
use crate::protocol::scim::patch::Op;
use crate::protocol::scim::patch::apply::Aim;
use crate::protocol::scim::patch::apply::Engine;

impl Engine<'_> {
    pub(super) fn single(&mut self, op: Op, aim: &Aim<'_>, value: Option<Value>) -> Result<(), ScimError> {
        if aim.filter.is_some() {
            return Err(ScimError::invalid_path(format!(
                "{} has one value; leave out the filter.",
                aim.attribute.name
            )));
        }
        match (op, aim.sub) {
            (Op::Remove, None) => {
                refuse_unassigning(aim, ScimError::mutability)?;
                self.store(aim, None);
                Ok(())
            }
            (Op::Remove, Some(sub)) => {
                let mut fields = self.object(aim);
                fields.shift_remove(&sub.name);
                self.store_object(aim, fields);
                Ok(())
            }
            (_, Some(sub)) => {
                let value = self.take(sub, value.unwrap_or_default())?;
                let mut fields = self.object(aim);
                put(&mut fields, &sub.name, value);
                self.store_object(aim, fields);
                Ok(())
            }
            (_, None) if aim.attribute.is_complex() => self.merge(aim, value.unwrap_or_default()),
            (_, None) => {
                let value = self.take(aim.attribute, value.unwrap_or_default())?;
                if value.is_none() {
                    refuse_unassigning(aim, ScimError::invalid_value)?;
                }
                self.store(aim, value);
                Ok(())
            }
        }
    }

    /// Cases e and j: the sub-attributes given are set, an empty one is unassigned, the others stay.
    fn merge(&mut self, aim: &Aim<'_>, value: Value) -> Result<(), ScimError> {
        let lifted = normalise::value(aim.attribute, value, self.profile, &mut self.applied);
        let given = match &lifted {
            Value::Null => None,
            Value::Array(items) if items.is_empty() => None,
            Value::Object(fields) => Some(fields.clone()),
            _ => {
                self.take(aim.attribute, lifted)?;
                return Ok(());
            }
        };
        let Some(given) = given else {
            self.store(aim, None);
            return Ok(());
        };
        let taken = self.take(aim.attribute, lifted)?;
        let mut fields = self.object(aim);
        for (key, value) in given {
            if let Some(sub) = aim.attribute.sub(&key)
                && value.is_null()
            {
                fields.shift_remove(&sub.name);
            }
        }
        if let Some(Value::Object(taken)) = taken {
            // A new manager id makes the old address of the manager wrong.
            if taken.contains_key("value") {
                fields.shift_remove("$ref");
            }
            fields.extend(taken);
        }
        self.store_object(aim, fields);
        Ok(())
    }

    fn object(&self, aim: &Aim<'_>) -> Document {
        self.slot(aim).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    fn store_object(&mut self, aim: &Aim<'_>, fields: Document) {
        self.store(aim, (!fields.is_empty()).then_some(Value::Object(fields)));
    }
}

/// Sets a sub-attribute, or unassigns it.
pub(super) fn put(fields: &mut Document, name: &str, value: Option<Value>) {
    match value {
        Some(value) => fields.insert(name.to_owned(), value),
        None => fields.shift_remove(name),
    };
}

/// Case o: `active` would fall back to true and let someone in; a required attribute must have a value.
fn refuse_unassigning(aim: &Aim<'_>, required: fn(String) -> ScimError) -> Result<(), ScimError> {
    let name = &aim.attribute.name;
    if aim.urn.is_none() && name == "active" {
        return Err(ScimError::invalid_value("active cannot be removed or empty; replace it with true or false."));
    }
    if aim.attribute.required {
        return Err(required(format!("{name} is required and cannot be removed; replace it with another value.")));
    }
    Ok(())
}
