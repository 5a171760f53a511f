//! The roles of the organization's panel and the rights that they are made of, for an IdP's administrator to read.

use super::{DirectoryCaller, ProvisionError};
use crate::domain::panel::{Offer, OfferKind, PanelDefinition};
use crate::protocol::scim::catalogue::{Dialect, Item};
use crate::service::Gateway;
use crate::service::access::Ground;
use crate::store::seats;

/// Both lists.
#[derive(Debug)]
pub struct Catalogues {
    /// `/Roles`, highest first.
    pub roles: Vec<Item>,
    /// `/Entitlements`.
    pub entitlements: Vec<Item>,
}

/// What the panel of the caller's organization has to give. Okta's dialect cannot say that something is not to be given:
/// there such a role is left out.
///
/// # Errors
/// When the panel definition cannot be read.
pub async fn catalogues(gw: &Gateway, who: &DirectoryCaller, dialect: Dialect) -> Result<Catalogues, ProvisionError> {
    let gateway = gw.clone();
    gw.store
        .read(who.org, async move |tx| {
            let ground = Ground::load(tx, &gateway).await?;
            let definition = &ground.facts.definition;
            let own = ground.organization.seats.and_then(|own| u32::try_from(own).ok());
            let seats = match definition.limits.seats.limit(own) {
                Some(limit) => Some((u64::from(limit), u64::try_from(seats::held(tx).await?).unwrap_or_default())),
                None => None,
            };
            let shown = |offer: &Offer| dialect == Dialect::Draft || offer.assignable;
            let items = |offers: Vec<Offer>| {
                let shown = offers.into_iter().filter(shown);
                shown.map(|offer| item(definition, dialect, offer, seats)).collect()
            };
            let (roles, entitlements) = (definition.roles_offered(), definition.rights_offered());
            Ok(Catalogues { roles: items(roles), entitlements: items(entitlements) })
        })
        .await
}

fn item(definition: &PanelDefinition, dialect: Dialect, offer: Offer, seats: Option<(u64, u64)>) -> Item {
    let kind = match (offer.kind, dialect) {
        (OfferKind::RoleForAll | OfferKind::RoleForAssigned | OfferKind::RoleOfPanel, Dialect::Okta) => "Role",
        (OfferKind::RoleForAll, Dialect::Draft) => "all",
        (OfferKind::RoleForAssigned, Dialect::Draft) => {
            definition.scope_kind.as_ref().map_or("client", |kind| kind.key.as_str())
        }
        (OfferKind::RoleOfPanel, Dialect::Draft) => "panel",
        (OfferKind::Permission, _) => "permission",
        (OfferKind::Template, _) => "template",
        (OfferKind::Flag, _) => "flag",
    };
    Item {
        value: offer.key,
        display: offer.title,
        description: offer.description,
        kind: kind.to_owned(),
        supported: offer.assignable,
        // One pool of seats serves all roles that take one.
        assignments: seats.filter(|_| offer.takes_seat),
        contains: offer.contains,
        contained_by: offer.contained_by,
    }
}
