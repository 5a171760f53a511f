//! Use cases: what people, IdPs, panel apps and operators may do, each as one unit of work with its audit events.
//!
//! Owns steps and their order; hands on results and classed errors. Must not know HTTP nor how a row looks on disk.

pub mod access;
pub mod console;
pub mod directory_oauth;
pub mod expiry;
mod from_units;
pub mod health;
pub mod issuing;
pub mod keys;
pub mod login;
pub mod panels;
pub mod passwords;
pub mod provisioning;
pub mod schemas;
pub mod scim_log;
pub mod settings;

use crate::base::ids::{EventId, OrgId};
use crate::base::seal::MasterKey;
use crate::base::sources::Sources;
use crate::base::token::TokenMint;
use crate::base::urls::Urls;
use crate::domain::audit::{Actor, Deed};
use crate::store::{Record, Store, StoreError};
use crate::upstream::Upstream;
use access::GroundCache;
use directory_oauth::TokenThrottle;
use keys::KeyRing;
use login::Attempts;
use panels::PanelCache;
use provisioning::{CursorKeyMemory, PageMemory, ProofMemory, RateLimit};
use schemas::RegistryMemory;
use scim_log::ScimLog;
use settings::Settings;
use std::ops::Deref;
use std::sync::Arc;

/// Everything that a use case stands on, on behalf of one request, a job or a command. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    /// The id of the request that is on its way; `None` for jobs and commands.
    pub request: Option<Arc<str>>,
}

/// What all requests share; built once, in `app`.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The database.
    pub store: Store,
    /// Time and chance.
    pub sources: Sources,
    /// The maker of links.
    pub urls: Urls,
    /// Seals secrets at rest.
    pub master: Arc<MasterKey>,
    /// Makes and recognizes tokens.
    pub mint: TokenMint,
    /// What the operator has set.
    pub settings: Arc<Settings>,
    /// Calls to IdPs: guarded, remembered.
    pub upstream: Upstream,
    /// How many calls a second a directory may make.
    pub scim_limit: RateLimit,
    /// Panel definitions, parsed.
    pub panels: PanelCache,
    /// What is remembered between calls.
    pub memory: Memory,
    /// The keys that sign ID tokens, opened.
    pub keys: KeyRing,
    /// Where calls of directories wait to be logged.
    pub scim_log: ScimLog,
}

impl Deref for Gateway {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl From<Shared> for Gateway {
    fn from(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), request: None }
    }
}

/// What is remembered between calls. Nothing of it decides alone: whoever uses it has read in the same unit of work
/// whether it still holds, or it cannot change.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What the people of an organization share, by organization.
    pub grounds: GroundCache,
    /// The schemas of organizations that have some of their own.
    pub registries: RegistryMemory,
    /// Who has just proved to be which directory.
    pub proofs: ProofMemory,
    /// Where pages by position begin.
    pub pages: PageMemory,
    /// The key of cursors.
    pub cursor_key: CursorKeyMemory,
    /// Attempts at passwords.
    pub attempts: Attempts,
    /// Tokens that directories' clients got, and proofs that were wrong.
    pub directory_tokens: TokenThrottle,
}

impl Gateway {
    /// The same gateway on behalf of one request: every event that is recorded through it carries the request's id.
    #[must_use]
    pub fn within(&self, request: Arc<str>) -> Self {
        Self { shared: self.shared.clone(), request: Some(request) }
    }

    /// Another gateway that differs in what is changed here.
    #[must_use]
    pub fn altered(&self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Shared::clone(&self.shared);
        change(&mut shared);
        Self { shared: Arc::new(shared), request: self.request.clone() }
    }

    /// The same gateway for a dry run: no unit of work is kept, no call is logged, and what is remembered between calls
    /// is neither used nor touched.
    #[must_use]
    pub fn dry(&self) -> Self {
        let dry = self.altered(|shared| {
            shared.store = shared.store.dry();
            shared.panels = PanelCache::default();
            shared.memory = Memory::default();
            shared.keys = KeyRing::default();
            shared.scim_log = ScimLog::default();
        });
        Self { request: None, ..dry }
    }

    /// Every organization: slug and id, by slug.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn organizations(&self) -> Result<Vec<(String, OrgId)>, StoreError> {
        Ok(self.store.organizations().await?.into_iter().map(|(_, slug, id)| (slug, id)).collect())
    }

    /// An audit event, ready to be kept with its unit: made before the unit, so that a second run writes the same.
    #[must_use]
    pub fn record(&self, actor: &Actor, deed: Deed, target: Option<String>, body: serde_json::Value) -> Record {
        let actor = match actor.id() {
            Some(id) => [actor.kind(), ":", &id].concat(),
            None => actor.kind().to_owned(),
        };
        let (id, at, request) = (EventId::mint(&self.sources), self.sources.now(), self.request.clone());
        Record { id, at, actor, deed: deed.as_str(), target, body, request }
    }
}
