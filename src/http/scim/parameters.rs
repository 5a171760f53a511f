//! Query parameters. Unknown ones are passed over (`aadOptscim062020`), as are empty pairs.

use crate::protocol::scim::discovery::{DEFAULT_PAGE, MAX_PAGE};
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::projection::Projection;

/// The parameters of a call.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(query: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.map(|(key, value)| (key.to_ascii_lowercase(), value.into_owned())).collect())
    }

    /// The first value of a parameter, whatever its case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `attributes` and `excludedAttributes`.
    pub(super) fn projection(&self) -> Result<Projection, ScimError> {
        Projection::parse(self.get("attributes"), self.get("excludedattributes"))
    }

    /// `startIndex` (1 at least) and `count` (0 at least, cut to the largest page).
    pub(super) fn page(&self) -> Result<(i64, i64), ScimError> {
        let start = self.number("startindex", "startIndex")?.unwrap_or(1).max(1);
        let count = self.number("count", "count")?.unwrap_or(DEFAULT_PAGE).clamp(0, MAX_PAGE);
        Ok((start, count))
    }

    fn number(&self, key: &str, name: &str) -> Result<Option<i64>, ScimError> {
        let Some(text) = self.get(key).map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| ScimError::invalid_value(format!("{name}: {text:?} is no whole number.")))
    }
}
