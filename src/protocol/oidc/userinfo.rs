//! The UserInfo answer (OpenID Connect Core §5.3): never alone, only beside an ID token of the same subject.

use super::groups::{BadGroups, GroupsClaim};
use super::id_token::{self, IdToken, Profile};
use crate::protocol::jose::verify::LEEWAY;
use crate::protocol::jose::{Alg, Claims, JoseFault, JwkSet, Typ, json, verify};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

/// The one reason for which an answer of UserInfo is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserInfoFault {
    /// Not a JSON object with unique names.
    #[error("the UserInfo answer is not a JSON object")]
    NotJson,
    /// `sub` is missing or that of somebody else (§5.3.2).
    #[error("the UserInfo answer is about somebody else (sub)")]
    SubjectWrong,
    /// A signed answer does not hold.
    #[error(transparent)]
    Token(#[from] JoseFault),
    /// The groups claim has a wrong form.
    #[error(transparent)]
    BadGroups(#[from] BadGroups),
}

/// What a signed answer must be.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The issuer of the ID token.
    pub issuer: &'a str,
    /// Our id there.
    pub client_id: &'a str,
    /// The algorithms of the IdP's metadata.
    pub algorithms: &'a [Alg],
    /// The time now.
    pub now: DateTime<Utc>,
}

/// Reads an `application/json` answer.
///
/// # Errors
/// [`UserInfoFault::NotJson`], or [`UserInfoFault::SubjectWrong`] when it is not about `subject`.
pub fn read(body: &[u8], subject: &str) -> Result<Claims, UserInfoFault> {
    about(Claims::new(json::object(body).map_err(|_| UserInfoFault::NotJson)?), subject)
}

/// Reads an `application/jwt` answer: signature, issuer and audience as of an ID token.
///
/// The standard demands no dates of it; the answer came over a connection of this moment, so `exp` may be missing.
///
/// # Errors
/// [`UserInfoFault::Token`] for the signature, [`UserInfoFault::SubjectWrong`] when it is not about `subject`.
pub fn read_signed(token: &str, keys: &JwkSet, rules: &Signed<'_>, subject: &str) -> Result<Claims, UserInfoFault> {
    let rules = verify::Rules {
        algorithms: rules.algorithms,
        issuer: rules.issuer,
        audiences: &[rules.client_id],
        typ: Typ::AnyBut(id_token::OTHER_KINDS),
        now: rules.now,
        leeway: LEEWAY,
        max_age: None,
    };
    about(verify::verify_undated(token, keys, &rules)?.claims, subject)
}

fn about(claims: Claims, subject: &str) -> Result<Claims, UserInfoFault> {
    if id_token::subject(&claims) == Some(subject) { Ok(claims) } else { Err(UserInfoFault::SubjectWrong) }
}

impl IdToken {
    /// This login, with what the ID token left out taken from UserInfo claims of the same subject.
    ///
    /// # Errors
    /// [`UserInfoFault::BadGroups`] when the groups in there cannot be read.
    pub fn with_userinfo(mut self, claims: &Claims, groups_claim: &str) -> Result<Self, UserInfoFault> {
        if self.groups == GroupsClaim::Absent {
            self.groups = GroupsClaim::read(claims, groups_claim)?;
        }
        self.profile = self.profile.or(Profile::read(claims));
        Ok(self)
    }
}

/// Whether a body looks like a compact token: some IdPs send one under another media type.
#[must_use]
pub fn looks_signed(body: &[u8]) -> bool {
    let mut parts = body.split(|byte| *byte == b'.');
    let header = parts.next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    parts.count() == 2 && header.is_some_and(|header| header.first() == Some(&b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::SigningKey;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn rules() -> Signed<'static> {
        Signed {
            issuer: "https://idp.test",
            client_id: "doorward",
            algorithms: &[Alg::Es256],
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
        }
    }

    #[test]
    fn an_answer_must_be_about_the_same_person() {
        assert!(read(br#"{"sub":"ada","email":"a@b"}"#, "ada").is_ok());
        for bad in [r#"{"sub":"eve"}"#, "{}", r#"{"sub":["ada"]}"#] {
            assert_eq!(read(bad.as_bytes(), "ada"), Err(UserInfoFault::SubjectWrong), "{bad}");
        }
        assert_eq!(read(br#"{"sub":"eve","sub":"ada"}"#, "ada"), Err(UserInfoFault::NotJson));
        assert_eq!(read(b"<html>", "ada"), Err(UserInfoFault::NotJson));
    }

    #[test]
    fn a_signed_answer_is_checked_like_an_id_token() {
        let (key, _) = SigningKey::generate(Alg::Es256).unwrap();
        let keys = JwkSet::parse(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).unwrap();
        let ask = |typ: &str, aud: &str, exp: Option<i64>| {
            let mut claims = json!({"iss": "https://idp.test", "aud": aud, "sub": "ada"});
            if let Some(exp) = exp {
                claims["exp"] = exp.into();
            }
            let token = key.sign(typ, &claims).unwrap();
            assert!(looks_signed(token.as_bytes()));
            read_signed(&token, &keys, &rules(), "ada").map(|_| ())
        };
        assert_eq!(ask("JWT", "doorward", None), Ok(()));
        assert_eq!(ask("JWT", "other", None), Err(UserInfoFault::Token(JoseFault::AudienceWrong)));
        assert_eq!(ask("JWT", "doorward", Some(NOW - 60)), Err(UserInfoFault::Token(JoseFault::Expired)));
        assert_eq!(ask("logout+jwt", "doorward", None), Err(UserInfoFault::Token(JoseFault::WrongType)));
        assert!(!looks_signed(br#"{"sub":"a.b.c"}"#));
    }
}
