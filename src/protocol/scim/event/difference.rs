//! What differs between a resource before and after: the names of the attributes, or a PATCH that leads from one to
//! the other.

use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::Document;
use crate::protocol::scim::patch::PATCH_URN;

/// The paths of the attributes that differ, extensions by their full URN (`urn:…:User:department`).
#[must_use]
pub fn changed_paths(old: &Document, new: &Document) -> Vec<String> {
    differences(old, new).into_iter().map(|(path, _)| path).collect()
}

/// A PATCH body that makes the new document of the old one: what came of a change, whatever the client wrote. A value
/// that is never stored (a password) is never in it.
#[must_use]
pub fn patch_between(old: &Document, new: &Document) -> Document {
    let operation = |(path, value): (String, Option<&Value>)| match value {
        Some(value) => json!({ "op": "replace", "path": path, "value": value }),
        None => json!({ "op": "remove", "path": path }),
    };
    let operations: Vec<Value> = differences(old, new).into_iter().map(operation).collect();
    let mut body = Document::new();
    body.insert("schemas".to_owned(), json!([PATCH_URN]));
    body.insert("Operations".to_owned(), Value::Array(operations));
    body
}

/// Each path that differs, with its new value; `None`: it is gone.
fn differences<'a>(old: &'a Document, new: &'a Document) -> Vec<(String, Option<&'a Value>)> {
    let nothing = Document::new();
    let mut found = Vec::new();
    for key in keys(old, new) {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        if !key.starts_with("urn:") {
            found.push((key.clone(), after));
            continue;
        }
        let inside = |value: Option<&'a Value>| value.and_then(Value::as_object);
        let (before, after) = (inside(before).unwrap_or(&nothing), inside(after));
        for name in keys(before, after.unwrap_or(&nothing)) {
            let value = after.and_then(|after| after.get(name));
            if before.get(name) != value {
                found.push((format!("{key}:{name}"), new.get(key).and_then(|extension| extension.get(name))));
            }
        }
    }
    found
}

fn keys<'a>(old: &'a Document, new: &'a Document) -> impl Iterator<Item = &'a String> {
    new.keys().chain(old.keys().filter(|key| !new.contains_key(*key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::scim::patch::PatchRequest;
    use crate::protocol::scim::profile::Profile;
    use crate::protocol::scim::schema::{ENTERPRISE_URN, Registry, ResourceType};

    fn document(value: Value) -> Document {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_difference_of_two_resources_is_a_patch_that_leads_from_one_to_the_other() {
        let old = document(json!({
            "userName": "ada", "title": "Countess", "active": true,
            ENTERPRISE_URN: { "department": "Math", "division": "Engines" },
        }));
        let new = document(json!({
            "userName": "ada", "active": false, "emails": [{ "value": "ada@acme.test" }],
            ENTERPRISE_URN: { "department": "Looms" },
        }));
        let mut paths = changed_paths(&old, &new);
        paths.sort();
        let department = format!("{ENTERPRISE_URN}:department");
        let division = format!("{ENTERPRISE_URN}:division");
        assert_eq!(paths, ["active", "emails", "title", &department, &division]);
        let body = Value::Object(patch_between(&old, &new));
        let patch = PatchRequest::parse(body, ResourceType::User, Profile::RfcStrict).unwrap();
        assert_eq!(patch.apply(Registry::standard(), &old).unwrap().document, new);
        assert!(changed_paths(&new, &new).is_empty());
    }
}
