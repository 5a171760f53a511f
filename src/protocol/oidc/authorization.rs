//! The request that the browser carries to the IdP (OpenID Connect Core §3.1.2.1): code flow, PKCE, always.

use crate::protocol::jose::digest;
use url::Url;

/// An authorization request. `state`, `nonce` and `pkce_verifier` come from 32 random bytes each ([`digest::text_of`]).
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    /// Our id at the IdP.
    pub client_id: &'a str,
    /// The connection's own redirect URI.
    pub redirect_uri: &'a str,
    /// Scopes beyond `openid`, such as `email profile groups`.
    pub scopes: &'a [String],
    /// Binds the answer to the browser and the flow.
    pub state: &'a str,
    /// Binds the ID token to the flow.
    pub nonce: &'a str,
    /// The PKCE secret; only its hash travels here.
    pub pkce_verifier: &'a str,
    /// The oldest sign-in at the IdP that will do, in seconds.
    pub max_age: Option<u32>,
    /// What the IdP is to ask the person, such as `login` or `select_account`.
    pub prompt: Option<&'a str>,
    /// Whom the person has said to be.
    pub login_hint: Option<&'a str>,
    /// The authentication contexts that will do, best first.
    pub acr_values: &'a [String],
}

impl AuthorizationRequest<'_> {
    /// The address that the browser is sent to. A query that the endpoint has of its own is kept (RFC 6749 §3.1).
    #[must_use]
    pub fn url(&self, authorization_endpoint: &Url) -> Url {
        let mut scope = String::from("openid");
        for extra in self.scopes.iter().filter(|scope| *scope != "openid") {
            scope.push(' ');
            scope.push_str(extra);
        }
        let mut url = authorization_endpoint.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("response_mode", "query")
                .append_pair("client_id", self.client_id)
                .append_pair("redirect_uri", self.redirect_uri)
                .append_pair("scope", &scope)
                .append_pair("state", self.state)
                .append_pair("nonce", self.nonce)
                .append_pair("code_challenge", &digest::sha256(self.pkce_verifier))
                .append_pair("code_challenge_method", "S256");
            if let Some(seconds) = self.max_age {
                query.append_pair("max_age", &seconds.to_string());
            }
            if let Some(prompt) = self.prompt {
                query.append_pair("prompt", prompt);
            }
            if let Some(hint) = self.login_hint {
                query.append_pair("login_hint", hint);
            }
            if !self.acr_values.is_empty() {
                query.append_pair("acr_values", &self.acr_values.join(" "));
            }
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn the_request_has_everything_that_binds_the_answer() {
        let scopes = ["email".to_owned(), "openid".to_owned()];
        let acr = ["urn:mfa".to_owned()];
        let request = AuthorizationRequest {
            client_id: "doorward",
            redirect_uri: "https://gate.test/oidc/con-1/callback",
            scopes: &scopes,
            state: "st&te",
            nonce: "n",
            pkce_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            max_age: Some(0),
            prompt: Some("login"),
            login_hint: Some("ada@acme.test"),
            acr_values: &acr,
        };
        let url = request.url(&Url::parse("https://idp.test/auth?policy=a").unwrap());
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let expected = [
            ("policy", "a"),
            ("response_type", "code"),
            ("response_mode", "query"),
            ("client_id", "doorward"),
            ("redirect_uri", "https://gate.test/oidc/con-1/callback"),
            ("scope", "openid email"),
            ("state", "st&te"),
            ("nonce", "n"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("max_age", "0"),
            ("prompt", "login"),
            ("login_hint", "ada@acme.test"),
            ("acr_values", "urn:mfa"),
        ];
        for (name, value) in expected {
            assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert_eq!(query.len(), expected.len());
        assert!(!url.as_str().contains("dBjftJeZ4CVP"), "the verifier itself stays here");
    }
}
