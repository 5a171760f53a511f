//! What all people of an organization have in common when their access is derived.

use crate::base::class::{Class, Classify};
use crate::base::ids::{OrgNo, SourceNo};
use crate::domain::access::{OrgFacts, Precedence};
use crate::domain::client::ClientKeys;
use crate::domain::panel::{PanelDefinition, PanelError};
use crate::domain::rule::{MappingRule, RuleBook, When};
use crate::domain::source::{Source, SourceKind};
use crate::service::Gateway;
use crate::service::from_units::FromUnits;
use crate::store::organizations::{self, OrganizationRow};
use crate::store::standing::{self, Standing};
use crate::store::{self, AsStoreError, StoreError, Tx, seats};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Why access cannot be derived.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    /// The organization is gone.
    #[error("this organization is gone")]
    OrganizationGone,
    /// The person is gone.
    #[error("this person is gone")]
    NobodyThere,
    /// Nobody usable could administer the organization any more (law 8).
    #[error("this would leave the organization without anybody who can administer it")]
    LastAdmin,
    /// The organization's panel has no definition in this database.
    #[error("there is no panel definition {0:?}: run `doorward panel apply`")]
    NoPanel(String),
    /// The definition does not parse.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// A stored value does not parse.
    #[error("a stored {0} cannot be read")]
    Malformed(&'static str),
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl AsStoreError for GroundError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            _ => None,
        }
    }
}

impl Classify for GroundError {
    fn class(&self) -> Class {
        match self {
            Self::OrganizationGone | Self::NobodyThere => Class::NotFound,
            Self::LastAdmin => Class::Conflict,
            Self::NoPanel(_) | Self::Panel(_) | Self::Malformed(_) => Class::Bug,
            Self::Store(e) => e.class(),
        }
    }
}

/// The facts of an organization that its people share.
#[derive(Debug)]
pub struct Ground {
    /// The organization.
    pub organization: OrganizationRow,
    /// What rules need.
    pub facts: OrgFacts,
    /// Who brings groups, by number.
    pub sources: HashMap<SourceNo, Source>,
    /// The domains that the organization has proved.
    pub proved: BTreeSet<String>,
    /// Whether there is a limit of seats.
    pub seats_counted: bool,
    /// The newest wide mark: what is derived now is derived under it.
    pub mark: i64,
}

/// Grounds by organization, each with how things stood when it was loaded. Whoever uses one has read in the same unit
/// how things stand now, so that nothing here goes stale.
#[derive(Debug, Clone, Default)]
pub struct GroundCache(FromUnits<HashMap<OrgNo, (Standing, Arc<Ground>)>>);

/// Organizations that are remembered at most; more than these at once begin anew.
const REMEMBERED: usize = 10_000;

impl GroundCache {
    fn get(&self, failed: u64, org: OrgNo, standing: Standing) -> Option<Arc<Ground>> {
        self.0.with(failed, |grounds| {
            grounds.get(&org).filter(|(then, _)| *then == standing).map(|(_, ground)| ground.clone())
        })
    }

    fn put(&self, failed: u64, org: OrgNo, standing: Standing, ground: Arc<Ground>) {
        self.0.with(failed, |grounds| {
            if grounds.len() >= REMEMBERED {
                grounds.clear();
            }
            grounds.insert(org, (standing, ground));
        });
    }
}

impl Ground {
    /// The facts as they stand now.
    ///
    /// # Errors
    /// When something of the organization cannot be read.
    pub async fn load(tx: &mut Tx, gw: &Gateway) -> Result<Arc<Self>, GroundError> {
        let standing = standing::get(tx).await?;
        Self::at(tx, gw, standing).await
    }

    /// The facts as this unit has just changed them. They are not remembered: the unit may come to nothing.
    ///
    /// # Errors
    /// When something of the organization cannot be read.
    pub async fn fresh(tx: &mut Tx, gw: &Gateway) -> Result<Self, GroundError> {
        let standing = standing::get(tx).await?;
        Self::read(tx, gw, standing.mark).await
    }

