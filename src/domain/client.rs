//! Client scopes: the part of a panel where a role holds.
//!
//! "Client" stands for whatever the panel definition divides its panel by: clients, sites, regions or departments.

use crate::base::fold::fold;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// The clients that an organization has, found by key in any spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientKeys {
    by_fold: BTreeMap<String, String>,
}

impl ClientKeys {
    /// The key as it is kept, for `text` in any spelling; `None` where no such client exists.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&str> {
        self.by_fold.get(&fold(text)).map(String::as_str)
    }

    /// Whether exactly this key exists.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.find(key) == Some(key)
    }

    /// Every key, in stable order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.by_fold.values().map(String::as_str)
    }
}

impl<T: Into<String>> FromIterator<T> for ClientKeys {
    fn from_iter<I: IntoIterator<Item = T>>(keys: I) -> Self {
        let keys = keys.into_iter().map(Into::into);
        Self { by_fold: keys.map(|key: String| (fold(&key), key)).collect() }
    }
}

/// Where a role holds. Written `"all"` or as a sorted list of client keys.
///
/// `All` means present and future clients. An empty list is the panel itself and no client at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientScope {
    /// Every client, present and future.
    All,
    /// These clients alone, whole, with every department inside.
    Some(BTreeSet<String>),
}

impl ClientScope {
    /// The scope of a role that reaches no client.
    #[must_use]
    pub const fn nothing() -> Self {
        Self::Some(BTreeSet::new())
    }

    /// The scope of the given keys.
    #[must_use]
    pub fn of<T: Into<String>>(keys: impl IntoIterator<Item = T>) -> Self {
        Self::Some(keys.into_iter().map(Into::into).collect())
    }

    /// Whether this scope reaches the client.
    #[must_use]
    pub fn reaches(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(keys) => keys.contains(key),
        }
    }
}

impl std::fmt::Display for ClientScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all clients"),
            Self::Some(keys) if keys.is_empty() => f.write_str("no client"),
            Self::Some(keys) => f.write_str(&keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

impl Serialize for ClientScope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Some(keys) => serializer.collect_seq(keys),
        }
    }
}

impl<'de> Deserialize<'de> for ClientScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScopeVisitor)
    }
}

struct ScopeVisitor;

impl<'de> serde::de::Visitor<'de> for ScopeVisitor {
    type Value = ClientScope;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"all\" or a list of client keys")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<ClientScope, E> {
        if word == "all" {
            Ok(ClientScope::All)
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
        }
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<ClientScope, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = seq.next_element()? {
            keys.insert(key);
        }
        Ok(ClientScope::Some(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_found_in_any_spelling_and_named_in_its_own() {
        let keys: ClientKeys = ["North", "south"].into_iter().collect();
        assert_eq!(keys.find("NORTH"), Some("North"));
        assert_eq!(keys.find("east"), None);
        assert!(keys.has("south") && !keys.has("SOUTH"));
    }

    #[test]
    fn a_scope_is_the_word_all_or_a_sorted_list() {
        let some = ClientScope::of(["south", "north"]);
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["north","south"]"#);
        assert_eq!(serde_json::to_string(&ClientScope::All).unwrap(), r#""all""#);
        assert_eq!(serde_json::from_str::<ClientScope>(r#"["south","north"]"#).unwrap(), some);
        assert!(serde_json::from_str::<ClientScope>(r#""every""#).is_err());
    }
}
