//! Users: create, read, replace, patch, delete. Each is one unit of work.

use super::adoption::{self, Owner};
use super::events::{self, By, Change};
use super::person;
use super::returning;
use super::shape::{self, Kept, Wire};
use super::{Changed, DirectoryCaller, ProvisionError, admit, held_standing, reports_to};
use super::{resource_id, telling_of_the_last_admin};
use crate::base::fold::fold;
use crate::base::ids::{PersonId, ResourceId};
use crate::domain::audit::Deed;
use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::patch::PatchRequest;
use crate::protocol::scim::profile::{Applied, Quirk};
use crate::protocol::scim::resource::{NewResource, read_resource, replace_resource};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::service::access::{self, Ground, settle, settle_held};
use crate::store::held::{self, GroupRow, Held};
use crate::store::people::PersonRow;
use crate::store::resources::{self, Kind, ResourceRow};
use crate::store::standing::Standing;
use crate::store::{self, Done, Record, StoreError, Tx, newcomer, people, tombstones};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The `If-Match` of a request (RFC 7644 §3.14), as sent; compared with the version that is held for the change.
pub type Precondition = String;

/// `GET /Users/{id}`; inactive ones too.
///
/// # Errors
/// 404 for what this directory does not have.
pub async fn get_user(gw: &Gateway, who: &DirectoryCaller, id: &str) -> Result<Wire, ProvisionError> {
    let id = resource_id(ResourceType::User, id)?;
    let (gateway, who) = (gw.clone(), who.clone());
    gw.store
        .look(who.org, async move |tx| {
            let row = resources::get(tx, who.directory.src, Kind::User, id).await?;
            let (row, standing) = row.ok_or_else(|| ScimError::not_found("User", &id.to_string()))?;
            who.confirm(standing.facts)?;
            user_wire(tx, &gateway, &who, &row).await
        })
        .await
}

/// The User as it goes over the wire, with its groups.
pub(super) async fn user_wire(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    row: &ResourceRow,
) -> Result<Wire, ProvisionError> {
    let mut kept = Kept::of(&gw.urls, who.directory.id, row.clone())?;
    reports_to::show(tx, gw, who, std::slice::from_mut(&mut kept)).await?;
    Ok(kept.with_groups(&current_groups(tx, row).await?).into_wire())
}

/// A User as a unit of work leaves it. It is made ready for the wire when the unit is over: others wait for its end.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) row: ResourceRow,
    groups: Groups,
    managers: reports_to::Names,
}

impl Left {
    async fn of(
        tx: &mut Tx,
        who: &DirectoryCaller,
        row: ResourceRow,
        document: &Document,
        groups: Groups,
    ) -> Result<Self, StoreError> {
        let managers = reports_to::names(tx, who, &[document]).await?;
        Ok(Self { row, groups, managers })
    }

    fn wire(self, gw: &Gateway, who: &DirectoryCaller) -> Result<Wire, StoreError> {
        let mut kept = Kept::of(&gw.urls, who.directory.id, self.row)?;
        if let Some(document) = kept.with_manager()? {
            self.managers.show(gw, who, document);
        }
        Ok(kept.with_groups(&self.groups).into_wire())
    }
}

/// The groups of a User with their names, in the order of their ids.
type Groups = Vec<(ResourceId, String)>;

/// The groups of a User; nothing is asked where it has none.
pub(super) async fn current_groups(tx: &mut Tx, row: &ResourceRow) -> Result<Groups, StoreError> {
    if row.in_groups { groups_of(tx, row.id).await } else { Ok(Vec::new()) }
}

/// The groups of a User.
pub(super) async fn groups_of(tx: &mut Tx, id: ResourceId) -> Result<Groups, StoreError> {
    let groups = store::members::groups_of(tx, &[id]).await?;
    Ok(groups.into_iter().map(|(_, group, name)| (group, name)).collect())
}

