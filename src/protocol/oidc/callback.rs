//! The answer that the browser brings back (OpenID Connect Core §3.1.2.5, RFC 6749 §4.1.2, RFC 9207).

use crate::protocol::jose::digest;
use secrecy::SecretString;
use url::form_urlencoded;

/// What came back, before anything about it is believed. Find the flow by [`Callback::state`], then ask for the code.
#[derive(Debug)]
pub struct Callback {
    state: String,
    issuer: Option<String>,
    outcome: Result<SecretString, Refusal>,
}

/// The IdP's own words for a login that it refused. They are shown as text only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error code, such as `access_denied` or `login_required`.
    pub error: String,
    /// What the IdP adds for people.
    pub description: Option<String>,
}

/// What the flow remembers about the request that is answered.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The `state` that was sent.
    pub state: &'a str,
    /// The issuer that the browser was sent to.
    pub issuer: &'a str,
    /// Whether that issuer says that it always answers with `iss`.
    pub answers_with_issuer: bool,
}

/// The one check that an answer failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    /// A parameter stands twice (RFC 6749 §3.1).
    #[error("a parameter stands twice in the answer")]
    Duplicate,
    /// `state` is missing, empty or absurdly long.
    #[error("the answer has no state")]
    StateMissing,
    /// Neither `code` nor `error`, or both.
    #[error("the answer holds neither a code nor an error, or both")]
    NoOutcome,
    /// `state` is another than the one that was sent.
    #[error("the answer belongs to another sign-in (state)")]
    StateWrong,
    /// `iss` is missing although the IdP promises it.
    #[error("the answer does not say who it comes from (iss)")]
    IssuerMissing,
    /// `iss` is another IdP: a mix-up.
    #[error("the answer comes from another IdP (iss)")]
    IssuerWrong,
    /// The IdP refused the login.
    #[error("the IdP refused the sign-in: {}", .0.error)]
    Refused(Refusal),
}

/// The longest `state` and `code` that are looked at, in bytes (Entra ID's codes have some 1500).
const MAX_BYTES: usize = 8192;

impl Callback {
    /// Reads the query (or the body of a form post) of the redirect URI.
    ///
    /// # Errors
    /// [`CallbackFault::Duplicate`], [`CallbackFault::StateMissing`] or [`CallbackFault::NoOutcome`].
    pub fn parse(form: &str) -> Result<Self, CallbackFault> {
        let [mut state, mut code, mut error, mut description, mut issuer] = [const { None::<String> }; 5];
        for (name, value) in form_urlencoded::parse(form.as_bytes()) {
            let slot = match &*name {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                "error_description" => &mut description,
                "iss" => &mut issuer,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(CallbackFault::Duplicate);
            }
        }
        let sane = |text: &String| !text.is_empty() && text.len() <= MAX_BYTES;
        let state = state.filter(sane).ok_or(CallbackFault::StateMissing)?;
        let outcome = match (code.filter(sane), error.filter(sane)) {
            (Some(code), None) => Ok(code.into()),
            (None, Some(error)) => Err(Refusal { error, description }),
            _ => return Err(CallbackFault::NoOutcome),
        };
        Ok(Self { state, issuer, outcome })
    }

    /// The `state`, by which the flow is found. It proves nothing yet.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The code, once the answer is known to be that of `expected`.
    ///
    /// # Errors
    /// [`CallbackFault::StateWrong`], [`CallbackFault::IssuerMissing`], [`CallbackFault::IssuerWrong`], and only then
    /// [`CallbackFault::Refused`]: an error of a stranger is not shown as the IdP's.
    pub fn code(self, expected: &Expected<'_>) -> Result<SecretString, CallbackFault> {
        if !digest::same(&self.state, expected.state) {
            return Err(CallbackFault::StateWrong);
        }
        match self.issuer {
            Some(issuer) if issuer != expected.issuer => return Err(CallbackFault::IssuerWrong),
            None if expected.answers_with_issuer => return Err(CallbackFault::IssuerMissing),
            _ => {}
        }
        self.outcome.map_err(CallbackFault::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    const EXPECTED: Expected<'_> = Expected { state: "st", issuer: "https://idp.test", answers_with_issuer: false };

    fn ask(form: &str, expected: &Expected<'_>) -> Result<String, CallbackFault> {
        Callback::parse(form)?.code(expected).map(|code| code.expose_secret().to_owned())
    }

    #[test]
    fn a_good_answer_gives_the_code() {
        assert_eq!(ask("code=c%20d&state=st&session_state=x", &EXPECTED), Ok("c d".to_owned()));
        assert_eq!(ask("code=c&state=st&iss=https%3A%2F%2Fidp.test", &EXPECTED), Ok("c".to_owned()));
    }

    #[test]
    fn a_parameter_may_stand_once_only() {
        for form in ["state=st&state=st&code=c", "state=st&code=c&code=d", "state=st&code=c&iss=a&iss=a"] {
            assert_eq!(ask(form, &EXPECTED), Err(CallbackFault::Duplicate), "{form}");
        }
    }

    #[test]
    fn an_answer_without_state_or_outcome_is_refused() {
        assert_eq!(ask("code=c", &EXPECTED), Err(CallbackFault::StateMissing));
        assert_eq!(ask("code=c&state=", &EXPECTED), Err(CallbackFault::StateMissing));
        assert_eq!(ask("state=st", &EXPECTED), Err(CallbackFault::NoOutcome));
        assert_eq!(ask("state=st&code=c&error=e", &EXPECTED), Err(CallbackFault::NoOutcome));
    }

    #[test]
    fn an_answer_of_another_sign_in_or_idp_is_refused() {
        assert_eq!(ask("state=other&code=c", &EXPECTED), Err(CallbackFault::StateWrong));
        assert_eq!(ask("state=st&code=c&iss=https://evil.test", &EXPECTED), Err(CallbackFault::IssuerWrong));
        let strict = Expected { answers_with_issuer: true, ..EXPECTED };
        assert_eq!(ask("state=st&code=c", &strict), Err(CallbackFault::IssuerMissing));
    }

    #[test]
    fn a_refusal_is_believed_only_from_the_right_idp() {
        let form = "state=st&error=access_denied&error_description=No+access";
        let refusal = Refusal { error: "access_denied".to_owned(), description: Some("No access".to_owned()) };
        assert_eq!(ask(form, &EXPECTED), Err(CallbackFault::Refused(refusal)));
        assert_eq!(ask(&format!("{form}&iss=https://evil.test"), &EXPECTED), Err(CallbackFault::IssuerWrong));
    }

    #[test]
    fn a_printed_answer_shows_no_code() {
        let callback = Callback::parse("state=st&code=s3cret").unwrap();
        assert!(!format!("{callback:?}").contains("s3cret"));
    }
}
