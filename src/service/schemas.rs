//! The extension schemas that an organization declares for itself, and the registry of its directories.
//!
//! Owns the steps of a change and the memory of registries. What a resource has of a schema that is gone stays stored
//! and is not shown; what a changed declaration does not cover is not shown either. So no change makes a resource
//! unreadable, and one that was a mistake is undone by declaring the schema again.

use crate::base::fold::fold;
use crate::base::ids::OrgNo;
use crate::domain::audit::{Actor, Deed};
use crate::protocol::scim::discovery::declaration;
use crate::protocol::scim::schema::{DeclaredSchema, Extension, Registry, SchemaFault};
use crate::service::Gateway;
use crate::store::schemas::{self, SchemaRow};
use crate::store::{Record, StoreError, Tx};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Registries by organization, each with the number of changes that it was made under. Whoever uses one has read in
/// the same call how many there have been.
#[derive(Debug, Clone, Default)]
pub struct RegistryMemory(Arc<Mutex<Known>>);

type Known = HashMap<OrgNo, (i64, Arc<Registry>)>;

/// Organizations that are remembered at most; more than these at once begin anew.
const REMEMBERED: usize = 1000;

impl RegistryMemory {
    fn get(&self, org: OrgNo, changes: i64) -> Option<Arc<Registry>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&org).filter(|(then, _)| *then == changes).map(|(_, registry)| registry.clone())
    }

    fn put(&self, org: OrgNo, changes: i64, registry: Arc<Registry>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(org, (changes, registry));
    }
}

/// The registry of an organization's directories after so many changes of its schemas. Without any, all share one and
/// nothing is asked.
///
/// # Errors
/// When the store fails.
pub async fn registry(gw: &Gateway, org: OrgNo, changes: i64) -> Result<Arc<Registry>, StoreError> {
    if changes == 0 {
        return Ok(Registry::standard().clone());
    }
    if let Some(registry) = gw.memory.registries.get(org, changes) {
        return Ok(registry);
    }
    let rows = gw.store.read::<_, StoreError, _>(org, async |tx| schemas::list(tx).await).await?;
    let mut registry = Registry::clone(Registry::standard());
    for extension in rows.iter().filter_map(kept) {
        let urn = extension.schema.id.clone();
        if let Err(fault) = registry.add_extension(extension.kind, extension.schema) {
            // It was checked when it came: this release ships what clashes with it. Resources stay readable.
            tracing::error!(urn, %fault, "a schema of an organization is left out");
        }
    }
    let registry = Arc::new(registry);
    gw.memory.registries.put(org, changes, registry.clone());
    Ok(registry)
}

/// A kept schema; one that this release cannot read is left out and told.
fn kept(row: &SchemaRow) -> Option<Extension> {
    let read = serde_json::from_str::<DeclaredSchema>(&row.body).map_err(|e| e.to_string());
    match read.and_then(|declared| declared.read().map_err(|e| e.to_string())) {
        Ok(extension) => Some(extension),
        Err(error) => {
            tracing::error!(urn = row.key, error, "a kept schema cannot be read");
            None
        }
    }
}

/// The schemas of this unit's organization, by URN.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Extension>, StoreError> {
    Ok(schemas::list(tx).await?.iter().filter_map(kept).collect())
}

/// What a declaration changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// Nothing: it stands so already.
    Same,
    /// The schema is new.
    Added,
    /// It is another one than before.
    Changed,
}

/// Why a schema is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum SchemaRefusal {
    /// It breaks a rule.
    #[error(transparent)]
    Fault(#[from] SchemaFault),
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

/// Takes a schema in, or puts it in the place of the one with its URN.
///
/// # Errors
/// The rule that it breaks, alone or beside the others.
pub async fn declare(
    tx: &mut Tx,
    gw: &Gateway,
    actor: &Actor,
    extension: &Extension,
) -> Result<(Declared, Option<Record>), SchemaRefusal> {
    let rows = schemas::hold(tx).await?;
    let row = SchemaRow { key: fold(&extension.schema.id), body: declaration(extension).to_string() };
    let before = rows.iter().find(|kept| kept.key == row.key);
    if before == Some(&row) {
        return Ok((Declared::Same, None));
    }
    let mut registry = Registry::clone(Registry::standard());
    for other in rows.iter().filter(|kept| kept.key != row.key).filter_map(kept) {
        registry.add_extension(other.kind, other.schema)?;
    }
    registry.add_extension(extension.kind, extension.schema.clone())?;
    schemas::put(tx, &row).await?;
    let body = json!({"resource": extension.kind.name(), "attributes": extension.schema.attributes.len()});
    let record = gw.record(actor, Deed::SchemaDeclared, Some(extension.schema.id.clone()), body);
    let declared = if before.is_some() { Declared::Changed } else { Declared::Added };
    Ok((declared, Some(record)))
}

/// Takes a schema away; `None` where there is no such schema.
///
/// # Errors
/// When the store fails.
pub async fn remove(tx: &mut Tx, gw: &Gateway, actor: &Actor, urn: &str) -> Result<Option<Record>, StoreError> {
    let key = fold(urn);
    let rows = schemas::hold(tx).await?;
    if !rows.iter().any(|kept| kept.key == key) {
        return Ok(None);
    }
    schemas::delete(tx, &key).await?;
    Ok(Some(gw.record(actor, Deed::SchemaRemoved, Some(urn.to_owned()), json!({}))))
}
