//! What the operator has written: `config/default.toml`, then a file, then variables.
//!
//! Owns the shape of the configuration and its checks; hands on [`Config`]. Must not know what is done with a value.

mod key;
mod sections;

pub use key::{KeyError, master_key};
pub use sections::{
    DatabaseSection, HttpSection, LoginSection, PasswordSection, ProxiesSection, ScimSection, SessionSection,
    TokensSection, UpstreamSection,
};

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use secrecy::SecretString;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// The defaults, which are also the manual.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// An unknown key, or a value of the wrong kind.
    #[error("configuration: {0}")]
    Shape(Box<figment::Error>),
    /// The public URL is none.
    #[error("public_url is not an http or https address: {0:?}")]
    PublicUrl(String),
    /// Passwords and cookies would travel in the clear.
    #[error("public_url is plain http and not on loopback: use https")]
    PlainHttp,
    /// Nothing says what clients see.
    #[error("listen is not on loopback: set public_url to what clients see")]
    PublicUrlMissing,
    /// A duration that ends at once.
    #[error("{0} must be more than 0")]
    Zero(&'static str),
    /// An access token of a directory lasts too short or too long.
    #[error("scim.token_lifetime is a number of hours from 1 to 6")]
    TokenLifetime,
    /// The hash cannot be computed with these.
    #[error("password: memory_kib is at least 8 for each lane, passes and lanes at least 1")]
    PasswordWork,
}

/// The whole configuration; the keys are explained in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// What clients see; empty: the address to listen on.
    pub public_url: String,
    /// The log filter.
    pub log: String,
    /// The master key, base64.
    #[serde(deserialize_with = "sections::secret")]
    pub master_key: Option<SecretString>,
    /// Where the master key is kept.
    #[serde(deserialize_with = "sections::path")]
    pub master_key_file: Option<PathBuf>,
    /// The database.
    pub database: DatabaseSection,
    /// Sessions.
    pub session: SessionSection,
    /// Proxies.
    pub proxies: ProxiesSection,
    /// Calls to IdPs.
    pub upstream: UpstreamSection,
    /// Logins.
    pub login: LoginSection,
    /// Tokens of panel apps.
    pub tokens: TokensSection,
    /// SCIM.
    pub scim: ScimSection,
    /// Passwords.
    pub password: PasswordSection,
    /// The HTTP edge.
    pub http: HttpSection,
}

impl Config {
    /// The defaults, then `file`, then the `DOORWARD_…` variables, checked.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        // DOORWARD_CONFIG names the file itself, and is no key in it.
        let variables = Env::prefixed("DOORWARD_").ignore(&["config"]).split("__");
        Self::from_layers(Self::layers(file)?.merge(variables))
    }

    /// The defaults, then `file`, checked; the environment says nothing.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that is wrong.
    pub fn of_file(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_layers(Self::layers(file)?)
    }

    fn layers(file: Option<&Path>) -> Result<Figment, ConfigError> {
        let layers = Figment::from(Toml::string(DEFAULTS));
        let Some(path) = file else { return Ok(layers) };
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::File { path: path.to_owned(), cause })?;
        Ok(layers.merge(Toml::string(&text)))
    }

    fn from_layers(layers: Figment) -> Result<Self, ConfigError> {
        let config: Self = layers.extract().map_err(|e| ConfigError::Shape(Box::new(e)))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.public(self.listen)?;
        let lasting = [
            (self.session.hours, "session.hours"),
            (self.login.flow_minutes, "login.flow_minutes"),
            (self.login.link_hours, "login.link_hours"),
            (self.tokens.access_minutes, "tokens.access_minutes"),
            (self.tokens.refresh_days, "tokens.refresh_days"),
            (self.http.timeout_seconds, "http.timeout_seconds"),
        ];
        if let Some((_, key)) = lasting.into_iter().find(|(value, _)| *value == 0) {
            return Err(ConfigError::Zero(key));
        }
        if !(1..=6).contains(&self.scim.token_lifetime) {
            return Err(ConfigError::TokenLifetime);
        }
        let PasswordSection { memory_kib, passes, lanes } = self.password;
        if passes == 0 || lanes == 0 || lanes > 64 || memory_kib < 8 * lanes {
            return Err(ConfigError::PasswordWork);
        }
        Ok(())
    }

    /// The public URL, where `bound` is the address that is listened on.
    ///
    /// # Errors
    /// [`ConfigError`] when it is none, or plain http beyond loopback.
    pub fn public(&self, bound: SocketAddr) -> Result<Url, ConfigError> {
        let bad = || ConfigError::PublicUrl(self.public_url.clone());
        if self.public_url.is_empty() {
            if !bound.ip().is_loopback() {
                return Err(ConfigError::PublicUrlMissing);
            }
            return Url::parse(&format!("http://{bound}")).map_err(|_| bad());
        }
        let url = Url::parse(&self.public_url).map_err(|_| bad())?;
        match (url.scheme(), url.host()) {
            ("https", Some(_)) => Ok(url),
            ("http", Some(host)) if on_loopback(&host) => Ok(url),
            ("http", Some(_)) => Err(ConfigError::PlainHttp),
            _ => Err(bad()),
        }
    }
}

fn on_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<Config, ConfigError> {
        Config::from_layers(Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(text)))
    }

    #[test]
    fn the_defaults_hold_on_their_own() {
        let config = with("").unwrap();
        assert_eq!(config.database.url, "sqlite:doorward.db");
        assert_eq!(config.public(config.listen).unwrap().as_str(), "http://127.0.0.1:8080/");
        assert!(config.master_key.is_none() && config.upstream.allow.is_empty());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(with("lisen = \"127.0.0.1:1\"").unwrap_err().to_string().contains("lisen"));
        assert!(with("[session]\ndays = 3").unwrap_err().to_string().contains("days"));
    }

    #[test]
    fn plain_http_is_taken_on_loopback_alone() {
        assert!(with("public_url = \"http://localhost:9000\"").is_ok());
        assert!(with("public_url = \"https://login.acme.test\"").is_ok());
        assert!(matches!(with("public_url = \"http://login.acme.test\""), Err(ConfigError::PlainHttp)));
        assert!(matches!(with("listen = \"0.0.0.0:80\""), Err(ConfigError::PublicUrlMissing)));
    }

    #[test]
    fn an_access_token_of_a_directory_lasts_one_to_six_hours() {
        assert!(matches!(with("[scim]\ntoken_lifetime = 0"), Err(ConfigError::TokenLifetime)));
        assert!(matches!(with("[scim]\ntoken_lifetime = 7"), Err(ConfigError::TokenLifetime)));
        assert_eq!(with("[scim]\ntoken_lifetime = 6").unwrap().scim.token_lifetime, 6);
    }

    #[test]
    fn addresses_are_a_list_or_a_text_with_commas() {
        let list = with("[upstream]\nallow = [\"127.0.0.1/32\", \"::1/128\"]").unwrap();
        let text = with("[upstream]\nallow = \"127.0.0.1/32,::1/128\"").unwrap();
        assert_eq!(list.upstream.allow, text.upstream.allow);
        assert!(with("[upstream]\nallow = \"everything\"").is_err());
    }
}
