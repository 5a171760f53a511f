//! Who is calling: a directory, proved by one of its tokens.

use super::proof::{Found, NOTED};
use crate::base::ids::{DirectoryId, OrgNo, SourceNo};
use crate::base::token::TokenKind;
use crate::domain::audit::Actor;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::Registry;
use crate::service::scim_log::Credential;
use crate::service::{Gateway, schemas};
use crate::store::directories::{self, DirectoryRow, TokenOwner};
use crate::store::{Done, StoreError};
use std::sync::Arc;

/// A directory that has proved to be calling.
#[derive(Debug, Clone)]
pub struct DirectoryCaller {
    /// Its organization.
    pub org: OrgNo,
    /// The directory.
    pub directory: Arc<DirectoryRow>,
    /// How tolerant it is.
    pub profile: Profile,
    /// The schemas that it knows.
    pub registry: Arc<Registry>,
    /// What it has proved itself by.
    pub credential: Credential,
    /// How things stood when this was proved, where the proof is a remembered one: to be confirmed in the unit of work
    /// that answers.
    pub(super) remembered: Option<i64>,
    /// The place of the operation in a bulk request.
    pub operation: Option<usize>,
}

impl DirectoryCaller {
    /// The directory as the audit names it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Directory(self.directory.id)
    }

    /// The same caller on behalf of one operation of a bulk request.
    #[must_use]
    pub fn at(&self, operation: usize) -> Self {
        Self { operation: Some(operation), ..self.clone() }
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
    let Some(TokenOwner { directory: row, token, label, client, until, used, facts, schemas }) =
        gw.store.directory_by_token(presented.org, presented.hash, now).await?
    else {
        return Ok(None);
    };
    if row.id != directory {
        return Ok(None);
    }
    let hash = presented.hash;
    let used = used.filter(|used| now < *used + NOTED);
    if used.is_none() {
        gw.store
            .write::<_, StoreError, _>(presented.org, async move |tx| {
                directories::touch_token(tx, hash, now).await?;
                Ok(Done::of(()))
            })
            .await?;
    }
    let profile = row.profile.parse().unwrap_or_default();
    let registry = schemas::registry(gw, presented.org, schemas).await?;
    let (kind, id) = client.map_or_else(|| ("token", token.to_string()), |client| ("client", client.to_string()));
    let credential = Credential { kind, id: id.into(), label: label.into() };
    let (org, directory) = (presented.org, Arc::new(row));
    let who = DirectoryCaller { org, directory, profile, registry, credential, remembered: None, operation: None };
    gw.memory.proofs.put(hash.0, &who, Found { facts, until, used: used.unwrap_or(now) });
    Ok(Some(who))
}

/// A directory as if it called itself: for a dry run, whose asker has proved something else. The credential is the one
/// of the call that is made once more.
///
/// # Errors
/// When the store fails.
pub async fn standing_in(
    gw: &Gateway,
    org: OrgNo,
    directory: DirectoryRow,
    credential: Credential,
) -> Result<DirectoryCaller, StoreError> {
    let changes = gw.store.read::<_, StoreError, _>(org, async |tx| crate::store::schemas::changes(tx).await).await?;
    let registry = schemas::registry(gw, org, changes).await?;
    let profile = directory.profile.parse().unwrap_or_default();
    let directory = Arc::new(directory);
    Ok(DirectoryCaller { org, directory, profile, registry, credential, remembered: None, operation: None })
}

/// Whose directory this is, proved or not: for the log alone.
///
/// # Errors
/// When the store fails.
pub async fn whose(gw: &Gateway, directory: DirectoryId) -> Result<Option<(OrgNo, SourceNo)>, StoreError> {
    gw.store.directory_entry(directory).await
}

/// What was presented in place of a directory's token, told safely: its kind, and the last characters of its keyed
/// hash, so that the same wrong token is known again. Never a part of the token.
#[must_use]
pub fn hint(gw: &Gateway, presented: &str) -> String {
    let kind = match presented.get(..3) {
        Some("dwd") => "a directory token",
        Some("dwk") => "a token of the management API",
        Some("dwo") => "a client secret, which belongs at the token endpoint",
        Some("dws" | "dwa" | "dwr" | "dwc" | "dwf" | "dwm") => "another token of Doorward",
        _ => "no token of Doorward",
    };
    let [.., a, b] = gw.mint.hash(presented).0;
    format!("{kind}, …{a:02x}{b:02x}")
}
