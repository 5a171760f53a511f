//! Whether this instance can do its work, and what keeps it quick.

use super::Gateway;
use crate::store::StoreError;

/// The store's failure, as a job tells it.
pub type HealthError = StoreError;

/// Whether the database answers and its schema fits.
///
/// # Errors
/// What stands against it.
pub async fn ready(gw: &Gateway) -> Result<(), StoreError> {
    gw.store.check_schema().await
}

/// Tells the database's planner of tables that have grown a lot.
///
/// # Errors
/// When the store fails.
pub async fn refresh_statistics(gw: &Gateway) -> Result<usize, StoreError> {
    gw.store.refresh_statistics().await
}
