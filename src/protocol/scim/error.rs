//! The SCIM error message (RFC 7644 §3.12, RFC 9865 §2.1).

use serde_json::Value;
use serde_json::json;

/// The URN of an error body.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The `scimType` keyword of a refusal (RFC 7644 table 9, RFC 9865 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter has a fault of grammar, names an unknown attribute, or compares what cannot be compared.
    InvalidFilter,
    /// More results or more work than the server will do.
    TooMany,
    /// A value is taken by another resource.
    Uniqueness,
    /// An attribute may not be changed by this client.
    Mutability,
    /// The body has the wrong structure.
    InvalidSyntax,
    /// A PATCH path has a fault, or names nothing.
    InvalidPath,
    /// A PATCH operation has no target.
    NoTarget,
    /// A value is missing or has the wrong type.
    InvalidValue,
    /// The protocol version is not 2.0.
    InvalidVers,
    /// The request carries personal data in the address.
    Sensitive,
    /// The cursor is not one of ours for this query (RFC 9865).
    InvalidCursor,
    /// The cursor is too old (RFC 9865).
    ExpiredCursor,
    /// The `count` beside a cursor is no count (RFC 9865).
    InvalidCount,
}

impl ScimType {
    /// The keyword as it stands on the wire.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// How long a detail may be, in bytes.
const DETAIL: usize = 1000;

/// A refusal in SCIM's words. The detail is read by an IdP's admin as it stands: it names the attribute, the rule
/// and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {detail}")]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The keyword, on 400 and 409 only.
    pub scim_type: Option<ScimType>,
    /// The sentence for a human.
    pub detail: String,
}

impl ScimError {
    /// A refusal without a keyword.
    #[must_use]
    pub fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: bounded(detail.into()) }
    }

    /// 400 with a keyword.
    #[must_use]
    pub fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::plain(400, detail) }
    }

    /// 409 for a reference of a bulk request that means nothing (RFC 7644 §3.7.2).
    #[must_use]
    pub fn unresolved(name: &str) -> Self {
        Self::plain(409, format!("bulkId:{name} names nothing that this request has made; see its outcome."))
    }

    /// 400 `invalidFilter`.
    #[must_use]
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidFilter, detail)
    }

    /// 400 `invalidPath`.
    #[must_use]
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidPath, detail)
    }

    /// 400 `invalidValue`.
    #[must_use]
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidValue, detail)
    }

    /// 400 `invalidSyntax`.
    #[must_use]
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidSyntax, detail)
    }

    /// 400 `mutability`.
    #[must_use]
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::Mutability, detail)
    }

    /// 400 `noTarget`.
    #[must_use]
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::NoTarget, detail)
    }

    /// 400 `tooMany`.
    #[must_use]
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::TooMany, detail)
    }

    /// 409 `uniqueness`.
    #[must_use]
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self { scim_type: Some(ScimType::Uniqueness), ..Self::plain(409, detail) }
    }

    /// 404 for a resource of this directory.
    #[must_use]
    pub fn not_found(resource: &str, id: &str) -> Self {
        Self::plain(404, format!("No {resource} with id {id} in this directory; look it up again by name."))
    }

    /// 412: the version of `If-Match` is not the present one.
    #[must_use]
    pub fn precondition_failed() -> Self {
        Self::plain(412, "The resource has changed since this version; read it again and send the new ETag.")
    }

    /// The body of the answer: `status` is a string, `scimType` only where there is one.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR_URN], "status": self.status.to_string(), "detail": self.detail });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = json!(scim_type.keyword());
        }
        body
    }
}

/// A detail may quote what was sent, which may be long: the beginning says enough.
fn bounded(mut detail: String) -> String {
    if detail.len() > DETAIL {
        detail.truncate(detail.floor_char_boundary(DETAIL));
        detail.push('…');
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_that_quotes_much_is_cut_between_characters() {
        let error = ScimError::invalid_filter(format!("x{}", "é".repeat(5000)));
        assert!(error.detail.len() <= DETAIL + 3 && error.detail.ends_with("é…"), "{}", error.detail.len());
        assert_eq!(ScimError::plain(404, "short").detail, "short");
    }

    #[test]
    fn r087_the_status_is_a_string_and_the_keyword_only_where_there_is_one() {
        let body = ScimError::uniqueness("userName is taken").to_json();
        assert_eq!(body["status"], json!("409"));
        assert_eq!(body["scimType"], json!("uniqueness"));
        assert!(ScimError::not_found("User", "1").to_json().get("scimType").is_none());
    }
}
