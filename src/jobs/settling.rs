//! Settles the people behind a large change (law 6), hands free seats on (law 9), and takes away what groups have left.

use crate::base::ids::OrgNo;
use crate::service::Gateway;
use crate::service::access::{self, GroundError};

/// Settles everybody who is behind a mark, how many that were; then hands on the seats that are free beside somebody who
/// waits, and takes away the memberships of groups that are gone. An organization where something fails keeps no other
/// from its turn.
///
/// # Errors
/// The first failure, when all have had their turn; what was settled stays settled.
pub async fn run_once(gateway: &Gateway) -> Result<usize, GroundError> {
    let (mut settled, mut failures) = (0, Failures::default());
    for org in failures.list(access::marked(gateway).await) {
        settled += failures.of(org, access::settle_behind(gateway, org).await).unwrap_or(0);
    }
    for org in failures.list(access::with_seats_to_hand_on(gateway).await) {
        failures.of(org, access::hand_on(gateway, org).await);
    }
    for org in failures.list(access::with_leftovers(gateway).await) {
        failures.of(org, access::sweep(gateway, org).await);
    }
    failures.first.map_or(Ok(settled), Err)
}

/// What went wrong on the way.
#[derive(Default)]
struct Failures {
    first: Option<GroundError>,
}

impl Failures {
    /// The organizations whose turn it is; none where they could not be asked for.
    fn list(&mut self, asked: Result<Vec<OrgNo>, GroundError>) -> Vec<OrgNo> {
        asked.unwrap_or_else(|error| {
            self.first.get_or_insert(error);
            Vec::new()
        })
    }

    /// What came of an organization's turn; a failure is told.
    fn of<T>(&mut self, org: OrgNo, outcome: Result<T, GroundError>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::error!(organization = org.0, %error, "an organization could not be settled; its turn comes again");
                self.first.get_or_insert(error);
                None
            }
        }
    }
}