/// `POST /Users` (RFC 7644 §3.3), under an id that is `given` where it was minted before. A known externalId of an inactive User, or of a tombstone, is restored.
///
/// # Errors
/// 400 for a wrong body, 409 `uniqueness`.
pub async fn create_user(
    gw: &Gateway,
    who: &DirectoryCaller,
    body: Value,
    given: Option<ResourceId>,
) -> Result<Changed, ProvisionError> {
    let pushed = read_resource(ResourceType::User, &who.registry, body, who.profile)?;
    let id = given.unwrap_or_else(|| ResourceId::mint(&gw.sources));
    let (person, now) = (PersonId::mint(&gw.sources), gw.sources.now());
    let (gateway, caller) = (gw.clone(), who.clone());
    let work = async move |tx: &mut Tx| {
        let (row, applied, records) = create(tx, &gateway, &caller, &pushed, id, person, now).await?;
        let groups = current_groups(tx, &row).await?;
        let left = Left::of(tx, &caller, row, &pushed.document, groups).await?;
        Ok::<_, ProvisionError>(Done::of((left, applied)).and_all(records))
    };
    let (left, applied) = gw.store.write(who.org, work).await?;
    Ok(Changed { wire: left.wire(gw, who)?, skipped: Vec::new(), applied })
}

/// The step of a creation inside a unit: the User comes back under its externalId, or is pushed for the first time.
pub(super) async fn create(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    new: &NewResource,
    id: ResourceId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<(ResourceRow, Applied, Vec<Record>), ProvisionError> {
    let mut applied = new.applied.clone();
    let (key, email) = (fold(new.user_name.as_deref().unwrap_or_default()), adoption::email_key(&new.document));
    let ext = new.external_id.as_deref();
    let known = newcomer::known(tx, who.directory.src, &key, ext, email.as_deref(), now).await?;
    who.confirm(known.standing.facts)?;
    if known.is_nobody() {
        let (row, records) = newcomer_push(tx, gw, who, new, known.standing, (id, person), now).await?;
        events::created(tx, gw, who, &row, false).await?;
        return Ok((row, applied, records));
    }
    let (row, records) = match returning::find(tx, who, new, now).await? {
        Some(found) => {
            applied.note(Quirk::Restore);
            returning::restore(tx, gw, who, new, found, person, now).await?
        }
        None => {
            let (row, records) = first_push(tx, gw, who, new, id, person, now).await?;
            events::created(tx, gw, who, &row, false).await?;
            (row, records)
        }
    };
    Ok((row, applied, records))
}

/// The push of somebody whom nothing here is known of: nothing to ask, everything to write.
async fn newcomer_push(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    new: &NewResource,
    standing: Standing,
    (id, person): (ResourceId, PersonId),
    now: DateTime<Utc>,
) -> Result<(ResourceRow, Vec<Record>), ProvisionError> {
    let row = shape::row(new, ResourceType::User, who.directory.src, id, Some(person), now);
    let person = adoption::newcomer(&new.document, row.active, person);
    people::insert(tx, &person, now).await?;
    resources::insert(tx, &row).await?;
    resources::index_emails(tx, row.src, row.id, &[], &shape::emails(&new.document)).await?;
    let ground = Ground::at(tx, gw, standing).await?;
    let mut records = settle_held(tx, gw, &ground, vec![Held::new(person)], "user_provisioned").await?;
    records.push(provisioned(gw, who, new, &row));
    Ok((row, records))
}

fn provisioned(gw: &Gateway, who: &DirectoryCaller, new: &NewResource, row: &ResourceRow) -> Record {
    let body = json!({"person": row.person.map(|p| p.to_string()), "ignored": new.ignored});
    gw.record(&who.actor(), Deed::UserProvisioned, Some(row.id.to_string()), body)
}

async fn first_push(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    new: &NewResource,
    id: ResourceId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<(ResourceRow, Vec<Record>), ProvisionError> {
    let mut row = shape::row(new, ResourceType::User, who.directory.src, id, None, now);
    refuse_taken(tx, &row).await?;
    let (owner, mut records) = adoption::owner_of(tx, gw, who, &new.document, row.active, person, now).await?;
    if let Owner::Person(person) = owner {
        row.person = Some(person);
    }
    resources::insert(tx, &row).await?;
    resources::index_emails(tx, row.src, row.id, &[], &shape::emails(&new.document)).await?;
    records.extend(person::settled(tx, gw, &row, "user_provisioned").await?);
    records.push(provisioned(gw, who, new, &row));
    Ok((row, records))
}

/// Refuses a userName or externalId that another User of this directory has.
pub(super) async fn refuse_taken(tx: &mut Tx, row: &ResourceRow) -> Result<(), ProvisionError> {
    let same_name = resources::by_key(tx, row.src, Kind::User, &row.key).await?;
    if same_name.iter().any(|other| other.id != row.id) {
        let detail = format!("userName {:?} is taken by another User of this directory; send another.", row.label);
        return Err(ScimError::uniqueness(detail).into());
    }
    if let Some(ext) = &row.ext
        && resources::by_ext(tx, row.src, Kind::User, ext).await?.is_some_and(|other| other.id != row.id)
    {
        return Err(ScimError::uniqueness("externalId is taken by another User of this directory.").into());
    }
    Ok(())
}

/// `PUT /Users/{id}` (RFC 7644 §3.5.1).
///
/// # Errors
/// 404, 400, 409, or 412 where the precondition does not hold.
pub async fn replace_user(
    gw: &Gateway,
    who: &DirectoryCaller,
    id: &str,
    body: Value,
    precondition: Option<Precondition>,
) -> Result<Changed, ProvisionError> {
    let id = resource_id(ResourceType::User, id)?;
    let now = gw.sources.now();
    let (gateway, caller) = (gw.clone(), who.clone());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            let found = Found::with_person(tx, &caller, id, precondition.clone()).await?;
            let (registry, profile) = (&caller.registry, caller.profile);
            let new = replace_resource(ResourceType::User, registry, &found.document, body.clone(), profile)?;
            let (left, records) = change(tx, &gateway, &caller, found, By::Put, new.document, now).await?;
            Ok::<_, ProvisionError>(Done::of((left, new.applied)).and_all(records))
        })
        .await;
    let (left, applied) = telling_of_the_last_admin(gw, who, id, outcome).await?;
    Ok(Changed { wire: left.wire(gw, who)?, skipped: Vec::new(), applied })
}

