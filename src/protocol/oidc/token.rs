//! The exchange of a code at the IdP's token endpoint (OpenID Connect Core §3.1.3, RFC 6749 §4.1.3, §2.3.1).

use super::discovery::ClientAuth;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::form_urlencoded;

/// The longest token that is taken from an answer, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// What is sent to have a code exchanged.
#[derive(Debug, Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The code of the answer.
    pub code: &'a SecretString,
    /// The redirect URI of the request, again.
    pub redirect_uri: &'a str,
    /// The PKCE secret of the flow.
    pub pkce_verifier: &'a str,
    /// Our id at the IdP.
    pub client_id: &'a str,
    /// Our secret there; without one we are a public client, bound by PKCE alone.
    pub client_secret: Option<&'a SecretString>,
    /// How the secret travels.
    pub client_auth: ClientAuth,
}

impl TokenRequest<'_> {
    /// The value of the `Authorization` header, if the secret travels there.
    #[must_use]
    pub fn authorization(&self) -> Option<SecretString> {
        let secret = self.client_secret.filter(|_| self.client_auth == ClientAuth::Basic)?;
        // RFC 6749 §2.3.1: both halves are form-encoded first, so that a colon in an id does no harm.
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(self.client_id), encoded(secret.expose_secret()));
        Some(format!("Basic {}", STANDARD.encode(pair)).into())
    }

    /// The form that is posted.
    #[must_use]
    pub fn form(&self) -> SecretString {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", self.code.expose_secret())
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("code_verifier", self.pkce_verifier);
        match self.client_secret {
            Some(_) if self.client_auth == ClientAuth::Basic => {}
            Some(secret) => {
                form.append_pair("client_id", self.client_id).append_pair("client_secret", secret.expose_secret());
            }
            None => {
                form.append_pair("client_id", self.client_id);
            }
        }
        form.finish().into()
    }
}

/// What the IdP gave for a code.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The ID token, not checked yet.
    pub id_token: SecretString,
    /// The access token, for UserInfo.
    pub access_token: SecretString,
}

/// The one reason for which an answer of the token endpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// The IdP refused the code, with its error code (RFC 6749 §5.2).
    #[error("the IdP refused to exchange the code: {error}")]
    Refused {
        /// Such as `invalid_client` (our secret is wrong) or `invalid_grant`.
        error: String,
    },
    /// The answer is not the JSON of a token endpoint.
    #[error("the answer of the token endpoint is not understood")]
    NotAnAnswer,
    /// `token_type` is not `Bearer`.
    #[error("the IdP gave an access token of a kind that is not understood")]
    NotBearer,
    /// There is no ID token.
    #[error("the IdP gave no ID token; is the scope openid allowed for this application?")]
    NoIdToken,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    id_token: Option<String>,
    error: Option<String>,
}

/// Reads the answer, whatever its status was: an error is known by its member `error`.
///
/// # Errors
/// The [`TokenFault`] that says what is wrong with it.
pub fn read(success: bool, body: &[u8]) -> Result<Tokens, TokenFault> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| TokenFault::NotAnAnswer)?;
    if let Some(error) = answer.error {
        let plain = |c: &char| c.is_ascii_graphic() || *c == ' ';
        return Err(TokenFault::Refused { error: error.chars().filter(plain).take(100).collect() });
    }
    let access_token = answer.access_token.filter(|token| success && !token.is_empty() && token.len() <= MAX_BYTES);
    let access_token = access_token.ok_or(TokenFault::NotAnAnswer)?;
    if !answer.token_type.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(TokenFault::NotBearer);
    }
    let id_token = answer.id_token.filter(|token| !token.is_empty()).ok_or(TokenFault::NoIdToken)?;
    Ok(Tokens { id_token: id_token.into(), access_token: access_token.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(code: &'a SecretString, secret: Option<&'a SecretString>, auth: ClientAuth) -> TokenRequest<'a> {
        TokenRequest {
            code,
            redirect_uri: "https://gate.test/cb",
            pkce_verifier: "v",
            client_id: "door:ward",
            client_secret: secret,
            client_auth: auth,
        }
    }

    #[test]
    fn a_secret_travels_by_header_or_by_form_but_never_by_both() {
        let (code, secret) = ("c".into(), "p@ss w".into());
        let basic = request(&code, Some(&secret), ClientAuth::Basic);
        let header = basic.authorization().unwrap();
        let pair = STANDARD.decode(header.expose_secret().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(pair, b"door%3Award:p%40ss+w");
        assert!(!basic.form().expose_secret().contains("client_secret"));
        let post = request(&code, Some(&secret), ClientAuth::Post);
        assert!(post.authorization().is_none());
        assert!(post.form().expose_secret().ends_with("&client_id=door%3Award&client_secret=p%40ss+w"));
        let public = request(&code, None, ClientAuth::Basic);
        assert!(public.authorization().is_none());
        assert!(public.form().expose_secret().ends_with("&code_verifier=v&client_id=door%3Award"));
    }

    #[test]
    fn the_answer_must_hold_both_tokens() {
        assert!(read(true, br#"{"access_token":"a","token_type":"bearer","id_token":"i"}"#).is_ok());
        let fault = |body: &str| read(true, body.as_bytes()).unwrap_err();
        assert_eq!(fault(r#"{"access_token":"a","token_type":"Bearer"}"#), TokenFault::NoIdToken);
        assert_eq!(fault(r#"{"access_token":"a","token_type":"DPoP","id_token":"i"}"#), TokenFault::NotBearer);
        assert_eq!(fault(r#"{"token_type":"Bearer","id_token":"i"}"#), TokenFault::NotAnAnswer);
        assert_eq!(fault("<html>"), TokenFault::NotAnAnswer);
    }

    #[test]
    fn a_refusal_is_told_with_its_code() {
        let refused = TokenFault::Refused { error: "invalid_client".to_owned() };
        let body = b"{\"error\":\"invalid_client\\n\",\"error_description\":\"x\"}";
        assert_eq!(read(false, body).unwrap_err(), refused);
        let odd = br#"{"access_token":"a","token_type":"Bearer","id_token":"i"}"#;
        assert_eq!(read(false, odd).unwrap_err(), TokenFault::NotAnAnswer);
    }
}
