//! Attribute projection: `attributes` and `excludedAttributes` (RFC 7644 §3.4.2.5, §3.9).

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::choice::Choice;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::outline::{Outline, names_in};
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::put_json;
use crate::protocol::scim::representation::{Stored, Unreadable};
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Returned;
use crate::protocol::scim::schema::Schema;
use crate::protocol::scim::schema::Target;

/// One name of a list, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Selection {
    /// Every core attribute (the base URN alone).
    Base,
    /// The whole object of an extension.
    Extension(String),
    /// An attribute or sub-attribute.
    Attribute { urn: Option<String>, name: String, sub: Option<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Default,
    Only,
    Except,
}

/// Which attributes an answer carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    mode: Mode,
    selected: Vec<Selection>,
    kind: ResourceType,
    /// Attributes of own schemas that are returned on request, and that the client itself has written.
    written: Vec<(String, String)>,
}

impl Projection {
    /// What is returned where nothing is asked for.
    #[must_use]
    pub fn default_of(kind: ResourceType) -> Self {
        Self { mode: Mode::Default, selected: Vec::new(), kind, written: Vec::new() }
    }

    /// Reads the two lists; unknown names are ignored, and empty lists count as not given.
    ///
    /// # Errors
    /// 400 `invalidValue` if both are given.
    pub fn read(
        attributes: &[String],
        excluded: &[String],
        registry: &Registry,
        kind: ResourceType,
        profile: Profile,
        applied: &mut Applied,
    ) -> Result<Self, ScimError> {
        let (mode, names) = match Choice::of(attributes, excluded)? {
            Choice::All => return Ok(Self::default_of(kind)),
            Choice::Only(names) => (Mode::Only, names),
            Choice::Except(names) => (Mode::Except, names),
        };
        let mut selected = Vec::new();
        for name in names {
            let plain = name.split('[').next().unwrap_or_default().trim();
            if plain.len() != name.trim().len() && !applied.allow(profile, Quirk::ProjectionFilter) {
                continue;
            }
            if plain.eq_ignore_ascii_case(kind.urn()) {
                selected.push(Selection::Base);
                continue;
            }
            match registry.resolve(kind, plain, profile, applied) {
                Ok(Target::Extension(schema)) => selected.push(Selection::Extension(schema.id.clone())),
                Ok(Target::Attribute { urn, attribute, sub }) => selected.push(Selection::Attribute {
                    urn: urn.map(str::to_owned),
                    name: attribute.name.clone(),
                    sub: sub.map(|sub| sub.name.clone()),
                }),
                Err(_) => {}
            }
        }
        Ok(Self { mode, selected, kind, written: Vec::new() })
    }

