//! Rows ↔ documents: the one place where a stored resource becomes what goes over the wire.

use crate::base::fold::fold;
use crate::base::ids::{DirectoryId, PersonId, ResourceId, SourceNo};
use crate::base::urls::Urls;
use crate::protocol::scim::Document;
use crate::protocol::scim::etag::Version;
use crate::protocol::scim::filter::Subject;
use crate::protocol::scim::json_text;
use crate::protocol::scim::representation::{Content, Head, Stored};
use crate::protocol::scim::resource::NewResource;
use crate::protocol::scim::schema::ResourceType;
use crate::store::StoreError;
use crate::store::members::MemberRow;
use crate::store::resources::{Kind, ResourceRow};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::borrow::Cow;

/// A resource as it goes over the wire, before projection.
#[derive(Debug, Clone)]
pub struct Wire {
    /// All of it.
    pub stored: Stored,
    /// The person behind a User.
    pub person: Option<PersonId>,
}

/// The kind of row behind a resource type.
pub(super) fn kind_of(resource_type: ResourceType) -> Kind {
    match resource_type {
        ResourceType::User => Kind::User,
        ResourceType::Group => Kind::Group,
    }
}

fn resource_type_of(kind: Kind) -> ResourceType {
    match kind {
        Kind::User => ResourceType::User,
        Kind::Group => ResourceType::Group,
    }
}

/// The stored document.
pub(super) fn document(row: &ResourceRow) -> Result<Document, StoreError> {
    serde_json::from_str(&row.doc).map_err(|_| StoreError::Malformed("resource"))
}

/// A document as it is stored.
pub(super) fn text(document: &Document) -> String {
    json_text(document)
}

/// What a POST or PUT says, as a row; ids and times are made outside the unit.
pub(super) fn row(
    new: &NewResource,
    resource_type: ResourceType,
    src: SourceNo,
    id: ResourceId,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> ResourceRow {
    let label = match resource_type {
        ResourceType::User => new.user_name.clone(),
        ResourceType::Group => new.display_name.clone(),
    }
    .unwrap_or_default();
    ResourceRow {
        id,
        src,
        kind: kind_of(resource_type),
        person,
        key: fold(&label),
        label,
        ext: new.external_id.clone(),
        active: new.active.unwrap_or(true),
        version: 1,
        created: now,
        modified: now,
        doc: text(&new.document),
        in_groups: false,
    }
}

/// Takes the columns over from a changed document.
pub(super) fn refresh(row: &mut ResourceRow, resource_type: ResourceType, document: &Document, now: DateTime<Utc>) {
    let of = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
    let label = match resource_type {
        ResourceType::User => of("userName"),
        ResourceType::Group => of("displayName"),
    };
    if let Some(label) = label {
        row.key = fold(&label);
        row.label = label;
    }
    row.ext = of("externalId");
    row.active = document.get("active").and_then(Value::as_bool).unwrap_or(row.active);
    row.version += 1;
    row.modified = now;
    row.doc = text(document);
}

/// The folded e-mail addresses of a User, as they are indexed.
pub(super) fn emails(document: &Document) -> Vec<String> {
    let mut found: Vec<String> = list(document, "emails").filter_map(|e| e.get("value")?.as_str()).map(fold).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The e-mail to write to: the primary one, else the first, else a userName of that form.
pub(super) fn email(document: &Document) -> Option<String> {
    let primary = list(document, "emails").find(|e| e.get("primary") == Some(&Value::Bool(true)));
    let chosen = primary.or_else(|| list(document, "emails").next()).and_then(|e| e.get("value")?.as_str());
    let user_name = || document.get("userName").and_then(Value::as_str).filter(|name| name.contains('@'));
    chosen.or_else(user_name).map(str::to_owned)
}

fn list<'a>(document: &'a Document, name: &str) -> impl Iterator<Item = &'a Value> {
    document.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The name to show for a User: displayName, else name.formatted, else given and family name, else userName.
pub(super) fn display(document: &Document) -> String {
    let of = |path: &[&str]| {
        let mut value = document.get(*path.first()?)?;
        for step in path.get(1..)? {
            value = value.get(step)?;
        }
        value.as_str().map(str::to_owned).filter(|text| !text.is_empty())
    };
    let both = || match (of(&["name", "givenName"]), of(&["name", "familyName"])) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (one, other) => one.or(other),
    };
    of(&["displayName"])
        .or_else(|| of(&["name", "formatted"]))
        .or_else(both)
        .or_else(|| of(&["userName"]))
        .unwrap_or_default()
}

