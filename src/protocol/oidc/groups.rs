//! What an IdP says about groups, with "it did not say" kept apart from "none" (law of absent and empty).

use crate::protocol::jose::Claims;
use serde_json::Value;

/// The groups claim of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupsClaim {
    /// The claim is there; an empty list means no groups.
    Present(Vec<String>),
    /// The claim is not there: the connection says what that means.
    Absent,
    /// There are more groups than fit, and the IdP points elsewhere (Entra ID above 200). The pointer is not followed.
    Overage,
}

/// The groups claim is neither a list of texts nor one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the groups claim is not a list of names")]
pub struct BadGroups;

impl GroupsClaim {
    /// Reads the claim called `name`. A single text counts as a list of one; doubles are dropped.
    ///
    /// # Errors
    /// [`BadGroups`] for any other form: half-read groups would take rights away.
    pub fn read(claims: &Claims, name: &str) -> Result<Self, BadGroups> {
        let overage = has_overage(claims, name);
        let Some(value) = claims.get(name) else { return Ok(if overage { Self::Overage } else { Self::Absent }) };
        // A list beside the mark is only a part of the groups.
        if overage {
            return Ok(Self::Overage);
        }
        let items = match value {
            Value::String(one) => vec![one.clone()],
            Value::Array(items) => {
                items.iter().map(|item| item.as_str().map(str::to_owned).ok_or(BadGroups)).collect::<Result<_, _>>()?
            }
            _ => return Err(BadGroups),
        };
        let mut groups: Vec<String> = Vec::with_capacity(items.len());
        let mut seen = std::collections::HashSet::new();
        groups.extend(items.into_iter().filter(|group| seen.insert(group.clone())));
        Ok(Self::Present(groups))
    }

    /// The claim of the ID token, or where it is absent that of UserInfo.
    #[must_use]
    pub fn or(self, userinfo: Self) -> Self {
        match self {
            Self::Absent => userinfo,
            said => said,
        }
    }
}

/// `_claim_names` (OpenID Connect Core §5.6.2) names the claim, or Entra ID's `hasgroups` is set.
fn has_overage(claims: &Claims, name: &str) -> bool {
    let distributed =
        claims.get("_claim_names").and_then(Value::as_object).is_some_and(|names| names.contains_key(name));
    let marked = match claims.get("hasgroups") {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    distributed || marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(claims: Value) -> Result<GroupsClaim, BadGroups> {
        GroupsClaim::read(&Claims::new(claims.as_object().unwrap().clone()), "groups")
    }

    #[test]
    fn absent_is_not_empty() {
        assert_eq!(read(json!({})), Ok(GroupsClaim::Absent));
        assert_eq!(read(json!({"groups": null})), Ok(GroupsClaim::Absent));
        assert_eq!(read(json!({"groups": []})), Ok(GroupsClaim::Present(vec![])));
    }

    #[test]
    fn names_are_read_in_order_and_once() {
        let groups = vec!["b".to_owned(), "a".to_owned()];
        assert_eq!(read(json!({"groups": ["b", "a", "b"]})), Ok(GroupsClaim::Present(groups)));
        assert_eq!(read(json!({"groups": "one"})), Ok(GroupsClaim::Present(vec!["one".to_owned()])));
    }

    #[test]
    fn too_many_groups_are_unknown_and_not_none() {
        let sources = json!({"src1": {"endpoint": "https://graph.windows.net/evil"}});
        let named = json!({"_claim_names": {"groups": "src1"}, "_claim_sources": sources});
        assert_eq!(read(named), Ok(GroupsClaim::Overage));
        assert_eq!(read(json!({"hasgroups": true})), Ok(GroupsClaim::Overage));
        assert_eq!(read(json!({"hasgroups": "true", "groups": ["a"]})), Ok(GroupsClaim::Overage));
        assert_eq!(read(json!({"_claim_names": {"other": "src1"}})), Ok(GroupsClaim::Absent));
    }

    #[test]
    fn groups_in_a_strange_form_are_refused() {
        for bad in [json!({"a": 1}), json!(7), json!(["a", {"name": "b"}])] {
            assert_eq!(read(json!({ "groups": bad })), Err(BadGroups));
        }
    }

    #[test]
    fn userinfo_speaks_where_the_id_token_was_silent() {
        let some = GroupsClaim::Present(vec!["a".to_owned()]);
        assert_eq!(GroupsClaim::Absent.or(some.clone()), some);
        assert_eq!(GroupsClaim::Present(vec![]).or(some), GroupsClaim::Present(vec![]));
    }
}
