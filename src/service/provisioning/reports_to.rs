//! Whom a User reports to: ids that this directory has are shown with their address and name, others as they were sent.

use super::DirectoryCaller;
use crate::base::ids::ResourceId;
use crate::protocol::scim::Document;
use crate::protocol::scim::representation::{manager_of, show_manager};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::{StoreError, Tx, members};
use std::collections::HashMap;

/// Completes the managers in these documents: one statement for a hundred of them, none where nobody has one.
pub(super) async fn show(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    documents: Vec<&mut Document>,
) -> Result<(), StoreError> {
    let mut ids: Vec<ResourceId> = documents.iter().filter_map(|one| manager_of(one)?.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    ids.sort_unstable();
    ids.dedup();
    let named = members::user_names(tx, who.directory.src, &ids).await?;
    let names: HashMap<String, Option<String>> = named.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let base = gw.urls.scim(who.directory.id);
    for document in documents {
        let name = manager_of(document).and_then(|id| names.get(id));
        if let Some(name) = name {
            let address = |id: &str| format!("{base}{}/{id}", ResourceType::User.endpoint());
            show_manager(document, address, name.as_deref());
        }
    }
    Ok(())
}
