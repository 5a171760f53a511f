//! What a customer's IdP may do to its users and groups over SCIM.
//!
//! Owns the steps of each use case and their audit events. Hands on documents of `protocol::scim`, so that a handler
//! only carries them. Must not know HTTP, nor how a row looks on disk.

mod adoption;
mod bulk;
mod caller;
mod cursors;
mod error;
mod groups;
mod limit;
mod list;
mod membership;
mod reports_to;
mod scan;
mod shape;
mod users;

pub use bulk::bulk;
pub use caller::{DirectoryCaller, identify};
pub use cursors::CURSOR_SECONDS;
pub use error::ProvisionError;
pub use groups::{create_group, delete_group, get_group, patch_group, replace_group};
pub use limit::RateLimit;
pub use list::{Page, Query, list};
pub use shape::Wire;
pub use users::{Precondition, create_user, delete_user, get_user, patch_user, replace_user};

use crate::base::ids::ResourceId;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::profile::Applied;
pub use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::ResourceType;

/// What a call that changes something came to.
#[derive(Debug)]
pub struct Changed {
    /// The resource from now on.
    pub wire: Wire,
    /// What was not applied, for `Scim-Skipped` (law 1).
    pub skipped: Vec<String>,
    /// The dialect rewrites that the request needed.
    pub applied: Applied,
}

/// An id in an address; what is no id names nothing.
fn resource_id(kind: ResourceType, text: &str) -> Result<ResourceId, ProvisionError> {
    text.parse().map_err(|_| ScimError::not_found(kind.name(), text).into())
}
