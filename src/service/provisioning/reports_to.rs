//! Whom a User reports to: ids that this directory has are shown with their address and name, others as they were sent.

use super::DirectoryCaller;
use super::shape::Kept;
use crate::base::ids::ResourceId;
use crate::protocol::scim::Document;
use crate::protocol::scim::representation::{manager_of, show_manager};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::{StoreError, Tx, members};
use std::collections::HashMap;

/// The names of those whom Users report to, where this directory has them.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, Option<String>>);

/// The names of the managers in these documents: one statement for a hundred of them, none where nobody has one.
pub(super) async fn names(tx: &mut Tx, who: &DirectoryCaller, documents: &[&Document]) -> Result<Names, StoreError> {
    let mut ids: Vec<ResourceId> = documents.iter().filter_map(|one| manager_of(one)?.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(Names::default());
    }
    ids.sort_unstable();
    ids.dedup();
    let named = members::user_names(tx, who.directory.src, &ids).await?;
    Ok(Names(named.into_iter().map(|(id, name)| (id.to_string(), name)).collect()))
}

impl Names {
    /// Completes the manager in a document.
    pub(super) fn show(&self, gw: &Gateway, who: &DirectoryCaller, document: &mut Document) {
        if self.0.is_empty() {
            return;
        }
        if let Some(name) = manager_of(document).and_then(|id| self.0.get(id)) {
            let base = gw.urls.scim(who.directory.id);
            let address = |id: &str| format!("{base}{}/{id}", ResourceType::User.endpoint());
            show_manager(document, address, name.as_deref());
        }
    }
}

/// Completes the managers of these Users.
pub(super) async fn show(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    page: &mut [Kept],
) -> Result<(), StoreError> {
    let documents = page.iter_mut().filter_map(|one| one.with_manager().transpose()).collect::<Result<Vec<_>, _>>()?;
    let names = names(tx, who, &documents.iter().map(|document| &**document).collect::<Vec<_>>()).await?;
    documents.into_iter().for_each(|document| names.show(gw, who, document));
    Ok(())
}
