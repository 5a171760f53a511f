//! Evaluation: whether a resource satisfies a filter. The store's index only proposes; this decides.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Number;
use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::datetime;
use crate::protocol::scim::filter::AttrPath;
use crate::protocol::scim::filter::CompareOp;
use crate::protocol::scim::filter::Comparison;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::Literal;
use crate::protocol::scim::fold;

/// Something with attributes: a whole document, or a stored one with its virtual attributes beside it
/// (`id`, `meta`, `members`, `groups`).
pub trait Subject {
    /// The value of an attribute in canonical spelling, or `None` where it is unassigned.
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>>;
}

impl Subject for Document {
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        let value = match urn {
            Some(urn) => self.get(urn)?.get(name)?,
            None => self.get(name)?,
        };
        Some(Cow::Borrowed(value))
    }
}

/// One element of a multi-valued attribute.
struct Element<'a>(&'a Value);

impl Subject for Element<'_> {
    fn attribute(&self, _urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        match self.0 {
            Value::Object(fields) => child(fields, name),
            value if name == "value" => Some(Cow::Borrowed(value)),
            _ => None,
        }
    }
}

/// `primary` is false where it is absent (RFC 7643 §2.4).
fn child<'a>(fields: &'a Document, name: &str) -> Option<Cow<'a, Value>> {
    match fields.get(name) {
        Some(value) => Some(Cow::Borrowed(value)),
        None if name == "primary" => Some(Cow::Owned(Value::Bool(false))),
        None => None,
    }
}

/// Whether a value counts as assigned: not null, empty, or empty all the way down (RFC 7643 §2.5).
pub(crate) fn is_assigned(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_assigned),
        Value::Object(fields) => fields.values().any(is_assigned),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

impl Filter {
    /// Whether the resource satisfies the filter.
    #[must_use]
    pub fn matches(&self, subject: &dyn Subject) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.matches(subject)),
            Self::Or(all) => all.iter().any(|one| one.matches(subject)),
            Self::Not(one) => !one.matches(subject),
            Self::Compare(term) => compare(term, subject),
            Self::Present(path) => any_leaf(subject, path, &mut is_assigned),
            Self::Element { path, filter } => match subject.attribute(path.urn.as_deref(), &path.name).as_deref() {
                Some(Value::Array(items)) => items.iter().any(|item| filter.matches_element(item)),
                Some(value) => filter.matches_element(value),
                None => false,
            },
            Self::Elsewhere(_) => false,
        }
    }

    /// Whether one element satisfies the filter of a value path.
    #[must_use]
    pub fn matches_element(&self, element: &Value) -> bool {
        self.matches(&Element(element))
    }
}

fn compare(term: &Comparison, subject: &dyn Subject) -> bool {
    let present = |subject| any_leaf(subject, &term.path, &mut is_assigned);
    match term.op {
        CompareOp::Eq if term.is_empty_check() => !present(subject),
        CompareOp::Ne if term.is_empty_check() => present(subject),
        CompareOp::Ne => !any_leaf(subject, &term.path, &mut |value| holds(term, CompareOp::Eq, value)),
        op => any_leaf(subject, &term.path, &mut |value| holds(term, op, value)),
    }
}

fn any_leaf(subject: &dyn Subject, path: &AttrPath, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    let Some(value) = subject.attribute(path.urn.as_deref(), &path.name) else { return false };
    let mut one = |value: &Value| match (&path.sub, value) {
        (None, value) => test(value),
        (Some(sub), Value::Object(fields)) => child(fields, sub).is_some_and(|value| test(&value)),
        (Some(sub), value) => sub == "value" && test(value),
    };
    match value.as_ref() {
        Value::Array(items) => items.iter().any(one),
        value => one(value),
    }
}

fn holds(term: &Comparison, op: CompareOp, value: &Value) -> bool {
    match (&term.value, value) {
        (Literal::Boolean(wanted), Value::Bool(found)) => op == CompareOp::Eq && wanted == found,
        (Literal::Number(wanted), Value::Number(found)) => ordered(op, compare_numbers(found, wanted)),
        (Literal::Time(wanted), Value::String(found)) => {
            datetime::parse(found).is_some_and(|found| ordered(op, Some(found.cmp(wanted))))
        }
        (Literal::Text(_), Value::String(found)) => {
            let found = fold::key_of(found, term.path.case_exact);
            match op {
                CompareOp::Co => found.contains(term.key()),
                CompareOp::Sw => found.starts_with(term.key()),
                CompareOp::Ew => found.ends_with(term.key()),
                _ => ordered(op, Some(found.as_str().cmp(term.key()))),
            }
        }
        _ => false,
    }
}

fn ordered(op: CompareOp, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return false };
    match op {
        CompareOp::Eq => order == Ordering::Equal,
        CompareOp::Gt => order == Ordering::Greater,
        CompareOp::Ge => order != Ordering::Less,
        CompareOp::Lt => order == Ordering::Less,
        CompareOp::Le => order != Ordering::Greater,
        CompareOp::Ne | CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
