//! A User that comes back under its externalId (scim.md 3.1.3): an inactive one keeps its id and all; one with a
//! tombstone comes back under its old id without memberships, links, tokens or manual grants. Nobody is taken over.

use super::adoption::{self, Owner};
use super::events::{self, By};
use super::shape;
use super::users::{Found, Left, change, refuse_taken};
use super::{DirectoryCaller, ProvisionError, person};
use crate::base::ids::{PersonId, ResourceId};
use crate::domain::audit::Deed;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::resource::NewResource;
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::people::{self, ACTIVE, DELETED};
use crate::store::resources::{self, Kind, ResourceRow};
use crate::store::standing::Standing;
use crate::store::tombstones::{self, Tombstone};
use crate::store::{Record, Tx, members};
use chrono::{DateTime, Utc};
use serde_json::json;

/// What a User comes back from.
pub(super) enum Returning {
    /// The resource is there, inactive.
    Inactive(Box<(ResourceRow, Standing)>),
    /// The resource was deleted.
    Deleted(Tombstone),
}

impl Returning {
    /// The id that it has again.
    pub(super) fn id(&self) -> ResourceId {
        match self {
            Self::Inactive(found) => found.0.id,
            Self::Deleted(tombstone) => tombstone.id,
        }
    }
}

/// Whether a new User is one that comes back: only a row of this directory is ever restored, `rfc-strict` never does.
pub(super) async fn find(
    tx: &mut Tx,
    who: &DirectoryCaller,
    new: &NewResource,
    now: DateTime<Utc>,
) -> Result<Option<Returning>, ProvisionError> {
    let Some(ext) = new.external_id.as_deref().filter(|_| who.profile != Profile::RfcStrict) else { return Ok(None) };
    let src = who.directory.src;
    if let Some(found) = resources::by_ext(tx, src, Kind::User, ext).await? {
        // Somebody else may be restoring or deleting it in this moment.
        let row = resources::hold(tx, src, Kind::User, found.id).await?;
        if let Some(row) = row.filter(|(row, _)| row.ext.as_deref() == Some(ext)) {
            if row.0.active {
                return Err(ScimError::uniqueness("externalId is taken by an active User of this directory.").into());
            }
            return Ok(Some(Returning::Inactive(Box::new(row))));
        }
    }
    Ok(tombstones::find(tx, src, Kind::User, ext, now).await?.map(Returning::Deleted))
}

/// Brings it back, as the new document says.
pub(super) async fn restore(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    new: &NewResource,
    found: Returning,
    fresh: PersonId,
    now: DateTime<Utc>,
) -> Result<(ResourceRow, Vec<Record>), ProvisionError> {
    match found {
        Returning::Inactive(row) => reactivate(tx, gw, who, new, *row, now).await,
        Returning::Deleted(tombstone) => unearth(tx, gw, who, new, tombstone, fresh, now).await,
    }
}

async fn reactivate(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    new: &NewResource,
    (row, standing): (ResourceRow, Standing),
    now: DateTime<Utc>,
) -> Result<(ResourceRow, Vec<Record>), ProvisionError> {
    let old_name = row.key.clone();
    let found = Found::of((row, standing), None)?;
    let (Left { row, .. }, mut records) = change(tx, gw, who, found, By::Put, new.document.clone(), now).await?;
    if let Some(id) = row.person
        && old_name != row.key
    {
        records.extend(person::set_aside(tx, gw, who, id, now).await?);
        records.extend(person::settled(tx, gw, &row, Deed::UserRestored.as_str()).await?);
    }
    records.push(gw.record(&who.actor(), Deed::UserRestored, Some(row.id.to_string()), json!({})));
    Ok((row, records))
}

async fn unearth(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    new: &NewResource,
    tombstone: Tombstone,
    fresh: PersonId,
    now: DateTime<Utc>,
) -> Result<(ResourceRow, Vec<Record>), ProvisionError> {
    if !tombstones::take(tx, tombstone.id).await? {
        return Err(ScimError::uniqueness("externalId is taken by a User that was restored just now.").into());
    }
    // Who added it to a group while it was deleted may have come to an end after that.
    members::leave_all(tx, tombstone.id).await?;
    let mut row = shape::row(new, ResourceType::User, who.directory.src, tombstone.id, tombstone.person, now);
    row.version = tombstone.version + 1;
    row.created = tombstone.created.unwrap_or(now);
    refuse_taken(tx, &row).await?;
    let mut records = Vec::new();
    let known = match tombstone.person {
        Some(person) => people::lock(tx, person).await?,
        None => None,
    };
    if let Some(mut known) = known {
        let elsewhere = known.state != DELETED && known.state != ACTIVE;
        let was_active = known.state == ACTIVE;
        known.state = adoption::state(row.active);
        let moved = adoption::describe(&mut known, &new.document);
        // As with every change of them (law 5): another directory may have kept them active.
        let ends = moved || (was_active && !row.active);
        known.epoch += i64::from(ends);
        people::update(tx, &known, now).await?;
        if ends {
            people::drop_credentials(tx, known.id).await?;
        }
        if elsewhere {
            // Another directory kept links and grants of somebody whom this one brings back.
            records.extend(person::set_aside(tx, gw, who, known.id, now).await?);
        }
    } else {
        let (owner, more) = adoption::owner_of(tx, gw, who, &new.document, row.active, fresh, now).await?;
        row.person = match owner {
            Owner::Person(person) => Some(person),
            Owner::Proposed => None,
        };
        records.extend(more);
    }
    resources::insert(tx, &row).await?;
    resources::index_emails(tx, row.src, row.id, &[], &shape::emails(&new.document)).await?;
    records.extend(person::settled(tx, gw, &row, Deed::UserRestored.as_str()).await?);
    events::created(tx, gw, who, &row, false).await?;
    records.push(gw.record(&who.actor(), Deed::UserRestored, Some(row.id.to_string()), json!({"tombstone": true})));
    Ok((row, records))
}
