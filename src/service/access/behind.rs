//! Settling behind a mark: the people of an organization after a change too large for one request.

use super::settle::settle_committed;
use super::{AT_ONCE, Ground, GroundError};
use crate::base::ids::OrgNo;
use crate::service::Gateway;
use crate::store::{self, Done, StoreError, Tx};
use chrono::Duration;

/// No unit of work lasts this long: a mark that is older has been seen by every unit that may still commit.
const UNIT: Duration = Duration::minutes(2);

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
    let mark = gw.store.read(org, async |tx| store::standing::get(tx).await.map_err(GroundError::from)).await?.mark;
    let (mut settled, mut after) = (0, None);
    loop {
        let gateway = gw.clone();
        let (n, last) = gw
            .store
            .write(org, async move |tx| {
                let people = store::access::behind(tx, mark, after, AT_ONCE).await?;
                if people.is_empty() {
                    // Only a walk from the very start that meets nobody has seen that all are settled.
                    if after.is_none() {
                        store::access::clear_marks(tx, mark, gateway.sources.now() - UNIT).await?;
                    }
                    return Ok(Done::of((0, None)));
                }
                let ground = Ground::load(tx, &gateway).await?;
                let records = settle_committed(tx, &gateway, &ground, &people, "settled").await?;
                Ok::<_, GroundError>(Done::of((people.len(), people.last().copied())).and_all(records))
            })
            .await?;
        if n == 0 && after.is_none() {
            return Ok(settled);
        }
        (settled, after) = (settled + n, last);
    }
}

/// Takes away the memberships of groups that are gone, a thousand in a unit.
///
/// # Errors
/// When the store fails; what is left is taken the next time.
pub async fn sweep(gw: &Gateway) -> Result<(), StoreError> {
    for org in gw.store.organizations_with_leftovers().await? {
        let step = async |tx: &mut Tx| Ok(Done::of(store::members::sweep(tx).await?));
        while gw.store.write::<_, StoreError, _>(org, step).await? {}
    }
    Ok(())
}
