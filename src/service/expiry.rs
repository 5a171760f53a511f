//! What has expired is refused wherever it is used; here it is taken away.

use super::{Gateway, scim_log};
use crate::store::StoreError;

/// Why expired things could not be taken away.
#[derive(Debug, thiserror::Error)]
#[error("storage failed")]
pub struct ExpiryError(#[from] StoreError);

/// Takes away expired sessions, login flows, used assertions, links, codes, tokens and
/// tombstones, and SCIM events and calls that are kept no longer.
///
/// # Errors
/// When the store fails.
pub async fn forget_expired(gw: &Gateway) -> Result<(), ExpiryError> {
    let now = gw.sources.now();
    gw.store.forget_expired(now, now - gw.settings.scim_events).await?;
    Ok(scim_log::forget(gw).await?)
}
