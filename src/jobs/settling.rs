//! Settles the people behind a large change (law 6), a few hundred at a time.

use crate::service::Gateway;
use crate::service::access::{self, GroundError};

/// Settles everybody who is behind a mark, how many that were; and takes away the memberships of groups that are gone.
///
/// # Errors
/// When the store fails; what was settled stays settled.
pub async fn run_once(gateway: &Gateway) -> Result<usize, GroundError> {
    access::sweep(gateway).await?;
    let mut settled = 0;
    for org in access::marked(gateway).await? {
        settled += access::settle_behind(gateway, org).await?;
    }
    Ok(settled)
}
