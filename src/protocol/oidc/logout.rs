//! Sign-out between us and the IdP: its back-channel message to us, and our way to it.

use super::id_token;
use crate::protocol::jose::claims::BadClaim;
use crate::protocol::jose::verify::LEEWAY;
use crate::protocol::jose::{Alg, JoseFault, JwkSet, Rules, Typ, verify};
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

/// The one event of a logout token (Back-Channel Logout 1.0 §2.4).
pub const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token must be.
#[derive(Debug, Clone, Copy)]
pub struct Checks<'a> {
    /// The connection's issuer.
    pub issuer: &'a str,
    /// Our id there.
    pub client_id: &'a str,
    /// The algorithms of the IdP's metadata.
    pub algorithms: &'a [Alg],
    /// The time now.
    pub now: DateTime<Utc>,
}

/// A logout token that passed every check but one: that `id` was not seen before is for the caller to ask.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// `jti`: it counts once.
    pub id: String,
    /// `exp`: until then `id` must be remembered (and a minute longer).
    pub expires: DateTime<Utc>,
    /// Whose sessions end. `None`: only the session in [`session`](Self::session).
    pub subject: Option<String>,
    /// The session at the IdP that ends. `None`: all of the subject's.
    pub session: Option<String>,
}

impl std::fmt::Debug for LogoutToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogoutToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The one check that a logout token failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoutFault {
    /// Signature, issuer, audience or time.
    #[error(transparent)]
    Token(#[from] JoseFault),
    /// `jti` is missing or empty.
    #[error("the logout token has no id (jti)")]
    IdMissing,
    /// `events` is not exactly the logout event.
    #[error("the logout token does not hold exactly the logout event (events)")]
    EventWrong,
    /// A `nonce`: an ID token is passed off as a logout token.
    #[error("the logout token has a nonce, as only an ID token may")]
    HasNonce,
    /// Neither `sub` nor `sid`.
    #[error("the logout token names neither a person (sub) nor a session (sid)")]
    NobodyNamed,
    /// A claim has a wrong form.
    #[error(transparent)]
    BadClaim(#[from] BadClaim),
}

/// Checks a logout token (Back-Channel Logout 1.0 §2.6). A `typ` may be absent, as old IdPs leave it out.
///
/// # Errors
/// The [`LogoutFault`] of the first check that failed.
pub fn verify_logout_token(token: &str, keys: &JwkSet, checks: &Checks<'_>) -> Result<LogoutToken, LogoutFault> {
    let rules = Rules {
        algorithms: checks.algorithms,
        issuer: checks.issuer,
        audiences: &[checks.client_id],
        typ: Typ::OnlyOrAbsent(&["logout+jwt", "JWT"]),
        now: checks.now,
        leeway: LEEWAY,
        max_age: Some(id_token::MAX_TOKEN_AGE),
    };
    let claims = verify(token, keys, &rules)?.claims;
    if claims.members().contains_key("nonce") {
        return Err(LogoutFault::HasNonce);
    }
    let events = claims.get("events").and_then(Value::as_object).ok_or(LogoutFault::EventWrong)?;
    let event = events.get(LOGOUT_EVENT).and_then(Value::as_object);
    if events.len() != 1 || !event.is_some_and(serde_json::Map::is_empty) {
        return Err(LogoutFault::EventWrong);
    }
    let named = |claim| Ok::<_, BadClaim>(claims.strict_text(claim)?.filter(|t| !t.is_empty()).map(str::to_owned));
    let (subject, session) = (named("sub")?, named("sid")?);
    if subject.is_none() && session.is_none() {
        return Err(LogoutFault::NobodyNamed);
    }
    Ok(LogoutToken {
        id: named("jti")?.ok_or(LogoutFault::IdMissing)?,
        expires: claims.date("exp")?.ok_or(JoseFault::ExpiryMissing)?,
        subject,
        session,
    })
}

/// Where the browser goes to sign out at the IdP as well (RP-Initiated Logout 1.0 §2).
#[must_use]
pub fn logout_url(
    end_session_endpoint: &Url,
    client_id: &str,
    id_token_hint: Option<&str>,
    back_to: Option<(&str, &str)>,
) -> Url {
    let mut url = end_session_endpoint.clone();
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", client_id);
        if let Some(hint) = id_token_hint {
            query.append_pair("id_token_hint", hint);
        }
        if let Some((uri, state)) = back_to {
            query.append_pair("post_logout_redirect_uri", uri).append_pair("state", state);
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::SigningKey;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn ask(typ: &str, changes: &[(&str, Value)]) -> Result<LogoutToken, LogoutFault> {
        let (key, _) = SigningKey::generate(Alg::Es256).unwrap();
        let keys = JwkSet::parse(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).unwrap();
        let mut claims = json!({
            "iss": "https://idp.test", "aud": "doorward", "iat": NOW, "exp": NOW + 120, "jti": "j1",
            "events": {LOGOUT_EVENT: {}}, "sub": "ada", "sid": "s1"
        });
        for (name, value) in changes {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(*name)),
                value => claims[*name] = value.clone(),
            }
        }
        let checks = Checks {
            issuer: "https://idp.test",
            client_id: "doorward",
            algorithms: &[Alg::Es256],
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
        };
        verify_logout_token(&key.sign(typ, &claims).unwrap(), &keys, &checks)
    }

    #[test]
    fn a_good_logout_token_names_whose_sessions_end() {
        let seen = ask("logout+jwt", &[]).unwrap();
        assert_eq!((seen.subject.as_deref(), seen.session.as_deref()), (Some("ada"), Some("s1")));
        assert_eq!((seen.id.as_str(), seen.expires.timestamp()), ("j1", NOW + 120));
        assert!(ask("JWT", &[("sid", Value::Null)]).is_ok());
    }

    #[test]
    fn an_id_token_is_no_logout_token() {
        assert_eq!(ask("logout+jwt", &[("nonce", json!("n"))]), Err(LogoutFault::HasNonce));
        assert_eq!(ask("at+jwt", &[]), Err(LogoutFault::Token(JoseFault::WrongType)));
    }

    #[test]
    fn the_event_must_be_the_logout_event_alone() {
        for bad in [
            Value::Null,
            json!({}),
            json!({"https://other": {}}),
            json!({LOGOUT_EVENT: {}, "https://other": {}}),
            json!({LOGOUT_EVENT: {"a": 1}}),
            json!({LOGOUT_EVENT: "x"}),
        ] {
            assert_eq!(ask("logout+jwt", &[("events", bad)]), Err(LogoutFault::EventWrong));
        }
    }

    #[test]
    fn somebody_must_be_named_and_the_token_have_an_id() {
        let nobody = [("sub", Value::Null), ("sid", Value::Null)];
        assert_eq!(ask("logout+jwt", &nobody), Err(LogoutFault::NobodyNamed));
        assert_eq!(ask("logout+jwt", &[("jti", Value::Null)]), Err(LogoutFault::IdMissing));
    }

    #[test]
    fn a_logout_token_has_its_time_and_audience() {
        let fault = |name, value| ask("logout+jwt", &[(name, value)]).unwrap_err();
        assert_eq!(fault("exp", json!(NOW - 60)), LogoutFault::Token(JoseFault::Expired));
        assert_eq!(fault("iat", json!(NOW - 700)), LogoutFault::Token(JoseFault::TooOld));
        assert_eq!(fault("aud", json!("other")), LogoutFault::Token(JoseFault::AudienceWrong));
        assert_eq!(fault("iss", json!("https://x")), LogoutFault::Token(JoseFault::IssuerWrong));
    }

    #[test]
    fn the_way_to_the_idp_keeps_its_own_query() {
        let endpoint = Url::parse("https://idp.test/logout?p=1").unwrap();
        let url = logout_url(&endpoint, "doorward", Some("hint"), Some(("https://gate.test/", "st")));
        assert_eq!(
            url.as_str(),
            "https://idp.test/logout?p=1&client_id=doorward&id_token_hint=hint\
             &post_logout_redirect_uri=https%3A%2F%2Fgate.test%2F&state=st"
        );
    }
}
