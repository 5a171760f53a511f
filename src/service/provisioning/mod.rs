//! What a customer's IdP may do to its users and groups over SCIM.
//!
//! Owns the steps of each use case and their audit events. Hands on documents of `protocol::scim`, so that a handler
//! only carries them. Must not know HTTP, nor how a row looks on disk.

mod adoption;
mod bulk;
mod caller;
mod catalogue;
mod cursors;
mod entitled;
mod error;
mod events;
mod groups;
mod limit;
mod list;
mod me;
mod membership;
mod pages;
mod person;
mod proof;
mod reports_to;
mod returning;
mod scan;
mod shape;
mod together;
mod users;

pub use bulk::{Bulk, bulk};
pub use caller::{DirectoryCaller, hint, identify, standing_in, whose};
pub use catalogue::{Catalogues, catalogues};
pub use cursors::{CURSOR_SECONDS, CursorKeyMemory};
pub use entitled::show_access;
pub use error::ProvisionError;
pub use groups::{create_group, delete_group, get_group, patch_group, replace_group};
pub use limit::RateLimit;
pub use list::{Page, Query, list};
pub use me::{Subject, subject};
pub use pages::PageMemory;
pub use proof::{ProofMemory, remembered};
pub use shape::Wire;
pub use users::{Precondition, create_user, delete_user, get_user, patch_user, replace_user};

use crate::base::ids::ResourceId;
use crate::domain::audit::Deed;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::profile::Applied;
pub use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::resources::{self, Kind, ResourceRow};
use crate::store::standing::Standing;
use crate::store::{Done, Tx};
use serde_json::json;

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

/// A refusal by law 8 is told, though nothing of the call is kept: it stands in the audit, and the log rings.
async fn telling_of_the_last_admin<T>(
    gw: &Gateway,
    who: &DirectoryCaller,
    target: ResourceId,
    outcome: Result<T, ProvisionError>,
) -> Result<T, ProvisionError> {
    if matches!(outcome, Err(ProvisionError::LastAdmin)) {
        tracing::warn!(directory = %who.directory.id, "a directory would have taken the last administrator");
        let record = gw.record(&who.actor(), Deed::LastAdminKept, Some(target.to_string()), json!({}));
        gw.store.write::<_, ProvisionError, _>(who.org, async move |_| Ok(Done::of(()).and(record.clone()))).await?;
    }
    outcome
}

/// An id in an address; what is no id names nothing.
fn resource_id(kind: ResourceType, text: &str) -> Result<ResourceId, ProvisionError> {
    text.parse().map_err(|_| ScimError::not_found(kind.name(), text).into())
}

/// A resource of the caller's directory, held for a change whose `If-Match` its version satisfies, with how things stood
/// when it was asked for (it may have waited since).
async fn held_standing(
    tx: &mut Tx,
    who: &DirectoryCaller,
    kind: Kind,
    id: ResourceId,
    precondition: Option<Precondition>,
) -> Result<(ResourceRow, Standing), ProvisionError> {
    let name = match kind {
        Kind::User => ResourceType::User.name(),
        Kind::Group => ResourceType::Group.name(),
    };
    let found = resources::hold(tx, who.directory.src, kind, id).await?;
    let (row, standing) = found.ok_or_else(|| ScimError::not_found(name, &id.to_string()))?;
    admit(tx, who, &row, standing, precondition).await?;
    Ok((row, standing))
}

/// Whether a change of a resource that is held may go on: the caller is still who they were, and `If-Match` is satisfied.
async fn admit(
    tx: &mut Tx,
    who: &DirectoryCaller,
    row: &ResourceRow,
    standing: Standing,
    precondition: Option<Precondition>,
) -> Result<(), ProvisionError> {
    who.confirm(standing.facts)?;
    if precondition.is_some() {
        let of_a_group = row.in_groups && row.kind == Kind::User;
        let groups = if of_a_group { users::groups_of(tx, row.id).await? } else { Vec::new() };
        if !shape::version(row, Some(&groups)).if_match(precondition.as_deref()) {
            return Err(ScimError::precondition_failed().into());
        }
    }
    Ok(())
}
