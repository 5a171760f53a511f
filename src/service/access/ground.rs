//! What all people of an organization have in common when their access is derived.

use crate::base::class::{Class, Classify};
use crate::base::ids::SourceNo;
use crate::domain::access::{OrgFacts, Precedence};
use crate::domain::client::ClientKeys;
use crate::domain::panel::PanelError;
use crate::domain::rule::{MappingRule, RuleBook};
use crate::domain::source::{Source, SourceKind};
use crate::service::Gateway;
use crate::store::organizations::{self, OrganizationRow};
use crate::store::{self, AsStoreError, StoreError, Tx};
use std::collections::HashMap;

/// Why access cannot be derived.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    /// The organization is gone.
    #[error("this organization is gone")]
    OrganizationGone,
    /// The person is gone.
    #[error("this person is gone")]
    NobodyThere,
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
            Self::NoPanel(_) | Self::Panel(_) | Self::Malformed(_) => Class::Bug,
            Self::Store(e) => e.class(),
        }
    }
}

/// The facts of an organization, loaded once for a unit of work.
#[derive(Debug)]
pub struct Ground {
    /// The organization.
    pub organization: OrganizationRow,
    /// What rules need.
    pub facts: OrgFacts,
    /// Who brings groups, by number.
    pub sources: HashMap<SourceNo, Source>,
    /// The newest wide mark: what is derived now is derived under it.
    pub mark: i64,
}

impl Ground {
    /// Loads them.
    ///
    /// # Errors
    /// When something of the organization cannot be read.
    pub async fn load(tx: &mut Tx, gw: &Gateway) -> Result<Self, GroundError> {
        let organization = organizations::get(tx).await?.ok_or(GroundError::OrganizationGone)?;
        let key = organization.panel.as_str();
        let version = organization.panel_version.ok_or_else(|| GroundError::NoPanel(key.to_owned()))?;
        let definition = match gw.panels.get(key, version) {
            Some(definition) => definition,
            None => {
                let source =
                    store::panels::source(tx, key).await?.ok_or_else(|| GroundError::NoPanel(key.to_owned()))?;
                gw.panels.put(key, version, &source)?
            }
        };
        let rules = organizations::rules(tx).await?;
        let rules = rules
            .iter()
            .map(|(_, body)| serde_json::from_str::<MappingRule>(body))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| GroundError::Malformed("rule"))?;
        let clients: ClientKeys = organizations::clients(tx).await?.into_iter().map(|client| client.key).collect();
        let mut sources = HashMap::new();
        for directory in store::directories::list(tx).await? {
            sources.insert(directory.src, Source::new(SourceKind::Directory, directory.key));
        }
        let mut ceilings = std::collections::BTreeMap::new();
        for connection in store::connections::list(tx).await? {
            let settings: serde_json::Value =
                serde_json::from_str(&connection.settings).map_err(|_| GroundError::Malformed("connection"))?;
            if let Some(role) = settings.get("highest_role").and_then(|role| role.as_str()) {
                ceilings.insert(connection.key.clone(), role.to_owned());
            }
            sources.insert(connection.src, Source::new(SourceKind::Connection, connection.key));
        }
        let mark = store::access::newest_mark(tx).await?;
        let facts =
            OrgFacts { definition, rules: RuleBook::new(rules), precedence: Precedence::Union, clients, ceilings };
        Ok(Self { organization, facts, sources, mark })
    }
}