    /// The same as [`Self::load`] for a unit that has read how things stand.
    ///
    /// # Errors
    /// When something of the organization cannot be read.
    pub async fn at(tx: &mut Tx, gw: &Gateway, standing: Standing) -> Result<Arc<Self>, GroundError> {
        let failed = gw.store.failed_commits();
        if let Some(ground) = gw.memory.grounds.get(failed, tx.org(), standing) {
            return Ok(ground);
        }
        let ground = Arc::new(Self::read(tx, gw, standing.mark).await?);
        gw.memory.grounds.put(failed, tx.org(), standing, ground.clone());
        Ok(ground)
    }

    /// Asked by a unit that would settle nobody, since no rule asks for what it changes, as things stood `then`: `None`
    /// where that stays so until the unit ends; otherwise what to settle by. A rule may be made at this moment by somebody
    /// who does not see what this unit has changed, and whose marks say nothing of people whom it does not touch.
    ///
    /// # Errors
    /// When something of the organization cannot be read.
    pub async fn unless_it_stays(tx: &mut Tx, gw: &Gateway, then: Standing) -> Result<Option<Arc<Self>>, GroundError> {
        if standing::stays(tx, then.facts).await? {
            return Ok(None);
        }
        Self::load(tx, gw).await.map(Some)
    }

    /// Whether a rule asks for attributes of people, so that a change of one may be a change of access.
    #[must_use]
    pub fn asks_attributes(&self) -> bool {
        self.facts.rules.rules().iter().any(|rule| matches!(rule.when, When::Attribute { .. }))
    }

    async fn read(tx: &mut Tx, gw: &Gateway, mark: i64) -> Result<Self, GroundError> {
        let organization = organizations::get(tx).await?.ok_or(GroundError::OrganizationGone)?;
        let definition = definition(tx, gw, &organization).await?;
        let rules = organizations::rules(tx).await?;
        let rules = rules
            .iter()
            .map(|(_, body)| serde_json::from_str::<MappingRule>(body))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| GroundError::Malformed("rule"))?;
        let clients: ClientKeys = organizations::clients(tx).await?.into_iter().map(|client| client.key).collect();
        let domains = organizations::domains(tx).await?;
        let proved = domains.into_iter().filter(|domain| domain.verified).map(|domain| domain.name).collect();
        let seats_counted = seats::counted(tx).await?;
        let (sources, ceilings) = sources(tx).await?;
        let facts =
            OrgFacts { definition, rules: RuleBook::new(rules), precedence: Precedence::Union, clients, ceilings };
        Ok(Self { organization, facts, sources, proved, seats_counted, mark })
    }
}

async fn definition(
    tx: &mut Tx,
    gw: &Gateway,
    organization: &OrganizationRow,
) -> Result<Arc<PanelDefinition>, GroundError> {
    let key = organization.panel.as_str();
    let version = organization.panel_version.ok_or_else(|| GroundError::NoPanel(key.to_owned()))?;
    let failed = gw.store.failed_commits();
    if let Some(definition) = gw.panels.get(failed, key, version) {
        return Ok(definition);
    }
    let source = store::panels::source(tx, key).await?.ok_or_else(|| GroundError::NoPanel(key.to_owned()))?;
    Ok(gw.panels.put(failed, key, version, &source)?)
}

type Sources = (HashMap<SourceNo, Source>, BTreeMap<String, String>);

/// Who brings groups, and the highest role that each connection may yield.
async fn sources(tx: &mut Tx) -> Result<Sources, GroundError> {
    let mut sources = HashMap::new();
    for directory in store::directories::list(tx).await? {
        sources.insert(directory.src, Source::new(SourceKind::Directory, directory.key));
    }
    let mut ceilings = BTreeMap::new();
    for connection in store::connections::list(tx).await? {
        let settings: serde_json::Value =
            serde_json::from_str(&connection.settings).map_err(|_| GroundError::Malformed("connection"))?;
        if let Some(role) = settings.get("highest_role").and_then(|role| role.as_str()) {
            ceilings.insert(connection.key.clone(), role.to_owned());
        }
        sources.insert(connection.src, Source::new(SourceKind::Connection, connection.key));
    }
    Ok((sources, ceilings))
}
