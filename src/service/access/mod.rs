//! Where a group becomes a role: derives people's access inside the unit of work that changed a fact (law 6).
//!
//! Owns settling (rules, seat, version) and reading. Hands on [`Current`]. Must not know protocols.

mod behind;
mod facts;
mod ground;
mod last_admin;
mod settle;

pub use behind::{hand_on, marked, settle_behind, sweep, with_leftovers, with_seats_to_hand_on};
pub use facts::person_facts;
pub use ground::{Ground, GroundCache, GroundError};
pub use last_admin::keep_behind_a_mark;
pub use settle::{settle, settle_all, settle_held};

use crate::base::ids::{OrgNo, PersonId};
use crate::domain::access::Access;
use crate::domain::claims::{self, PanelClaims};
use crate::domain::seat::SeatState;
use crate::service::Gateway;
use crate::store::access::{AccessRow, Seat, Seen};
use crate::store::held::Held;
use crate::store::{self, Done, Record, Tx, held};
use std::collections::HashMap;

/// A change that concerns at most this many people settles them in its own unit; a larger one leaves a mark.
pub const AT_ONCE: i64 = 500;

/// A person's access as it is right now.
#[derive(Debug, Clone)]
pub struct Current {
    /// The grants and what follows from them.
    pub access: Access,
    /// The seat as it is counted.
    pub seat: Seat,
    /// Moves with each change.
    pub version: i64,
}

impl Current {
    /// What a panel is told of it.
    #[must_use]
    pub fn claims(&self) -> PanelClaims {
        let seat = match self.seat {
            Seat::None => SeatState::None,
            Seat::Held => SeatState::Held,
            Seat::Waiting => SeatState::Waiting,
        };
        claims::claims(&self.access, seat)
    }
}

/// A person's access, right from the commit that changed a fact: one that carries a mark, or a part that has ended,
/// is derived afresh before it is read.
///
/// # Errors
/// When the store fails or the panel definition cannot be used.
pub async fn current(gw: &Gateway, org: OrgNo, person: PersonId) -> Result<Current, GroundError> {
    let now = gw.sources.now();
    let (row, marked) =
        gw.store.read(org, async move |tx| store::access::get(tx, person).await.map_err(GroundError::from)).await?;
    if let Some(row) = row.filter(|row| !marked && row.until.is_none_or(|until| until > now)) {
        return read(&row);
    }
    let gateway = gw.clone();
    gw.store
        .write(org, async move |tx| {
            let (current, records) = current_in(tx, &gateway, person).await?;
            Ok::<_, GroundError>(Done::of(current).and_all(records))
        })
        .await
}

/// The same inside a unit that changes something, with the events of what it settled.
///
/// # Errors
/// As [`current`]; [`GroundError::NobodyThere`] where there is no such person.
pub async fn current_in(tx: &mut Tx, gw: &Gateway, person: PersonId) -> Result<(Current, Vec<Record>), GroundError> {
    let now = gw.sources.now();
    let (row, marked) = store::access::get(tx, person).await?;
    if let Some(row) = row.filter(|row| !marked && row.until.is_none_or(|until| until > now)) {
        return Ok((read(&row)?, Vec::new()));
    }
    let ground = Ground::load(tx, gw).await?;
    let records = settle::settle_committed(tx, gw, &ground, &[person], "read").await?;
    let (row, _) = store::access::get(tx, person).await?;
    Ok((read(&row.ok_or(GroundError::NobodyThere)?)?, records))
}

/// Before a change that may take something from these people: derives those afresh over whom a mark has come, so that what
/// is kept of them says who could administer before it (law 8).
///
/// # Errors
/// When something of a person cannot be read.
pub async fn catch_up(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: &[PersonId],
) -> Result<Vec<Record>, GroundError> {
    if ground.mark == 0 {
        return Ok(Vec::new());
    }
    let seen = store::access::of(tx, people).await?;
    let behind: Vec<_> = seen.iter().filter(|one| one.marked).map(|one| one.person).collect();
    settle::settle_committed(tx, gw, ground, &behind, "read").await
}

/// The same for people whom this unit holds already; they come back as they are kept then.
///
/// # Errors
/// As [`catch_up`].
pub async fn caught_up(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: Vec<Held>,
) -> Result<(Vec<Held>, Vec<Record>), GroundError> {
    let derived_under = |one: &Held| one.access.as_ref().map_or(0, |access| access.mark);
    let behind: Vec<_> =
        people.iter().filter(|one| derived_under(one) < ground.mark).map(|one| one.person.id).collect();
    if behind.is_empty() {
        return Ok((people, Vec::new()));
    }
    let records = settle::settle_committed(tx, gw, ground, &behind, "read").await?;
    let people = people.into_iter().map(|one| one.person).collect();
    Ok((held::with_belongings(tx, people).await?, records))
}

/// The claims of several people, right from the commit that changed a fact, as [`current`] is; who may not sign in has no
/// panel access. People who are gone are left out.
///
/// # Errors
/// When the store fails or the panel definition cannot be used.
pub async fn claims_of(
    gw: &Gateway,
    org: OrgNo,
    people: &[PersonId],
) -> Result<HashMap<PersonId, PanelClaims>, GroundError> {
    let claims = |one: Looked| {
        let mut of = one.current.claims();
        of.panel_access &= one.usable;
        of
    };
    Ok(current_of(gw, org, people).await?.into_iter().map(|(person, one)| (person, claims(one))).collect())
}

/// What somebody who only looks sees of a person's access.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The access.
    pub current: Current,
    /// Whether the person may sign in at all: neither deactivated nor locked.
    pub usable: bool,
}

/// The access of several people, as [`current`] gives it of one. People who are gone are left out.
///
/// # Errors
/// When the store fails or the panel definition cannot be used.
pub async fn current_of(
    gw: &Gateway,
    org: OrgNo,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Looked>, GroundError> {
    let (now, asked) = (gw.sources.now(), people.to_vec());
    let seen =
        gw.store.read(org, async move |tx| store::access::of(tx, &asked).await.map_err(GroundError::from)).await?;
    let holds =
        |one: &Seen| !one.marked && one.access.as_ref().is_some_and(|row| row.until.is_none_or(|until| until > now));
    let (mut right, behind): (Vec<Seen>, Vec<Seen>) = seen.into_iter().partition(holds);
    let behind: Vec<PersonId> = behind.into_iter().map(|one| one.person).collect();
    for chunk in behind.chunks(usize::try_from(AT_ONCE).unwrap_or(usize::MAX)) {
        let (gateway, chunk) = (gw.clone(), chunk.to_vec());
        let settled = gw
            .store
            .write(org, async move |tx| {
                let ground = Ground::load(tx, &gateway).await?;
                let records = settle::settle_committed(tx, &gateway, &ground, &chunk, "read").await?;
                Ok::<_, GroundError>(Done::of(store::access::of(tx, &chunk).await?).and_all(records))
            })
            .await?;
        right.extend(settled);
    }
    let mut found = HashMap::with_capacity(right.len());
    for one in right {
        let Some(row) = &one.access else { continue };
        found.insert(one.person, Looked { current: read(row)?, usable: one.usable });
    }
    Ok(found)
}

fn read(row: &AccessRow) -> Result<Current, GroundError> {
    let access = serde_json::from_str(&row.grants).map_err(|_| GroundError::Malformed("access"))?;
    Ok(Current { access, seat: row.seat, version: row.version })
}
