//! Who is calling: a directory, proved by one of its tokens.

use crate::base::ids::{DirectoryId, OrgNo};
use crate::base::token::TokenKind;
use crate::domain::audit::Actor;
use crate::protocol::scim::profile::Profile;
use crate::service::Gateway;
use crate::store::directories::{self, DirectoryRow};
use crate::store::{Done, StoreError};
use chrono::Duration;

/// A directory that has proved to be calling.
#[derive(Debug, Clone)]
pub struct DirectoryCaller {
    /// Its organization.
    pub org: OrgNo,
    /// The directory.
    pub directory: DirectoryRow,
    /// How tolerant it is.
    pub profile: Profile,
}

impl DirectoryCaller {
    /// The directory as the audit names it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Directory(self.directory.id)
    }
}

/// The directory that `token` belongs to, if it is `directory`: one index hit. A token of another directory, and any
/// token for an unknown directory, prove nothing. Whether it is disabled is the caller's question.
///
/// # Errors
/// When the store fails.
pub async fn identify(
    gw: &Gateway,
    directory: DirectoryId,
    token: &str,
) -> Result<Option<DirectoryCaller>, StoreError> {
    let Some(presented) = gw.mint.read(TokenKind::Directory, token) else { return Ok(None) };
    let now = gw.sources.now();
    let Some((row, used)) = gw.store.directory_by_token(presented.org, presented.hash, now).await? else {
        return Ok(None);
    };
    if row.id != directory {
        return Ok(None);
    }
    if used.is_none_or(|used| used + Duration::minutes(1) <= now) {
        let hash = presented.hash;
        gw.store
            .write::<_, StoreError, _>(presented.org, async move |tx| {
                directories::touch_token(tx, hash, now).await?;
                Ok(Done::of(()))
            })
            .await?;
    }
    let profile = row.profile.parse().unwrap_or_default();
    Ok(Some(DirectoryCaller { org: presented.org, directory: row, profile }))
}
