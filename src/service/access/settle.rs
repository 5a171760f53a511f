//! Settles people: derives their access from the facts, takes or frees the seat, moves the version.

use super::facts;
use super::ground::{Ground, GroundError};
use super::last_admin;
use crate::base::ids::PersonId;
use crate::domain::access::{self, Access};
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::store::access::{AccessRow, Seat};
use crate::store::held::{self, Held};
use crate::store::people::ACTIVE;
use crate::store::{self, Record, Tx, seats};
use chrono::{DateTime, Utc};
use serde_json::json;

/// How many who wait may follow on one freed seat after another in one unit; the rest follow behind it ([`hand_on_free`]).
const FOLLOWERS: usize = 64;

/// Settles one person and whoever gets a seat that this frees; the audit events to keep with the unit.
///
/// # Errors
/// When something of the person cannot be read.
pub async fn settle(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    person: PersonId,
    cause: &'static str,
) -> Result<Vec<Record>, GroundError> {
    settle_all(tx, gw, ground, &[person], cause).await
}

/// Settles several people and whoever gets a seat that this frees. They are held in the order of their ids.
///
/// # Errors
/// When something of a person cannot be read.
pub async fn settle_all(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: &[PersonId],
    cause: &'static str,
) -> Result<Vec<Record>, GroundError> {
    let held = held::hold(tx, people).await?;
    settle_held(tx, gw, ground, held, cause).await
}

/// Settles people behind a change that was committed before, by whatever door: nothing is left to be refused.
///
/// # Errors
/// When something of a person cannot be read.
pub(super) async fn settle_committed(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: &[PersonId],
    cause: &'static str,
) -> Result<Vec<Record>, GroundError> {
    let held = held::hold(tx, people).await?;
    let mut records = Vec::new();
    let settled = derive(tx, gw, ground, held, cause, &mut records).await?;
    hand_on(tx, gw, ground, settled.freed, &mut records).await?;
    Ok(records)
}

/// Settles people whom this unit holds already, as they are written now.
///
/// # Errors
/// [`GroundError::LastAdmin`] where nobody usable could administer any more (law 8), or when something cannot be read.
pub async fn settle_held(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: Vec<Held>,
    cause: &'static str,
) -> Result<Vec<Record>, GroundError> {
    let mut records = Vec::new();
    let settled = derive(tx, gw, ground, people, cause, &mut records).await?;
    if settled.took_an_admin {
        last_admin::keep(tx, gw).await?;
    }
    hand_on(tx, gw, ground, settled.freed, &mut records).await?;
    Ok(records)
}

/// Seats that were freed go to those who wait longest. Where seats are not counted nobody waits: a limit that was lifted has
/// left a mark, by which everybody has one.
async fn hand_on(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    mut freed: i64,
    records: &mut Vec<Record>,
) -> Result<(), GroundError> {
    for _ in 0..FOLLOWERS {
        if freed <= 0 || !ground.seats_counted {
            break;
        }
        let Some(next) = store::access::first_waiting(tx).await? else { break };
        let next = held::hold(tx, &[next]).await?;
        let before = records.len();
        let settled = derive(tx, gw, ground, next, "seat_freed", records).await?;
        // Who wants no seat any more leaves it to the next.
        freed += settled.freed - settled.taken;
        if records.len() == before {
            break; // who waits could not take it: nobody behind them can either
        }
    }
    Ok(())
}

/// Hands free seats on beside which somebody waits: more were freed than may follow in one unit, or one was given back
/// while another unit that found none had yet to commit. Whether anybody's seat is another.
///
/// # Errors
/// When something of a person cannot be read.
pub(super) async fn hand_on_free(tx: &mut Tx, gw: &Gateway) -> Result<(bool, Vec<Record>), GroundError> {
    let ground = Ground::load(tx, gw).await?;
    let free = seats::free(tx).await?;
    let mut records = Vec::new();
    hand_on(tx, gw, &ground, free, &mut records).await?;
    Ok((!records.is_empty(), records))
}

/// What deriving some people came to.
struct Settled {
    /// Seats that were freed.
    freed: i64,
    /// Seats that were taken.
    taken: i64,
    /// Whether somebody who could administer can no more.
    took_an_admin: bool,
}

