//! What an emulated IdP knows: its keys, its people, who is signed in, its clients, how it should behave.

use super::keys::Keys;
use super::oidc::knobs::OidcKnobs;
use super::oidc::{Client, Grants};
use super::person::Person;
use super::saml::knobs::SamlKnobs;
use super::saml::{SamlForm, Tampering};
use crate::base::sources::Sources;
use crate::lab::error::LabError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The inside of an IdP, shared by its doors.
pub(super) struct Core {
    pub(super) base_url: String,
    pub(super) sources: Sources,
    keys: Mutex<Arc<Keys>>,
    memory: Mutex<Memory>,
}

/// What can change while the IdP runs.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) people: BTreeMap<String, Person>,
    /// Whose turn it is without asking; nobody shows the page with the buttons.
    pub(super) signed_in: Option<String>,
    pub(super) clients: BTreeMap<String, Client>,
    pub(super) grants: Grants,
    /// ACS addresses of service providers whose requests name none.
    pub(super) service_providers: BTreeMap<String, String>,
    pub(super) saml: SamlKnobs,
    pub(super) oidc: OidcKnobs,
    pub(super) tampering: Option<Tampering>,
    pub(super) last_form: Option<SamlForm>,
}

impl Core {
    /// An IdP without people, with fresh keys.
    pub(super) fn new(base_url: String, sources: Sources) -> Result<Self, LabError> {
        let keys = Mutex::new(Arc::new(Keys::generate(&sources, &base_url)?));
        Ok(Self { base_url, sources, keys, memory: Mutex::default() })
    }

    /// The keys that sign now.
    pub(super) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keys that this IdP never published.
    pub(super) fn foreign_keys(&self) -> Result<Keys, LabError> {
        Keys::generate(&self.sources, &self.base_url)
    }

    /// From now on other keys sign, and only they are published.
    pub(super) fn rotate_keys(&self) -> Result<(), LabError> {
        let fresh = Arc::new(self.foreign_keys()?);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The memory, for as long as the guard lives; never held over an await.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The person of this user name.
    pub(super) fn person(&self, user_name: &str) -> Result<Person, LabError> {
        self.memory().people.get(user_name).cloned().ok_or(LabError::NoSuchPerson)
    }

    /// Who signs in: the one who was `chosen` on the page, else the one who was set beforehand.
    pub(super) fn who(&self, chosen: Option<&str>) -> Option<Person> {
        let memory = self.memory();
        let user_name = chosen.or(memory.signed_in.as_deref())?;
        memory.people.get(user_name).cloned()
    }

    /// Everybody, for the page with the buttons.
    pub(super) fn everybody(&self) -> Vec<Person> {
        self.memory().people.values().cloned().collect()
    }

    /// An address of this IdP.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// A secret or id that nobody guesses: 128 random bits in hex.
    pub(super) fn random(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.sources.bytes()))
    }
}
