//! Bodies with their personal values masked.

use super::text::{masked_text, masked_value};
use crate::protocol::scim::Document;
use crate::protocol::scim::schema::ResourceType;
use serde_json::Value;

/// What the resources of a body are, where the body itself does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Users, and what is not known to be anything else.
    User,
    /// Groups.
    Group,
    /// The server's own description: nothing in it is personal.
    Server,
}

impl From<ResourceType> for Subject {
    fn from(kind: ResourceType) -> Self {
        match kind {
            ResourceType::User => Self::User,
            ResourceType::Group => Self::Group,
        }
    }
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// As it is.
    Plain,
    /// As it is where it is an id of ours, else masked.
    Id,
    /// As a sentence or filter, with its quoted values masked.
    Text,
    /// Masked.
    Hidden,
}

/// Attributes and message keys that are readable, whosesoever they are; everything else is hidden. Names are folded;
/// sub-attributes stand behind a dot.
const READABLE: &[(&str, Shown)] = &[
    ("schemas", Shown::Text),
    ("id", Shown::Id),
    ("type", Shown::Text),
    ("active", Shown::Plain),
    ("primary", Shown::Plain),
    ("$ref", Shown::Id),
    ("meta.resourcetype", Shown::Text),
    ("meta.created", Shown::Plain),
    ("meta.lastmodified", Shown::Plain),
    ("meta.location", Shown::Id),
    ("meta.version", Shown::Plain),
    ("members.value", Shown::Id),
    ("members", Shown::Id),
    ("manager.value", Shown::Id),
    ("manager.managerid", Shown::Id),
    ("manager", Shown::Id),
    ("groups.value", Shown::Id),
    ("groups.display", Shown::Plain),
    ("roles.value", Shown::Text),
    ("entitlements.value", Shown::Text),
    ("op", Shown::Text),
    ("path", Shown::Text),
    ("method", Shown::Text),
    ("bulkid", Shown::Text),
    ("version", Shown::Plain),
    ("location", Shown::Id),
    ("status", Shown::Text),
    ("scimtype", Shown::Text),
    ("detail", Shown::Text),
    ("failonerrors", Shown::Plain),
    ("totalresults", Shown::Plain),
    ("itemsperpage", Shown::Plain),
    ("startindex", Shown::Plain),
    ("count", Shown::Plain),
    ("nextcursor", Shown::Plain),
    ("previouscursor", Shown::Plain),
    ("sortby", Shown::Text),
    ("sortorder", Shown::Text),
    ("filter", Shown::Text),
    ("attributes", Shown::Text),
    ("excludedattributes", Shown::Text),
];

/// A body with its personal values masked. Its structure, its names, ids, types, `active` and the names of groups stay.
#[must_use]
pub fn masked(body: &Value, subject: Subject) -> Value {
    if subject == Subject::Server {
        return body.clone();
    }
    walk(body, subject, "")
}

fn walk(value: &Value, subject: Subject, path: &str) -> Value {
    match value {
        Value::Object(fields) => object(fields, subject, path),
        Value::Array(items) => Value::Array(items.iter().map(|item| walk(item, subject, path)).collect()),
        Value::String(text) => Value::String(leaf(text, shown(subject, path))),
        Value::Null => Value::Null,
        Value::Bool(_) | Value::Number(_) => match shown(subject, path) {
            Shown::Hidden => Value::String("•••".to_owned()),
            Shown::Plain | Shown::Id | Shown::Text => value.clone(),
        },
    }
}

fn object(fields: &Document, subject: Subject, path: &str) -> Value {
    let subject = said(fields).unwrap_or(subject);
    // What an operation changes is what its path names; a bulk operation's data is of the kind that its path names.
    let target = text_of(fields, "path");
    let operation = text_of(fields, "op").is_some();
    let bulk = text_of(fields, "method").is_some();
    let mut out = Document::with_capacity(fields.len());
    for (key, value) in fields {
        let lower = key.to_ascii_lowercase();
        let shown = match lower.as_str() {
            "resources" | "operations" => walk(value, subject, ""),
            "value" if operation => walk(value, subject, &target.map(folded_path).unwrap_or_default()),
            "data" if bulk => walk(value, kind_of(target.unwrap_or_default()), ""),
            "response" if bulk => walk(value, subject, ""),
            "path" if bulk => Value::String(masked_address(target.unwrap_or_default())),
            _ => walk(value, subject, &below(path, &lower)),
        };
        out.insert(masked_key(key), shown);
    }
    Value::Object(out)
}