    /// Whether the client asked for a projection: then a PATCH answers 200 with a body.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.mode != Mode::Default
    }

    /// Whether the answer carries any part of a core attribute; `members` and `groups` need not be loaded otherwise.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        let whole = |selection: &Selection| match selection {
            Selection::Base => true,
            Selection::Extension(_) => false,
            Selection::Attribute { urn, name: named, sub } => {
                urn.is_none() && named == name && (self.mode == Mode::Only || sub.is_none())
            }
        };
        match self.mode {
            Mode::Default => true,
            Mode::Only => self.selected.iter().any(whole),
            Mode::Except => !self.selected.iter().any(whole),
        }
    }

    /// Whether `attributes` names this core attribute (then even a long list of members is returned).
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.mode == Mode::Only && self.wants(name)
    }

    /// Whether `attributes` names an extension or a part of it; a derived one, which is returned on request alone,
    /// need not be made otherwise.
    #[must_use]
    pub fn asks_for(&self, extension: &str) -> bool {
        let part = |selection: &Selection| match selection {
            Selection::Base => false,
            Selection::Extension(urn) => urn == extension,
            Selection::Attribute { urn, .. } => urn.as_deref() == Some(extension),
        };
        self.mode == Mode::Only && self.selected.iter().any(part)
    }

    /// Takes from the body of a POST, PUT or PATCH what it writes of attributes that are returned on request: the answer
    /// to who wrote them shows them (RFC 7643 §7).
    pub fn note_written(&mut self, body: &Value, registry: &Registry, profile: Profile) {
        let on_request = |schema: &Schema| schema.attributes.iter().any(|one| one.returned == Returned::Request);
        if !registry.own().any(|extension| on_request(&extension.schema)) {
            return;
        }
        let Some(fields) = body.as_object() else { return };
        let Some(operations) = field(fields, "Operations") else {
            return fields.iter().for_each(|(key, value)| self.note_name(key, value, registry, profile));
        };
        for operation in operations.as_array().into_iter().flatten().filter_map(Value::as_object) {
            let value = field(operation, "value").unwrap_or(&Value::Null);
            match (field(operation, "path").and_then(Value::as_str), value) {
                (Some(path), value) => self.note_name(path, value, registry, profile),
                (None, Value::Object(fields)) => {
                    fields.iter().for_each(|(key, value)| self.note_name(key, value, registry, profile));
                }
                (None, _) => {}
            }
        }
    }

    fn note_name(&mut self, name: &str, value: &Value, registry: &Registry, profile: Profile) {
        let name = name.split('[').next().unwrap_or_default();
        match registry.resolve(self.kind, name, profile, &mut Applied::default()) {
            Ok(Target::Attribute { urn: Some(urn), attribute, .. }) => {
                self.written.push((urn.to_owned(), attribute.name.clone()));
            }
            Ok(Target::Extension(schema)) => {
                let names = value.as_object().into_iter().flatten().filter_map(|(name, _)| schema.attribute(name));
                self.written.extend(names.map(|attribute| (schema.id.clone(), attribute.name.clone())));
            }
            Ok(Target::Attribute { urn: None, .. }) | Err(_) => {}
        }
    }

    /// A stored resource as the client may and wants to see it.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn show(&self, stored: Stored, registry: &Registry) -> Result<Shown, Unreadable> {
        let whole = stored.content.text().filter(|outline| {
            // Of what is derived an extension is there only where it was asked for.
            let derived = |name: &String| self.is_plain(name, registry) && outline.get(name).is_none();
            self.leaves_all_in(outline, registry) && stored.extra.keys().all(derived)
        });
        match whole {
            Some(outline) => Ok(Shown::Text(stored.text(outline))),
            None => Ok(Shown::Document(self.apply(stored.represent()?, registry))),
        }
    }

    /// Leaves in a representation what the client may and wants to see, and names the schemas that remain.
    fn apply(&self, whole: Document, registry: &Registry) -> Document {
        let mut kept = Document::with_capacity(whole.len());
        for (key, value) in whole {
            if !key.contains(':') {
                let value = match registry.attribute(self.kind, &key) {
                    Some(attribute) => self.attribute(None, attribute, value),
                    None => None,
                };
                kept.extend(value.map(|value| (key, value)));
                continue;
            }
            let schema = registry.extensions(self.kind).find(|schema| schema.id == key);
            let (Some(schema), Value::Object(fields)) = (schema, value) else { continue };
            let mut object = Document::new();
            for (name, value) in fields {
                let Some(attribute) = schema.attribute(&name) else { continue };
                let value = if Registry::is_own(&key) { attribute.fitting(value) } else { Some(value) };
                if let Some(value) = value.and_then(|value| self.attribute(Some(&key), attribute, value)) {
                    object.insert(name, value);
                }
            }
            if !object.is_empty() {
                kept.insert(key, Value::Object(object));
            }
        }
        let present: Vec<String> = kept.keys().cloned().collect();
        if let Some(Value::Array(urns)) = kept.get_mut("schemas") {
            let base = self.kind.urn();
            urns.retain(|urn| urn.as_str().is_some_and(|urn| urn == base || present.iter().any(|key| key == urn)));
        }
        kept
    }

    /// Whether there is nothing to take away from a stored text: nobody has chosen, and everything that is there is shown
    /// without being asked for. Most answers are so, and what they hold is not even parsed.
    fn leaves_all_in(&self, outline: &Outline, registry: &Registry) -> bool {
        self.mode == Mode::Default
            && outline.fields().all(|(name, text)| {
                if !name.contains(':') {
                    return self.is_plain(name, registry) && !matches!(name, "schemas" | "id" | "meta");
                }
                // What an organization's own schema says of a value may have changed since it was written.
                let schema = registry.extensions(self.kind).find(|schema| schema.id == name && !Registry::is_own(name));
                let names = names_in(text).filter(|names| !names.is_empty());
                schema.zip(names).is_some_and(|(schema, names)| {
                    names.iter().all(|name| schema.attribute(name).is_some_and(is_shown))
                })
            })
    }

    /// Whether a core attribute of this name is shown without being asked for.
    fn is_plain(&self, name: &str, registry: &Registry) -> bool {
        registry.attribute(self.kind, name).is_some_and(is_shown)
    }

    fn attribute(&self, urn: Option<&str>, attribute: &Attribute, value: Value) -> Option<Value> {
        match attribute.returned {
            Returned::Always => return Some(value),
            Returned::Never => return None,
            Returned::Default | Returned::Request => {}
        }
        let mut whole = false;
        let mut subs = Vec::new();
        for selection in &self.selected {
            match selection {
                Selection::Base => whole |= urn.is_none(),
                Selection::Extension(selected) => whole |= urn == Some(selected),
                Selection::Attribute { urn: selected, name, sub } => {
                    if selected.as_deref() == urn && *name == attribute.name {
                        match sub {
                            Some(sub) => subs.push(sub.as_str()),
                            None => whole = true,
                        }
                    }
                }
            }
        }
        let written = |(of, name): &(String, String)| urn == Some(of) && *name == attribute.name;
        let on_request = attribute.returned == Returned::Request && !self.written.iter().any(written);
        match self.mode {
            Mode::Default => (!on_request).then_some(value),
            Mode::Only if whole => Some(value),
            Mode::Only if subs.is_empty() => None,
            Mode::Only => trim(value, &|sub| subs.contains(&sub) || is_always(attribute, sub)),
            Mode::Except if whole || on_request => None,
            Mode::Except if subs.is_empty() => Some(value),
            Mode::Except => trim(value, &|sub| !subs.contains(&sub) || is_always(attribute, sub)),
        }
    }
}

