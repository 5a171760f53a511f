//! Everything that runs: the product, the emulated IdP and the panel app, each on its own port.

use super::folder::Folder;
use super::people::{self, Secrets};
use crate::app;
use crate::base::sources::Sources;
use crate::config::Config;
use crate::lab::idp::FakeIdp;
use crate::lab::panel_app::PanelApp;
use crate::service::Gateway;
use crate::service::console::apply::{self, Answer};
use anyhow::Context as _;
use secrecy::SecretString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The running world.
pub(super) struct World {
    pub(super) sources: Sources,
    pub(super) idp: FakeIdp,
    pub(super) panel: PanelApp,
    pub(super) gateway: Gateway,
    /// Where the product answers, without a slash at the end.
    pub(super) base: String,
    pub(super) secrets: Secrets,
    pub(super) scim_base: String,
    pub(super) scim_token: SecretString,
    pub(super) saml_login: String,
    pub(super) oidc_login: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
    /// Last: the database lies in it.
    _folder: Folder,
}

impl World {
    /// Starts all three and applies the organization's file.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let sources = Sources::system();
        let folder = Folder::make(&sources).context("a temporary folder cannot be made")?;
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let idp = FakeIdp::start(sources.clone(), free).await?;
        let panel = PanelApp::bind(free, sources.clone()).await?;
        let listener = TcpListener::bind(free).await?;
        let bound = listener.local_addr()?;
        let config = config(&folder, bound)?;
        let gateway = app::gateway(&config, bound, sources.clone(), true).await?;
        let secrets = Secrets::mint(&sources);
        people::employees().into_iter().for_each(|person| idp.put_person(person));
        idp.register_client("doorward", SecretString::from(secrets.client.clone()), &[]);
        fs::write(folder.path().join("idp.xml"), idp.saml_metadata())?;
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            // A dropped sender stops it too.
            let _ = stopped.await;
        };
        let timeout = Duration::from_secs(config.http.timeout_seconds.into());
        let serving = tokio::spawn(app::serve(gateway.clone(), timeout, listener, shutdown));
        let base = format!("http://{bound}");
        let answer = apply(&gateway, &folder, &idp, &panel, &secrets).await?;
        let made = Made::of(answer).context("apply did not answer with everything that it made")?;
        idp.allow_redirect("doorward", &made.redirect_uri)?;
        panel.configure(&base, &made.client_id, made.client_secret)?;
        let Made { scim_base, scim_token, saml_login, oidc_login, .. } = made;
        Ok(Self {
            sources,
            idp,
            panel,
            gateway,
            base,
            secrets,
            scim_base,
            scim_token,
            saml_login,
            oidc_login,
            stop,
            serving,
            _folder: folder,
        })
    }

    /// Stops everything; what is in flight is finished.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        self.panel.shutdown().await;
        self.idp.shutdown().await;
        drop(self.stop);
        self.serving.await??;
        Ok(())
    }
}

/// The defaults, with what a demo has of its own; the environment says nothing.
fn config(folder: &Folder, bound: SocketAddr) -> anyhow::Result<Config> {
    let mut config = Config::of_file(None)?;
    config.listen = bound;
    config.public_url = format!("http://{bound}");
    config.database.url = format!("sqlite:{}", folder.path().join("doorward.db").display());
    config.upstream.allow = vec!["127.0.0.1/32".parse()?, "::1/128".parse()?];
    Ok(config)
}

async fn apply(
    gateway: &Gateway,
    folder: &Folder,
    idp: &FakeIdp,
    panel: &PanelApp,
    secrets: &Secrets,
) -> anyhow::Result<Answer> {
    let text = people::file(idp.base_url(), &panel.callback_url(), &panel.backchannel_logout_url());
    let variables = |name: &str| secrets.variable(name);
    let (answer, _) = apply::apply(gateway, &text, folder.path(), &variables, false).await?;
    Ok(answer)
}

/// What the parties are told of each other.
struct Made {
    scim_base: String,
    scim_token: SecretString,
    saml_login: String,
    oidc_login: String,
    redirect_uri: String,
    client_id: String,
    client_secret: SecretString,
}

impl Made {
    fn of(answer: Answer) -> Option<Self> {
        let organization = answer.organizations.into_iter().next()?;
        let directory = organization.directories.into_iter().next()?;
        let (mut saml, mut oidc) = (None, None);
        for connection in organization.connections {
            match connection.kind {
                "saml" => saml = Some(connection),
                _ => oidc = Some(connection),
            }
        }
        let (saml, oidc, app) = (saml?, oidc?, answer.apps.into_iter().next()?);
        Some(Self {
            scim_base: directory.scim_base_url,
            scim_token: directory.token?,
            saml_login: saml.login_url,
            oidc_login: oidc.login_url,
            redirect_uri: oidc.redirect_uri?,
            client_id: app.client_id.to_string(),
            client_secret: app.client_secret?,
        })
    }
}