fn text_of<'a>(fields: &'a Document, name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

/// The kind that a resource says it is.
fn said(fields: &Document) -> Option<Subject> {
    let schemas = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case("schemas"))?.1.as_array()?;
    schemas.iter().filter_map(Value::as_str).find_map(|urn| match urn.rsplit(':').next() {
        Some("User") => Some(Subject::User),
        Some("Group") => Some(Subject::Group),
        _ => None,
    })
}

/// The kind that an address is about.
fn kind_of(path: &str) -> Subject {
    if path.trim_start_matches('/').starts_with("Groups") { Subject::Group } else { Subject::User }
}

/// An address: `/Users/{id}` stays where the id is one, and so does what stands before it, as in `/v2/Users`; anything
/// else in it is masked.
#[must_use]
pub fn masked_address(path: &str) -> String {
    let mut inside = false;
    let mut steps = Vec::new();
    for step in path.split('/') {
        let readable = is_name(step) || (!inside && is_word(step));
        inside |= matches!(step, "Users" | "Groups");
        steps.push(if readable { step.to_owned() } else { leaf(step, Shown::Id) });
    }
    steps.join("/")
}

fn is_name(step: &str) -> bool {
    matches!(step, "" | ".search" | "Users" | "Groups" | "Me" | "Bulk")
}

fn is_word(step: &str) -> bool {
    step.len() <= 24 && step.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A key is a name, except where a client puts a value there: then it has what no name has.
fn masked_key(key: &str) -> String {
    if key.contains(['@', '"', '\'', ' ', '%']) { masked_text(key) } else { key.to_owned() }
}

/// The folded path of an attribute below another: URNs and value filters are no part of it.
fn below(path: &str, key: &str) -> String {
    let name = folded_path(key);
    // An extension's object holds attributes of its own, which are named as if they stood at the root, or behind a mark.
    if path.is_empty() || key.starts_with("urn:") { name } else { format!("{path}.{name}") }
}

fn folded_path(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    let plain = plain.trim();
    if let Some(urn) = plain.strip_prefix("urn:") {
        // `urn:…:2.0:User` alone is an extension's object; behind it stands the attribute.
        let last = urn.rsplit(':').next().unwrap_or_default();
        let mark = if is_shipped(urn) { "" } else { OWN };
        return match last {
            "user" | "group" => mark.to_owned(),
            attribute if mark.is_empty() => attribute.to_owned(),
            attribute => format!("{mark}.{attribute}"),
        };
    }
    plain.to_owned()
}

/// What stands before the attributes of a schema that somebody else declared: a name of theirs may be one of ours.
const OWN: &str = "urn";

/// Whether a folded URN, without its first word, is of a schema that ships, or of SCIM 1.1.
fn is_shipped(urn: &str) -> bool {
    let known = ["ietf:params:scim:schemas:core:", "ietf:params:scim:schemas:extension:enterprise:", "scim:schemas:"];
    known.iter().any(|space| urn.starts_with(space))
}

fn shown(subject: Subject, path: &str) -> Shown {
    if path.strip_prefix(OWN).is_some_and(|rest| rest.matches('.').count() == 1) {
        return Shown::Hidden;
    }
    if path == "displayname" && subject == Subject::Group {
        return Shown::Plain;
    }
    let find = |wanted: &str| READABLE.iter().find(|(name, _)| *name == wanted).map(|(_, shown)| *shown);
    if let Some(shown) = find(path) {
        return shown;
    }
    // `type`, `primary` and `$ref` mean the same below every attribute.
    match path.rsplit_once('.') {
        Some((_, last @ ("type" | "primary" | "$ref"))) => find(last).unwrap_or(Shown::Hidden),
        _ => Shown::Hidden,
    }
}

fn leaf(text: &str, shown: Shown) -> String {
    match shown {
        Shown::Plain => text.to_owned(),
        Shown::Text => masked_text(text),
        Shown::Id if ends_in_id(text) => text.to_owned(),
        Shown::Id | Shown::Hidden => masked_value(text),
    }
}

/// A UUID, or an address or `bulkId:` reference that ends in one of ours.
fn ends_in_id(text: &str) -> bool {
    let last = text.rsplit(['/', ':']).next().unwrap_or_default();
    let uuid = last.len() == 36
        && last
            .bytes()
            .enumerate()
            .all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() });
    uuid && !text.contains(['@', '%', '"'])
}