/// A part of a User's name.
pub(super) fn name_part(document: &Document, part: &str) -> Option<String> {
    document.get("name")?.get(part)?.as_str().map(str::to_owned)
}

/// A resource as it was read: for filters and for sorting as it is, and ready to go over the wire.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    stored: Stored,
    row: ResourceRow,
    base: String,
}

impl Kept {
    /// Reads a row.
    pub(super) fn of(urls: &Urls, directory: DirectoryId, mut row: ResourceRow) -> Result<Self, StoreError> {
        let content = Content::stored(std::mem::take(&mut row.doc)).map_err(|_| StoreError::Malformed("resource"))?;
        let (base, kind) = (urls.scim(directory), resource_type_of(row.kind));
        let id = row.id.to_string();
        let location = [&base, kind.endpoint(), "/", &id].concat();
        let head = Head {
            kind,
            id,
            created: row.created,
            modified: row.modified,
            version: Version::stored(row.version),
            location,
        };
        Ok(Self { stored: Stored { head, content, extra: Document::new() }, row, base })
    }

    /// What it is.
    pub(super) fn kind(&self) -> ResourceType {
        self.stored.head.kind
    }

    /// The row that it was read from; its document is taken out of it.
    pub(super) fn row(&self) -> &ResourceRow {
        &self.row
    }

    /// Its document, where it may name a manager, who is shown otherwise than stored.
    pub(super) fn with_manager(&mut self) -> Result<Option<&mut Document>, StoreError> {
        if !self.stored.content.may_have_manager() {
            return Ok(None);
        }
        self.stored.content.document().map(Some).map_err(|_| StoreError::Malformed("resource"))
    }

    /// With its members beside it.
    pub(super) fn with_members(mut self, members: &[MemberRow]) -> Self {
        let list = members.iter().map(|member| member_wire(&self.base, member)).collect();
        self.stored.extra.insert("members".into(), list);
        self
    }

    /// With its groups beside it, which its version tells as well.
    pub(super) fn with_groups(mut self, groups: &[(ResourceId, String)]) -> Self {
        self.stored.head.version = version(&self.row, Some(groups));
        if !groups.is_empty() {
            let base = &self.base;
            let list = groups.iter().map(|(id, name)| {
                json!({"value": id.to_string(), "$ref": format!("{base}/Groups/{id}"), "display": name, "type": "direct"})
            });
            self.stored.extra.insert("groups".into(), list.collect());
        }
        self
    }

    /// As it goes over the wire.
    pub(super) fn into_wire(self) -> Wire {
        Wire { stored: self.stored, person: self.row.person }
    }
}

impl Subject for Kept {
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        self.stored.attribute(urn, name)
    }
}

/// The version of a resource that is shown with these groups.
pub(super) fn version(row: &ResourceRow, groups: Option<&[(ResourceId, String)]>) -> Version {
    match groups {
        Some(groups) if !groups.is_empty() => {
            let named = groups.iter().map(|(id, name)| json!([id.to_string(), name]));
            Version::with_derived(row.version, &Value::from_iter(named).to_string())
        }
        _ => Version::stored(row.version),
    }
}

fn member_wire(base: &str, member: &MemberRow) -> Value {
    let (endpoint, name) = match member.kind {
        Kind::User => ("/Users", "User"),
        Kind::Group => ("/Groups", "Group"),
    };
    let mut out =
        json!({"value": member.id.to_string(), "$ref": format!("{base}{endpoint}/{}", member.id), "type": name});
    if let Some(display) = &member.display {
        out["display"] = json!(display);
    }
    out
}
