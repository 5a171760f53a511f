//! Rewrites of values, by the type that the schema says (requirements 74 and 75).

use serde_json::Number;
use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::Document;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;

/// Lifts the value of an attribute, singular or multi-valued.
pub(crate) fn value(attribute: &Attribute, value: Value, profile: Profile, applied: &mut Applied) -> Value {
    if profile.is_strict() {
        return value;
    }
    Lift { profile, applied }.value(attribute, value)
}

struct Lift<'a> {
    profile: Profile,
    applied: &'a mut Applied,
}

impl Lift<'_> {
    fn allow(&mut self, quirk: Quirk) -> bool {
        self.applied.allow(self.profile, quirk)
    }

    fn value(&mut self, attribute: &Attribute, value: Value) -> Value {
        if !attribute.multi_valued {
            return self.singular(attribute, value);
        }
        let items = match value {
            Value::Null => return Value::Null,
            Value::Array(items) => items,
            Value::String(text) if text.is_empty() && self.allow(Quirk::EmptyDropped) => return Value::Null,
            one if self.allow(Quirk::ElementWrapped) => vec![one],
            one => return one,
        };
        let lifted = items.into_iter().map(|item| self.element(attribute, item)).filter(|item| !item.is_null());
        Value::Array(lifted.collect())
    }

    fn singular(&mut self, attribute: &Attribute, mut value: Value) -> Value {
        let manager = attribute.name == "manager";
        for _ in 0..2 {
            value = match value {
                Value::Array(mut items)
                    if items.len() == 1
                        && self.allow(if manager { Quirk::ManagerForm } else { Quirk::ArrayUnwrapped }) =>
                {
                    items.swap_remove(0)
                }
                Value::Object(mut fields)
                    if !attribute.is_complex()
                        && fields.contains_key("value")
                        && self.allow(Quirk::ValueObjectUnwrapped) =>
                {
                    fields.swap_remove("value").unwrap_or_default()
                }
                other => other,
            };
        }
        self.one(attribute, value, if manager { Quirk::ManagerForm } else { Quirk::BareElement })
    }

    fn element(&mut self, attribute: &Attribute, value: Value) -> Value {
        let lifted = self.one(attribute, value, Quirk::BareElement);
        let has_value = attribute.is_complex() && attribute.sub("value").is_some();
        let empty = match &lifted {
            Value::Object(fields) => {
                let value = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case("value"));
                // Members without an id are a fault to be told, not an empty slot of a template.
                has_value && attribute.name != "members" && value.is_none_or(|(_, value)| value.is_null())
            }
            _ => false,
        };
        if empty && self.allow(Quirk::EmptyDropped) { Value::Null } else { lifted }
    }

    fn one(&mut self, attribute: &Attribute, value: Value, bare: Quirk) -> Value {
        if !attribute.is_complex() {
            return self.simple(attribute, value);
        }
        match value {
            Value::Object(fields) => Value::Object(self.fields(attribute, fields)),
            Value::String(text) if text.is_empty() && self.allow(Quirk::EmptyDropped) => Value::Null,
            Value::String(text) => match self.role(attribute, &text) {
                Some(fields) => Value::Object(self.fields(attribute, fields)),
                None if attribute.sub("value").is_some() && self.allow(bare) => json!({ "value": text }),
                None => Value::String(text),
            },
            Value::Number(number) if attribute.sub("value").is_some() && self.allow(bare) => {
                json!({ "value": number.to_string() })
            }
            other => other,
        }
    }

    /// A role as JSON text (Entra).
    fn role(&mut self, attribute: &Attribute, text: &str) -> Option<Document> {
        if attribute.name != "roles" || !text.trim_start().starts_with('{') {
            return None;
        }
        let fields = serde_json::from_str(text).ok()?;
        self.allow(Quirk::RoleForm).then_some(fields)
    }

    fn fields(&mut self, attribute: &Attribute, fields: Document) -> Document {
        let mut lifted = Document::with_capacity(fields.len());
        for (key, value) in fields {
            let mut name = key.as_str();
            if attribute.name == "roles" && attribute.sub(name).is_none() {
                let known = name.eq_ignore_ascii_case("displayName") || name == "id";
                if known && self.allow(Quirk::RoleForm) {
                    if name == "id" {
                        continue;
                    }
                    name = "display";
                }
            }
            let value = match attribute.sub(name) {
                Some(sub) => self.singular(sub, value),
                None => value,
            };
            lifted.insert(name.to_owned(), value);
        }
        lifted
    }

    fn simple(&mut self, attribute: &Attribute, value: Value) -> Value {
        match (attribute.kind, value) {
            // An empty `active` or an empty key is a fault to be told, not a value to be dropped.
            (kind, Value::String(text))
                if text.is_empty()
                    && !attribute.required
                    && kind != AttributeType::Boolean
                    && self.allow(Quirk::EmptyDropped) =>
            {
                Value::Null
            }
            (AttributeType::Boolean, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" if self.allow(Quirk::BooleanText) => Value::Bool(true),
                "false" if self.allow(Quirk::BooleanText) => Value::Bool(false),
                _ => Value::String(text),
            },
            (AttributeType::String, Value::Number(number)) if self.allow(Quirk::NumberText) => {
                Value::String(number.to_string())
            }
            (AttributeType::String, Value::Bool(flag)) if self.allow(Quirk::BooleanText) => {
                Value::String(flag.to_string())
            }
            (AttributeType::Integer | AttributeType::Decimal, Value::String(text)) => {
                match serde_json::from_str::<Number>(text.trim()) {
                    Ok(number) if self.allow(Quirk::NumberText) => Value::Number(number),
                    _ => Value::String(text),
                }
            }
            (_, other) => other,
        }
    }
}
