//! The index rows of a document: (path, folded value), spelled as the plan of a filter spells its terms.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::datetime;
use crate::protocol::scim::filter::boolean_key;
use crate::protocol::scim::filter::cut;
use crate::protocol::scim::fold;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;

/// The rows of a stored document, sorted and each once. Between two documents only the difference need be written.
#[must_use]
pub fn rows(document: &Document, registry: &Registry, kind: ResourceType) -> BTreeSet<(String, String)> {
    let mut rows = BTreeSet::new();
    for (key, value) in document {
        if let Some(attribute) = registry.attribute(kind, key) {
            collect(attribute, &attribute.name, value, &mut rows);
        } else if let (Some(schema), Value::Object(fields)) =
            (registry.extensions(kind).find(|schema| schema.id == *key), value)
        {
            for (name, value) in fields {
                if let Some(attribute) = schema.attribute(name) {
                    collect(attribute, &format!("{key}:{}", attribute.name), value, &mut rows);
                }
            }
        }
    }
    rows
}

fn collect(attribute: &Attribute, path: &str, value: &Value, rows: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(attribute, path, item, rows)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(sub) = attribute.sub(name) {
                    collect(sub, &format!("{path}.{}", sub.name), value, rows);
                }
            }
        }
        value if attribute.searchable => {
            if let Some(key) = key(attribute, value) {
                rows.insert((path.to_owned(), cut(&key).to_owned()));
            }
        }
        _ => {}
    }
}

fn key(attribute: &Attribute, value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(boolean_key(*value).to_owned()),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) if attribute.kind == AttributeType::DateTime => {
            datetime::parse(text).map(datetime::to_sortable)
        }
        Value::String(text) => Some(fold::key_of(text, attribute.case_exact)),
        _ => None,
    }
}

/// The folded form of a text, as rows and keys carry it; whole, not cut.
#[must_use]
pub fn folded(text: &str) -> String {
    fold::fold(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_searchable_value_has_a_row_in_comparable_form() {
        let document = json!({
            "userName": "ÅDA", "externalId": "Ab", "active": false, "nickName": "n".repeat(300),
            "emails": [{ "value": "A@x", "type": "Work", "primary": true, "display": "no" }, { "value": "a@X" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "R&D", "manager": { "value": "M" } }
        });
        let rows = rows(document.as_object().unwrap(), Registry::standard(), ResourceType::User);
        let has = |path: &str, key: &str| rows.contains(&(path.to_owned(), key.to_owned()));
        assert!(has("userName", "åda") && has("externalId", "Ab") && has("active", "0"));
        assert!(has("emails.value", "a@x") && has("emails.type", "work") && has("emails.primary", "1"));
        assert!(has("nickName", &"n".repeat(200)));
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert!(has(&format!("{urn}:department"), "r&d") && has(&format!("{urn}:manager.value"), "m"));
        assert_eq!(rows.len(), 9);
    }
}
