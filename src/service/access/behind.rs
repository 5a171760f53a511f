//! Settling behind a mark: the people of an organization after a change too large for one request.

use super::{AT_ONCE, Ground, GroundError, settle_all};
use crate::base::ids::OrgNo;
use crate::service::Gateway;
use crate::store::{self, Done};

/// The organizations that have marks.
///
/// # Errors
/// When the store fails.
pub async fn marked(gw: &Gateway) -> Result<Vec<OrgNo>, GroundError> {
    Ok(gw.store.marked_organizations().await?)
}

/// Settles everybody of the organization who is behind its marks, then takes the marks away; how many that were.
///
/// # Errors
/// When the store fails; what was settled stays settled.
pub async fn settle_behind(gw: &Gateway, org: OrgNo) -> Result<usize, GroundError> {
    let mark = gw.store.read(org, async |tx| store::access::newest_mark(tx).await.map_err(GroundError::from)).await?;
    let mut settled = 0;
    loop {
        let gateway = gw.clone();
        let n = gw
            .store
            .write(org, async move |tx| {
                let people = store::access::behind(tx, mark, AT_ONCE).await?;
                if people.is_empty() {
                    store::access::clear_marks(tx, mark).await?;
                    return Ok(Done::of(0));
                }
                let ground = Ground::load(tx, &gateway).await?;
                let records = settle_all(tx, &gateway, &ground, &people, "settled").await?;
                Ok::<_, GroundError>(Done::of(people.len()).and_all(records))
            })
            .await?;
        if n == 0 {
            return Ok(settled);
        }
        settled += n;
    }
}
