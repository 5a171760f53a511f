//! A set of claims, read by name and form.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// The claims of a token or of an answer of the UserInfo endpoint.
///
/// It prints names only: values are personal data.
#[derive(Clone, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A claim that has another form than its standard gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claim {claim:?} does not have the form that its standard gives it")]
pub struct BadClaim {
    /// The name of the claim.
    pub claim: &'static str,
}

impl Claims {
    /// Claims out of a JSON object.
    #[must_use]
    pub fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// The value of a claim; a `null` counts as absent.
    #[must_use]
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.0.get(claim).filter(|value| !value.is_null())
    }

    /// All of them, for a reader with rules of its own.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A text that is there and not empty; anything else is `None`. For claims that decide nothing.
    #[must_use]
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.get(claim)?.as_str().filter(|text| !text.is_empty())
    }

    /// A claim that must be a text where it stands.
    ///
    /// # Errors
    /// [`BadClaim`] when it stands there as anything else.
    pub fn strict_text(&self, claim: &'static str) -> Result<Option<&str>, BadClaim> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(BadClaim { claim }),
        }
    }

    /// A `NumericDate` (RFC 7519 §2): a JSON number of seconds since 1970, between then and the year 9999.
    ///
    /// A fraction is cut off, so that a date is never later than the token says.
    ///
    /// # Errors
    /// [`BadClaim`] for a text (also of digits), `null`, a negative or an absurd number.
    pub fn date(&self, claim: &'static str) -> Result<Option<DateTime<Utc>>, BadClaim> {
        const LAST: f64 = 253_402_300_799.0;
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let seconds = match value {
            Value::Number(number) => number.as_f64().filter(|n| (0.0..=LAST).contains(n)),
            _ => None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked; the fraction is to be cut off")]
        let seconds = seconds.ok_or(BadClaim { claim })? as i64;
        DateTime::from_timestamp(seconds, 0).map(Some).ok_or(BadClaim { claim })
    }

    /// A text or a list of texts, as `aud` (RFC 7519 §4.1.3) and `amr` are written; absent is an empty list.
    ///
    /// # Errors
    /// [`BadClaim`] for any other form.
    pub fn texts(&self, claim: &'static str) -> Result<Vec<&str>, BadClaim> {
        match self.0.get(claim) {
            None => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().ok_or(BadClaim { claim })).collect(),
            Some(_) => Err(BadClaim { claim }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        Claims::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn a_date_is_a_number_and_nothing_that_looks_like_one() {
        for bad in [json!("1700000000"), json!(null), json!(true), json!(-1), json!(1e300), json!([1]), json!({})] {
            assert_eq!(claims(json!({ "exp": bad })).date("exp"), Err(BadClaim { claim: "exp" }), "{bad}");
        }
        let date = claims(json!({"exp": 1_700_000_000.9})).date("exp").unwrap().unwrap();
        assert_eq!(date.timestamp(), 1_700_000_000);
        assert_eq!(claims(json!({})).date("exp"), Ok(None));
    }

    #[test]
    fn printed_claims_show_no_values() {
        let text = format!("{:?}", claims(json!({"email": "ada@acme.test"})));
        assert!(text.contains("email") && !text.contains("ada"));
    }
}
