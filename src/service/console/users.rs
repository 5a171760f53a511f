//! People, as an organization's administrators see and change them.

use super::ConsoleError;
use crate::base::ids::{OrgNo, PersonId};
use crate::domain::access::Access;
use crate::domain::audit::{Actor, Deed};
use crate::domain::email::Email;
use crate::domain::enforcement::Enforcement;
use crate::domain::grant::GivenBy;
use crate::domain::person::{Field, FieldState, Keeping, Origin, field_state};
use crate::domain::source::{Source, SourceKind};
use crate::service::Gateway;
use crate::service::access::{self, Ground};
use crate::store::access::Seat;
use crate::store::people::{self, ACTIVE, INACTIVE, PersonRow};
use crate::store::{self, Done, Record, Tx, organizations};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// A person, with who owns each field.
#[derive(Debug, Clone, Serialize)]
pub struct UserView {
    /// The person's id, which panel apps get as `sub`.
    pub id: PersonId,
    /// The e-mail.
    pub email: Option<String>,
    /// The name.
    pub name: String,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// How the person came to be.
    pub origin: String,
    /// Whether the IdP has them as active.
    pub active: bool,
    /// Whether they are locked here.
    pub locked: bool,
    /// The key of the highest role.
    pub role: Option<String>,
    /// `held`, `waiting` or `none`.
    pub seat: &'static str,
    /// Who owns each field, and where it can be changed if not here.
    pub fields: BTreeMap<&'static str, FieldState>,
}

/// What is to be changed of a person; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// The e-mail.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// Whether they are active.
    pub active: Option<bool>,
    /// Whether they are locked here.
    pub locked: Option<bool>,
}

/// A page of people, by id.
///
/// # Errors
/// [`ConsoleError::NoOrganization`] also for a neighbour's slug; or when the store fails.
pub async fn list(
    gw: &Gateway,
    org: OrgNo,
    slug: &str,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<UserView>, ConsoleError> {
    let slug = slug.to_owned();
    let page = async move |tx: &mut Tx| {
        own(tx, &slug).await?;
        Ok::<_, ConsoleError>(people::page(tx, after, limit.clamp(1, 200)).await?)
    };
    let people = gw.store.read(org, page).await?;
    views(gw, org, people).await
}

/// The views of people, with their access as it is: who is behind a mark is settled first (law 6).
async fn views(gw: &Gateway, org: OrgNo, people: Vec<PersonRow>) -> Result<Vec<UserView>, ConsoleError> {
    let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
    let mut held = access::current_of(gw, org, &ids).await?;
    gw.store
        .read(org, async move |tx| {
            let mut views = Vec::with_capacity(people.len());
            for person in &people {
                let (access, seat) = match held.remove(&person.id) {
                    Some(one) => (one.current.access, one.current.seat),
                    None => (Access::default(), Seat::None),
                };
                views.push(view(Kept::load(tx, person, access, seat).await?, person));
            }
            Ok(views)
        })
        .await
}

/// One person.
///
/// # Errors
/// [`ConsoleError::NoPerson`], [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn get(gw: &Gateway, org: OrgNo, slug: &str, id: PersonId) -> Result<UserView, ConsoleError> {
    let slug = slug.to_owned();
    let one = async move |tx: &mut Tx| {
        own(tx, &slug).await?;
        people::get(tx, id).await?.ok_or(ConsoleError::NoPerson)
    };
    let person = gw.store.read(org, one).await?;
    views(gw, org, vec![person]).await?.pop().ok_or(ConsoleError::NoPerson)
}

