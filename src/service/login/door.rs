//! A connection as a sign-in needs it, and what the login page offers for an e-mail.

use super::error::LoginError;
use crate::base::ids::{ConnectionId, OrgNo, SourceNo};
use crate::domain::connection::ConnectionSettings;
use crate::domain::email::Email;
use crate::domain::enforcement::{ConnectionFact, DomainFacts, Enforcement, LoginOffer, login_offer, serves};
use crate::service::Gateway;
use crate::store::connections::{self, ConnectionRow};
use crate::store::{StoreError, Tx, organizations};

/// A connection that somebody stands in front of.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) org: OrgNo,
    pub(super) row: ConnectionRow,
    pub(super) settings: ConnectionSettings,
}

/// Loads a connection that can be used now.
pub(super) async fn open(gw: &Gateway, id: ConnectionId) -> Result<Door, LoginError> {
    let (org, src) = gw.store.connection_entry(id).await?.ok_or(LoginError::NoConnection)?;
    let row = gw.store.read(org, async move |tx| connections::get(tx, src).await).await?;
    let row = row.ok_or(LoginError::NoConnection)?;
    let settings: ConnectionSettings =
        serde_json::from_str(&row.settings).map_err(|_| StoreError::Malformed("connection"))?;
    if !row.enabled || settings.protocol.is_draft() {
        return Err(LoginError::NotReady);
    }
    Ok(Door { org, row, settings })
}

async fn facts(tx: &mut Tx) -> Result<Vec<(ConnectionRow, ConnectionFact)>, StoreError> {
    let assigned = connections::assigned_domains(tx).await?;
    let rows = connections::list(tx).await?;
    let fact = |row: ConnectionRow| {
        let settings = serde_json::from_str::<ConnectionSettings>(&row.settings).ok();
        let usable = row.enabled && settings.is_some_and(|settings| !settings.protocol.is_draft());
        let domains = assigned.iter().filter(|(_, src)| *src == row.src).map(|(name, _)| name.clone()).collect();
        let fact = ConnectionFact { id: row.id, title: row.key.clone(), usable, domains };
        (row, fact)
    };
    Ok(rows.into_iter().map(fact).collect())
}

/// The domains that are proved and that this connection may speak for (law 4).
pub(super) async fn served(tx: &mut Tx, con: SourceNo) -> Result<Vec<String>, StoreError> {
    let connections = facts(tx).await?;
    let all: Vec<ConnectionFact> = connections.iter().map(|(_, fact)| fact.clone()).collect();
    let Some((_, this)) = connections.iter().find(|(row, _)| row.src == con) else { return Ok(Vec::new()) };
    let proved = organizations::domains(tx).await?.into_iter().filter(|domain| domain.verified);
    Ok(proved.map(|domain| domain.name).filter(|name| serves(this, name, &all)).collect())
}

/// What the login page does with an e-mail.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// Where to go, what to choose from, or the password field.
    pub offer: LoginOffer,
    /// The connections that the offer names: what the button says and where it leads.
    pub buttons: Vec<(ConnectionId, String, String)>,
    /// Whether passwords are off for this domain (law 10).
    pub enforced: bool,
    /// Who has proved the domain.
    pub org: Option<OrgNo>,
}

impl Discovery {
    /// Where the button of a connection leads.
    #[must_use]
    pub fn address(&self, id: ConnectionId) -> Option<&str> {
        self.buttons.iter().find(|(found, _, _)| *found == id).map(|(_, _, address)| address.as_str())
    }
}

/// What the login page does with an e-mail: decided by its domain alone, nobody is looked up.
///
/// # Errors
/// When the store fails.
pub async fn discover(gw: &Gateway, email: &Email) -> Result<Discovery, LoginError> {
    let domain = email.domain();
    let Some(org) = gw.store.domain_entry(&domain).await? else {
        return Ok(Discovery { offer: login_offer(None), buttons: Vec::new(), enforced: false, org: None });
    };
    let (organization, connections) = gw
        .store
        .read(org, async move |tx| Ok::<_, StoreError>((organizations::get(tx).await?, facts(tx).await?)))
        .await?;
    let organization = organization.ok_or(StoreError::Malformed("organization"))?;
    let enforcement = enforcement(&organization.enforcement)?;
    let all: Vec<ConnectionFact> = connections.iter().map(|(_, fact)| fact.clone()).collect();
    let offer = login_offer(Some(DomainFacts { domain: &domain, enforcement, connections: &all }));
    let named: &[ConnectionId] = match &offer {
        LoginOffer::Go(one) => std::slice::from_ref(one),
        LoginOffer::Choose { connections, .. } => connections,
        LoginOffer::Password | LoginOffer::Nothing => &[],
    };
    let button = |row: &ConnectionRow| {
        let address = if row.kind == "saml" { gw.urls.saml_login(row.id) } else { gw.urls.oidc_login(row.id) };
        (row.id, row.key.clone(), address)
    };
    let buttons = connections.iter().map(|(row, _)| row).filter(|row| named.contains(&row.id)).map(button).collect();
    Ok(Discovery { offer, buttons, enforced: enforcement == Enforcement::Enforced, org: Some(org) })
}

pub(super) fn enforcement(kept: &str) -> Result<Enforcement, StoreError> {
    kept.parse().map_err(|_| StoreError::Malformed("enforcement"))
}
