//! Creations of a bulk request that refer to each other in a circle: one unit of work, all of them or none
//! (scim.md 3.1.10).

use super::groups::{self, Then, group_wire};
use super::users::{self, user_wire};
use super::{Changed, DirectoryCaller, ProvisionError, returning, shape, telling_of_the_last_admin};
use crate::base::ids::{PersonId, ResourceId};
use crate::protocol::scim::bulk::{self as message, BulkOperation};
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::profile::{Applied, Quirk};
use crate::protocol::scim::resource::{NewResource, read_resource};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::resources::{Kind, ResourceRow};
use crate::store::{AsStoreError, Done, Record, StoreError, Tx};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Why nothing of a circle was made.
#[derive(Debug)]
pub(super) struct Broken {
    /// The place in the circle of the operation that was refused; `None` when the unit as a whole failed.
    pub(super) at: Option<usize>,
    /// Why.
    pub(super) error: ProvisionError,
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self { at: None, error: error.into() }
    }
}

impl AsStoreError for Broken {
    fn as_store_error(&self) -> Option<&StoreError> {
        self.error.as_store_error()
    }
}

/// One operation of a circle, with the ids that were minted for it.
#[derive(Clone)]
struct Minted {
    /// Its place in the request.
    place: usize,
    operation: BulkOperation,
    id: ResourceId,
    person: PersonId,
}

/// What one of them has come to inside the unit.
struct Made {
    row: ResourceRow,
    place: usize,
    new: NewResource,
    applied: Applied,
}

/// Creates all of them in the order of the request, members last; `ids` are what the client's names mean so far.
pub(super) async fn create(
    gw: &Gateway,
    who: &DirectoryCaller,
    operations: &[(usize, &BulkOperation)],
    ids: &HashMap<String, String>,
) -> Result<Vec<Changed>, Broken> {
    let minted: Vec<Minted> = operations
        .iter()
        .map(|(place, operation)| Minted {
            place: *place,
            operation: (*operation).clone(),
            id: ResourceId::mint(&gw.sources),
            person: PersonId::mint(&gw.sources),
        })
        .collect();
    let made: Vec<ResourceId> = minted.iter().map(|one| one.id).collect();
    let (gateway, caller, ids, now) = (gw.clone(), who.clone(), ids.clone(), gw.sources.now());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            let names = names(tx, &caller, &minted, &ids, now).await?;
            let mut circle = Circle { gw: &gateway, who: &caller, names, now, records: Vec::new() };
            let made = circle.make(tx, &minted).await?;
            let changed = circle.finish(tx, made).await?;
            Ok(Done::of(changed).and_all(circle.records))
        })
        .await;
    match outcome {
        Err(Broken { at: Some(at), error }) => {
            let refused = telling_of_the_last_admin(gw, &who.at(operations[at].0), made[at], Err(error)).await;
            refused.map_err(|error| Broken { at: Some(at), error })
        }
        outcome => outcome,
    }
}

/// What each name of the circle means: the minted id, or the old one of a User that comes back.
async fn names(
    tx: &mut Tx,
    who: &DirectoryCaller,
    minted: &[Minted],
    ids: &HashMap<String, String>,
    now: DateTime<Utc>,
) -> Result<HashMap<String, String>, Broken> {
    let mut names = ids.clone();
    names.extend(minted.iter().filter_map(|one| Some((one.operation.bulk_id.clone()?, one.id.to_string()))));
    let mut returned = Vec::new();
    for (at, one) in minted.iter().enumerate().filter(|(_, one)| one.operation.kind == ResourceType::User) {
        let new = read(one, &names, who).map_err(|error| Broken { at: Some(at), error })?;
        let found = returning::find(tx, who, &new, now).await.map_err(|error| Broken { at: Some(at), error })?;
        returned.extend(found.and_then(|found| Some((one.operation.bulk_id.clone()?, found.id().to_string()))));
    }
    names.extend(returned);
    Ok(names)
}

fn read(one: &Minted, names: &HashMap<String, String>, who: &DirectoryCaller) -> Result<NewResource, ProvisionError> {
    let mut operation = one.operation.clone();
    message::resolve(&mut operation, names).map_err(|name| ScimError::unresolved(&name))?;
    Ok(read_resource(operation.kind, &who.registry, operation.data, who.profile)?)
}

struct Circle<'a> {
    gw: &'a Gateway,
    who: &'a DirectoryCaller,
    names: HashMap<String, String>,
    now: DateTime<Utc>,
    records: Vec<Record>,
}

impl Circle<'_> {
    async fn make(&mut self, tx: &mut Tx, minted: &[Minted]) -> Result<Vec<Made>, Broken> {
        let mut made = Vec::with_capacity(minted.len());
        for (at, one) in minted.iter().enumerate() {
            made.push(self.one(tx, one).await.map_err(|error| Broken { at: Some(at), error })?);
        }
        Ok(made)
    }

    async fn one(&mut self, tx: &mut Tx, one: &Minted) -> Result<Made, ProvisionError> {
        let new = read(one, &self.names, self.who)?;
        if one.operation.kind == ResourceType::User {
            let (row, applied, records) =
                users::create(tx, self.gw, &self.who.at(one.place), &new, one.id, one.person, self.now).await?;
            self.records.extend(records);
            return Ok(Made { row, place: one.place, new, applied });
        }
        let row = shape::row(&new, ResourceType::Group, self.who.directory.src, one.id, None, self.now);
        groups::found(tx, &row).await?;
        Ok(Made { row, place: one.place, applied: new.applied.clone(), new })
    }

    /// Everybody is there: groups get their members, and the answers can be written.
    async fn finish(&mut self, tx: &mut Tx, made: Vec<Made>) -> Result<Vec<Changed>, Broken> {
        let mut skipped = Vec::with_capacity(made.len());
        for (at, one) in made.iter().enumerate() {
            skipped.push(self.fill(tx, one).await.map_err(|error| Broken { at: Some(at), error })?);
        }
        let mut changed = Vec::with_capacity(made.len());
        for ((at, one), skipped) in made.into_iter().enumerate().zip(skipped) {
            let wire = if one.row.kind == Kind::Group {
                group_wire(tx, self.gw, self.who, &one.row, false).await
            } else {
                user_wire(tx, self.gw, self.who, &one.row).await
            };
            let wire = wire.map_err(|error| Broken { at: Some(at), error })?;
            let mut applied = one.applied;
            if !skipped.is_empty() {
                applied.note(Quirk::UnknownMember);
            }
            changed.push(Changed { wire, skipped, applied });
        }
        Ok(changed)
    }

    async fn fill(&mut self, tx: &mut Tx, one: &Made) -> Result<Vec<String>, ProvisionError> {
        if one.row.kind != Kind::Group {
            return Ok(Vec::new());
        }
        let (moved, records) =
            groups::fill(tx, self.gw, &self.who.at(one.place), &one.row, &one.new, Then::GoesOn).await?;
        self.records.extend(records);
        Ok(moved.skipped)
    }
}
