//! What the operator has set and use cases need, free of where it was written.

use chrono::Duration;
use ipnet::IpNet;

/// Settings of use cases; `config` has their texts and defaults.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a session lasts at most.
    pub session: Duration,
    /// The cookie domain that sibling hosts share; `None`: this host only.
    pub cookie_domain: Option<String>,
    /// Proxies whose `X-Forwarded-*` count.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a login flow may take.
    pub flow: Duration,
    /// Clock skew allowed to IdPs.
    pub skew: Duration,
    /// How long an access token lasts.
    pub access_token: Duration,
    /// How long a refresh token lasts at most.
    pub refresh_token: Duration,
    /// How long an invitation or reset link works.
    pub mailed: Duration,
    /// How long an access token of a directory's OAuth client lasts.
    pub directory_token: Duration,
    /// How long a deleted resource keeps its tombstone.
    pub tombstone: Duration,
    /// How long an entry of the SCIM log is kept.
    pub scim_log: Duration,
    /// How many entries of each directory are kept.
    pub scim_log_entries: i64,
    /// How long a SCIM event can be read.
    pub scim_events: Duration,
    /// Private addresses that calls to IdPs may reach; on these alone plain http is taken.
    pub upstream_allow: Vec<IpNet>,
    /// Work of the password hash: memory in KiB, passes, lanes.
    pub password_work: (u32, u32, u32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session: Duration::hours(12),
            cookie_domain: None,
            trusted_proxies: Vec::new(),
            flow: Duration::minutes(10),
            skew: Duration::seconds(120),
            access_token: Duration::minutes(10),
            refresh_token: Duration::days(30),
            mailed: Duration::hours(72),
            directory_token: Duration::hours(1),
            tombstone: Duration::days(30),
            scim_log: Duration::days(30),
            scim_log_entries: 100_000,
            scim_events: Duration::days(7),
            upstream_allow: Vec::new(),
            password_work: (19_456, 2, 1),
        }
    }
}
