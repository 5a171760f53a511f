//! Why a provisioning call is refused.

use crate::base::class::{Class, Classify as _};
use crate::base::seal::SealError;
use crate::protocol::scim::cursor::KeyFault;
use crate::protocol::scim::error::ScimError;
use crate::service::access::GroundError;
use crate::store::resources::{EXTERNAL_ID_KEY, USER_NAME_KEY};
use crate::store::{AsStoreError, StoreError};

/// A refusal that the SCIM dialect can express, or a failure behind it.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The call is refused as SCIM says.
    #[error("{}", .0.detail)]
    Refused(ScimError),
    /// The last usable admin would be taken away (law 8).
    #[error("this would take the organization's last administrator")]
    LastAdmin,
    /// The caller was known by a remembered proof, and something has moved since: prove it anew and do it again.
    #[error("the caller has to be proved anew")]
    Stale,
    /// Access could not be derived.
    #[error("access cannot be derived")]
    Access(#[source] GroundError),
    /// The key of cursors cannot be opened.
    #[error("the key of cursors cannot be opened")]
    CursorKey(#[from] SealError),
    /// The key of cursors has another form.
    #[error("the key of cursors is unusable")]
    CursorForm(#[from] KeyFault),
    /// The store failed.
    #[error("storage failed")]
    Store(#[source] StoreError),
}

impl From<ScimError> for ProvisionError {
    fn from(error: ScimError) -> Self {
        Self::Refused(error)
    }
}

impl From<GroundError> for ProvisionError {
    fn from(error: GroundError) -> Self {
        match error {
            // A write that waited may be refused on the way of what came after it.
            GroundError::Store(error) => error.into(),
            GroundError::LastAdmin => Self::LastAdmin,
            error => Self::Access(error),
        }
    }
}

impl From<StoreError> for ProvisionError {
    fn from(error: StoreError) -> Self {
        if error.is_taken(USER_NAME_KEY) {
            return Self::Refused(ScimError::uniqueness("userName is taken by another User of this directory."));
        }
        if error.is_taken(EXTERNAL_ID_KEY) {
            return Self::Refused(ScimError::uniqueness("externalId is taken by another resource of this directory."));
        }
        Self::Store(error)
    }
}

impl AsStoreError for ProvisionError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Access(e) => e.as_store_error(),
            Self::Refused(_) | Self::LastAdmin | Self::Stale | Self::CursorKey(_) | Self::CursorForm(_) => None,
        }
    }
}

impl ProvisionError {
    /// What becomes of it: the caller's mistake, a pause, or a fault of ours.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Access(e) => e.class(),
            Self::Store(e) => e.class(),
            Self::Refused(_) | Self::LastAdmin | Self::Stale | Self::CursorKey(_) | Self::CursorForm(_) => Class::Bug,
        }
    }

    /// The refusal in the dialect of SCIM; `None` for a fault of ours or a pause that is asked for.
    #[must_use]
    pub fn scim(&self) -> Option<ScimError> {
        match self {
            Self::Refused(error) => Some(error.clone()),
            Self::LastAdmin => Some(ScimError::plain(
                409,
                "active, members: this would take the last administrator of the organization, and nobody else could \
                 administer it; make somebody else an administrator first.",
            )),
            // The door does it again; should one forget to, nobody is let in.
            Self::Stale => Some(ScimError::plain(401, "The credentials of this call have changed; send it again.")),
            Self::Access(_) | Self::CursorKey(_) | Self::CursorForm(_) | Self::Store(_) => None,
        }
    }
}
