//! Organizations, and how far they require sign-in through the company.

use super::ConsoleError;
use crate::base::ids::OrgNo;
use crate::domain::audit::{Actor, Deed};
use crate::domain::connection::ConnectionSettings;
use crate::domain::enforcement::{self, Enforcement, EnforcementFacts, Hindrance};
use crate::service::Gateway;
use crate::store::organizations::{self, OrganizationRow};
use crate::store::{self, Done, Record, StoreError, Tx};
use serde_json::json;

/// The organization of this slug.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn of_slug(gw: &Gateway, slug: &str) -> Result<OrgNo, ConsoleError> {
    gw.store.slug_entry(slug).await?.ok_or_else(|| ConsoleError::NoOrganization(slug.to_owned()))
}

/// One organization with its domains (name, proved) and how many seats are held.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn show(gw: &Gateway, slug: &str) -> Result<(OrganizationRow, Vec<(String, bool)>, i64), ConsoleError> {
    let org = of_slug(gw, slug).await?;
    let gone = slug.to_owned();
    gw.store
        .read(org, async move |tx| {
            let row = organizations::get(tx).await?.ok_or(ConsoleError::NoOrganization(gone))?;
            let domains = organizations::domains(tx).await?.into_iter().map(|d| (d.name, d.verified)).collect();
            Ok((row, domains, store::seats::held(tx).await?))
        })
        .await
}

/// Sets enforcement as the operator, who may go ahead against what is answered as standing against it.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn enforce(gw: &Gateway, slug: &str, to: Enforcement) -> Result<Vec<Hindrance>, ConsoleError> {
    let org = of_slug(gw, slug).await?;
    let (gateway, slug) = (gw.clone(), slug.to_owned());
    gw.store
        .write(org, async move |tx| {
            let row = organizations::get(tx).await?.ok_or_else(|| ConsoleError::NoOrganization(slug.clone()))?;
            let (against, records) = set(tx, &gateway, row, to).await?;
            Ok(Done::of(against).and_all(records))
        })
        .await
}

/// Sets enforcement inside a unit of work; nothing happens where it stands so already.
pub(super) async fn set(
    tx: &mut Tx,
    gw: &Gateway,
    row: OrganizationRow,
    to: Enforcement,
) -> Result<(Vec<Hindrance>, Option<Record>), StoreError> {
    if row.enforcement == to.as_str() {
        return Ok((Vec::new(), None));
    }
    let enforced = to == Enforcement::Enforced;
    let against = if enforced { hindrances(tx).await? } else { Vec::new() };
    let (id, from) = (row.id, row.enforcement.clone());
    organizations::update(tx, &OrganizationRow { enforcement: to.as_str().to_owned(), ..row }).await?;
    let ended = if enforced { store::enforcement::end_password_sessions(tx).await? } else { 0 };
    let body = json!({"from": from, "to": to, "against": against, "sessions_ended": ended});
    Ok((against, Some(gw.record(&Actor::Operator, Deed::EnforcementChanged, Some(id.to_string()), body))))
}

async fn hindrances(tx: &mut Tx) -> Result<Vec<Hindrance>, StoreError> {
    let connections = store::connections::list(tx).await?;
    let usable_connection = connections.iter().filter(|c| c.enabled).any(|c| {
        serde_json::from_str::<ConnectionSettings>(&c.settings).is_ok_and(|settings| !settings.protocol.is_draft())
    });
    let proved_domain = organizations::domains(tx).await?.iter().any(|domain| domain.verified);
    let tried = store::enforcement::somebody_is_linked(tx).await?;
    let way_back = match store::people::owner(tx).await? {
        Some(owner) => store::people::password(tx, owner.id).await?.is_some(),
        None => false,
    };
    Ok(enforcement::hindrances(EnforcementFacts { usable_connection, proved_domain, tried, way_back }))
}
