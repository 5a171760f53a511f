//! Groups: create, read, replace, patch, delete. Members are rows beside the group's document.

use super::events::{self, By, Change};
use super::membership::{self, Moved};
use super::shape::{self, Kept, Wire};
use super::users::Precondition;
use super::{Changed, DirectoryCaller, ProvisionError, held_standing, resource_id, telling_of_the_last_admin};
use crate::base::ids::ResourceId;
use crate::domain::audit::Deed;
use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::member::MemberChange;
use crate::protocol::scim::patch::PatchRequest;
use crate::protocol::scim::resource::{NewResource, read_resource, replace_resource};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::service::access::{AT_ONCE, Ground};
use crate::store::resources::{self, Kind, ResourceRow};
use crate::store::standing::{self, Standing};
use crate::store::{self, Done, Record, Tx, members};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A PATCH answers with the group up to this many members, with 204 above (requirement 72).
const SHOWN: i64 = 100;

/// `GET /Groups/{id}`, with all members unless they are not wanted: then their rows are not touched.
///
/// # Errors
/// 404 for what this directory does not have.
pub async fn get_group(
    gw: &Gateway,
    who: &DirectoryCaller,
    id: &str,
    with_members: bool,
) -> Result<Wire, ProvisionError> {
    let id = resource_id(ResourceType::Group, id)?;
    let (gateway, who) = (gw.clone(), who.clone());
    gw.store
        .read(who.org, async move |tx| {
            let row = resources::get(tx, who.directory.src, Kind::Group, id).await?;
            let (row, standing) = row.ok_or_else(|| ScimError::not_found("Group", &id.to_string()))?;
            who.confirm(standing.facts)?;
            group_wire(tx, &gateway, &who, &row, with_members).await
        })
        .await
}

/// The group as it goes over the wire.
pub(super) async fn group_wire(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    row: &ResourceRow,
    with_members: bool,
) -> Result<Wire, ProvisionError> {
    let kept = Kept::of(&gw.urls, who.directory.id, row.clone())?;
    if !with_members {
        return Ok(kept.into_wire());
    }
    let members = members::list(tx, row.id, None, i64::MAX).await?;
    Ok(kept.with_members(&members).into_wire())
}

/// `POST /Groups`. Names are no keys: a known one is refused only where the externalIds do not tell them apart.
///
/// # Errors
/// 400 for a wrong body, 409 `uniqueness`.
pub async fn create_group(
    gw: &Gateway,
    who: &DirectoryCaller,
    body: Value,
    given: Option<ResourceId>,
) -> Result<Changed, ProvisionError> {
    let new = read_resource(ResourceType::Group, &who.registry, body, who.profile)?;
    let now = gw.sources.now();
    let id = given.unwrap_or_else(|| ResourceId::mint(&gw.sources));
    let row = shape::row(&new, ResourceType::Group, who.directory.src, id, None, now);
    let (gateway, caller) = (gw.clone(), who.clone());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            found(tx, &row).await?;
            let (moved, records) = fill(tx, &gateway, &caller, &row, &new, Then::Ends).await?;
            let wire = group_wire(tx, &gateway, &caller, &row, true).await?;
            let applied = moved.noted(new.applied.clone());
            Ok::<_, ProvisionError>(Done::of((wire, moved.skipped, applied)).and_all(records))
        })
        .await;
    let (wire, skipped, applied) = telling_of_the_last_admin(gw, who, id, outcome).await?;
    Ok(Changed { wire, skipped, applied })
}

/// The first step of a creation inside a unit: the group is there, with nobody in it.
pub(super) async fn found(tx: &mut Tx, row: &ResourceRow) -> Result<(), ProvisionError> {
    refuse_namesake(tx, row).await?;
    Ok(resources::insert(tx, row).await?)
}

/// What a unit does after it has filled a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It holds nothing more.
    Ends,
    /// It may hold people of other groups: so it settles the members even where no rule speaks of the group
    /// ([`Ground::unless_it_stays`] comes last).
    GoesOn,
}

