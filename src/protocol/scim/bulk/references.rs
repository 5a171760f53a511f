//! References by `bulkId` (RFC 7644 §3.7.2): found and replaced in paths and data.

use std::collections::HashMap;

use serde_json::Value;

use crate::protocol::scim::bulk::BulkOperation;

const MARK: &str = "bulkId:";

/// Puts the ids in the place of the references of an operation.
///
/// # Errors
/// The first bulkId that has no id: answer that operation with 409.
pub fn resolve(operation: &mut BulkOperation, ids: &HashMap<String, String>) -> Result<(), String> {
    let mut missing = None;
    visit(operation, &mut |name| match ids.get(name) {
        Some(id) => Some(id.clone()),
        None => {
            missing.get_or_insert_with(|| name.to_owned());
            None
        }
    });
    missing.map_or(Ok(()), Err)
}

/// Shows every reference of an operation to `with`, and puts what it answers in its place.
pub(super) fn visit(operation: &mut BulkOperation, with: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(id) = &mut operation.id {
        whole(id, with);
    }
    value(&mut operation.data, "", with);
}

fn value(value_: &mut Value, key: &str, with: &mut dyn FnMut(&str) -> Option<String>) {
    match value_ {
        Value::String(text) if key.eq_ignore_ascii_case("path") => inside(text, '"', with),
        Value::String(text) if key.eq_ignore_ascii_case("$ref") && !text.starts_with(MARK) => inside(text, '/', with),
        Value::String(text) => whole(text, with),
        Value::Array(items) => items.iter_mut().for_each(|item| value(item, key, with)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, field)| value(field, key, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn whole(text: &mut String, with: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(id) = text.strip_prefix(MARK).and_then(with) {
        *text = id;
    }
}

/// References inside a PATCH path (`members[value eq "bulkId:x"]`) or at the end of an address.
fn inside(text: &mut String, before: char, with: &mut dyn FnMut(&str) -> Option<String>) {
    let start = format!("{before}{MARK}");
    let mut done = 0;
    while let Some(found) = text[done..].find(&start).map(|at| done + at + before.len_utf8()) {
        let name_at = found + MARK.len();
        let end = text[name_at..].find(['"', '/', ']']).map_or(text.len(), |at| name_at + at);
        match with(&text[name_at..end]) {
            Some(id) => {
                text.replace_range(found..end, &id);
                done = found + id.len();
            }
            None => done = end,
        }
    }
}
