//! Law 8: no change by any door takes the last usable admin. Only a change that takes an admin holds the guard.

use super::ground::{Ground, GroundError};
use super::{AT_ONCE, facts};
use crate::base::ids::PersonId;
use crate::domain::access;
use crate::service::Gateway;
use crate::store::{self, Tx, organizations};

/// Admins that are looked at in one statement.
const PAGE: i64 = 50;

/// Goes on if somebody usable can still administer, as things stand in this unit once it holds the guard: what it has read
/// before may have changed while it waited.
///
/// # Errors
/// [`GroundError::LastAdmin`] where nobody can, or when something cannot be read.
pub(super) async fn keep(tx: &mut Tx, gw: &Gateway) -> Result<(), GroundError> {
    organizations::lock_guard(tx).await?;
    let (mut after, mut ground) = (None, None);
    loop {
        let page = store::access::usable_admins(tx, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (person, settled) in page {
            if settled {
                return Ok(());
            }
            let by = match &ground {
                Some(by) => by,
                None => ground.insert(Ground::fresh(tx, gw).await?),
            };
            if still_administers(tx, gw, by, person).await? {
                return Ok(());
            }
        }
    }
    let ground = match ground {
        Some(ground) => ground,
        None => Ground::fresh(tx, gw).await?,
    };
    if new_behind_a_mark(tx, gw, &ground).await? { Ok(()) } else { Err(GroundError::LastAdmin) }
}

/// Whether somebody can administer who could not before a mark, and whom nobody has derived since.
async fn new_behind_a_mark(tx: &mut Tx, gw: &Gateway, ground: &Ground) -> Result<bool, GroundError> {
    let mut after = None;
    loop {
        let page = store::access::usable_behind(tx, ground.mark, after, AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.id);
        let facts = facts::of_people(tx, ground, page).await?;
        if facts.values().any(|of| access::resolve(&ground.facts, of, gw.sources.now()).administers) {
            return Ok(true);
        }
    }
}

/// [`keep`] for a change that was only marked, since it concerns too many people to settle them: nobody of them is derived
/// yet.
///
/// # Errors
/// [`GroundError::LastAdmin`] where nobody can administer any more, or when something cannot be read.
pub async fn keep_behind_a_mark(tx: &mut Tx, gw: &Gateway) -> Result<(), GroundError> {
    // An organization that had no admin before loses none.
    if store::access::usable_admins(tx, None, 1).await?.is_empty() {
        return Ok(());
    }
    keep(tx, gw).await
}

/// A person who carries a mark, derived afresh without writing it.
async fn still_administers(tx: &mut Tx, gw: &Gateway, ground: &Ground, person: PersonId) -> Result<bool, GroundError> {
    let Some(row) = store::people::get(tx, person).await? else { return Ok(false) };
    let of = facts::person_facts(tx, ground, &row).await?;
    Ok(access::resolve(&ground.facts, &of, gw.sources.now()).administers)
}