/// The second step: its members, who may have been made after it in the same unit.
pub(super) async fn fill(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    row: &ResourceRow,
    new: &NewResource,
    then: Then,
) -> Result<(Moved, Vec<Record>), ProvisionError> {
    let changes = [MemberChange::Add(new.members.clone().unwrap_or_default())];
    let moved = membership::apply(tx, who, row.id, &changes).await?;
    let standing = standing::get(tx).await?;
    let ground = Ground::at(tx, gw, standing).await?;
    let by = if moved.touched.is_empty() {
        None
    } else if then == Then::GoesOn || membership::matters(&ground, row) {
        Some(ground)
    } else {
        Ground::unless_it_stays(tx, gw, standing).await?
    };
    let mut records = Vec::new();
    if let Some(ground) = by {
        records.extend(membership::follow(tx, gw, &ground, row, &moved.touched, "group_created").await?);
    }
    let body = json!({"name": row.label, "members": moved.touched.len(), "ignored": new.ignored});
    events::created(tx, gw, who, row, !moved.touched.is_empty()).await?;
    records.push(gw.record(&who.actor(), Deed::GroupCreated, Some(row.id.to_string()), body));
    Ok((moved, records))
}

async fn refuse_namesake(tx: &mut Tx, row: &ResourceRow) -> Result<(), ProvisionError> {
    if let Some(ext) = &row.ext
        && resources::by_ext(tx, row.src, Kind::Group, ext).await?.is_some()
    {
        return Err(ScimError::uniqueness("externalId is taken by another Group of this directory.").into());
    }
    resources::claim_group_name(tx, row.src, &row.key).await?;
    let namesakes = resources::by_key(tx, row.src, Kind::Group, &row.key).await?;
    if namesakes.iter().any(|other| row.ext.is_none() || other.ext.is_none()) {
        let detail = format!(
            "displayName {:?} is taken by another Group of this directory; send another, or give both an externalId.",
            row.label
        );
        return Err(ScimError::uniqueness(detail).into());
    }
    Ok(())
}

/// `PUT /Groups/{id}`.
///
/// # Errors
/// 404, 400, 409, or 412 where the precondition does not hold.
pub async fn replace_group(
    gw: &Gateway,
    who: &DirectoryCaller,
    id: &str,
    body: Value,
    precondition: Option<Precondition>,
) -> Result<Changed, ProvisionError> {
    let id = resource_id(ResourceType::Group, id)?;
    let now = gw.sources.now();
    let (gateway, caller) = (gw.clone(), who.clone());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            let (row, standing) = held_standing(tx, &caller, Kind::Group, id, precondition.clone()).await?;
            let old = shape::document(&row)?;
            let new = replace_resource(ResourceType::Group, &caller.registry, &old, body.clone(), caller.profile)?;
            let changes: Vec<_> = new.members.into_iter().map(MemberChange::Replace).collect();
            let wish = Wish { by: By::Put, document: new.document, members: &changes };
            let (row, moved, records) = change(tx, &gateway, &caller, (row, standing), wish, now).await?;
            let wire = group_wire(tx, &gateway, &caller, &row, true).await?;
            let applied = moved.noted(new.applied);
            Ok::<_, ProvisionError>(Done::of((wire, moved.skipped, applied)).and_all(records))
        })
        .await;
    let (wire, skipped, applied) = telling_of_the_last_admin(gw, who, id, outcome).await?;
    Ok(Changed { wire, skipped, applied })
}

/// `PATCH /Groups/{id}`: all operations or none. `None` in place of the wire means that the group has too many members
/// to show them: the answer is 204.
///
/// # Errors
/// 404, 400, 409, or 412 where the precondition does not hold.
pub async fn patch_group(
    gw: &Gateway,
    who: &DirectoryCaller,
    id: &str,
    body: Value,
    with_members: bool,
    precondition: Option<Precondition>,
) -> Result<(Changed, bool), ProvisionError> {
    let id = resource_id(ResourceType::Group, id)?;
    let patch = PatchRequest::parse(body, ResourceType::Group, who.profile)?;
    let now = gw.sources.now();
    let (gateway, caller) = (gw.clone(), who.clone());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            let (row, standing) = held_standing(tx, &caller, Kind::Group, id, precondition.clone()).await?;
            let patched = patch.apply(&caller.registry, &shape::document(&row)?)?;
            let wish = Wish { by: By::Patch, document: patched.document, members: &patched.members };
            let (row, moved, records) = change(tx, &gateway, &caller, (row, standing), wish, now).await?;
            let shown = if with_members { members::list(tx, id, None, SHOWN + 1).await? } else { Vec::new() };
            let small = shown.len() <= SHOWN as usize;
            let kept = Kept::of(&gateway.urls, caller.directory.id, row)?;
            let wire = if with_members && small { kept.with_members(&shown) } else { kept }.into_wire();
            let applied = moved.noted(patched.applied);
            let skipped: Vec<_> = patched.skipped.into_iter().chain(moved.skipped).collect();
            Ok::<_, ProvisionError>(Done::of((wire, skipped, applied, small)).and_all(records))
        })
        .await;
    let (wire, skipped, applied, small) = telling_of_the_last_admin(gw, who, id, outcome).await?;
    Ok((Changed { wire, skipped, applied }, small))
}

