//! Panel definitions: shipped ones are kept in the database at start, adopted ones are read from it, parsed once.

use crate::base::ids::OrgNo;
use crate::base::sources::Sources;
use crate::domain::panel::{self, PanelDefinition, PanelError};
use crate::service::Gateway;
use crate::service::access::{self, GroundError};
use crate::service::from_units::FromUnits;
use crate::store::{self, AsStoreError, Done, Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// Why a panel definition cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PanelLoadError {
    /// No definition of that key.
    #[error("there is no panel definition {0:?}")]
    Unknown(String),
    /// The kept text does not parse.
    #[error(transparent)]
    Broken(#[from] PanelError),
    /// Nobody usable could administer these organizations any more (law 8).
    #[error("this would leave organizations without anybody who can administer them: {}", .0.join(", "))]
    LastAdmins(Vec<String>),
    /// An organization that follows the definition cannot be looked at.
    #[error("the organization {slug} cannot follow")]
    Follower {
        /// What it is called.
        slug: String,
        /// Why.
        #[source]
        cause: GroundError,
    },
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl AsStoreError for PanelLoadError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Follower { cause, .. } => cause.as_store_error(),
            Self::Unknown(_) | Self::Broken(_) | Self::LastAdmins(_) => None,
        }
    }
}

/// Definitions by key and version; a version that was kept never changes, so nothing here goes stale.
#[derive(Debug, Clone, Default)]
pub struct PanelCache(FromUnits<HashMap<(String, i64), Arc<PanelDefinition>>>);

impl PanelCache {
    /// A definition that has been loaded already, if so many commits have `failed`.
    #[must_use]
    pub fn get(&self, failed: u64, key: &str, version: i64) -> Option<Arc<PanelDefinition>> {
        self.0.with(failed, |known| known.get(&(key.to_owned(), version)).cloned())
    }

    /// Keeps a parsed definition.
    ///
    /// # Errors
    /// When the text does not parse.
    pub fn put(&self, failed: u64, key: &str, version: i64, source: &str) -> Result<Arc<PanelDefinition>, PanelError> {
        let definition = Arc::new(PanelDefinition::parse(key, &format!("{key}.toml"), source)?);
        self.0.with(failed, |known| known.insert((key.to_owned(), version), definition.clone()));
        Ok(definition)
    }
}

/// Keeps the shipped definitions in the database where they are not there yet.
///
/// # Errors
/// When the database fails.
pub async fn seed(store: &Store, sources: &Sources) -> Result<(), StoreError> {
    for (key, _, source) in panel::shipped() {
        store.seed_panel(key, source, sources.now()).await?;
    }
    Ok(())
}

/// The text of a kept definition.
///
/// # Errors
/// [`PanelLoadError::Unknown`] when there is none.
pub async fn show(gw: &Gateway, key: &str) -> Result<String, PanelLoadError> {
    let found = gw.store.panel(key).await?;
    found.map(|(_, source)| source).ok_or_else(|| PanelLoadError::Unknown(key.to_owned()))
}

/// Adopts a definition. Everybody of the organizations that follow it is derived afresh before being read.
///
/// # Errors
/// When the text does not parse, [`PanelLoadError::LastAdmins`] where nobody could administer an organization any more, or
/// when the store fails.
pub async fn adopt(gw: &Gateway, key: &str, source: &str) -> Result<(), PanelLoadError> {
    PanelDefinition::parse(key, &format!("{key}.toml"), source)?;
    let (gateway, key, source, now) = (gw.clone(), key.to_owned(), source.to_owned(), gw.sources.now());
    gw.store
        .write(OrgNo(0), async move |tx| {
            // The definition has its version only once it is kept: others must not find it under that.
            let apart = gateway.altered(|shared| shared.panels = PanelCache::default());
            let mut left = Vec::new();
            for follower in store::panels::put(tx, &key, &source, now).await? {
                match follower.within(tx, async |tx| access::keep_behind_a_mark(tx, &apart).await).await {
                    Ok(()) => {}
                    Err(GroundError::LastAdmin) => left.push(follower.slug),
                    Err(cause) => return Err(PanelLoadError::Follower { slug: follower.slug, cause }),
                }
            }
            if left.is_empty() { Ok(Done::of(())) } else { Err(PanelLoadError::LastAdmins(left)) }
        })
        .await
}
