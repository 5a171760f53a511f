//! What a SCIM server answered.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// One answer, with the request that it answers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Method and address below the base, as sent.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null when it is empty or none.
    pub body: Value,
    /// How long the answer took, in milliseconds.
    pub millis: u64,
}

impl Reply {
    /// A 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The `id` of the resource in the body.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.body["id"].as_str().filter(|id| !id.is_empty())
    }

    /// `totalResults` of a ListResponse, when it is one with an integer.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.body["totalResults"].as_u64()
    }

    /// The resources of a ListResponse.
    #[must_use]
    pub fn resources(&self) -> &[Value] {
        self.body["Resources"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The only resource of a ListResponse.
    #[must_use]
    pub fn only(&self) -> Option<&Value> {
        match self.resources() {
            [one] if self.total() == Some(1) => Some(one),
            _ => None,
        }
    }

    /// The ids in `members` of a group, sorted.
    #[must_use]
    pub fn members(&self) -> Vec<String> {
        let members = self.body["members"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut ids: Vec<String> =
            members.iter().filter_map(|member| member["value"].as_str().map(str::to_owned)).collect();
        ids.sort();
        ids
    }
}
