//! An emulated identity provider that speaks SAML and OpenID with real keys over real HTTP.
//!
//! Owns people, groups, clients and keys of a customer's IdP; hands on [`FakeIdp`], which tests and `demo` hold to set
//! who exists, who is signed in and what goes wrong. Must not know the product.

mod certificate;
mod chooser;
mod core;
mod keys;
pub mod oidc;
pub mod person;
pub mod saml;

use super::error::LabError;
use super::page::message;
use super::server::{Bound, Server};
use crate::base::sources::Sources;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use core::Core;
use oidc::Client;
use oidc::knobs::OidcKnobs;
use person::Person;
use saml::knobs::SamlKnobs;
use saml::{SamlForm, Tamper, Tampering};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::sync::Arc;

/// A running emulated IdP. Its OpenID issuer is [`base_url`](Self::base_url). Dropping it stops it.
pub struct FakeIdp {
    core: Arc<Core>,
    server: Server,
}

impl std::fmt::Debug for FakeIdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeIdp").field("base_url", &self.core.base_url).finish_non_exhaustive()
    }
}

impl FakeIdp {
    /// Starts an IdP without people on `listen` (port 0: any free one), with fresh keys.
    pub async fn start(sources: Sources, listen: SocketAddr) -> Result<Self, LabError> {
        let bound = Bound::on(listen).await?;
        let core = Arc::new(Core::new(bound.base_url(), sources)?);
        let router =
            axum::Router::new().merge(saml::routes()).merge(oidc::routes()).fallback(home).with_state(core.clone());
        Ok(Self { core, server: bound.serve(router) })
    }

    /// Stops and waits until the port is free.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }

    /// `http://ADDRESS`, without a slash at the end: the OpenID issuer too.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.core.base_url
    }

    /// The address with the port that was really taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Adds a person, or replaces the one of the same user name.
    pub fn put_person(&self, person: Person) {
        self.core.memory().people.insert(person.user_name.clone(), person);
    }

    /// Changes a person in place (their groups, say); the user name stays.
    pub fn change_person(&self, user_name: &str, change: impl FnOnce(&mut Person)) -> Result<(), LabError> {
        let mut memory = self.core.memory();
        let person = memory.people.get_mut(user_name).ok_or(LabError::NoSuchPerson)?;
        change(person);
        user_name.clone_into(&mut person.user_name);
        Ok(())
    }

    /// Takes a person away: they sign in no more and their access tokens are dead.
    pub fn remove_person(&self, user_name: &str) {
        let mut memory = self.core.memory();
        memory.people.remove(user_name);
        memory.signed_in.take_if(|signed_in| signed_in == user_name);
        memory.grants.access_tokens.retain(|_, sign_in| sign_in.person.user_name != user_name);
    }

    /// The person of this user name.
    pub fn person(&self, user_name: &str) -> Result<Person, LabError> {
        self.core.person(user_name)
    }

    /// Everybody, by user name.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        self.core.everybody()
    }

    /// From now on every sign-in is this person's, at once and without a page.
    pub fn sign_in(&self, user_name: &str) -> Result<(), LabError> {
        self.core.person(user_name)?;
        self.core.memory().signed_in = Some(user_name.to_owned());
        Ok(())
    }

    /// From now on the page with a button for each person is shown.
    pub fn sign_out(&self) {
        self.core.memory().signed_in = None;
    }

    /// Replaces the keys: what was published before is no longer.
    pub fn rotate_keys(&self) -> Result<(), LabError> {
        self.core.rotate_keys()
    }

    /// The SAML entity id, which is the address of the metadata.
    #[must_use]
    pub fn saml_entity_id(&self) -> String {
        self.core.at("/saml/metadata")
    }

    /// The SAML metadata, as its address shows them.
    #[must_use]
    pub fn saml_metadata(&self) -> String {
        saml::metadata::metadata(&self.core)
    }

    /// Turns the switches of the SAML side.
    pub fn saml(&self, turn: impl FnOnce(&mut SamlKnobs)) {
        turn(&mut self.core.memory().saml);
    }

    /// Says where the answer goes for a service provider whose requests do not.
    pub fn register_service_provider(&self, entity_id: &str, acs: &str) {
        self.core.memory().service_providers.insert(entity_id.to_owned(), acs.to_owned());
    }

    /// Changes the XML of the next SAML response, once.
    pub fn tamper(&self, when: Tamper, change: impl FnOnce(String) -> String + Send + 'static) {
        self.core.memory().tampering = Some(Tampering { when, change: Box::new(change) });
    }

    /// The last SAML response that was handed out: post it again for a replay.
    #[must_use]
    pub fn last_saml_form(&self) -> Option<SamlForm> {
        self.core.memory().last_form.clone()
    }

    /// A SAML response that nobody asked for.
    pub fn unsolicited(
        &self,
        user_name: &str,
        acs: &str,
        audience: &str,
        relay_state: Option<&str>,
    ) -> Result<SamlForm, LabError> {
        saml::unsolicited_form(&self.core, user_name, acs, audience, relay_state)
    }

    /// The address that tells the service provider at `slo` that this person signed out: a signed LogoutRequest.
    pub fn saml_logout_url(&self, user_name: &str, slo: &str) -> Result<String, LabError> {
        saml::logout::logout_url(&self.core, user_name, slo)
    }

    /// Registers an OpenID client, or replaces the one of the same id.
    pub fn register_client(&self, client_id: &str, client_secret: SecretString, redirect_uris: &[&str]) {
        let client = Client {
            client_id: client_id.to_owned(),
            client_secret,
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
        };
        self.core.memory().clients.insert(client_id.to_owned(), client);
    }

    /// Lets codes of this client go to `redirect_uri` too: the product knows its own only after it knows the client.
    pub fn allow_redirect(&self, client_id: &str, redirect_uri: &str) -> Result<(), LabError> {
        let mut memory = self.core.memory();
        let client = memory.clients.get_mut(client_id).ok_or(LabError::NoSuchClient)?;
        client.redirect_uris.push(redirect_uri.to_owned());
        Ok(())
    }

    /// A token with these claims, signed (RS256) with the key that is published now: what a cloud gives a workload.
    pub fn workload_token(&self, claims: &serde_json::Value) -> Result<String, LabError> {
        let keys = self.core.keys();
        let key = keys.for_tokens(jsonwebtoken::Algorithm::RS256);
        oidc::jws::signed(&oidc::jws::header(key, "JWT"), claims, key)
    }

    /// Where the keys for tokens are.
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        self.core.at("/oidc/jwks")
    }

    /// Turns the switches of the OpenID side.
    pub fn oidc(&self, turn: impl FnOnce(&mut OidcKnobs)) {
        turn(&mut self.core.memory().oidc);
    }

    /// A logout token about this person for this client; with `sid` about one session only.
    pub fn logout_token(&self, client_id: &str, user_name: &str, sid: Option<&str>) -> Result<String, LabError> {
        oidc::logout::logout_token(&self.core, client_id, user_name, sid)
    }
}

async fn home(State(core): State<Arc<Core>>) -> Response {
    let people = core.everybody().len();
    message(StatusCode::NOT_FOUND, "Emulated identity provider", &format!("{people} people, nothing at this address."))
}
