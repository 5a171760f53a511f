//! The claims that a panel app gets about a person's access: in ID tokens, userinfo, introspection and forward auth.

use super::access::Access;
use super::client::ClientScope;
use super::panel::Permissions;
use super::seat::SeatState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The part of the claims that says what a person may do. Its JSON is the contract with panel apps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelClaims {
    /// The key of the highest role; null for a person without a grant.
    pub role: Option<String>,
    /// The grants, highest role first.
    pub grants: Vec<GrantClaim>,
    /// Whether the person may sign in to the panel.
    pub panel_access: bool,
    /// Whether they have a seat.
    pub seat: SeatState,
    /// Switches, sorted.
    pub flags: BTreeSet<String>,
}

/// One grant, as claims carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantClaim {
    /// The role's key.
    pub role: String,
    /// `"all"` or client keys.
    pub clients: ClientScope,
    /// Feature → level, `none` included.
    pub permissions: Permissions,
}

/// The claims of a person with this access and seat.
///
/// Without a seat only grants that need none hold. Where every grant needs one the person is call-only: the grants are
/// told, so that the panel can route to them, and panel access is not given.
#[must_use]
pub fn claims(access: &Access, seat: SeatState) -> PanelClaims {
    let seated = seat == SeatState::Held;
    let call_only = !seated && !access.panel_access_without_seat();
    let holds = access.grants.iter().filter(|grant| seated || call_only || !grant.needs_seat);
    let claim = |grant: &super::grant::Grant| GrantClaim {
        role: grant.role.clone(),
        clients: grant.clients.clone(),
        permissions: grant.permissions.clone(),
    };
    let grants: Vec<GrantClaim> = holds.map(claim).collect();
    PanelClaims {
        role: grants.first().map(|grant| grant.role.clone()),
        panel_access: !grants.is_empty() && !call_only,
        grants,
        seat,
        flags: access.flags.clone(),
    }
}
