//! Takes away what has expired: it is refused anyway, and need not be kept.

use crate::service::Gateway;
use crate::service::expiry::{self, ExpiryError};

/// Takes away expired sessions, login flows, codes, tokens, links, used assertions and tombstones.
///
/// # Errors
/// When the store fails.
pub async fn run_once(gateway: &Gateway) -> Result<(), ExpiryError> {
    expiry::forget_expired(gateway).await
}
