//! `attributes` and `excludedAttributes` (RFC 7644 §3.4.2.5, §3.9): which attributes an answer carries.

use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use serde_json::Value;

/// Attributes that are in every answer, whatever was asked.
const ALWAYS: [&str; 3] = ["schemas", "id", "meta"];

/// Which attributes an answer carries; names are folded, unknown ones have no effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Projection {
    only: Vec<String>,
    without: Vec<String>,
}

impl Projection {
    /// Reads both parameters.
    ///
    /// # Errors
    /// 400 `invalidValue` when both are there.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, ScimError> {
        let (only, without) = (names(attributes), names(excluded));
        if !only.is_empty() && !without.is_empty() {
            return Err(ScimError::invalid_value(
                "attributes and excludedAttributes cannot be used together; send one of them.",
            ));
        }
        Ok(Self { only, without })
    }

    /// Whether the client has named attributes at all.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !self.only.is_empty() || !self.without.is_empty()
    }

    /// Whether a top-level attribute is in the answer: what is not need not be loaded.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        if !self.only.is_empty() {
            return self.only.iter().any(|path| top(path) == name);
        }
        !self.without.contains(&name)
    }

    /// The document with what was asked for.
    #[must_use]
    pub fn apply(&self, document: Document) -> Document {
        if !self.is_asked() {
            return document;
        }
        let mut out = Document::new();
        for (key, value) in document {
            let folded = key.to_ascii_lowercase();
            if ALWAYS.contains(&key.as_str()) {
                out.insert(key, value);
            } else if let Some(value) = self.part(&folded, value) {
                out.insert(key, value);
            }
        }
        out
    }

    fn part(&self, key: &str, value: Value) -> Option<Value> {
        let subs = |paths: &[String]| -> Vec<String> {
            paths.iter().filter(|path| top(path) == key).filter_map(|path| sub(path).map(str::to_owned)).collect()
        };
        if self.only.is_empty() {
            return if self.without.iter().any(|path| path == key) {
                None
            } else {
                trimmed(value, &subs(&self.without), false)
            };
        }
        if self.only.iter().any(|path| path == key) {
            return Some(value);
        }
        let kept = subs(&self.only);
        if kept.is_empty() { None } else { trimmed(value, &kept, true) }
    }
}

/// Keeps (or drops) sub-attributes; `None` where nothing is left.
fn trimmed(value: Value, subs: &[String], keep: bool) -> Option<Value> {
    if subs.is_empty() {
        return Some(value);
    }
    match value {
        Value::Array(list) => {
            let list: Vec<_> = list.into_iter().filter_map(|one| trimmed(one, subs, keep)).collect();
            if list.is_empty() { None } else { Some(Value::Array(list)) }
        }
        Value::Object(map) => {
            let map: Document =
                map.into_iter().filter(|(key, _)| subs.contains(&key.to_ascii_lowercase()) == keep).collect();
            if map.is_empty() { None } else { Some(Value::Object(map)) }
        }
        other => (!keep).then_some(other),
    }
}

fn names(list: Option<&str>) -> Vec<String> {
    list.unwrap_or_default().split(',').map(canonical).filter(|name| !name.is_empty()).collect()
}

/// Folded, without a value filter (`emails[type eq "work"]` reads as `emails`) and without a core URN in front.
fn canonical(name: &str) -> String {
    let name = name.split('[').next().unwrap_or_default().trim().to_ascii_lowercase();
    for core in ["urn:ietf:params:scim:schemas:core:2.0:user:", "urn:ietf:params:scim:schemas:core:2.0:group:"] {
        if let Some(rest) = name.strip_prefix(core) {
            return rest.to_owned();
        }
    }
    name
}

/// Where the first name of a path ends: an extension's URN has dots and colons of its own.
fn split(path: &str) -> (&str, Option<&str>) {
    if path.starts_with("urn:") {
        return match path.rsplit_once(":user:") {
            Some((urn, rest)) => (path.get(..urn.len() + ":user".len()).unwrap_or(path), Some(rest)),
            None => (path, None),
        };
    }
    path.split_once('.').map_or((path, None), |(top, sub)| (top, Some(sub)))
}

fn top(path: &str) -> &str {
    split(path).0
}

fn sub(path: &str) -> Option<&str> {
    split(path).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(attributes: Option<&str>, excluded: Option<&str>) -> Value {
        let document = json!({"schemas": ["s"], "id": "1", "userName": "ada", "name": {"givenName": "Ada",
            "familyName": "Byron"}, "emails": [{"value": "a@x", "type": "work"}], "meta": {"version": "W/\"1\""}});
        let Value::Object(document) = document else { panic!("an object") };
        Value::Object(Projection::parse(attributes, excluded).unwrap().apply(document))
    }

    #[test]
    fn r062_named_attributes_come_with_what_is_always_there() {
        assert_eq!(
            seen(Some("USERNAME,name.givenName"), None),
            json!({"schemas": ["s"], "id": "1", "userName": "ada", "name": {"givenName": "Ada"},
                "meta": {"version": "W/\"1\""}})
        );
    }

    #[test]
    fn r063_what_is_always_returned_cannot_be_excluded() {
        let out = seen(None, Some("id,meta,emails,name"));
        assert_eq!(out, json!({"schemas": ["s"], "id": "1", "userName": "ada", "meta": {"version": "W/\"1\""}}));
    }

    #[test]
    fn r064_a_value_filter_in_the_list_reads_as_its_attribute() {
        assert!(seen(Some("emails[type eq \"work\"]"), None).get("emails").is_some());
    }

    #[test]
    fn r062_both_parameters_are_refused() {
        assert!(Projection::parse(Some("id"), Some("name")).is_err());
    }
}
