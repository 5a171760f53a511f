//! What is told of a change, where the directory wants it told (RFC 9967): written to the outbox in the unit of work
//! of the change itself, so that neither is ever without the other.

use super::shape;
use super::{DirectoryCaller, ProvisionError};
use crate::base::ids::EventId;
use crate::domain::directory::Told;
use crate::protocol::scim::Document;
use crate::protocol::scim::event::{self, Content, EventKind, EventSubject};
use crate::protocol::scim::representation::schemas;
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::Tx;
use crate::store::outbox::{self, ScimEvent};
use crate::store::resources::{Kind, ResourceRow};
use serde_json::{Value, json};

/// How a resource was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A PATCH.
    Patch,
    /// A PUT, or a POST that brought an inactive User back.
    Put,
}

/// A change of a resource that is there before and after.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) by: By,
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
    /// Whether members came, left, or are shown under another name.
    pub(super) members: bool,
}

/// Tells that a resource is new here, or back from its tombstone.
pub(super) async fn created(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    row: &ResourceRow,
    members: bool,
) -> Result<(), ProvisionError> {
    if who.directory.settings.events == Told::Off {
        return Ok(());
    }
    let document = shape::document(row)?;
    let content = if tells_data(who, row) {
        Content::Full(whole(row, who.registry.readable(resource_type(row), &document)))
    } else {
        let mut names = event::changed_paths(&Document::new(), &document);
        names.extend(members.then(|| "members".to_owned()));
        Content::Notice(names)
    };
    keep(tx, gw, who, row, &[EventKind::Create(content)]).await
}

/// Tells of a change; a User that it sets active or inactive is told of in the same token.
pub(super) async fn changed(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    row: &ResourceRow,
    change: Change<'_>,
) -> Result<(), ProvisionError> {
    if who.directory.settings.events == Told::Off {
        return Ok(());
    }
    let readable = |document| who.registry.readable(resource_type(row), document);
    let content = match (tells_data(who, row), change.by) {
        (true, By::Put) => Content::Full(whole(row, readable(change.new))),
        (true, By::Patch) => Content::Full(event::patch_between(&readable(change.old), &readable(change.new))),
        (false, _) => {
            let mut names = event::changed_paths(change.old, change.new);
            names.extend(change.members.then(|| "members".to_owned()));
            Content::Notice(names)
        }
    };
    let mut events = vec![match change.by {
        By::Patch => EventKind::Patch(content),
        By::Put => EventKind::Put(content),
    }];
    if row.kind == Kind::User {
        let active = |document: &Document| document.get("active").and_then(Value::as_bool).unwrap_or(true);
        match (active(change.old), active(change.new)) {
            (true, false) => events.push(EventKind::Deactivate),
            (false, true) => events.push(EventKind::Activate),
            (true, true) | (false, false) => {}
        }
    }
    keep(tx, gw, who, row, &events).await
}

/// Tells that a resource is gone.
pub(super) async fn deleted(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    row: &ResourceRow,
) -> Result<(), ProvisionError> {
    if who.directory.settings.events == Told::Off {
        return Ok(());
    }
    keep(tx, gw, who, row, &[EventKind::Delete]).await
}

fn tells_data(who: &DirectoryCaller, row: &ResourceRow) -> bool {
    who.directory.settings.events == Told::Full && row.kind == Kind::User
}

fn resource_type(row: &ResourceRow) -> ResourceType {
    match row.kind {
        Kind::User => ResourceType::User,
        Kind::Group => ResourceType::Group,
    }
}

/// The resource as a client would send it, with its id.
fn whole(row: &ResourceRow, document: Document) -> Document {
    let mut whole = Document::new();
    whole.insert("schemas".to_owned(), schemas(resource_type(row), document.keys().map(String::as_str)).into());
    whole.insert("id".to_owned(), json!(row.id.to_string()));
    whole.extend(document);
    whole
}

async fn keep(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    row: &ResourceRow,
    events: &[EventKind],
) -> Result<(), ProvisionError> {
    let (id, at) = (EventId::mint(&gw.sources), gw.sources.now());
    let subject = EventSubject { kind: resource_type(row), id: row.id.to_string(), external_id: row.ext.clone() };
    // Operations of one bulk request are told apart by their place in it (RFC 9967).
    let transaction = match (&gw.request, who.operation) {
        (Some(request), Some(place)) => format!("{request}:{place}"),
        (Some(request), None) => request.to_string(),
        (None, _) => id.to_string(),
    };
    let body = Value::Object(event::happened(&transaction, at, &subject, events)).to_string();
    let event = ScimEvent { id, directory: who.directory.id, version: row.version, body, at };
    Ok(outbox::put_scim(tx, event).await?)
}
