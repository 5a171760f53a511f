//! Doorward's own extension: what the people behind Users may do, for an IdP's administrator to read.

use super::shape::Wire;
use super::{DirectoryCaller, ProvisionError};
use crate::domain::claims::PanelClaims;
use crate::domain::client::ClientScope;
use crate::protocol::scim::Document;
use crate::protocol::scim::schema::DOORWARD_URN;
use crate::service::{Gateway, access};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Adds the extension to the Users of an answer: their access as it is now, read for all of them at once. It belongs
/// behind the unit that made the answer, since access that carries a mark is derived afresh.
///
/// # Errors
/// When access cannot be derived.
pub async fn show_access(gw: &Gateway, who: &DirectoryCaller, wires: &mut [Wire]) -> Result<(), ProvisionError> {
    let people: Vec<_> = wires.iter().filter_map(|wire| wire.person).collect();
    if people.is_empty() {
        return Ok(());
    }
    let claims = access::claims_of(gw, who.org, &people).await?;
    for wire in wires {
        let Some(claims) = wire.person.and_then(|person| claims.get(&person)) else { continue };
        wire.stored.extra.insert(DOORWARD_URN.to_owned(), Value::Object(extension(claims)));
    }
    Ok(())
}

/// What the schema of the extension declares; an attribute without a value is left out.
fn extension(claims: &PanelClaims) -> Document {
    let mut fields = Document::new();
    if let Some(role) = &claims.role {
        fields.insert("role".to_owned(), json!(role));
    }
    let mut scopes = BTreeSet::new();
    for grant in &claims.grants {
        match &grant.clients {
            ClientScope::All => _ = scopes.insert("all"),
            ClientScope::Some(keys) => scopes.extend(keys.iter().map(String::as_str)),
        }
    }
    if scopes.contains("all") {
        scopes = BTreeSet::from(["all"]);
    }
    if !scopes.is_empty() {
        fields.insert("clientScopes".to_owned(), json!(scopes));
    }
    fields.insert("panelAccess".to_owned(), json!(claims.panel_access));
    fields.insert("seat".to_owned(), json!(claims.seat.as_str()));
    fields
}
