//! A connection's settings: what an organization has said about its login set-up with one IdP.

use super::identity::{GroupsAbsent, MatchBy};
use serde::{Deserialize, Serialize};

/// The settings of a connection, as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionSettings {
    /// What its protocol needs.
    #[serde(flatten)]
    pub protocol: ConnectionProtocol,
    /// The attribute or claim that names groups; `None`: a login says nothing about groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_attribute: Option<String>,
    /// What an absent one means.
    pub groups_absent: GroupsAbsent,
    /// How the first sign-in of a pushed person finds that person.
    #[serde(rename = "match", default)]
    pub match_by: MatchBy,
    /// Whether a stranger of its domains becomes a person at the first sign-in. Makes nobody while a directory is active.
    pub just_in_time: bool,
    /// The highest role that its groups and attributes may yield.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_role: Option<String>,
}

/// What a connection's protocol needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConnectionProtocol {
    /// SAML 2.0.
    Saml {
        /// The IdP's metadata as `protocol::saml::IdpMetadata` writes it; `None`: a draft.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idp: Option<serde_json::Value>,
    },
    /// OpenID Connect. The client secret is sealed beside the settings.
    Oidc {
        /// The IdP's issuer.
        issuer: String,
        /// Who we are there.
        client_id: String,
    },
}

impl ConnectionProtocol {
    /// `saml` or `oidc`, as the row says.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Saml { .. } => "saml",
            Self::Oidc { .. } => "oidc",
        }
    }

    /// Whether something is missing before anybody can sign in through it.
    #[must_use]
    pub const fn is_draft(&self) -> bool {
        matches!(self, Self::Saml { idp: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_back_as_they_were_kept() {
        let settings = ConnectionSettings {
            protocol: ConnectionProtocol::Saml { idp: Some(serde_json::json!({"entity_id": "x"})) },
            groups_attribute: Some("groups".into()),
            groups_absent: GroupsAbsent::None,
            match_by: MatchBy::default(),
            just_in_time: true,
            highest_role: Some("msp_user".into()),
        };
        let kept = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<ConnectionSettings>(&kept).unwrap(), settings);
        assert!(kept.contains(r#""kind":"saml""#) && kept.contains(r#""highest_role":"msp_user""#));
        assert!(!settings.protocol.is_draft());
    }
}
