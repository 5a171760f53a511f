//! What has expired is refused wherever it is used; here it is taken away.

use super::Gateway;
use super::scim_log::{self, LogReadError};
use crate::store::StoreError;

/// Why expired things could not be taken away.
#[derive(Debug, thiserror::Error)]
pub enum ExpiryError {
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
    /// A SCIM log could not be kept within its bounds.
    #[error(transparent)]
    Log(#[from] LogReadError),
}

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
