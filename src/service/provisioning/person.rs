//! The person behind a pushed User: follows it, and loses what the directory no longer vouches for.

use super::adoption;
use super::{DirectoryCaller, ProvisionError};
use crate::base::ids::PersonId;
use crate::domain::audit::Deed;
use crate::protocol::scim::Document;
use crate::service::Gateway;
use crate::service::access::{Ground, settle};
use crate::store::held::Held;
use crate::store::people::{self, DELETED, PersonRow};
use crate::store::resources::ResourceRow;
use crate::store::{Record, Tx, aside};
use chrono::{DateTime, Utc};
use serde_json::json;

/// Derives the access of the person behind a User afresh.
pub(super) async fn settled(
    tx: &mut Tx,
    gw: &Gateway,
    row: &ResourceRow,
    cause: &'static str,
) -> Result<Vec<Record>, ProvisionError> {
    let Some(person) = row.person else { return Ok(Vec::new()) };
    let ground = Ground::load(tx, gw).await?;
    Ok(settle(tx, gw, &ground, person, cause).await?)
}

/// The person follows the resource. A deactivation and a change of e-mail move the epoch: every credential is dead
/// from this commit on (law 5).
pub(super) async fn follow(
    tx: &mut Tx,
    held: &mut Held,
    row: &ResourceRow,
    document: &Document,
    was_active: bool,
    now: DateTime<Utc>,
) -> Result<(), ProvisionError> {
    let person = &mut held.person;
    let was = person.clone();
    let moved = adoption::describe(person, document);
    person.state = adoption::state(row.active);
    let ends = moved || (was_active && !row.active);
    person.epoch += i64::from(ends);
    if *person == (PersonRow { state: person.state.clone(), epoch: person.epoch, ..was }) {
        people::update_state(tx, person, now).await?;
    } else {
        people::update(tx, person, now).await?;
    }
    if ends {
        people::drop_credentials(tx, person.id).await?;
    }
    Ok(())
}

/// Another externalId, or a return under another name, may be another human: links and manual grants wait for an
/// admin, and every credential ends (scim.md 3.1.3).
pub(super) async fn set_aside(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    id: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Record>, ProvisionError> {
    let Some(mut person) = people::lock(tx, id).await? else { return Ok(Vec::new()) };
    person.epoch += 1;
    people::update(tx, &person, now).await?;
    people::drop_credentials(tx, id).await?;
    people::drop_password(tx, id).await?;
    let put = aside::put(tx, id, now).await?;
    if put.is_empty() {
        return Ok(Vec::new());
    }
    let body = json!({"links": put.links, "grants": put.grants});
    Ok(vec![gw.record(&who.actor(), Deed::PersonSetAside, Some(id.to_string()), body)])
}

/// A person whose last resource is gone: no credential, link or grant stays. While another directory has them as
/// active, nothing ends; while it has them as inactive, they are deactivated.
pub(super) async fn bury(tx: &mut Tx, id: PersonId, now: DateTime<Utc>) -> Result<(), ProvisionError> {
    // Held first: two directories that delete them at the same moment must not each see the other's.
    let Some(mut person) = people::lock(tx, id).await? else { return Ok(()) };
    let others = people::pushed(tx, id).await?;
    if others.iter().any(|(_, _, _, active)| *active) {
        return Ok(());
    }
    person.epoch += 1;
    person.state = if others.is_empty() { DELETED.to_owned() } else { adoption::state(false) };
    people::update(tx, &person, now).await?;
    people::drop_credentials(tx, id).await?;
    if others.is_empty() {
        people::drop_password(tx, id).await?;
        people::drop_links(tx, id).await?;
        people::set_manual_grants(tx, id, &[]).await?;
        aside::discard(tx, id).await?;
    }
    Ok(())
}
