//! Parameters of a request. One that stands there without a value counts as absent (RFC 6749 §3.1).

use url::form_urlencoded;

/// Parameters in their order, decoded. It prints names only: values are codes, tokens and secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// A parameter that stands there more than once (RFC 6749 §3.1 forbids it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} stands there more than once")]
pub struct Repeated(pub &'static str);

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Params {
    /// Reads `application/x-www-form-urlencoded` text: a query or a body.
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of a parameter that may stand there once.
    ///
    /// # Errors
    /// [`Repeated`] when it stands there more than once.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(Repeated(name)),
        }
    }

    /// The same with one parameter set to `value`, whatever stood there; `None` takes it away.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> Self {
        let mut all: Vec<_> = self.0.iter().filter(|(own, _)| own != name).cloned().collect();
        all.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        Self(all)
    }

    /// The encoded text.
    #[must_use]
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_parameter_is_absent_and_a_repeated_one_is_refused() {
        let params = Params::parse(b"state=&a=1&b=x%20y&a=2");
        assert_eq!(params.one("state"), Ok(None));
        assert_eq!(params.one("b"), Ok(Some("x y")));
        assert_eq!(params.one("a"), Err(Repeated("a")));
    }

    #[test]
    fn parameters_are_set_and_taken_away() {
        let params = Params::parse(b"a=1&b=2");
        assert_eq!(params.with("a", None).with("c", Some("x&y")).encoded(), "b=2&c=x%26y");
        assert!(!format!("{params:?}").contains('1'));
    }
}
