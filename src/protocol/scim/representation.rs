//! The representation of a stored resource: its document with `schemas`, `id`, `meta` and virtual attributes.

use std::borrow::Cow;

use chrono::DateTime;
use chrono::Utc;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::Document;
use crate::protocol::scim::datetime;
use crate::protocol::scim::etag::Version;
use crate::protocol::scim::filter::Subject;
use crate::protocol::scim::outline::Outline;
use crate::protocol::scim::put_json;
use crate::protocol::scim::schema::ENTERPRISE_URN;
use crate::protocol::scim::schema::ResourceType;

/// What the server knows about a resource beside its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The kind.
    pub kind: ResourceType,
    /// The id as the client sees it.
    pub id: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it, or its membership, changed last.
    pub modified: DateTime<Utc>,
    /// The version.
    pub version: Version,
    /// The absolute address.
    pub location: String,
}

/// The `meta` object (RFC 7643 §3.1).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    resource_type: &'a str,
    created: String,
    last_modified: String,
    location: &'a str,
    version: String,
}

impl Head {
    fn meta(&self) -> Meta<'_> {
        Meta {
            resource_type: self.kind.name(),
            created: datetime::to_wire(self.created),
            last_modified: datetime::to_wire(self.modified),
            location: &self.location,
            version: self.version.to_string(),
        }
    }
}

/// A stored document that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a stored document is not what it should be")]
pub struct Unreadable(#[from] serde_json::Error);

/// A stored document: its text until somebody needs more of it.
#[derive(Debug, Clone)]
pub struct Content {
    text: Option<Outline>,
    /// The document where there is no text any more.
    document: Document,
}

impl Content {
    /// A document as it is stored.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn stored(text: String) -> Result<Self, Unreadable> {
        match Outline::of(text) {
            Ok(outline) => Ok(Self { text: Some(outline), document: Document::new() }),
            Err(text) => Ok(Self::parsed(serde_json::from_str(&text)?)),
        }
    }

    /// A document.
    #[must_use]
    pub fn parsed(document: Document) -> Self {
        Self { text: None, document }
    }

    /// The text, while nobody has needed more.
    #[must_use]
    pub fn text(&self) -> Option<&Outline> {
        self.text.as_ref()
    }

    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let of_text = self.text.iter().flat_map(Outline::fields).map(|(name, _)| name);
        of_text.chain(self.document.keys().map(String::as_str))
    }

    /// The document, parsed.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn document(&mut self) -> Result<&mut Document, Unreadable> {
        if let Some(outline) = self.text.take() {
            self.document = outline.parse()?;
        }
        Ok(&mut self.document)
    }

    /// Whether it may name a manager.
    #[must_use]
    pub fn may_have_manager(&self) -> bool {
        match &self.text {
            Some(outline) => outline.get(ENTERPRISE_URN).is_some_and(|text| text.contains("\"manager\"")),
            None => manager_of(&self.document).is_some(),
        }
    }
}

impl Subject for Content {
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        match &self.text {
            Some(outline) => outline.attribute(urn, name),
            None => self.document.attribute(urn, name),
        }
    }
}

/// A stored resource: filters and sorting take it as it is, without building its representation.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What the server knows.
    pub head: Head,
    /// The stored document.
    pub content: Content,
    /// What is derived: virtual attributes, `members` or `groups`, and Doorward's own extension; those that are needed.
    pub extra: Document,
}

impl Stored {
    /// The whole representation.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn represent(mut self) -> Result<Document, Unreadable> {
        let schemas = Value::from(self.schemas());
        let (head, extra, document) = (self.head, self.extra, std::mem::take(self.content.document()?));
        let mut whole = Document::with_capacity(document.len() + extra.len() + 3);
        whole.insert("schemas".to_owned(), schemas);
        whole.insert("id".to_owned(), Value::from(head.id.as_str()));
        whole.extend(document);
        whole.extend(extra);
        whole.insert("meta".to_owned(), json!(head.meta()));
        Ok(whole)
    }

    /// The same as JSON text, for a document that is still one.
    #[must_use]
    pub fn text(&self, outline: &Outline) -> Vec<u8> {
        let mut text = Vec::with_capacity(outline.inside().len() + 512);
        text.extend(b"{\"schemas\":");
        put_json(&mut text, &self.schemas());
        text.extend(b",\"id\":");
        put_json(&mut text, &self.head.id);
        if !outline.inside().is_empty() {
            text.push(b',');
            text.extend(outline.inside().as_bytes());
        }
        for (name, value) in &self.extra {
            text.push(b',');
            put_json(&mut text, name);
            text.push(b':');
            put_json(&mut text, value);
        }
        text.extend(b",\"meta\":");
        put_json(&mut text, &self.head.meta());
        text.push(b'}');
        text
    }

    fn schemas(&self) -> Vec<&str> {
        schemas(self.head.kind, self.content.names().chain(self.extra.keys().map(String::as_str)))
    }
}