/// A person on the way from what was held to what is derived.
struct Derived {
    held: Held,
    access: Access,
    seat: Option<Seat>,
}

/// Derives everybody and writes what differs.
async fn derive(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: Vec<Held>,
    cause: &'static str,
    records: &mut Vec<Record>,
) -> Result<Settled, GroundError> {
    let now = gw.sources.now();
    let mut facts = facts::load(tx, ground, &people).await?;
    let mut all = Vec::with_capacity(people.len());
    for held in people {
        let of = facts.remove(&held.person.id).unwrap_or_default();
        all.push(Derived { access: access::resolve(&ground.facts, &of, now), held, seat: None });
    }
    let (freed, taken) = seat(tx, ground, &mut all).await?;
    let (mut rows, mut past, mut took_an_admin) = (Vec::new(), Vec::new(), false);
    for one in &all {
        let id = one.held.person.id;
        let (after, changed) = after(one, ground, now)?;
        took_an_admin |= one.held.access.as_ref().is_some_and(|before| before.admin) && !after.admin;
        let told = changed && (one.held.access.is_some() || !one.access.grants.is_empty());
        if told {
            let seat = format!("{:?}", after.seat).to_lowercase();
            let body = json!({"cause": cause, "role": one.access.role, "seat": seat, "version": after.version});
            records.push(gw.record(&Actor::Job("access".into()), Deed::AccessChanged, Some(id.to_string()), body));
            past.push((id, after.clone()));
        }
        if one.held.access.as_ref() != Some(&after) {
            rows.push((id, after));
        }
    }
    held::put(tx, &rows).await?;
    held::keep_past(tx, &past, now, cause).await?;
    Ok(Settled { freed, taken, took_an_admin })
}

/// Takes and gives back seats (law 9); how many were freed and taken in all.
async fn seat(tx: &mut Tx, ground: &Ground, all: &mut [Derived]) -> Result<(i64, i64), GroundError> {
    let had = |one: &Derived| one.held.access.as_ref().map_or(Seat::None, |row| row.seat);
    let wants = |one: &Derived| one.access.wants_seat && one.held.person.state == ACTIVE;
    let freed = all.iter().filter(|one| had(one) == Seat::Held && !wants(one)).count();
    let wanted = all.iter().filter(|one| had(one) != Seat::Held && wants(one)).count();
    let (freed, wanted) = (i64::try_from(freed).unwrap_or(i64::MAX), i64::try_from(wanted).unwrap_or(i64::MAX));
    let mut taken = wanted;
    if ground.seats_counted {
        seats::give_back(tx, freed).await?;
        if wanted > 0 {
            taken = seats::take(tx, wanted).await?;
        }
    }
    // Who waits longest comes first.
    let since = |one: &Derived| one.held.access.as_ref().and_then(|row| row.waiting);
    let mut order: Vec<usize> = (0..all.len()).filter(|i| had(&all[*i]) != Seat::Held && wants(&all[*i])).collect();
    order.sort_by_key(|i| (since(&all[*i]).is_none(), since(&all[*i]), all[*i].held.person.id));
    for (at, i) in (0_i64..).zip(order) {
        all[i].seat = Some(if at < taken { Seat::Held } else { Seat::Waiting });
    }
    for one in all.iter_mut().filter(|one| one.seat.is_none()) {
        let held = had(one) == Seat::Held && wants(one);
        one.seat = Some(if held { Seat::Held } else { Seat::None });
    }
    Ok((freed, taken))
}

/// The row to keep, and whether anything of the access changed.
fn after(one: &Derived, ground: &Ground, now: DateTime<Utc>) -> Result<(AccessRow, bool), GroundError> {
    let (before, seat) = (one.held.access.as_ref(), one.seat.unwrap_or(Seat::None));
    let grants = serde_json::to_string(&one.access).map_err(|_| GroundError::Malformed("access"))?;
    let waiting = (seat == Seat::Waiting).then(|| before.and_then(|row| row.waiting).unwrap_or(now));
    let same = before.is_some_and(|row| row.grants == grants && row.seat == seat);
    let version = before.map_or(0, |row| row.version) + i64::from(!same);
    let admin = one.access.administers && one.held.person.usable();
    let row = AccessRow { version, until: one.access.until, admin, seat, waiting, mark: ground.mark, grants };
    Ok((row, !same))
}
