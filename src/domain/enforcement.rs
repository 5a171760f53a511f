//! Enforcement: whether login must go through the company, and what the login page offers.
//!
//! Everything here is decided by the domain of the e-mail, before any person is looked up, so that the answer tells
//! nobody who has an account.

use crate::base::ids::ConnectionId;
use serde::{Deserialize, Serialize};

/// How far an organization requires login through its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Passwords alone.
    #[default]
    Off,
    /// Connections are offered beside the password, to be tried.
    Testing,
    /// Connections come first; a password works too.
    Optional,
    /// No password at any door, except for break-glass people at theirs (law 10).
    Enforced,
}

/// A word that names no enforcement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("enforcement is off, testing, optional or enforced, not \"{0}\"")]
pub struct UnknownEnforcement(pub String);

impl Enforcement {
    /// The word that rows, files and the API use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Testing => "testing",
            Self::Optional => "optional",
            Self::Enforced => "enforced",
        }
    }
}

impl std::fmt::Display for Enforcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Enforcement {
    type Err = UnknownEnforcement;

    fn from_str(text: &str) -> Result<Self, UnknownEnforcement> {
        match text {
            "off" => Ok(Self::Off),
            "testing" => Ok(Self::Testing),
            "optional" => Ok(Self::Optional),
            "enforced" => Ok(Self::Enforced),
            other => Err(UnknownEnforcement(other.to_owned())),
        }
    }
}

/// A connection, as the login page sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionFact {
    /// Its id.
    pub id: ConnectionId,
    /// What its button says.
    pub title: String,
    /// Whether a login through it can be begun: it is no draft and not switched off.
    pub usable: bool,
    /// The domains assigned to it, as kept; empty: none were named.
    pub domains: Vec<String>,
}

/// The organization that has proved the domain of an e-mail.
#[derive(Debug, Clone, Copy)]
pub struct DomainFacts<'a> {
    /// The domain, as kept.
    pub domain: &'a str,
    /// The organization's enforcement.
    pub enforcement: Enforcement,
    /// All of its connections.
    pub connections: &'a [ConnectionFact],
}

/// What the login page does with an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginOffer {
    /// Goes to this connection.
    Go(ConnectionId),
    /// Shows buttons, and the password field where `password` says so.
    Choose {
        /// The connections, in the order given.
        connections: Vec<ConnectionId>,
        /// Whether the password field stands below.
        password: bool,
    },
    /// Shows the password field alone.
    Password,
    /// Sign-in through the company is enforced, and no connection of this domain works: nothing can be offered.
    Nothing,
}

/// Whether a login through `connection` may concern people of this proved domain. A single connection has all proved
/// domains unless domains were named.
#[must_use]
pub fn serves(connection: &ConnectionFact, domain: &str, connections: &[ConnectionFact]) -> bool {
    if connection.domains.is_empty() { connections.len() == 1 } else { connection.domains.iter().any(|d| d == domain) }
}

/// What the login page does with an e-mail whose domain belongs to `facts`; `None`: no organization has proved it.
#[must_use]
pub fn login_offer(facts: Option<DomainFacts<'_>>) -> LoginOffer {
    let Some(facts) = facts else { return LoginOffer::Password };
    let serving = facts.connections.iter().filter(|c| c.usable && serves(c, facts.domain, facts.connections));
    let connections: Vec<ConnectionId> = serving.map(|connection| connection.id).collect();
    match (facts.enforcement, connections.as_slice()) {
        (Enforcement::Off, _) | (Enforcement::Testing | Enforcement::Optional, []) => LoginOffer::Password,
        (Enforcement::Enforced, []) => LoginOffer::Nothing,
        (Enforcement::Optional | Enforcement::Enforced, [one]) => LoginOffer::Go(*one),
        (Enforcement::Testing | Enforcement::Optional, _) => LoginOffer::Choose { connections, password: true },
        (Enforcement::Enforced, _) => LoginOffer::Choose { connections, password: false },
    }
}

/// Whether a password may be used (at login, reset, invitation, change, API) for an e-mail of a domain that an
/// organization with this enforcement has proved; `None`: no organization has.
#[must_use]
pub fn password_allowed(proved_by: Option<Enforcement>) -> bool {
    proved_by != Some(Enforcement::Enforced)
}

