//! Where a group becomes a role: derives people's access inside the unit of work that changed a fact (law 6).
//!
//! Owns settling (rules, seat, version) and reading. Hands on [`Current`]. Must not know protocols.

mod behind;
mod facts;
mod ground;
mod last_admin;
mod settle;

pub use behind::{marked, settle_behind, sweep};
pub use facts::person_facts;
pub use ground::{Ground, GroundCache, GroundError};
pub use last_admin::keep_behind_a_mark;
pub use settle::{settle, settle_all, settle_held};

use crate::base::ids::{OrgNo, PersonId};
use crate::domain::access::Access;
use crate::service::Gateway;
use crate::store::access::{AccessRow, Seat};
use crate::store::{self, Done};

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
    let row = gw
        .store
        .write(org, async move |tx| {
            let ground = Ground::load(tx, &gateway).await?;
            let records = settle::settle_committed(tx, &gateway, &ground, &[person], "read").await?;
            let (row, _) = store::access::get(tx, person).await?;
            Ok::<_, GroundError>(Done::of(row.ok_or(GroundError::NobodyThere)?).and_all(records))
        })
        .await?;
    read(&row)
}

fn read(row: &AccessRow) -> Result<Current, GroundError> {
    let access = serde_json::from_str(&row.grants).map_err(|_| GroundError::Malformed("access"))?;
    Ok(Current { access, seat: row.seat, version: row.version })
}
