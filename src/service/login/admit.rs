//! Whom an identity means: link or refuse (law 4). Runs inside the unit that makes the session.

use super::door::{self, Door};
use super::error::LoginError;
use crate::base::class::{Class, Classify as _};
use crate::base::fold::fold;
use crate::base::ids::{PersonId, ResourceId};
use crate::domain::audit::{Actor, Deed};
use crate::domain::email::Email;
use crate::domain::identity::{GroupChange, Identity, PushedPart, SubjectKind, group_change};
use crate::service::Gateway;
use crate::service::access::{self, Ground, settle};
use crate::store::people::{self, ACTIVE, PersonRow};
use crate::store::{Record, Tx, aside, claimed, organizations};
use serde_json::json;
use std::collections::BTreeSet;

/// Who may come in, with the audit events of how.
pub(super) struct Admitted {
    pub(super) person: PersonRow,
    pub(super) records: Vec<Record>,
}

/// Whether the unit is kept (with the refusal in the audit) though nobody comes in.
pub(super) fn is_refusal(error: &LoginError) -> bool {
    error.class() == Class::Forbidden
}

/// The subject as links and sessions keep it: a NameID means something only together with its format.
pub(super) fn subject(identity: &Identity) -> String {
    match &identity.subject_kind {
        SubjectKind::Sub => identity.subject.clone(),
        SubjectKind::NameId(format) => format!("{format} {}", identity.subject),
    }
}

/// Finds or makes the person, and brings the claimed groups up to date. Nothing is written before a refusal.
pub(super) async fn admit(tx: &mut Tx, gw: &Gateway, door: &Door, identity: &Identity) -> Result<Admitted, LoginError> {
    if !identity.subject_kind.is_lasting() {
        return Err(LoginError::Transient);
    }
    let mut records = Vec::new();
    let (person, fresh) = match people::linked(tx, door.row.src, &subject(identity)).await? {
        Some(linked) => (held_by_link(tx, door, identity, linked.id).await?, false),
        None if aside::waits(tx, door.row.src, &subject(identity)).await? => return Err(LoginError::SetAside),
        None => {
            let served = door::served(tx, door.row.src).await?;
            let person = match matching(tx, door, identity, &served).await? {
                Some(found) => {
                    let found = held_by_match(tx, door, identity, &served, found).await?;
                    adopt(tx, gw, found, &mut records).await?
                }
                None => just_in_time(tx, gw, door, identity, &served, &mut records).await?,
            };
            let now = gw.sources.now();
            people::link(tx, door.row.src, &subject(identity), person.id, now).await?;
            let body = json!({"connection": door.row.key, "subject": identity.subject});
            records.push(record(gw, door, Deed::PersonLinked, person.id, body));
            (person, true)
        }
    };
    let directory_active = organizations::has_active_directory(tx).await?;
    let change = match door.settings.groups_attribute {
        Some(_) => group_change(&identity.groups, door.settings.groups_absent, directory_active),
        None => GroupChange::Keep,
    };
    let moved = apply_groups(tx, gw, door, person.id, change, &mut records).await?;
    if fresh || moved {
        let ground = Ground::load(tx, gw).await?;
        records.extend(settle(tx, gw, &ground, person.id, "sign_in").await?);
    }
    Ok(Admitted { person, records })
}

fn record(gw: &Gateway, door: &Door, deed: Deed, person: PersonId, body: serde_json::Value) -> Record {
    gw.record(&Actor::Connection(door.row.id), deed, Some(person.to_string()), body)
}

/// The person, held until the unit ends, if they may come in.
async fn held(tx: &mut Tx, id: PersonId) -> Result<PersonRow, LoginError> {
    people::lock(tx, id).await?.filter(PersonRow::usable).ok_or(LoginError::Inactive)
}

/// The same for somebody whom a link named: it may have been set aside while the person was waited for.
async fn held_by_link(tx: &mut Tx, door: &Door, identity: &Identity, id: PersonId) -> Result<PersonRow, LoginError> {
    let person = held(tx, id).await?;
    match people::linked(tx, door.row.src, &subject(identity)).await? {
        Some(linked) if linked.id == id => Ok(person),
        _ => Err(LoginError::SetAside),
    }
}

/// The same for somebody whom the connection's `match` named: the directory may have put another human behind the person
/// while they were waited for.
async fn held_by_match(
    tx: &mut Tx,
    door: &Door,
    identity: &Identity,
    served: &[String],
    id: PersonId,
) -> Result<PersonRow, LoginError> {
    let person = held(tx, id).await?;
    if matching(tx, door, identity, served).await? != Some(id) {
        return Err(LoginError::Unknown);
    }
    Ok(person)
}

