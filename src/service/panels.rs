//! Panel definitions: shipped ones are kept in the database at start, adopted ones are read from it, parsed once.

use crate::base::sources::Sources;
use crate::domain::panel::{self, PanelDefinition, PanelError};
use crate::service::Gateway;
use crate::store::{Store, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a panel definition cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PanelLoadError {
    /// No definition of that key.
    #[error("there is no panel definition {0:?}")]
    Unknown(String),
    /// The kept text does not parse.
    #[error(transparent)]
    Broken(#[from] PanelError),
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

/// Definitions by key and version; a version never changes, so nothing here goes stale.
#[derive(Debug, Clone, Default)]
pub struct PanelCache(Arc<Mutex<Known>>);

/// By key and version.
type Known = HashMap<(String, i64), Arc<PanelDefinition>>;

impl PanelCache {
    /// A definition that has been loaded already.
    #[must_use]
    pub fn get(&self, key: &str, version: i64) -> Option<Arc<PanelDefinition>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(key.to_owned(), version)).cloned()
    }

    /// Keeps a parsed definition.
    ///
    /// # Errors
    /// When the text does not parse.
    pub fn put(&self, key: &str, version: i64, source: &str) -> Result<Arc<PanelDefinition>, PanelError> {
        let definition = Arc::new(PanelDefinition::parse(key, &format!("{key}.toml"), source)?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((key.to_owned(), version), definition.clone());
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
/// When the text does not parse, or the store fails.
pub async fn adopt(gw: &Gateway, key: &str, source: &str) -> Result<(), PanelLoadError> {
    PanelDefinition::parse(key, &format!("{key}.toml"), source)?;
    Ok(gw.store.put_panel(key, source, gw.sources.now()).await?)
}
