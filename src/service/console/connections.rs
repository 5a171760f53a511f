//! Connections, as the operator sees them.

use super::{ConsoleError, organizations};
use crate::service::Gateway;
use crate::store::StoreError;
use crate::store::connections::{self, ConnectionRow};

/// The connections of an organization.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn list(gw: &Gateway, slug: &str) -> Result<Vec<ConnectionRow>, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    Ok(gw.store.read::<_, StoreError, _>(org, async |tx| connections::list(tx).await).await?)
}
