//! How an app proves itself: `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1).

use super::fault::TokenFault;
use super::params::Params;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use url::form_urlencoded;

/// Who the app says it is, and its secret, to be checked.
#[derive(Debug, Clone)]
pub struct ClientProof {
    /// The `client_id`.
    pub id: String,
    /// The `client_secret`.
    pub secret: SecretString,
}

impl ClientProof {
    /// Reads the proof from the `Authorization` header or the body, never from both.
    ///
    /// # Errors
    /// A [`TokenFault`] of client authentication.
    pub fn read(authorization: Option<&str>, params: &Params) -> Result<Self, TokenFault> {
        let (id, secret) = (params.one("client_id")?, params.one("client_secret")?);
        let Some(header) = authorization else {
            let (id, secret) = id.zip(secret).ok_or(TokenFault::ClientUnproved)?;
            return Ok(Self { id: id.to_owned(), secret: secret.into() });
        };
        if secret.is_some() {
            return Err(TokenFault::TwoProofs);
        }
        let proof = basic(header).ok_or(TokenFault::BadAuthorization)?;
        if id.is_some_and(|id| id != proof.id) {
            return Err(TokenFault::ClientUnproved);
        }
        Ok(proof)
    }
}

fn basic(header: &str) -> Option<ClientProof> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(ClientProof { id: form_decoded(id), secret: form_decoded(secret).into() })
}

/// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
fn form_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn header(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn both_halves_of_basic_are_form_decoded() {
        let proof = ClientProof::read(Some(&header("app%2D1:s%3Ac+%26&x=y")), &Params::default()).unwrap();
        assert_eq!((proof.id.as_str(), proof.secret.expose_secret()), ("app-1", "s:c &&x=y"));
    }

    #[test]
    fn an_app_proves_itself_in_one_way() {
        let post = Params::parse(b"client_id=app-1&client_secret=s");
        assert_eq!(ClientProof::read(None, &post).unwrap().id, "app-1");
        let fault =
            |header: Option<&str>, body: &str| ClientProof::read(header, &Params::parse(body.as_bytes())).unwrap_err();
        assert_eq!(fault(Some(&header("app-1:s")), "client_secret=s"), TokenFault::TwoProofs);
        assert_eq!(fault(Some(&header("app-1:s")), "client_id=app-2"), TokenFault::ClientUnproved);
        assert_eq!(fault(Some("Bearer x"), ""), TokenFault::BadAuthorization);
        assert_eq!(fault(Some("Basic !"), ""), TokenFault::BadAuthorization);
        assert_eq!(fault(None, "client_id=app-1"), TokenFault::ClientUnproved);
    }
}
