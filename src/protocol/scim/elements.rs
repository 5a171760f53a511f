//! The elements of a multi-valued attribute: what makes two of them the same, and which one is primary.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::fold;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;

/// Whether an element is marked primary.
pub(crate) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// Takes the mark from an element.
pub(crate) fn unmark(element: &mut Value) {
    if let Some(mark) = element.get_mut("primary") {
        *mark = Value::Bool(false);
    }
}

fn key(attribute: &Attribute, element: &Value, name: &str) -> Option<String> {
    let exact = attribute.sub(name).is_some_and(|sub| sub.case_exact);
    element.get(name).and_then(Value::as_str).map(|text| fold::key_of(text, exact))
}

/// What two elements have in common if they are the same one: `value` and `type`, or everything where there is no
/// `value`.
fn identity(attribute: &Attribute, element: &Value) -> (String, Option<String>) {
    match key(attribute, element, "value") {
        Some(value) => (value, key(attribute, element, "type")),
        None => (element.to_string(), None),
    }
}

/// Leaves one of each, the first (requirement 8).
pub(crate) fn collapse(attribute: &Attribute, items: &mut Vec<Value>) {
    let mut seen = HashMap::new();
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match seen.entry(identity(attribute, &item)) {
            Entry::Occupied(at) => {
                if let Some(first) = kept.get_mut(*at.get()) {
                    overlay_absent(first, item);
                }
            }
            Entry::Vacant(free) => {
                free.insert(kept.len());
                kept.push(item);
            }
        }
    }
    *items = kept;
}

/// What the first lacks comes from the other; either's mark counts.
fn overlay_absent(kept: &mut Value, duplicate: Value) {
    let primary = is_primary(kept) || is_primary(&duplicate);
    if let (Value::Object(kept), Value::Object(duplicate)) = (kept, duplicate) {
        for (name, value) in duplicate {
            kept.entry(name).or_insert(value);
        }
        if primary {
            kept.insert("primary".to_owned(), Value::Bool(true));
        }
    }
}

/// Adds elements, each laid over the same one if it is there; says where each is.
pub(crate) fn append_all(attribute: &Attribute, items: &mut Vec<Value>, new: Vec<Value>) -> Vec<usize> {
    let mut places: HashMap<_, _> =
        items.iter().enumerate().map(|(at, item)| (identity(attribute, item), at)).collect();
    let mut written = Vec::with_capacity(new.len());
    for item in new {
        let at = *places.entry(identity(attribute, &item)).or_insert(items.len());
        match (items.get_mut(at), item) {
            (Some(Value::Object(fields)), Value::Object(new)) => fields.extend(new),
            (Some(_), _) => {}
            (None, item) => items.push(item),
        }
        written.push(at);
    }
    written
}

/// Elements that a removal lists: by `value`, and by `type` where one is given, else by all that is given.
pub(crate) struct Listed<'a> {
    attribute: &'a Attribute,
    by_value: HashMap<String, Vec<Option<String>>>,
    others: Vec<&'a Value>,
}

impl<'a> Listed<'a> {
    pub(crate) fn of(attribute: &'a Attribute, wanted: &'a [Value]) -> Self {
        let mut listed = Self { attribute, by_value: HashMap::new(), others: Vec::new() };
        for element in wanted {
            match key(attribute, element, "value") {
                Some(value) => listed.by_value.entry(value).or_default().push(key(attribute, element, "type")),
                None => listed.others.push(element),
            }
        }
        listed
    }

    /// Whether an element is among them.
    pub(crate) fn names(&self, element: &Value) -> bool {
        let by_value = key(self.attribute, element, "value").and_then(|value| self.by_value.get(&value));
        let kind = key(self.attribute, element, "type");
        by_value.is_some_and(|kinds| kinds.iter().any(|wanted| wanted.is_none() || *wanted == kind))
            || self.others.iter().any(|wanted| self.covers(wanted, element))
    }

    fn covers(&self, wanted: &Value, element: &Value) -> bool {
        let Value::Object(fields) = wanted else { return wanted == element };
        fields.iter().all(|(name, value)| match value {
            Value::String(_) => key(self.attribute, wanted, name) == key(self.attribute, element, name),
            value => element.get(name) == Some(value),
        })
    }
}

/// POST and PUT: the first primary wins (Q44); strict profiles refuse a second.
pub(crate) fn first_primary_wins(
    attribute: &Attribute,
    items: &mut [Value],
    profile: Profile,
    applied: &mut Applied,
) -> Result<(), ScimError> {
    let mut marked = items.iter_mut().filter(|item| is_primary(item)).skip(1).peekable();
    if marked.peek().is_none() {
        return Ok(());
    }
    if !applied.allow(profile, Quirk::PrimaryTwice) {
        return Err(ScimError::invalid_value(format!(
            "{} has several elements with primary true; mark one at most.",
            attribute.name
        )));
    }
    marked.for_each(unmark);
    Ok(())
}

/// PATCH: of the elements just written the last primary wins, and no other keeps the mark.
pub(crate) fn last_primary_wins(items: &mut [Value], written: &[usize]) {
    let Some(winner) = written.iter().copied().filter(|at| items.get(*at).is_some_and(is_primary)).max() else {
        return;
    };
    for (at, item) in items.iter_mut().enumerate() {
        if at != winner && is_primary(item) {
            unmark(item);
        }
    }
}

/// Whether two lists hold the same elements in whatever order (order has no meaning, RFC 7643 §2.4).
pub(crate) fn same_list(left: &[Value], right: &[Value]) -> bool {
    if left.len() != right.len() || left.len() > 64 {
        return left == right;
    }
    let mut rest: Vec<&Value> = right.iter().collect();
    left.iter().all(|item| match rest.iter().position(|candidate| *candidate == item) {
        Some(at) => {
            rest.swap_remove(at);
            true
        }
        None => false,
    })
}