/// Changes a person. A field that somebody else owns is refused, and that is audited too.
///
/// # Errors
/// [`ConsoleError::FieldLocked`], [`ConsoleError::LastAdmin`], what is not there, or when the store fails.
pub async fn patch(
    gw: &Gateway,
    actor: &Actor,
    org: OrgNo,
    slug: &str,
    id: PersonId,
    patch: UserPatch,
) -> Result<UserView, ConsoleError> {
    let (gateway, by, slug) = (gw.clone(), actor.clone(), slug.to_owned());
    let changed = gw
        .store
        .write(org, async move |tx| {
            own(tx, &slug).await?;
            let records = change(tx, &gateway, &by, id, &patch).await?;
            let person = people::get(tx, id).await?.ok_or(ConsoleError::NoPerson)?;
            let (held, settled) = access::current_in(tx, &gateway, id).await?;
            let kept = Kept::load(tx, &person, held.access, held.seat).await?;
            Ok(Done::of(view(kept, &person)).and_all(records).and_all(settled))
        })
        .await;
    if let Err(ConsoleError::FieldLocked { field, .. }) = &changed {
        let record = gw.record(actor, Deed::FieldLocked, Some(id.to_string()), json!({"field": field.as_str()}));
        let told = async move |_: &mut Tx| Ok(Done::of(()).and(record.clone()));
        gw.store.write::<_, ConsoleError, _>(org, told).await?;
    }
    changed
}

pub(super) async fn own(tx: &mut Tx, slug: &str) -> Result<(), ConsoleError> {
    let found = organizations::get(tx).await?.filter(|organization| organization.slug == slug);
    found.map(|_| ()).ok_or_else(|| ConsoleError::NoOrganization(slug.to_owned()))
}

async fn change(
    tx: &mut Tx,
    gw: &Gateway,
    actor: &Actor,
    id: PersonId,
    patch: &UserPatch,
) -> Result<Vec<Record>, ConsoleError> {
    let before = people::lock(tx, id).await?.ok_or(ConsoleError::NoPerson)?;
    let (after, fields) = changed(&before, patch)?;
    let (held, mut records) = access::current_in(tx, gw, id).await?;
    let keeping = Kept::load(tx, &before, held.access, held.seat).await?;
    for field in &fields {
        let state = field_state(*field, &keeping.keeping());
        if state.lock.is_some() {
            return Err(ConsoleError::FieldLocked { field: *field, state });
        }
    }
    if fields.is_empty() {
        return Ok(records);
    }
    let ends = before.key != after.key || (before.usable() && !after.usable());
    let after = PersonRow { epoch: before.epoch + i64::from(ends), ..after };
    people::update(tx, &after, gw.sources.now()).await?;
    if ends {
        people::drop_credentials(tx, id).await?;
    }
    let ground = Ground::load(tx, gw).await?;
    records.extend(access::settle(tx, gw, &ground, id, "user_changed").await?);
    let deed = match (before.locked, after.locked) {
        (false, true) => Deed::PersonLocked,
        (true, false) => Deed::PersonUnlocked,
        _ => Deed::UserUpdated,
    };
    let fields: Vec<_> = fields.iter().map(|field| field.as_str()).collect();
    records.push(gw.record(actor, deed, Some(id.to_string()), json!({"fields": fields})));
    Ok(records)
}

fn changed(before: &PersonRow, patch: &UserPatch) -> Result<(PersonRow, Vec<Field>), ConsoleError> {
    let mut after = before.clone();
    let mut fields = Vec::new();
    if let Some(email) = patch.email.as_deref().filter(|email| before.email.as_deref() != Some(*email)) {
        let email = Email::parse(email)?;
        (after.email, after.key) = (Some(email.as_str().to_owned()), Some(email.key()));
        fields.push(Field::Email);
    }
    if let Some(name) = patch.name.as_ref().filter(|name| **name != before.name) {
        after.name.clone_from(name);
        fields.push(Field::Name);
    }
    if patch.given_name.is_some() && patch.given_name != before.given {
        after.given.clone_from(&patch.given_name);
        fields.push(Field::GivenName);
    }
    if patch.family_name.is_some() && patch.family_name != before.family {
        after.family.clone_from(&patch.family_name);
        fields.push(Field::FamilyName);
    }
    if let Some(active) = patch.active.filter(|active| *active != (before.state == ACTIVE)) {
        after.state = if active { ACTIVE } else { INACTIVE }.to_owned();
        fields.push(Field::Active);
    }
    if let Some(locked) = patch.locked.filter(|locked| *locked != before.locked) {
        after.locked = locked;
        fields.push(Field::Lock);
    }
    Ok((after, fields))
}