/// A resource as an answer carries it.
#[derive(Debug, Clone)]
pub enum Shown {
    /// The JSON text of it, whole.
    Text(Vec<u8>),
    /// What is left of it.
    Document(Document),
}

impl Shown {
    /// The JSON text.
    #[must_use]
    pub fn into_text(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text,
            Self::Document(_) => {
                let mut text = Vec::new();
                self.put(&mut text);
                text
            }
        }
    }

    /// Writes the JSON text behind what is there already.
    pub fn put(&self, text: &mut Vec<u8>) {
        match self {
            Self::Text(own) => text.extend(own),
            Self::Document(document) => put_json(text, document),
        }
    }
}

fn is_shown(attribute: &Attribute) -> bool {
    matches!(attribute.returned, Returned::Always | Returned::Default)
}

/// A field of a message, in any case.
fn field<'a>(fields: &'a Document, name: &str) -> Option<&'a Value> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn is_always(attribute: &Attribute, sub: &str) -> bool {
    attribute.sub(sub).is_some_and(|sub| sub.returned == Returned::Always)
}

/// The value with the sub-attributes to keep; what keeps none is left out, as everything unassigned is.
fn trim(value: Value, keep: &dyn Fn(&str) -> bool) -> Option<Value> {
    match value {
        Value::Array(items) if items.is_empty() => Some(Value::Array(items)),
        Value::Array(items) => {
            let kept: Vec<_> = items.into_iter().filter_map(|item| trim(item, keep)).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Object(fields) => {
            let kept: Document = fields.into_iter().filter(|(name, _)| keep(name)).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other),
    }
}

/// Splits a comma list of names; commas inside a value filter do not count.
#[must_use]
pub fn split_names(list: &str) -> Vec<String> {
    let (mut names, mut depth, mut quoted) = (vec![String::new()], 0_usize, false);
    for next in list.chars() {
        match next {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                names.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(name) = names.last_mut() {
            name.push(next);
        }
    }
    names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::scim::datetime;
    use crate::protocol::scim::etag::Version;
    use crate::protocol::scim::representation::{Content, Head};
    use crate::protocol::scim::schema::DOORWARD_URN;

    fn shown(attributes: &str, excluded: &str) -> Value {
        let registry = Registry::standard();
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let whole = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", urn], "id": "u1", "userName": "ada",
            "name": { "givenName": "Ada", "familyName": "Byron" }, "password": "x",
            "emails": [{ "value": "a@x.test", "type": "work" }], urn: { "department": "X", "division": "Y" },
            "meta": { "version": "1" }
        });
        let projection = Projection::read(
            &split_names(attributes),
            &split_names(excluded),
            registry,
            ResourceType::User,
            Profile::Auto,
            &mut Applied::default(),
        );
        let mut shown = projection.unwrap().apply(whole.as_object().unwrap().clone(), registry);
        for always in ["schemas", "id", "meta"] {
            assert!(shown.contains_key(always), "{always}");
        }
        if !shown.contains_key(urn) {
            assert_eq!(shown["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User"]));
        }
        for always in ["schemas", "id", "meta"] {
            shown.shift_remove(always);
        }
        Value::Object(shown)
    }

    #[test]
    fn r062_r064_names_choose_what_is_returned() {
        assert_eq!(shown("USERNAME", ""), json!({ "userName": "ada" }));
        assert_eq!(
            shown("name.givenName,emails.value", ""),
            json!({ "name": { "givenName": "Ada" }, "emails": [{ "value": "a@x.test" }] })
        );
        assert_eq!(
            shown("emails[type eq \"a,b\"]", ""),
            json!({ "emails": [{ "value": "a@x.test", "type": "work" }] })
        );
        assert_eq!(shown("nothing", ""), json!({}));
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert_eq!(shown(&format!("{urn}:department"), ""), json!({ urn: { "department": "X" } }));
        assert_eq!(shown(urn, ""), json!({ urn: { "department": "X", "division": "Y" } }));
    }

    #[test]
    fn r063_always_and_never_are_not_for_the_client_to_choose() {
        assert_eq!(shown("password", ""), json!({}));
        let kept = shown(
            "",
            "id,schemas,meta,emails,name.givenName,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        );
        assert_eq!(kept, json!({ "userName": "ada", "name": { "familyName": "Byron" } }));
    }

    #[test]
    fn r062_what_nobody_chose_from_is_shown_as_its_text_and_anything_else_is_built() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let stored = |document: Value, extra: Value| {
            let at = datetime::parse("2026-01-02T03:04:05Z").unwrap();
            let (id, location) = ("u1".to_owned(), "https://x.test/scim/v2/d/Users/u1".to_owned());
            let version = Version::stored(3);
            let head = Head { kind: ResourceType::User, id, created: at, modified: at, version, location };
            let content = Content::stored(document.to_string()).unwrap();
            Stored { head, content, extra: extra.as_object().unwrap().clone() }
        };
        let show = |stored: &Stored, attributes: &str| {
            let (names, registry) = (split_names(attributes), Registry::standard());
            let kind = ResourceType::User;
            let projection =
                Projection::read(&names, &[], registry, kind, Profile::Auto, &mut Applied::default()).unwrap();
            let built = Value::Object(projection.apply(stored.clone().represent().unwrap(), registry));
            let shown = projection.show(stored.clone(), registry).unwrap();
            let as_text = matches!(shown, Shown::Text(_));
            assert_eq!(serde_json::from_slice::<Value>(&shown.into_text()).unwrap(), built);
            as_text
        };
        let plain = json!({ "userName": "a\"d\u{e4}", "name": { "givenName": "A" }, "emails": [{ "value": "a@x.test" }],
            urn: { "department": "X", "manager": { "value": "m" } } });
        let groups = json!({ "groups": [{ "value": "g" }] });
        assert!(show(&stored(plain.clone(), groups.clone()), ""));
        assert!(show(&stored(json!({}), json!({})), ""));
        assert!(!show(&stored(plain.clone(), groups.clone()), "userName"));
        assert!(!show(&stored(plain, json!({ DOORWARD_URN: { "seat": "yes" } })), ""));
        for left_out in [
            json!({ "userName": "a", "password": "x" }),
            json!({ "userName": "a", "id": "u2" }),
            json!({ "userName": "a", "groups": [] }),
            json!({ "userName": "a", "shoeSize": 44 }),
            json!({ "userName": "a", urn: {} }),
            json!({ "userName": "a", urn: { "shoeSize": 44 } }),
            json!({ "userName": "a", "urn:example:gone": { "x": 1 } }),
        ] {
            assert!(!show(&stored(left_out, groups.clone()), ""));
        }
    }

    #[test]
    fn r062_both_lists_at_once_are_refused() {
        let (one, registry) = ([String::from("id")], Registry::standard());
        let both = Projection::read(&one, &one, registry, ResourceType::User, Profile::Auto, &mut Applied::default());
        assert_eq!(both.unwrap_err().status, 400);
    }

    #[test]
    fn r063_excluded_members_are_not_even_wanted() {
        let read = |attributes: &str, excluded: &str| {
            let (attributes, excluded) = (split_names(attributes), split_names(excluded));
            let kind = ResourceType::Group;
            let registry = Registry::standard();
            Projection::read(&attributes, &excluded, registry, kind, Profile::Auto, &mut Applied::default()).unwrap()
        };
        assert!(!read("", "members").wants("members"));
        assert!(!read("id", "").wants("members"));
        assert!(read("members.value", "").wants("members"));
        assert!(read("", "members.display").wants("members"));
        assert!(read("", "").wants("members") && !read("", "").names("members"));
    }
}
