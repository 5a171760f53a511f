//! Group members: what a POST, PUT or PATCH of a group says about them, apart from the group's document.

use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::schema::ResourceType;

/// One member as the client names it (RFC 7643 §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of the User or Group.
    pub value: String,
    /// The name that the client sent, if it did.
    pub display: Option<String>,
    /// The kind that the client named; `None` where it named none (then the id decides).
    pub kind: Option<ResourceType>,
}

impl Member {
    /// The member as an element of `members`, without `$ref`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut element = json!({ "value": self.value });
        if let Some(display) = &self.display {
            element["display"] = json!(display);
        }
        if let Some(kind) = self.kind {
            element["type"] = json!(kind.name());
        }
        element
    }

    /// Whether the filter of a value path, `members[…]`, selects this member.
    #[must_use]
    pub fn matches(&self, filter: &Filter) -> bool {
        filter.matches_element(&self.to_value())
    }
}

/// One step of a group's PATCH on its membership; steps are applied in order.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberChange {
    /// Adds these; who is a member already stays one. An id that the directory never had is left out and named
    /// (strict profiles: 400 `invalidValue`).
    Add(Vec<Member>),
    /// Removes these ids; who is no member is no fault.
    Remove(Vec<String>),
    /// Removes every member that the filter selects (see [`Member::matches`]).
    RemoveMatching(Filter),
    /// The members are exactly these from now on.
    Replace(Vec<Member>),
    /// No member is left.
    Clear,
    /// The members that the filter selects are shown with this name, or with the person's own for `None`. Whom it
    /// selects not, it never creates.
    SetDisplay {
        /// Which members.
        filter: Filter,
        /// The name to show.
        display: Option<String>,
    },
}
