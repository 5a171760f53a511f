//! Who brings groups, names and attributes: a directory that is pushed to, or a connection that people sign in through.

use serde::{Deserialize, Serialize};

/// The two ways in which an IdP tells us things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A SCIM endpoint of the organization.
    Directory,
    /// A login set-up of the organization.
    Connection,
}

impl std::fmt::Display for SourceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Directory => "directory",
            Self::Connection => "connection",
        })
    }
}

/// One directory or connection of an organization, as people know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// Directory or connection.
    pub kind: SourceKind,
    /// The key that the administrator gave it.
    pub key: String,
    /// The IdP behind it in its own name, such as `Okta`; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub idp: String,
}

impl Source {
    /// A source whose IdP is not known by name.
    #[must_use]
    pub fn new(kind: SourceKind, key: impl Into<String>) -> Self {
        Self { kind, key: key.into(), idp: String::new() }
    }

    /// The IdP's name, or words that stand for it: what a page says after "change it in".
    #[must_use]
    pub fn idp_name(&self) -> &str {
        if self.idp.is_empty() { "your company’s identity provider" } else { &self.idp }
    }
}

impl std::fmt::Display for Source {
    /// ``Okta directory `okta` ``.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.idp.is_empty() {
            write!(f, "{} ", self.idp)?;
        }
        write!(f, "{} `{}`", self.kind, self.key)
    }
}