/// What a call makes of a group.
struct Wish<'a> {
    by: By,
    document: Document,
    members: &'a [MemberChange],
}

async fn change(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    (mut row, standing): (ResourceRow, Standing),
    wish: Wish<'_>,
    now: DateTime<Utc>,
) -> Result<(ResourceRow, Moved, Vec<Record>), ProvisionError> {
    let ground = Ground::at(tx, gw, standing).await?;
    let mut records = membership::catch_up(tx, gw, &ground, &row).await?;
    let moved = membership::apply(tx, who, row.id, wish.members).await?;
    let (old, new) = (shape::document(&row)?, wish.document);
    if old == new && moved.touched.is_empty() && !moved.renamed {
        return Ok((row, moved, records));
    }
    let (was, mattered) = (row.clone(), membership::matters(&ground, &row));
    shape::refresh(&mut row, ResourceType::Group, &new, now);
    if row.ext != was.ext
        && let Some(ext) = &row.ext
        && resources::by_ext(tx, row.src, Kind::Group, ext).await?.is_some_and(|other| other.id != row.id)
    {
        return Err(ScimError::uniqueness("externalId is taken by another Group of this directory.").into());
    }
    let renamed = (&was.label, &was.ext) != (&row.label, &row.ext);
    // Who leaves a group in the same call that renames it loses what the old name gave.
    let by = if !renamed && moved.touched.is_empty() {
        None
    } else if mattered || membership::matters(&ground, &row) {
        Some(ground)
    } else {
        // Before the writes that go together.
        Ground::unless_it_stays(tx, gw, standing).await?
    };
    resources::update(tx, &was, &row).await?;
    let change = Change { by: wish.by, old: &old, new: &new, members: moved.renamed || !moved.touched.is_empty() };
    events::changed(tx, gw, who, &row, change).await?;
    if renamed {
        if let Some(ground) = &by {
            records.extend(membership::follow_all(tx, gw, ground, row.id, "group_renamed").await?);
        }
        let body = json!({"before": was.label, "after": row.label});
        records.push(gw.record(&who.actor(), Deed::GroupRenamed, Some(row.id.to_string()), body));
    }
    if !moved.touched.is_empty() {
        if let Some(ground) = &by {
            records.extend(membership::follow(tx, gw, ground, &row, &moved.touched, "members_changed").await?);
        }
        let body = json!({"changed": moved.touched.len(), "skipped": moved.skipped.len()});
        records.push(gw.record(&who.actor(), Deed::MembersChanged, Some(row.id.to_string()), body));
    }
    Ok((row, moved, records))
}

/// `DELETE /Groups/{id}`: what it gave is gone with it.
///
/// # Errors
/// 404, or 412 where the precondition does not hold.
pub async fn delete_group(
    gw: &Gateway,
    who: &DirectoryCaller,
    id: &str,
    precondition: Option<Precondition>,
) -> Result<(), ProvisionError> {
    let id = resource_id(ResourceType::Group, id)?;
    let (now, until) = (gw.sources.now(), gw.sources.now() + gw.settings.tombstone);
    let (gateway, caller) = (gw.clone(), who.clone());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            let (row, standing) = held_standing(tx, &caller, Kind::Group, id, precondition.clone()).await?;
            let ground = Ground::at(tx, &gateway, standing).await?;
            resources::bump_groups_of(tx, id, now).await?;
            let mut records = membership::catch_up(tx, &gateway, &ground, &row).await?;
            let matters = membership::matters(&ground, &row);
            let people = if matters { store::access::people_in(tx, id, AT_ONCE).await? } else { Some(Vec::new()) };
            members::leave_all(tx, id).await?;
            members::abandon(tx, id).await?;
            // Who was in it is not known any more: everybody is marked where a rule may come to speak of it meanwhile.
            let moves = !matters && Ground::unless_it_stays(tx, &gateway, standing).await?.is_some();
            let people = people.filter(|_| !moves);
            resources::delete(tx, &row).await?;
            store::tombstones::put(tx, &row, until).await?;
            records.extend(membership::follow_people(tx, &gateway, &ground, people, "group_deleted").await?);
            events::deleted(tx, &gateway, &caller, &row).await?;
            let body = json!({"name": row.label});
            records.push(gateway.record(&caller.actor(), Deed::GroupDeleted, Some(id.to_string()), body));
            Ok::<_, ProvisionError>(Done::of(()).and_all(records))
        })
        .await;
    telling_of_the_last_admin(gw, who, id, outcome).await
}