impl Subject for Stored {
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        match (urn, name) {
            (None, "id") => Some(Cow::Owned(Value::from(self.head.id.as_str()))),
            (None, "meta") => Some(Cow::Owned(json!(self.head.meta()))),
            (None, "schemas") => Some(Cow::Owned(Value::from(self.schemas()))),
            _ => self.extra.attribute(urn, name).or_else(|| self.content.attribute(urn, name)),
        }
    }
}

/// The `schemas` of a resource (RFC 7643 §3): the base URN, and those of the extensions whose objects are there.
#[must_use]
pub fn schemas<'a>(kind: ResourceType, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut urns = vec![kind.urn()];
    for urn in names.filter(|name| name.contains(':')) {
        if !urns.contains(&urn) {
            urns.push(urn);
        }
    }
    urns
}

/// Makes `$ref` of a document's manager, and its displayName, which the caller looked up, if anyone is there.
pub fn show_manager(document: &mut Document, location: impl FnOnce(&str) -> String, display_name: Option<&str>) {
    let manager =
        document.get_mut(ENTERPRISE_URN).and_then(|object| object.get_mut("manager")).and_then(Value::as_object_mut);
    let Some(manager) = manager else { return };
    let Some(id) = manager.get("value").and_then(Value::as_str).map(str::to_owned) else { return };
    manager.insert("$ref".to_owned(), Value::from(location(&id)));
    if let Some(name) = display_name {
        manager.insert("displayName".to_owned(), Value::from(name));
    }
}

/// The ids that a document refers to as its manager.
#[must_use]
pub fn manager_of(document: &Document) -> Option<&str> {
    document.get(ENTERPRISE_URN)?.get("manager")?.get("value")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::scim::filter::Filter;
    use crate::protocol::scim::profile::Profile;
    use crate::protocol::scim::schema::Registry;

    fn head() -> Head {
        let at = datetime::parse("2026-01-02T03:04:05Z").unwrap();
        let location = "https://x.test/scim/v2/d/Users/u1".to_owned();
        Head {
            kind: ResourceType::User,
            id: "u1".into(),
            created: at,
            modified: at,
            version: Version::stored(3),
            location,
        }
    }

    fn document(value: Value) -> Document {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn r001_r005_a_representation_has_schemas_id_and_meta() {
        let urn = ENTERPRISE_URN;
        let (stored, extra) =
            (json!({ "userName": "a", urn: { "department": "X" } }), json!({ "groups": [{ "value": "g" }] }));
        let content = Content::stored(stored.to_string()).unwrap();
        let stored = Stored { head: head(), content, extra: document(extra) };
        let text: Value = serde_json::from_slice(&stored.text(stored.content.text().unwrap())).unwrap();
        let whole = Value::Object(stored.represent().unwrap());
        assert_eq!(text, whole);
        assert_eq!(whole["schemas"], json!([ResourceType::User.urn(), urn]));
        assert_eq!(whole["meta"]["version"], json!("W/\"3\""));
        assert_eq!(whole["meta"]["lastModified"], json!("2026-01-02T03:04:05.000Z"));
        assert_eq!(whole["groups"], json!([{ "value": "g" }]));
    }

    #[test]
    fn r049_filters_see_the_virtual_attributes_of_a_stored_resource() {
        let (stored, extra) = (document(json!({ "userName": "a" })), document(json!({ "groups": [{ "value": "g" }] })));
        let stored = Stored { head: head(), content: Content::parsed(stored), extra };
        let text = "id eq \"u1\" and meta.lastModified gt \"2026-01-01T00:00:00Z\" and groups eq \"g\" and \
                    schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\" and meta.resourceType eq \"User\"";
        let filter = Filter::parse(text, Registry::standard(), ResourceType::User, Profile::Auto).unwrap();
        assert!(filter.matches(&stored));
    }

    #[test]
    fn r075_a_manager_is_shown_with_its_address_and_name() {
        let urn = ENTERPRISE_URN;
        let mut stored = document(json!({ urn: { "manager": { "value": "m" } } }));
        assert_eq!(manager_of(&stored), Some("m"));
        show_manager(&mut stored, |id| format!("/Users/{id}"), Some("Boss"));
        assert_eq!(stored[urn]["manager"], json!({ "value": "m", "$ref": "/Users/m", "displayName": "Boss" }));
    }
}