/// What stands against enforcing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// Nobody could sign in.
    #[error("no connection is ready")]
    NoConnection,
    /// Enforcement goes by domain.
    #[error("no domain is proved")]
    NoDomain,
    /// The settings have never been seen to work.
    #[error("nobody has signed in through a connection yet")]
    NeverTried,
    /// If the IdP fails, nobody could get in.
    #[error("neither the owner nor a break-glass person has a working way in")]
    NoWayBack,
}

/// What is asked before enforcing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnforcementFacts {
    /// Whether some connection is usable.
    pub usable_connection: bool,
    /// Whether some domain is proved.
    pub proved_domain: bool,
    /// Whether somebody has signed in through a connection.
    pub tried: bool,
    /// Whether the owner or a break-glass person can get in without the IdP.
    pub way_back: bool,
}

/// What stands against enforcing now; nothing for an empty answer. The operator may go ahead all the same.
#[must_use]
pub fn hindrances(facts: EnforcementFacts) -> Vec<Hindrance> {
    let asked = [
        (facts.usable_connection, Hindrance::NoConnection),
        (facts.proved_domain, Hindrance::NoDomain),
        (facts.tried, Hindrance::NeverTried),
        (facts.way_back, Hindrance::NoWayBack),
    ];
    asked.into_iter().filter(|(met, _)| !met).map(|(_, hindrance)| hindrance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(number: u8, domains: &[&str]) -> ConnectionFact {
        let domains = domains.iter().map(|d| (*d).to_owned()).collect();
        ConnectionFact { id: ConnectionId([number; 16]), title: "Okta".into(), usable: true, domains }
    }

    fn offer(enforcement: Enforcement, connections: &[ConnectionFact]) -> LoginOffer {
        login_offer(Some(DomainFacts { domain: "acme.test", enforcement, connections }))
    }

    #[test]
    fn one_connection_is_gone_to_and_several_are_offered() {
        let one = connection(1, &[]);
        assert_eq!(offer(Enforcement::Optional, std::slice::from_ref(&one)), LoginOffer::Go(one.id));
        let two = [connection(1, &["acme.test"]), connection(2, &["acme.test"])];
        let both = LoginOffer::Choose { connections: vec![two[0].id, two[1].id], password: true };
        assert_eq!(offer(Enforcement::Optional, &two), both);
    }

    #[test]
    fn an_enforced_domain_is_never_offered_a_password() {
        assert_eq!(offer(Enforcement::Enforced, &[]), LoginOffer::Nothing);
        let two = [connection(1, &["acme.test"]), connection(2, &["acme.test"])];
        assert!(matches!(offer(Enforcement::Enforced, &two), LoginOffer::Choose { password: false, .. }));
        assert!(!password_allowed(Some(Enforcement::Enforced)));
    }

    #[test]
    fn a_strange_domain_gets_the_password_field() {
        assert_eq!(login_offer(None), LoginOffer::Password);
        assert!(password_allowed(None));
    }

    #[test]
    fn off_and_drafts_leave_the_password_alone() {
        let ready = connection(1, &[]);
        assert_eq!(offer(Enforcement::Off, std::slice::from_ref(&ready)), LoginOffer::Password);
        let draft = ConnectionFact { usable: false, ..ready };
        assert_eq!(offer(Enforcement::Optional, &[draft]), LoginOffer::Password);
    }

    #[test]
    fn of_two_connections_one_without_domains_serves_none() {
        let two = [connection(1, &["acme.test"]), connection(2, &[])];
        assert_eq!(offer(Enforcement::Optional, &two), LoginOffer::Go(two[0].id));
        let other = [connection(1, &["other.test"])];
        assert_eq!(offer(Enforcement::Optional, &other), LoginOffer::Password);
    }

    #[test]
    fn whatever_stands_against_enforcing_is_named() {
        let facts = EnforcementFacts { usable_connection: true, proved_domain: true, tried: false, way_back: false };
        assert_eq!(hindrances(facts), [Hindrance::NeverTried, Hindrance::NoWayBack]);
    }
}
