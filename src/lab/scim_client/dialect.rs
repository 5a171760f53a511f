//! The IdPs whose traffic is spoken, and how each one writes a request.

use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, ACCEPT_CHARSET, CONTENT_TYPE, USER_AGENT};
use std::str::FromStr;

/// An IdP's way of speaking SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Okta's integration network client.
    Okta,
    /// Microsoft Entra ID without flags: capitalised operations, booleans as text.
    Entra,
    /// Microsoft Entra ID with `aadOptscim062020`.
    EntraFlag,
    /// OneLogin's SCIM Provisioner: a template by PUT, schema URNs of SCIM 1.1.
    OneLogin,
    /// JumpCloud: whole users by PUT, members by PATCH.
    JumpCloud,
    /// PingFederate and PingOne: PUT alone.
    Ping,
    /// Keycloak's SCIM extensions: path-less operations, JSON inside a string.
    Keycloak,
}

/// A word that names no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such IdP; known are okta, entra, entra-flag, onelogin, jumpcloud, ping, keycloak")]
pub struct NoSuchDialect;

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Okta, Self::Entra, Self::EntraFlag, Self::OneLogin, Self::JumpCloud, Self::Ping, Self::Keycloak];

    /// The word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::EntraFlag => "entra-flag",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Ping => "ping",
            Self::Keycloak => "keycloak",
        }
    }

    /// Whether it ever deletes a user; Okta only deactivates.
    #[must_use]
    pub fn deletes_users(self) -> bool {
        self != Self::Okta
    }

    /// Whether it can take a value away; Ping never clears an attribute.
    #[must_use]
    pub fn clears_attributes(self) -> bool {
        self != Self::Ping
    }

    /// Whether its users carry an `externalId`; OneLogin's template has none.
    #[must_use]
    pub fn sends_external_id(self) -> bool {
        self != Self::OneLogin
    }

    /// The headers that this IdP sends.
    pub(super) fn headers(self, request: RequestBuilder) -> RequestBuilder {
        const SCIM: &str = "application/scim+json";
        const SCIM_UTF8: &str = "application/scim+json; charset=utf-8";
        match self {
            Self::Okta => request
                .header(USER_AGENT, "Okta SCIM Client 1.0.0")
                .header(ACCEPT, SCIM)
                .header(ACCEPT_CHARSET, "utf-8")
                .header(CONTENT_TYPE, SCIM_UTF8),
            Self::Entra | Self::EntraFlag => request.header(ACCEPT, SCIM).header(CONTENT_TYPE, SCIM_UTF8),
            Self::OneLogin => {
                request.header(USER_AGENT, "").header(ACCEPT, "application/json").header(CONTENT_TYPE, SCIM)
            }
            Self::JumpCloud | Self::Ping => {
                request.header(ACCEPT, "application/json").header(CONTENT_TYPE, "application/json")
            }
            Self::Keycloak => request.header(ACCEPT, SCIM).header(CONTENT_TYPE, SCIM),
        }
    }

    /// The path with what this IdP hangs on it.
    pub(super) fn decorated(self, path: &str) -> String {
        let has_query = path.contains('?');
        match self {
            Self::OneLogin if has_query => format!("{path}&"),
            // Item addresses alone: lists are asked for without it.
            Self::OneLogin if path.matches('/').count() > 1 => format!("{path}?"),
            Self::EntraFlag if has_query => format!("{path}&aadOptscim062020"),
            Self::EntraFlag => format!("{path}?aadOptscim062020"),
            _ => path.to_owned(),
        }
    }

    /// `attribute eq value` as this IdP writes it in a query.
    pub(super) fn filter(self, attribute: &str, value: &str) -> String {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        match self {
            Self::OneLogin => encode(&format!("{attribute} eq \"{value}\"")),
            Self::Ping => encode(&format!("{attribute} eq {value}")).replace('+', "%20"),
            _ => encode(&format!("{attribute} eq \"{value}\"")).replace('+', "%20"),
        }
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = NoSuchDialect;
    fn from_str(text: &str) -> Result<Self, NoSuchDialect> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == text).ok_or(NoSuchDialect)
    }
}