/// `PATCH /Users/{id}` (RFC 7644 §3.5.2): all operations or none.
///
/// # Errors
/// 404, 400, 409, or 412 where the precondition does not hold.
pub async fn patch_user(
    gw: &Gateway,
    who: &DirectoryCaller,
    id: &str,
    body: Value,
    precondition: Option<Precondition>,
) -> Result<Changed, ProvisionError> {
    let id = resource_id(ResourceType::User, id)?;
    let patch = PatchRequest::parse(body, ResourceType::User, who.profile)?;
    let sets_state = patch.names("active");
    let now = gw.sources.now();
    let (gateway, caller) = (gw.clone(), who.clone());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            let found = if sets_state {
                Found::with_person(tx, &caller, id, precondition.clone()).await?
            } else {
                let held = held_standing(tx, &caller, Kind::User, id, precondition.clone()).await?;
                Found::of(held, None)?
            };
            let patched = patch.apply(&caller.registry, &found.document)?;
            let (left, records) = change(tx, &gateway, &caller, found, By::Patch, patched.document, now).await?;
            Ok::<_, ProvisionError>(Done::of((left, patched.skipped, patched.applied)).and_all(records))
        })
        .await;
    let (left, skipped, applied) = telling_of_the_last_admin(gw, who, id, outcome).await?;
    Ok(Changed { wire: left.wire(gw, who)?, skipped, applied })
}

/// A User that is held for a change, with its document, and how things stand.
pub(super) struct Found {
    row: ResourceRow,
    document: Document,
    standing: Standing,
    /// Whom it belongs to, where they are held already.
    person: Option<PersonRow>,
}

