//! A client's signed assertion (RFC 7521 §4.2, RFC 7523 §2.2 and §3): its own, or a token of an issuer that it is
//! federated with.

use crate::protocol::jose::verify::LEEWAY;
use crate::protocol::jose::{Alg, JoseFault, JwkSet, Rules, Typ, json, verify};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};

/// The only `client_assertion_type` that there is here.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a client signs its own assertions with.
pub const OWN_ALGORITHMS: &[Alg] = &[Alg::Rs256, Alg::Ps256, Alg::Es256, Alg::EdDsa];

/// What an issuer of federated identities signs with.
pub const FEDERATED_ALGORITHMS: &[Alg] = &[Alg::Rs256];

/// How far ahead the end of a client's own assertion may be.
pub const OWN_LONGEST: TimeDelta = TimeDelta::hours(1);

/// How far ahead the end of a federated token may be: managed identities of Azure get theirs for a day.
pub const FEDERATED_LONGEST: TimeDelta = TimeDelta::hours(24);

/// The longest `jti`, in bytes.
const LONGEST_ID: usize = 255;

/// Whose assertion it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// The client's own: `iss` and `sub` are its `client_id`, and `jti` is needed because it is used once.
    Own {
        /// The `client_id`.
        client_id: &'a str,
        /// Any of these may be its audience: the token endpoint and the issuer.
        audiences: &'a [&'a str],
    },
    /// A token of another issuer: `iss`, `sub` and the one `aud` are those that were stored.
    Federated {
        /// The `iss`.
        issuer: &'a str,
        /// The `sub`.
        subject: &'a str,
        /// The `aud`.
        audience: &'a str,
    },
}

/// An assertion that held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Its `jti`; a client's own has one.
    pub id: Option<String>,
    /// When it is refused from, the clocks' difference included: so long its `jti` must be remembered.
    pub until: DateTime<Utc>,
}

/// The one check that an assertion failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionFault {
    /// Form, key, signature or a registered claim.
    #[error("client_assertion: {0}")]
    Token(#[from] JoseFault),
    /// `sub` is missing or another.
    #[error(
        "client_assertion: its subject (sub) is another; a client's own assertion has its client_id as iss and sub"
    )]
    SubjectWrong,
    /// A federated token has several audiences.
    #[error("client_assertion: it has other audiences (aud) beside the one that is registered")]
    AudienceNotAlone,
    /// It ends too late.
    #[error("client_assertion: it lasts too long (exp); make it end within {} minutes", .0.num_minutes())]
    LastsTooLong(TimeDelta),
    /// A client's own assertion has no usable `jti`.
    #[error("client_assertion: it needs an id (jti) of 1 to {LONGEST_ID} bytes, a new one each time")]
    IdMissing,
}

impl AssertionFault {
    /// Whether the signature had held before this check, so that only a holder of the key can be told.
    #[must_use]
    pub fn is_of_signed(self) -> bool {
        match self {
            Self::Token(fault) => matches!(
                fault,
                JoseFault::ClaimsNotJson
                    | JoseFault::IssuerWrong
                    | JoseFault::AudienceWrong
                    | JoseFault::ExpiryMissing
                    | JoseFault::Expired
                    | JoseFault::NotYetValid
                    | JoseFault::IssuedAtMissing
                    | JoseFault::IssuedInFuture
                    | JoseFault::TooOld
                    | JoseFault::BadClaim(_)
            ),
            Self::SubjectWrong | Self::AudienceNotAlone | Self::LastsTooLong(_) | Self::IdMissing => true,
        }
    }
}

