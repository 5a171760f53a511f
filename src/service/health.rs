//! Whether this instance can do its work.

use super::Gateway;
use crate::store::StoreError;

/// Whether the database answers and its schema fits.
///
/// # Errors
/// What stands against it.
pub async fn ready(gw: &Gateway) -> Result<(), StoreError> {
    gw.store.check_schema().await
}
