//! What is left behind an answer: people after a change too large for one request, seats for those who wait, memberships
//! of groups that are gone.

use super::settle::{hand_on_free, settle_committed};
use super::{Ground, GroundError};
use crate::base::ids::{OrgNo, PersonId};
use crate::service::Gateway;
use crate::store::{self, Done, StoreError, Tx};
use chrono::Duration;

/// No unit of work lasts this long: a mark that is older has been seen by every unit that may still commit. A mark's time
/// is when it was made, which its own unit may have committed as much later; so twice as long.
const UNIT: Duration = Duration::seconds(2 * (store::LONGEST.as_secs() + store::STATEMENT.as_secs()) as i64);

/// The organizations that have marks.
///
/// # Errors
/// When the store fails.
pub async fn marked(gw: &Gateway) -> Result<Vec<OrgNo>, GroundError> {
    Ok(gw.store.marked_organizations().await?)
}

/// Settles everybody of the organization who is behind its marks, then takes the marks away once no unit of work
/// can be older than they are; how many people that were.
///
/// # Errors
/// When the store fails; what was settled stays settled.
pub async fn settle_behind(gw: &Gateway, org: OrgNo) -> Result<usize, GroundError> {
    let (mut settled, mut after) = (0, None);
    loop {
        let gateway = gw.clone();
        let step = async move |tx: &mut Tx| settle_some(tx, &gateway, after).await;
        let (n, last) = gw.store.write(org, step).await?;
        if n == 0 && after.is_none() {
            return Ok(settled);
        }
        (settled, after) = (settled + n, last);
    }
}

/// One step of it: those after `after`; how many they were, and the last of them. Which mark they are behind is asked in
/// each unit: another instance may have taken it away, and what was derived since stands under none.
async fn settle_some(
    tx: &mut Tx,
    gw: &Gateway,
    after: Option<PersonId>,
) -> Result<Done<(usize, Option<PersonId>)>, GroundError> {
    let standing = store::standing::get(tx).await?;
    let people = store::access::behind(tx, standing.mark, after).await?;
    if people.is_empty() {
        // Only a walk from the very start that meets nobody has seen that all are settled.
        if after.is_none() {
            store::access::clear_marks(tx, standing.mark, gw.sources.now() - UNIT).await?;
        }
        return Ok(Done::of((0, None)));
    }
    let ground = Ground::at(tx, gw, standing).await?;
    let records = settle_committed(tx, gw, &ground, &people, "settled").await?;
    Ok(Done::of((people.len(), people.last().copied())).and_all(records))
}

/// The organizations where a seat is free and somebody waits for one.
///
/// # Errors
/// When the store fails.
pub async fn with_seats_to_hand_on(gw: &Gateway) -> Result<Vec<OrgNo>, GroundError> {
    Ok(gw.store.organizations_with_seats_to_hand_on().await?)
}

/// Hands the free seats of an organization on to those who wait longest (law 9).
///
/// # Errors
/// When the store fails; what was handed on stays so.
pub async fn hand_on(gw: &Gateway, org: OrgNo) -> Result<(), GroundError> {
    loop {
        let gateway = gw.clone();
        let step = async move |tx: &mut Tx| {
            let (moved, records) = hand_on_free(tx, &gateway).await?;
            Ok::<_, GroundError>(Done::of(moved).and_all(records))
        };
        if !gw.store.write(org, step).await? {
            return Ok(());
        }
    }
}

/// The organizations that have memberships of groups that are gone.
///
/// # Errors
/// When the store fails.
pub async fn with_leftovers(gw: &Gateway) -> Result<Vec<OrgNo>, GroundError> {
    Ok(gw.store.organizations_with_leftovers().await?)
}

/// Takes the memberships of groups that are gone away, a thousand in a unit.
///
/// # Errors
/// When the store fails; what is left is taken the next time.
pub async fn sweep(gw: &Gateway, org: OrgNo) -> Result<(), GroundError> {
    let step = async |tx: &mut Tx| Ok(Done::of(store::members::sweep(tx).await?));
    while gw.store.write::<_, StoreError, _>(org, step).await? {}
    Ok(())
}