fn view(kept: Kept, person: &PersonRow) -> UserView {
    let fields = Field::ALL.iter().map(|field| (field.as_str(), field_state(*field, &kept.keeping())));
    UserView {
        id: person.id,
        email: person.email.clone(),
        name: person.name.clone(),
        given_name: person.given.clone(),
        family_name: person.family.clone(),
        origin: person.origin.clone(),
        active: person.state == ACTIVE,
        locked: person.locked,
        role: kept.role.clone(),
        seat: match kept.seat {
            Seat::Held => "held",
            Seat::Waiting => "waiting",
            Seat::None => "none",
        },
        fields: fields.collect(),
    }
}

/// What the ownership of a person's fields depends on, loaded.
struct Kept {
    origin: Origin,
    source: Option<Source>,
    enforcement: Enforcement,
    proved_domain: bool,
    mapped_by: Option<String>,
    role: Option<String>,
    seat: Seat,
}

impl Kept {
    async fn load(tx: &mut Tx, person: &PersonRow, access: Access, seat: Seat) -> Result<Self, ConsoleError> {
        let origin = person.origin.parse().map_err(|_| ConsoleError::Malformed("origin"))?;
        let organization = organizations::get(tx).await?.ok_or(ConsoleError::NoPerson)?;
        let enforcement = organization.enforcement.parse().map_err(|_| ConsoleError::Malformed("enforcement"))?;
        let domain = person.key.as_deref().and_then(|key| key.rsplit_once('@')).map(|(_, domain)| domain.to_owned());
        let proved_domain =
            organizations::domains(tx).await?.iter().any(|d| d.verified && Some(&d.name) == domain.as_ref());
        let mapped_by = access.grants.iter().flat_map(|grant| &grant.sources).find_map(|source| match &source.by {
            GivenBy::Rule { when, group, .. } => Some(group.clone().unwrap_or_else(|| when.clone())),
            GivenBy::Owner | GivenBy::Manual | GivenBy::Override { .. } => None,
        });
        let source = source_of(tx, origin, person.id).await?;
        Ok(Self { origin, source, enforcement, proved_domain, mapped_by, role: access.role, seat })
    }

    fn keeping(&self) -> Keeping<'_> {
        Keeping {
            origin: self.origin,
            source: self.source.as_ref(),
            enforcement: self.enforcement,
            proved_domain: self.proved_domain,
            mapped_by: self.mapped_by.as_deref(),
        }
    }
}

async fn source_of(tx: &mut Tx, origin: Origin, person: PersonId) -> Result<Option<Source>, ConsoleError> {
    if origin == Origin::JustInTime {
        let Some((con, _)) = people::links(tx, person).await?.into_iter().next() else { return Ok(None) };
        let connection = store::connections::get(tx, con).await?;
        return Ok(connection.map(|connection| Source::new(SourceKind::Connection, connection.key)));
    }
    let Some((src, ..)) = people::pushed(tx, person).await?.into_iter().next() else { return Ok(None) };
    let directory = store::directories::get(tx, src).await?;
    Ok(directory.map(|directory| Source::new(SourceKind::Directory, directory.key)))
}

/// What a signed-in person sees of themselves: the organization's name, and their own view.
///
/// # Errors
/// [`ConsoleError::NoPerson`], or when the store fails.
pub async fn own_view(gw: &Gateway, org: OrgNo, id: PersonId) -> Result<(String, UserView), ConsoleError> {
    let one = async move |tx: &mut Tx| {
        let organization = organizations::get(tx).await?.ok_or(ConsoleError::NoPerson)?;
        let person = people::get(tx, id).await?.ok_or(ConsoleError::NoPerson)?;
        Ok::<_, ConsoleError>((organization.name, person))
    };
    let (name, person) = gw.store.read(org, one).await?;
    Ok((name, views(gw, org, vec![person]).await?.pop().ok_or(ConsoleError::NoPerson)?))
}
