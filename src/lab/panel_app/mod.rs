//! A sample panel: an ordinary OAuth client that shows what it learns about who is signed in.
//!
//! Owns its sessions; hands on [`PanelApp`], which tests and `demo` start beside the product. Asks the provider about
//! its access token on each request, so that an ended access shows at the very next one. Must not know the product
//! beyond the standards.

mod back_channel;
mod front;
mod provider;
mod session;
mod view;

use super::error::LabError;
use super::server::{Bound, Server};
use crate::base::sources::Sources;
use axum::routing::{get, post};
use provider::Provider;
use secrecy::SecretString;
use session::Sessions;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A running sample panel. Dropping it stops it.
pub struct PanelApp {
    panel: Arc<Panel>,
    server: Server,
}

/// What the doors of the panel share.
struct Panel {
    base_url: String,
    sources: Sources,
    provider: Mutex<Option<Arc<Provider>>>,
    sessions: Mutex<Sessions>,
}

impl Panel {
    fn provider(&self) -> Result<Arc<Provider>, LabError> {
        self.provider.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(LabError::NotConfigured)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn callback_url(&self) -> String {
        format!("{}/callback", self.base_url)
    }

    /// A name that another panel app on the same host does not use: cookies do not know ports.
    fn cookie(&self, kind: &str) -> String {
        let port = self.base_url.rsplit(':').next().unwrap_or_default();
        format!("panel_app_{kind}_{port}")
    }

    /// 256 random bits in hex.
    fn random(&self) -> String {
        self.sources.bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for PanelApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PanelApp").field("base_url", &self.panel.base_url).finish_non_exhaustive()
    }
}

impl PanelApp {
    /// Starts a panel that does not know its client yet; until [`configure`](Self::configure) nobody can sign in.
    pub async fn bind(listen: SocketAddr, sources: Sources) -> Result<Self, LabError> {
        let bound = Bound::on(listen).await?;
        let panel = Arc::new(Panel {
            base_url: bound.base_url(),
            sources,
            provider: Mutex::default(),
            sessions: Mutex::default(),
        });
        let router = axum::Router::new()
            .route("/", get(front::home))
            .route("/login", get(front::login))
            .route("/callback", get(front::callback))
            .route("/logout", get(front::logout).post(front::logout))
            .route("/whoami", get(front::whoami))
            .route("/backchannel-logout", post(back_channel::logout))
            .with_state(panel.clone());
        Ok(Self { panel, server: bound.serve(router) })
    }

    /// Starts a panel that knows its client.
    pub async fn start(
        listen: SocketAddr,
        issuer: &str,
        client_id: &str,
        client_secret: SecretString,
        sources: Sources,
    ) -> Result<Self, LabError> {
        let app = Self::bind(listen, sources).await?;
        app.configure(issuer, client_id, client_secret)?;
        Ok(app)
    }

    /// Tells the panel its provider and its client. The provider is asked only when somebody signs in.
    pub fn configure(&self, issuer: &str, client_id: &str, client_secret: SecretString) -> Result<(), LabError> {
        let provider = Arc::new(Provider::new(issuer, client_id, client_secret, self.panel.sources.clone())?);
        *self.panel.provider.lock().unwrap_or_else(PoisonError::into_inner) = Some(provider);
        Ok(())
    }

    /// Stops and waits until the port is free.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }

    /// `http://ADDRESS`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.panel.base_url
    }

    /// The address with the port that was really taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The redirect URI to register.
    #[must_use]
    pub fn callback_url(&self) -> String {
        self.panel.callback_url()
    }

    /// The back-channel logout URI to register.
    #[must_use]
    pub fn backchannel_logout_url(&self) -> String {
        format!("{}/backchannel-logout", self.panel.base_url)
    }

    /// How many sessions are open.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        self.panel.sessions().count()
    }
}

#[cfg(test)]
mod tests;
