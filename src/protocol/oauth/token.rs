//! The token request (RFC 6749 §4.1.3, §6) and PKCE (RFC 7636 §4.6).

use super::fault::TokenFault;
use super::params::Params;
use crate::protocol::jose::digest;
use secrecy::SecretString;

/// What an app wants tokens for.
#[derive(Debug, Clone)]
pub enum TokenRequest {
    /// A code from the authorization endpoint.
    Code {
        /// The code.
        code: SecretString,
        /// The return address that it was sent to.
        redirect_uri: String,
        /// The PKCE verifier.
        verifier: SecretString,
    },
    /// A refresh token.
    Refresh {
        /// The token.
        token: SecretString,
        /// A narrower scope, if one is asked for.
        scope: Option<String>,
    },
}

impl TokenRequest {
    /// Reads it.
    ///
    /// # Errors
    /// A [`TokenFault`] about the grant type or a parameter.
    pub fn parse(params: &Params) -> Result<Self, TokenFault> {
        let must = |name: &'static str| params.one(name)?.ok_or(TokenFault::Missing(name));
        match must("grant_type")? {
            "authorization_code" => Ok(Self::Code {
                code: must("code")?.into(),
                redirect_uri: must("redirect_uri")?.to_owned(),
                verifier: must("code_verifier")?.into(),
            }),
            "refresh_token" => Ok(Self::Refresh {
                token: must("refresh_token")?.into(),
                scope: params.one("scope")?.map(str::to_owned),
            }),
            _ => Err(TokenFault::GrantTypeUnsupported),
        }
    }
}

/// Whether a PKCE verifier fits its S256 challenge.
#[must_use]
pub fn fits(verifier: &str, challenge: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(unreserved)
        && digest::same(&digest::sha256(verifier), challenge)
}

/// The scope of a refresh: what was granted, or the part of it that is asked for.
///
/// # Errors
/// [`TokenFault::ScopeWidened`].
pub fn narrowed(granted: &str, asked: Option<&str>) -> Result<String, TokenFault> {
    let Some(asked) = asked else { return Ok(granted.to_owned()) };
    let had: Vec<&str> = granted.split(' ').collect();
    if asked.split(' ').filter(|scope| !scope.is_empty()).all(|scope| had.contains(&scope)) {
        Ok(asked.to_owned())
    } else {
        Err(TokenFault::ScopeWidened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_verifier_fits_its_own_challenge_alone() {
        assert!(fits(VERIFIER, CHALLENGE));
        assert!(!fits(CHALLENGE, CHALLENGE));
        assert!(!fits("short", &digest::sha256("short")));
    }

    #[test]
    fn a_request_names_its_grant_and_all_that_belongs_to_it() {
        let parse = |body: &str| TokenRequest::parse(&Params::parse(body.as_bytes()));
        assert!(parse("grant_type=authorization_code&code=c&redirect_uri=u&code_verifier=v").is_ok());
        let fault = |body: &str| parse(body).unwrap_err();
        assert_eq!(fault("grant_type=authorization_code&code=c&redirect_uri=u"), TokenFault::Missing("code_verifier"));
        assert_eq!(fault("grant_type=refresh_token"), TokenFault::Missing("refresh_token"));
        assert_eq!(fault("code=c"), TokenFault::Missing("grant_type"));
        assert_eq!(fault("grant_type=password"), TokenFault::GrantTypeUnsupported);
    }

    #[test]
    fn a_refresh_never_widens_the_scope() {
        assert_eq!(narrowed("openid email", None), Ok("openid email".to_owned()));
        assert_eq!(narrowed("openid email", Some("openid")), Ok("openid".to_owned()));
        assert_eq!(narrowed("openid", Some("openid email")), Err(TokenFault::ScopeWidened));
    }
}