/// Checks an assertion with the keys of whoever signs it.
///
/// # Errors
/// The [`AssertionFault`] of the first check that failed.
pub fn verify_assertion(
    token: &str,
    keys: &JwkSet,
    whose: Whose<'_>,
    now: DateTime<Utc>,
) -> Result<Assertion, AssertionFault> {
    let one;
    let (issuer, subject, audiences, algorithms, typ, longest) = match whose {
        Whose::Own { client_id, audiences } => {
            let typ = Typ::OnlyOrAbsent(&["JWT", "client-authentication+jwt"]);
            (client_id, client_id, audiences, OWN_ALGORITHMS, typ, OWN_LONGEST)
        }
        Whose::Federated { issuer, subject, audience } => {
            one = [audience];
            let typ = Typ::OnlyOrAbsent(&["JWT", "at+jwt"]);
            (issuer, subject, one.as_slice(), FEDERATED_ALGORITHMS, typ, FEDERATED_LONGEST)
        }
    };
    let rules = Rules { algorithms, issuer, audiences, typ, now, leeway: LEEWAY, max_age: None };
    let claims = verify(token, keys, &rules)?.claims;
    if claims.strict_text("sub").map_err(JoseFault::from)? != Some(subject) {
        return Err(AssertionFault::SubjectWrong);
    }
    let expires = claims.date("exp").map_err(JoseFault::from)?.ok_or(JoseFault::ExpiryMissing)?;
    if expires > now + longest + LEEWAY {
        return Err(AssertionFault::LastsTooLong(longest));
    }
    let id = claims.strict_text("jti").map_err(JoseFault::from)?;
    match whose {
        Whose::Own { .. } if id.is_none_or(|id| id.is_empty() || id.len() > LONGEST_ID || id.contains('\0')) => {
            return Err(AssertionFault::IdMissing);
        }
        Whose::Federated { .. } if claims.texts("aud").map_err(JoseFault::from)?.len() != 1 => {
            return Err(AssertionFault::AudienceNotAlone);
        }
        Whose::Own { .. } | Whose::Federated { .. } => {}
    }
    Ok(Assertion { id: id.map(str::to_owned), until: expires + LEEWAY })
}

/// The `sub` that an assertion claims, unproved: who a client says it is that sends no `client_id` (RFC 7521 §4.2).
#[must_use]
pub fn claimed_subject(token: &str) -> Option<String> {
    if token.len() > crate::protocol::jose::verify::MAX_BYTES {
        return None;
    }
    let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    json::object(&body).ok()?.get("sub")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::SigningKey;
    use serde_json::{Value, json};

    const ME: &str = "dcl-1.a";
    const HERE: &[&str] = &["https://id.test/scim/oauth/token", "https://id.test/scim"];

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn own(change: impl FnOnce(&mut Value)) -> Result<Assertion, AssertionFault> {
        let (key, _) = SigningKey::generate(Alg::Es256).unwrap();
        let at = now().timestamp();
        let mut claims = json!({"iss": ME, "sub": ME, "aud": HERE[0], "exp": at + 300, "iat": at, "jti": "one"});
        change(&mut claims);
        let keys = JwkSet::parse(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).unwrap();
        verify_assertion(
            &key.sign("JWT", &claims).unwrap(),
            &keys,
            Whose::Own { client_id: ME, audiences: HERE },
            now(),
        )
    }

    #[test]
    fn an_own_assertion_is_its_clients_short_and_has_an_id() {
        let held = own(|_| ()).unwrap();
        assert_eq!(held.id.as_deref(), Some("one"));
        assert_eq!(held.until, now() + TimeDelta::seconds(360));
        assert!(own(|claims| claims["aud"] = json!(["https://other.test", HERE[1]])).is_ok());
        let fault = |change: fn(&mut Value)| own(change).unwrap_err();
        assert_eq!(fault(|c| c["sub"] = json!("dcl-2.a")), AssertionFault::SubjectWrong);
        assert_eq!(fault(|c| c["iss"] = json!("dcl-2.a")), AssertionFault::Token(JoseFault::IssuerWrong));
        assert_eq!(fault(|c| c["aud"] = json!("https://id.test")), AssertionFault::Token(JoseFault::AudienceWrong));
        assert_eq!(fault(|c| c["jti"] = json!("")), AssertionFault::IdMissing);
        assert_eq!(fault(|c| c["jti"] = json!("x".repeat(256))), AssertionFault::IdMissing);
        assert_eq!(fault(|c| c["exp"] = json!(1_800_003_661)), AssertionFault::LastsTooLong(OWN_LONGEST));
        assert!(own(|c| c["exp"] = json!(1_800_003_660)).is_ok());
        assert_eq!(fault(|c| c["exp"] = json!(1_799_999_940)), AssertionFault::Token(JoseFault::Expired));
    }

    #[test]
    fn what_is_told_is_told_to_holders_of_the_key_alone() {
        assert!(AssertionFault::Token(JoseFault::Expired).is_of_signed());
        assert!(!AssertionFault::Token(JoseFault::SignatureWrong).is_of_signed());
        assert!(!AssertionFault::Token(JoseFault::KeyUnknown).is_of_signed());
    }

    #[test]
    fn a_claimed_subject_is_read_without_proof() {
        let (key, _) = SigningKey::generate(Alg::Es256).unwrap();
        assert_eq!(claimed_subject(&key.sign("JWT", &json!({"sub": ME})).unwrap()).as_deref(), Some(ME));
        assert_eq!(claimed_subject("a.b.c"), None);
        assert_eq!(claimed_subject(""), None);
    }
}
