//! The elements of a multi-valued attribute: what makes two of them the same, and which one is primary.

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

/// Whether two elements are the same one: equal `value` and `type`, or wholly equal where there is no `value`.
pub(crate) fn is_same(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    let key = |element: &Value, name: &str| {
        let exact = attribute.sub(name).is_some_and(|sub| sub.case_exact);
        element.get(name).and_then(Value::as_str).map(|text| fold::key_of(text, exact))
    };
    match (key(left, "value"), key(right, "value")) {
        (Some(one), Some(other)) => one == other && key(left, "type") == key(right, "type"),
        _ => left == right,
    }
}

/// Leaves one of each (requirement 8). Beyond a thousand elements the list is left as it is.
pub(crate) fn collapse(attribute: &Attribute, items: &mut Vec<Value>) {
    if items.len() > 1000 {
        return;
    }
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match kept.iter_mut().find(|other| is_same(attribute, other, &item)) {
            Some(other) => overlay_absent(other, item),
            None => kept.push(item),
        }
    }
    *items = kept;
}

fn overlay_absent(kept: &mut Value, duplicate: Value) {
    if let (Value::Object(kept), Value::Object(duplicate)) = (kept, duplicate) {
        for (name, value) in duplicate {
            kept.entry(name).or_insert(value);
        }
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
pub(crate) fn same_list(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() && one.len() <= 64 => {
            let mut rest: Vec<&Value> = other.iter().collect();
            one.iter().all(|item| match rest.iter().position(|candidate| *candidate == item) {
                Some(at) => {
                    rest.swap_remove(at);
                    true
                }
                None => false,
            })
        }
        _ => left == right,
    }
}
