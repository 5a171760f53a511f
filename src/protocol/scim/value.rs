//! One attribute value against its definition: type, spelling of sub-attributes, what is dropped.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::GeneralPurposeConfig;
use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::datetime;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::is_assigned;
use crate::protocol::scim::normalise;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

const MOST_ELEMENTS: usize = 1000;
const MOST_NAMED: usize = 200;

/// Notes the name of something that is left out, each once. Of very many the last entry says that there are others.
pub(crate) fn note_left_out(names: &mut Vec<String>, name: String) {
    if names.len() <= MOST_NAMED && !names.contains(&name) {
        names.push(if names.len() < MOST_NAMED { name } else { "others".to_owned() });
    }
}

/// What one request brings along while its values are read.
pub(crate) struct Intake<'a> {
    /// The directory's profile.
    pub(crate) profile: Profile,
    /// The rewrites so far.
    pub(crate) applied: &'a mut Applied,
    /// What was left out so far, by name.
    pub(crate) ignored: &'a mut Vec<String>,
}

impl Intake<'_> {
    /// Lifts a value to the standard's form and checks it; `None` is unassigned.
    pub(crate) fn take(&mut self, attribute: &Attribute, value: Value) -> Result<Option<Value>, ScimError> {
        let value = normalise::value(attribute, value, self.profile, self.applied);
        self.check(attribute, value, &attribute.name)
    }

    /// Leaves out a name that no schema declares, or refuses it in a strict profile (3.1.6).
    pub(crate) fn unknown(&mut self, name: &str) -> Result<(), ScimError> {
        let name: String = name.chars().take(200).collect();
        if !self.applied.allow(self.profile, Quirk::UnknownAttribute) {
            return Err(ScimError::invalid_syntax(format!("{name} is in no schema here; see /Schemas for what is.")));
        }
        note_left_out(self.ignored, name);
        Ok(())
    }

    fn check(&mut self, attribute: &Attribute, value: Value, name: &str) -> Result<Option<Value>, ScimError> {
        match value {
            Value::Null => Ok(None),
            Value::Array(items) if attribute.multi_valued => {
                // Members are rows of their own, however many.
                if attribute.name != "members" {
                    refuse_too_many(attribute, items.len())?;
                }
                let mut kept = Vec::with_capacity(items.len());
                for item in items {
                    kept.extend(self.element(attribute, item, name)?);
                }
                Ok((!kept.is_empty()).then_some(Value::Array(kept)))
            }
            Value::Array(items) if items.is_empty() => Ok(None),
            _ if attribute.multi_valued => Err(wrong(name, "is multi-valued; send a list")),
            value => self.element(attribute, value, name),
        }
    }

    /// One element of a list, or the value of a singular attribute.
    pub(crate) fn element(
        &mut self,
        attribute: &Attribute,
        value: Value,
        name: &str,
    ) -> Result<Option<Value>, ScimError> {
        match (attribute.kind, value) {
            (_, Value::Null) => Ok(None),
            (AttributeType::Complex, Value::Object(fields)) => {
                let fields = self.fields(attribute, fields, name)?;
                Ok(fields.values().any(is_assigned).then_some(Value::Object(fields)))
            }
            (AttributeType::Complex, _) => Err(wrong(name, "is complex; send an object of its sub-attributes")),
            (kind, value) => simple(kind, value, name).map(Some),
        }
    }

    fn fields(&mut self, attribute: &Attribute, fields: Document, name: &str) -> Result<Document, ScimError> {
        let mut kept = Document::new();
        for (key, value) in fields {
            let Some(sub) = attribute.sub(&key) else {
                self.unknown(&format!("{name}.{key}"))?;
                continue;
            };
            if sub.is_read_only() && !attribute.is_read_only() {
                continue;
            }
            if let Some(value) = self.check(sub, value, &[name, ".", &sub.name].concat())? {
                kept.insert(sub.name.clone(), value);
            }
        }
        Ok(kept)
    }
}

fn simple(kind: AttributeType, value: Value, name: &str) -> Result<Value, ScimError> {
    let good = match (kind, &value) {
        (AttributeType::String | AttributeType::Reference, Value::String(_))
        | (AttributeType::Boolean, Value::Bool(_))
        | (AttributeType::Decimal, Value::Number(_)) => true,
        (AttributeType::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (AttributeType::DateTime, Value::String(text)) => datetime::parse(text).is_some(),
        (AttributeType::Binary, Value::String(text)) => {
            BASE64.decode(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>()).is_ok()
        }
        _ => false,
    };
    if good { Ok(value) } else { Err(wrong(name, &format!("is of type {}; send such a value", kind.name()))) }
}

fn wrong(name: &str, rule: &str) -> ScimError {
    ScimError::invalid_value(format!("The attribute {name} {rule}."))
}

/// Refuses more elements than any directory keeps in one attribute: each costs on every later PATCH.
pub(crate) fn refuse_too_many(attribute: &Attribute, count: usize) -> Result<(), ScimError> {
    if count > MOST_ELEMENTS {
        return Err(wrong(&attribute.name, &format!("holds {MOST_ELEMENTS} elements at most; send fewer")));
    }
    Ok(())
}

/// Refuses U+0000 anywhere in a body: PostgreSQL cannot keep it, and no name has it.
pub(crate) fn refuse_nul(value: &Value) -> Result<(), ScimError> {
    let found = match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => return items.iter().try_for_each(refuse_nul),
        Value::Object(fields) => {
            fields.values().try_for_each(refuse_nul)?;
            fields.keys().any(|key| key.contains('\0'))
        }
        _ => false,
    };
    if found {
        return Err(ScimError::invalid_value("A text contains the character U+0000; remove it from the source value."));
    }
    Ok(())
}
