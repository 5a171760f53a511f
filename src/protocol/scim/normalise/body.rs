//! Rewrites of a message's structure: the spelling of its keys, and the forms of a PATCH operation.

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;

/// Gives the keys of a message their declared spelling.
pub(crate) fn message(body: Document, keys: &[&str], profile: Profile, applied: &mut Applied) -> Document {
    if !profile.allows(Quirk::MessageKeyCase) {
        return body;
    }
    let mut lifted = Document::with_capacity(body.len());
    for (key, value) in body {
        match keys.iter().find(|known| known.eq_ignore_ascii_case(&key)) {
            Some(known) if **known != key => {
                applied.note(Quirk::MessageKeyCase);
                lifted.insert((*known).to_owned(), value);
            }
            _ => {
                lifted.insert(key, value);
            }
        }
    }
    lifted
}

/// Lifts one PATCH operation: `op` in lower case, a path-less value as an object, a path-less removal with its path.
pub(crate) fn operation(body: Document, profile: Profile, applied: &mut Applied) -> Document {
    let mut body = message(body, &["op", "path", "value"], profile, applied);
    if let Some(Value::String(op)) = body.get_mut("op") {
        let lower = op.to_ascii_lowercase();
        if *op != lower && applied.allow(profile, Quirk::OpCase) {
            *op = lower;
        }
    }
    let pathless = match body.get("path") {
        None | Some(Value::Null) => true,
        Some(Value::String(path)) => path.trim().is_empty(),
        Some(_) => false,
    };
    if pathless {
        body.swap_remove("path");
        if let Some(value) = body.swap_remove("value") {
            body.insert("value".to_owned(), pathless_value(value, profile, applied));
        }
        lift_removal(&mut body, profile, applied);
    }
    body
}

fn pathless_value(value: Value, profile: Profile, applied: &mut Applied) -> Value {
    let value = match value {
        Value::String(text) => match serde_json::from_str::<Document>(&text) {
            Ok(fields) if applied.allow(profile, Quirk::JsonText) => Value::Object(fields),
            _ => Value::String(text),
        },
        other => other,
    };
    match value {
        Value::Array(mut items) if items.len() == 1 && items[0].is_object() => {
            if applied.allow(profile, Quirk::ArrayUnwrapped) { items.swap_remove(0) } else { Value::Array(items) }
        }
        other => other,
    }
}

/// `{"op":"remove","value":{"members":[…]}}` names what it removes, though not in a path.
fn lift_removal(body: &mut Document, profile: Profile, applied: &mut Applied) {
    if body.get("op").and_then(Value::as_str) != Some("remove") {
        return;
    }
    let Some(Value::Object(value)) = body.get("value") else { return };
    let only = value.iter().next().filter(|(key, _)| value.len() == 1 && key.eq_ignore_ascii_case("members"));
    let Some((_, listed)) = only else { return };
    if applied.allow(profile, Quirk::PathlessRemove) {
        let listed = listed.clone();
        body.insert("path".to_owned(), Value::from("members"));
        body.insert("value".to_owned(), listed);
    }
}
