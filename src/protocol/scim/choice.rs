//! `attributes` and `excludedAttributes`: what a client asks to see.

use crate::protocol::scim::error::ScimError;

/// Which attributes a client chose, by the paths that it sent (RFC 7644 §3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<'a> {
    /// It left that to us.
    All,
    /// These alone.
    Only(&'a [String]),
    /// All but these.
    Except(&'a [String]),
}

impl<'a> Choice<'a> {
    /// Of `attributes` and `excludedAttributes`.
    ///
    /// # Errors
    /// 400 `invalidValue` for both at once.
    pub fn of(attributes: &'a [String], excluded: &'a [String]) -> Result<Self, ScimError> {
        match (attributes.is_empty(), excluded.is_empty()) {
            (true, true) => Ok(Self::All),
            (false, true) => Ok(Self::Only(attributes)),
            (true, false) => Ok(Self::Except(excluded)),
            (false, false) => {
                Err(ScimError::invalid_value("attributes and excludedAttributes exclude each other; send one."))
            }
        }
    }
}