/// The one known person that the connection's `match` finds inside its domains.
async fn matching(
    tx: &mut Tx,
    door: &Door,
    identity: &Identity,
    served: &[String],
) -> Result<Option<PersonId>, LoginError> {
    let inside = |text: &str| Email::parse(text).is_ok_and(|email| served.contains(&email.domain()));
    let by = &door.settings.match_by;
    for value in by.values(identity) {
        let ids = match by.equals {
            PushedPart::UserName => claimed::by_name(tx, &fold(&value)).await?,
            PushedPart::ExternalId => claimed::by_external_id(tx, &value).await?,
        };
        let (mut living, mut gone) = (Vec::new(), false);
        for id in ids {
            match people::get(tx, id).await? {
                Some(person) if person.usable() => living.push(person),
                _ => gone = true,
            }
        }
        let person = match living.as_slice() {
            [] if gone => return Err(LoginError::Inactive),
            [] => continue,
            [one] => one,
            _ => return Err(LoginError::Ambiguous),
        };
        if person.origin == "owner" {
            return Err(LoginError::OwnerNotLinked);
        }
        let whole = value.contains('@').then_some(value.as_str());
        let named = [person.email.as_deref(), whole];
        if named.iter().all(Option::is_none) || !named.into_iter().flatten().all(inside) {
            return Err(LoginError::OutsideDomains);
        }
        return Ok(Some(person.id));
    }
    Ok(None)
}

/// A local account that is adopted loses its password, links and sessions in this moment.
async fn adopt(
    tx: &mut Tx,
    gw: &Gateway,
    mut person: PersonRow,
    records: &mut Vec<Record>,
) -> Result<PersonRow, LoginError> {
    if person.origin != "local" && person.origin != "invited" {
        return Ok(person);
    }
    person.origin = "just-in-time".to_owned();
    person.epoch += 1;
    people::update(tx, &person, gw.sources.now()).await?;
    people::drop_password(tx, person.id).await?;
    people::drop_credentials(tx, person.id).await?;
    let actor = Actor::Job("sign_in".into());
    records.push(gw.record(&actor, Deed::PersonAdopted, Some(person.id.to_string()), json!({})));
    Ok(person)
}

/// Makes a stranger of the connection's domains a person, where that is allowed.
async fn just_in_time(
    tx: &mut Tx,
    gw: &Gateway,
    door: &Door,
    identity: &Identity,
    served: &[String],
    records: &mut Vec<Record>,
) -> Result<PersonRow, LoginError> {
    if !door.settings.just_in_time || organizations::has_active_directory(tx).await? {
        return Err(LoginError::Unknown);
    }
    let proved = identity.email_verified || matches!(identity.subject_kind, SubjectKind::NameId(_));
    let email = identity.email.as_deref().filter(|_| proved).and_then(|text| Email::parse(text).ok());
    let email = email.ok_or(LoginError::OutsideDomains)?;
    if !served.contains(&email.domain()) {
        return Err(LoginError::OutsideDomains);
    }
    let now = gw.sources.now();
    let names = [Some(email.key()), identity.user_name.as_deref().map(fold), Some(fold(&identity.subject))];
    for name in names.into_iter().flatten() {
        if let Some(id) = claimed::by_name(tx, &name).await?.into_iter().next() {
            return Err(match people::get(tx, id).await? {
                Some(person) if person.usable() && person.origin == "owner" => LoginError::OwnerNotLinked,
                Some(person) if person.usable() => LoginError::Unknown,
                _ => LoginError::Inactive,
            });
        }
        if claimed::was_deleted(tx, &name, now).await? {
            return Err(LoginError::Inactive);
        }
    }
    let both = [identity.given_name.as_deref(), identity.family_name.as_deref()];
    let joined = both.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = identity.name.clone().or(Some(joined).filter(|name| !name.is_empty()));
    let person = PersonRow {
        id: PersonId::mint(&gw.sources),
        origin: "just-in-time".to_owned(),
        state: ACTIVE.to_owned(),
        locked: false,
        epoch: 0,
        key: Some(email.key()),
        name: name.unwrap_or_else(|| email.as_str().to_owned()),
        email: Some(email.as_str().to_owned()),
        given: identity.given_name.clone(),
        family: identity.family_name.clone(),
    };
    people::insert(tx, &person, now).await?;
    records.push(record(gw, door, Deed::PersonJustInTime, person.id, json!({"connection": door.row.key})));
    Ok(person)
}

/// Whether the person's groups of this connection changed.
async fn apply_groups(
    tx: &mut Tx,
    gw: &Gateway,
    door: &Door,
    person: PersonId,
    change: GroupChange,
    records: &mut Vec<Record>,
) -> Result<bool, LoginError> {
    let GroupChange::Set(wanted) = change else { return Ok(false) };
    let wanted: BTreeSet<String> = wanted.into_iter().collect();
    let has = claimed::groups(tx, door.row.src, person).await?;
    let now = gw.sources.now();
    let (mut joined, mut left) = (Vec::new(), Vec::new());
    if has.iter().any(|(_, value)| !wanted.contains(value)) {
        let ground = Ground::load(tx, gw).await?;
        records.extend(access::catch_up(tx, gw, &ground, &[person]).await?);
    }
    for (id, value) in &has {
        if !wanted.contains(value) {
            claimed::leave(tx, *id, person).await?;
            left.push(value.clone());
        }
    }
    for value in wanted.iter().filter(|value| !has.iter().any(|(_, had)| had == *value)) {
        let id = ResourceId::mint(&gw.sources);
        let id = claimed::group(tx, door.row.src, value, &fold(value), id, now).await?;
        claimed::join(tx, id, person).await?;
        joined.push(value.clone());
    }
    let moved = !joined.is_empty() || !left.is_empty();
    if moved {
        records.push(record(gw, door, Deed::MembersChanged, person, json!({"joined": joined, "left": left})));
    }
    Ok(moved)
}
