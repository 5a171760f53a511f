//! The one place that builds everything from the configuration and joins the routers.

use crate::base::ids::LogId;
use crate::base::seal::{MasterKey, Place, SealError};
use crate::base::sources::Sources;
use crate::base::token::TokenMint;
use crate::base::urls::Urls;
use crate::config::{self, Config, ConfigError, KeyError};
use crate::http::admin;
use crate::http::edge::{Doors, Edge, Problem};
use crate::http::forward_auth;
use crate::http::oidc_op;
use crate::http::oidc_rp;
use crate::http::pages;
use crate::http::saml;
use crate::http::scim::{self, ScimRoom};
use crate::http::serving::{self, Threads};
use crate::jobs;
use crate::service::console::ConsoleError;
use crate::service::console::scim_log::Logged;
use crate::service::keys::KeyRing;
use crate::service::panels::{self, PanelCache};
use crate::service::provisioning::RateLimit;
use crate::service::scim_log::{self, Replay, ScimLog};
use crate::service::settings::Settings;
use crate::service::{Gateway, Memory, Shared, health};
use crate::store::{Store, StoreError};
use crate::upstream::{Outgoing, OutgoingError, Upstream};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use chrono::Duration;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// How long the log may take to write what is left when the program ends.
const LAST_WRITE: std::time::Duration = std::time::Duration::from_secs(10);

/// The key of the token hashes, sealed in the database.
const TOKEN_KEY: &str = "token-key";

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key of the token hashes does not open under this master key.
    #[error("this database was made with another master key")]
    OtherKey(#[source] SealError),
    /// The client for calls to IdPs.
    #[error("calls to IdPs cannot be made")]
    Outgoing(#[from] OutgoingError),
    /// The database.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
}

/// Brings the configured database up to date; the names of the migrations that ran.
///
/// # Errors
/// [`StartError`] when the database cannot be used.
pub async fn migrate(config: &Config, sources: &Sources) -> Result<Vec<&'static str>, StartError> {
    Ok(Store::open(&config.database.url).await?.migrate(sources.now()).await?)
}

/// Opens the database and builds what use cases stand on. `bound` is the address that is (or will be) listened on.
///
/// # Errors
/// [`StartError`]; with `migrate` off, also when the schema is older than the program.
pub async fn gateway(
    config: &Config,
    bound: SocketAddr,
    sources: Sources,
    migrate: bool,
) -> Result<Gateway, StartError> {
    let urls = Urls::new(&config.public(bound)?);
    let store = Store::open(&config.database.url).await?;
    if migrate {
        for name in store.migrate(sources.now()).await? {
            tracing::info!(migration = name, "migrated");
        }
    }
    store.check_schema().await?;
    let master = config::master_key(config, &sources)?;
    let mint = token_mint(&store, &master, &sources).await?;
    panels::seed(&store, &sources).await?;
    let upstream = Upstream::new(Outgoing::new(config.upstream.allow.clone())?, &sources);
    Ok(Shared {
        store,
        sources,
        urls,
        master: Arc::new(master),
        mint,
        settings: Arc::new(settings(config)),
        upstream,
        scim_limit: RateLimit::per_second(config.scim.rate_limit),
        panels: PanelCache::default(),
        memory: Memory::default(),
        keys: KeyRing::default(),
        scim_log: if config.scim.log_days == 0 { ScimLog::default() } else { ScimLog::on() },
    }
    .into())
}

async fn token_mint(store: &Store, master: &MasterKey, sources: &Sources) -> Result<TokenMint, StartError> {
    let place = Place { table: "secret", row: TOKEN_KEY, column: "sealed" };
    let new = master.seal(sources, place, &sources.bytes::<32>());
    let sealed = store.secret_or(TOKEN_KEY, new).await?;
    Ok(TokenMint::new(&master.open(place, &sealed).map_err(StartError::OtherKey)?))
}

fn settings(config: &Config) -> Settings {
    let password = config.password;
    let domain = config.session.cookie_domain.trim_start_matches('.');
    Settings {
        session: Duration::hours(config.session.hours.into()),
        cookie_domain: (!domain.is_empty()).then(|| domain.to_owned()),
        trusted_proxies: config.proxies.trusted.clone(),
        flow: Duration::minutes(config.login.flow_minutes.into()),
        skew: Duration::seconds(config.login.skew_seconds.into()),
        access_token: Duration::minutes(config.tokens.access_minutes.into()),
        refresh_token: Duration::days(config.tokens.refresh_days.into()),
        mailed: Duration::hours(config.login.link_hours.into()),
        directory_token: Duration::hours(config.scim.token_lifetime.into()),
        tombstone: Duration::days(config.scim.restore_days.into()),
        scim_log: Duration::days(config.scim.log_days.into()),
        scim_log_entries: config.scim.log_entries.into(),
        scim_events: Duration::days(config.scim.event_days.into()),
        upstream_allow: config.upstream.allow.clone(),
        password_work: (password.memory_kib, password.passes, password.lanes),
    }
}

/// Everything that answers, behind the edge.
pub fn doors(gateway: Gateway, timeout: std::time::Duration) -> Doors<ScimRoom> {
    let edge = Edge { sources: gateway.sources.clone(), secure: gateway.urls.secure(), timeout };
    let room = ScimRoom::of(gateway.clone());
    // Every room of `http` is joined here and nowhere else.
    let routes = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .merge(pages::routes())
        .merge(saml::routes())
        .merge(oidc_rp::routes())
        .merge(scim::routes())
        .merge(admin::routes())
        .merge(oidc_op::routes())
        .merge(forward_auth::routes())
        .with_state(gateway);
    Doors::behind(edge, room, routes)
}

async fn ready(State(gateway): State<Gateway>) -> Result<&'static str, Problem> {
    let failed = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "The database does not answer.");
    health::ready(&gateway).await.map(|()| "ready\n").map_err(failed)
}

/// A logged call of a directory once more, as a dry run: for the command line, which knows no door.
///
/// # Errors
/// As [`scim::replay`].
pub async fn replay(gateway: &Gateway, logged: &Logged, entry: LogId) -> Result<Replay, ConsoleError> {
    scim::replay(gateway, logged, entry).await
}

/// Serves until `shutdown` is done, then finishes what is in flight.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    gateway: Gateway,
    timeout: std::time::Duration,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let store = gateway.store.clone();
    let jobs = tokio::spawn(jobs::run(gateway.clone()));
    let log = gateway.scim_log.clone();
    let writer = tokio::spawn(scim_log::run(gateway.clone()));
    // Where nobody waits for a database, handing requests from thread to thread costs more than it gives (decision 12).
    let threads = if gateway.store.looks_in_place() { Threads::Apart } else { Threads::Shared };
    serving::serve(listener, doors(gateway, timeout), threads, shutdown).await?;
    jobs.abort();
    if tokio::time::timeout(LAST_WRITE, log.flush()).await.is_err() {
        tracing::error!("the SCIM log could not be written to its end");
    }
    writer.abort();
    store.close().await;
    Ok(())
}
