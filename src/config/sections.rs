//! The sections, each with what `config/default.toml` says about it.

use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::net::IpAddr;
use std::path::PathBuf;

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSection {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Whether `serve` migrates.
    pub migrate: bool,
}

/// Sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSection {
    /// How long one lasts at most, in hours.
    pub hours: u32,
    /// The domain that siblings share; empty: this host only.
    pub cookie_domain: String,
}

/// Proxies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxiesSection {
    /// Whose `X-Forwarded-*` headers are believed.
    #[serde(deserialize_with = "networks")]
    pub trusted: Vec<IpNet>,
}

/// Calls to IdPs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSection {
    /// Private addresses that may be reached.
    #[serde(deserialize_with = "networks")]
    pub allow: Vec<IpNet>,
}

/// Logins.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginSection {
    /// Clock skew allowed to IdPs, in seconds.
    pub skew_seconds: u32,
    /// How long a login may take, in minutes.
    pub flow_minutes: u32,
    /// How long an invitation or reset link works, in hours.
    pub link_hours: u32,
}

/// Tokens of panel apps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensSection {
    /// How long an access token lasts, in minutes.
    pub access_minutes: u32,
    /// How long a refresh token lasts at most, in days.
    pub refresh_days: u32,
}

/// SCIM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimSection {
    /// Requests a second for each directory; 0: no limit.
    pub rate_limit: u32,
    /// How long an access token of a directory's OAuth client lasts, in hours: 1 to 6.
    pub token_lifetime: u32,
    /// How long what was deleted can be restored, in days.
    pub restore_days: u32,
    /// How long an entry of the log is kept, in days; 0: no log.
    pub log_days: u32,
    /// How many entries of each directory are kept.
    pub log_entries: u32,
    /// How long a SCIM event can be read, in days.
    pub event_days: u32,
}

/// Passwords.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordSection {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// The HTTP edge.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSection {
    /// How long a request may take, in seconds.
    pub timeout_seconds: u32,
}

/// An empty text is no secret.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|text| !text.is_empty()).map(SecretString::from))
}

/// An empty text is no path.
pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|text| !text.is_empty()).map(PathBuf::from))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Networks {
    Text(String),
    List(Vec<String>),
}

/// A list, or one text with commas as variables have it; a single address is a network of one.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = match Networks::deserialize(deserializer)? {
        Networks::Text(text) => text.split(',').map(str::to_owned).collect(),
        Networks::List(list) => list,
    };
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    texts
        .map(|text| {
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| D::Error::custom(format!("not an address or network: {text:?}")))
        })
        .collect()
}