impl Found {
    pub(super) fn of(held: (ResourceRow, Standing), person: Option<PersonRow>) -> Result<Self, StoreError> {
        let (row, standing) = held;
        Ok(Self { document: shape::document(&row)?, row, standing, person })
    }

    /// Holds a User and whom it belongs to at once, for what most likely changes both.
    async fn with_person(
        tx: &mut Tx,
        who: &DirectoryCaller,
        id: ResourceId,
        precondition: Option<Precondition>,
    ) -> Result<Self, ProvisionError> {
        let found = resources::hold_with_person(tx, who.directory.src, id).await?;
        let (row, standing, person) = found.ok_or_else(|| ScimError::not_found("User", &id.to_string()))?;
        admit(tx, who, &row, standing, precondition).await?;
        Ok(Self::of((row, standing), person)?)
    }
}

/// Takes a User from its stored document to another one, with all that follows for the person. Its groups are read before
/// anything is written: then all that is written goes out at once. Nothing is written where nothing differs, and the person
/// is not touched by what is the resource's alone.
pub(super) async fn change(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    Found { mut row, document: old, standing, person }: Found,
    by: By,
    document: Document,
    now: DateTime<Utc>,
) -> Result<(Left, Vec<Record>), ProvisionError> {
    if old == document {
        let groups = current_groups(tx, &row).await?;
        return Ok((Left::of(tx, who, row, &document, groups).await?, Vec::new()));
    }
    let was = row.clone();
    shape::refresh(&mut row, ResourceType::User, &document, now);
    if (&was.key, &was.ext) != (&row.key, &row.ext) {
        refuse_taken(tx, &row).await?;
    }
    let deed = match (was.active, row.active) {
        (true, false) => Deed::UserDeactivated,
        (false, true) => Deed::UserReactivated,
        (true, true) | (false, false) => Deed::UserUpdated,
    };
    let step = Step { was: &was, row: &row, old: &old, new: &document, deed, now };
    let (groups, mut records) = match row.person {
        Some(id) if step.is_of_the_person() => step.with_the_person(tx, gw, who, (id, person), standing).await?,
        Some(id) => step.beside_the_person(tx, gw, id, standing).await?,
        None => {
            let groups = current_groups(tx, &row).await?;
            step.write(tx).await?;
            (groups, Vec::new())
        }
    };
    events::changed(tx, gw, who, &row, Change { by, old: &old, new: &document, members: false }).await?;
    records.push(gw.record(&who.actor(), deed, Some(row.id.to_string()), json!({"version": row.version})));
    Ok((Left::of(tx, who, row, &document, groups).await?, records))
}

/// A User on the way from what was stored to what it becomes.
struct Step<'a> {
    was: &'a ResourceRow,
    row: &'a ResourceRow,
    old: &'a Document,
    new: &'a Document,
    deed: Deed,
    now: DateTime<Utc>,
}

