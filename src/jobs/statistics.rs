//! Keeps the planner's knowledge of table sizes fresh: it would learn of an initial sync a minute late.

use crate::service::Gateway;
use crate::service::health::{self, HealthError};

/// Tells the planner of tables that have grown a lot; how many these were.
///
/// # Errors
/// When the store fails.
pub async fn run_once(gateway: &Gateway) -> Result<usize, HealthError> {
    health::refresh_statistics(gateway).await
}
