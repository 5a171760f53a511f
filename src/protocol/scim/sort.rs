//! Sorting (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use serde_json::Value;

use crate::protocol::scim::datetime;
use crate::protocol::scim::elements;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::Subject;
use crate::protocol::scim::fold;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Returned;
use crate::protocol::scim::schema::Target;

/// How many bytes of a key a cursor carries.
const LONGEST_WRITTEN: usize = 400;

/// The attribute to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortBy {
    urn: Option<String>,
    name: String,
    sub: Option<String>,
    leaf: AttributeType,
    case_exact: bool,
    multi_valued: bool,
    searchable: bool,
    descending: bool,
}

/// What one resource is sorted by; greater than everything where it is unassigned.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey(Option<Comparable>);

#[derive(Debug, Clone, PartialEq)]
enum Comparable {
    Number(f64),
    Text(String),
}

impl SortKey {
    /// The key as a cursor carries it; `None` for a text that is too long to be carried.
    #[must_use]
    pub fn written(&self) -> Option<String> {
        let value = match &self.0 {
            None => Value::Null,
            Some(Comparable::Number(number)) => Value::from(*number),
            Some(Comparable::Text(text)) if text.len() > LONGEST_WRITTEN => return None,
            Some(Comparable::Text(text)) => Value::from(text.as_str()),
        };
        Some(value.to_string())
    }

    /// Reads what [`SortKey::written`] wrote; `None` for anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Value::Null => Some(Self(None)),
            Value::Number(number) => Some(Self(Some(Comparable::Number(number.as_f64()?)))),
            Value::String(text) => Some(Self(Some(Comparable::Text(text)))),
            _ => None,
        }
    }
}

impl SortBy {
    /// Whether the key is not in the stored document, but derived from what others say: memberships, a manager's name.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        matches!(self.name.as_str(), "members" | "groups" | "manager")
    }

    /// Resolves `sortBy` for a kind, noting the tolerances that it took.
    ///
    /// # Errors
    /// 400 `invalidPath` for what cannot be sorted by.
    pub fn read(
        path: &str,
        descending: bool,
        registry: &Registry,
        kind: ResourceType,
        profile: Profile,
        applied: &mut Applied,
    ) -> Result<Self, ScimError> {
        let refused = || {
            let shown: String = path.chars().take(100).collect();
            ScimError::invalid_path(format!("sortBy {shown:?} is no attribute to sort by; name one of /Schemas."))
        };
        let Ok(Target::Attribute { urn, attribute, sub }) = registry.resolve(kind, path, profile, applied) else {
            return Err(refused());
        };
        let sub = match sub {
            None if attribute.is_complex() => Some(attribute.sub("value").ok_or_else(refused)?),
            sub => sub,
        };
        let leaf = sub.unwrap_or(attribute);
        let derived = urn.is_some_and(Registry::is_derived);
        if derived || leaf.returned == Returned::Never || leaf.kind == AttributeType::Binary {
            return Err(refused());
        }
        Ok(Self {
            urn: urn.map(str::to_owned),
            name: attribute.name.clone(),
            sub: sub.map(|sub| sub.name.clone()),
            leaf: leaf.kind,
            case_exact: leaf.case_exact,
            multi_valued: attribute.multi_valued,
            searchable: leaf.searchable,
            descending,
        })
    }

    /// The path whose index rows have this order, if one row says it all.
    #[must_use]
    pub fn indexed_path(&self) -> Option<String> {
        if self.multi_valued || !self.searchable {
            return None;
        }
        let urn = self.urn.as_ref().map(|urn| format!("{urn}:")).unwrap_or_default();
        let sub = self.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
        Some(format!("{urn}{}{sub}", self.name))
    }

    /// Whether the order is descending.
    #[must_use]
    pub fn is_descending(&self) -> bool {
        self.descending
    }

    /// The key of one resource. Of several values the primary one counts, else the first.
    #[must_use]
    pub fn key(&self, subject: &dyn Subject) -> SortKey {
        let value = subject.attribute(self.urn.as_deref(), &self.name);
        let one = match value.as_deref() {
            Some(Value::Array(items)) => items.iter().find(|item| elements::is_primary(item)).or(items.first()),
            other => other,
        };
        let leaf = match (one, &self.sub) {
            (Some(Value::Object(fields)), Some(sub)) => fields.get(sub),
            (one, None) => one,
            _ => None,
        };
        SortKey(leaf.and_then(|value| self.comparable(value)))
    }

    fn comparable(&self, value: &Value) -> Option<Comparable> {
        match value {
            Value::Bool(value) => Some(Comparable::Number(f64::from(u8::from(*value)))),
            Value::Number(number) => number.as_f64().map(Comparable::Number),
            Value::String(text) if text.is_empty() => None,
            Value::String(text) if self.leaf == AttributeType::DateTime => {
                datetime::parse(text).map(|instant| Comparable::Text(datetime::to_sortable(instant)))
            }
            Value::String(text) => Some(Comparable::Text(fold::key_of(text, self.case_exact))),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The order of two resources by their keys: unassigned last, or first where descending. Ties are the caller's.
    #[must_use]
    pub fn compare(&self, left: &SortKey, right: &SortKey) -> Ordering {
        let order = match (&left.0, &right.0) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(Comparable::Number(left)), Some(Comparable::Number(right))) => left.total_cmp(right),
            (Some(Comparable::Text(left)), Some(Comparable::Text(right))) => left.cmp(right),
            (Some(Comparable::Number(_)), Some(Comparable::Text(_))) => Ordering::Less,
            (Some(Comparable::Text(_)), Some(Comparable::Number(_))) => Ordering::Greater,
        };
        if self.descending { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(path: &str, descending: bool) -> Vec<String> {
        let by = SortBy::read(
            path,
            descending,
            Registry::standard(),
            ResourceType::User,
            Profile::Auto,
            &mut Applied::default(),
        )
        .unwrap();
        let mut all = [
            json!({ "userName": "b", "emails": [{ "value": "z@x" }, { "value": "a@x", "primary": true }] }),
            json!({ "userName": "C", "title": "x", "emails": [{ "value": "b@x" }] }),
            json!({ "userName": "a", "title": "Y" }),
        ];
        all.sort_by(|left, right| by.compare(&by.key(left.as_object().unwrap()), &by.key(right.as_object().unwrap())));
        all.iter().map(|one| one["userName"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn r052_order_follows_the_schema_and_unassigned_values_stand_apart() {
        assert_eq!(sorted("userName", false), ["a", "b", "C"]);
        assert_eq!(sorted("title", false), ["C", "a", "b"]);
        assert_eq!(sorted("title", true), ["b", "a", "C"]);
        assert_eq!(sorted("emails", false), ["b", "C", "a"]);
    }

    #[test]
    fn r056_a_key_reads_back_as_it_was_written() {
        for key in [None, Some(Comparable::Number(1.0)), Some(Comparable::Text("a/b \"é\"".into()))] {
            let key = SortKey(key);
            assert_eq!(SortKey::read(&key.written().unwrap()), Some(key));
        }
        assert_eq!(SortKey::read("[]"), None);
        assert_eq!(SortKey(Some(Comparable::Text("é".repeat(5000)))).written(), None);
    }

    #[test]
    fn r052_what_cannot_be_sorted_by_is_an_invalid_path() {
        for path in ["shoeSize", "password", "name", "addresses", ""] {
            let by = SortBy::read(
                path,
                false,
                Registry::standard(),
                ResourceType::User,
                Profile::Auto,
                &mut Applied::default(),
            );
            assert!(by.is_err(), "{path}");
        }
    }
}