impl Step<'_> {
    fn other_state(&self) -> bool {
        self.was.active != self.row.active
    }

    /// Perhaps another human.
    fn other_ext(&self) -> bool {
        self.was.ext.is_some() && self.was.ext != self.row.ext
    }

    /// Whether the person is touched, and not the resource alone.
    fn is_of_the_person(&self) -> bool {
        self.other_state() || self.other_ext() || !adoption::same_person(self.old, self.new)
    }

    async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let (row, old, new) = (self.row, shape::emails(self.old), shape::emails(self.new));
        resources::update(tx, self.was, row).await?;
        resources::index_emails(tx, row.src, row.id, &old, &new).await
    }

    /// Writes it, and the person follows.
    async fn with_the_person(
        &self,
        tx: &mut Tx,
        gw: &Gateway,
        who: &DirectoryCaller,
        (id, person): (PersonId, Option<PersonRow>),
        standing: Standing,
    ) -> Result<(Groups, Vec<Record>), ProvisionError> {
        let ground = Ground::at(tx, gw, standing).await?;
        let held = match person {
            Some(person) => held::with_belongings(tx, vec![person]).await?,
            None => held::hold(tx, &[id]).await?,
        };
        let (mut held, mut records) = access::caught_up(tx, gw, &ground, held).await?;
        let groups = match held.first() {
            Some(held) => self.groups_among(&held.groups),
            None => current_groups(tx, self.row).await?,
        };
        let by = if self.other_state() || self.other_ext() || ground.asks_attributes() {
            Some(ground)
        } else {
            Ground::unless_it_stays(tx, gw, standing).await?
        };
        // Behind everything that is read, so that all is written at once.
        self.write(tx).await?;
        if let Some(held) = held.first_mut() {
            person::follow(tx, held, self.row, self.new, self.was.active, self.now).await?;
        }
        if self.other_ext() {
            records.extend(person::set_aside(tx, gw, who, id, self.now).await?);
        }
        if let Some(ground) = by {
            records.extend(settle_held(tx, gw, &ground, held, self.deed.as_str()).await?);
        }
        Ok((groups, records))
    }

    /// The groups of the User itself, among those of the person.
    fn groups_among(&self, rows: &[GroupRow]) -> Groups {
        let own = rows.iter().filter(|group| group.member == self.row.id.0);
        own.map(|group| (group.id, group.name.clone())).collect()
    }

    /// Writes what is the resource's alone; access follows where a rule asks for attributes.
    async fn beside_the_person(
        &self,
        tx: &mut Tx,
        gw: &Gateway,
        id: PersonId,
        standing: Standing,
    ) -> Result<(Groups, Vec<Record>), ProvisionError> {
        let ground = Ground::at(tx, gw, standing).await?;
        let groups = current_groups(tx, self.row).await?;
        let mut records = Vec::new();
        let by = if ground.asks_attributes() {
            records.extend(access::catch_up(tx, gw, &ground, &[id]).await?);
            Some(ground)
        } else {
            // Before the writes, which go together.
            Ground::unless_it_stays(tx, gw, standing).await?
        };
        self.write(tx).await?;
        if let Some(ground) = by {
            records.extend(settle(tx, gw, &ground, id, self.deed.as_str()).await?);
        }
        Ok((groups, records))
    }
}

/// `DELETE /Users/{id}` (RFC 7644 §3.6): the name is free at once, a tombstone stays.
///
/// # Errors
/// 404, 409 for the last admin, or 412 where the precondition does not hold.
pub async fn delete_user(
    gw: &Gateway,
    who: &DirectoryCaller,
    id: &str,
    precondition: Option<Precondition>,
) -> Result<(), ProvisionError> {
    let id = resource_id(ResourceType::User, id)?;
    let now = gw.sources.now();
    let until = now + gw.settings.tombstone;
    let (gateway, caller) = (gw.clone(), who.clone());
    let outcome = gw
        .store
        .write(who.org, async move |tx| {
            let (row, standing) = held_standing(tx, &caller, Kind::User, id, precondition.clone()).await?;
            resources::index_emails(tx, row.src, row.id, &shape::emails(&shape::document(&row)?), &[]).await?;
            resources::bump_groups_of(tx, id, now).await?;
            let ground = Ground::at(tx, &gateway, standing).await?;
            let people: Vec<_> = row.person.into_iter().collect();
            let caught_up = access::catch_up(tx, &gateway, &ground, &people).await?;
            store::members::leave_all(tx, id).await?;
            resources::delete(tx, &row).await?;
            tombstones::put(tx, &row, until).await?;
            if let Some(person) = row.person {
                person::bury(tx, person, now).await?;
            }
            let mut records = person::settled(tx, &gateway, &row, Deed::UserDeleted.as_str()).await?;
            records.extend(caught_up);
            events::deleted(tx, &gateway, &caller, &row).await?;
            records.push(gateway.record(&caller.actor(), Deed::UserDeleted, Some(id.to_string()), json!({})));
            Ok::<_, ProvisionError>(Done::of(()).and_all(records))
        })
        .await;
    telling_of_the_last_admin(gw, who, id, outcome).await
}
