//! The panel's side of OpenID Connect: code and PKCE, the ID token's checks, userinfo, introspection.

use crate::base::sources::Sources;
use crate::base::token::same;
use crate::lab::error::LabError;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

/// Clocks may differ by this many seconds.
const SKEW: i64 = 60;

/// A provider, as one of its clients sees it.
pub(super) struct Provider {
    pub(super) issuer: String,
    pub(super) client_id: String,
    client_secret: SecretString,
    http: reqwest::Client,
    sources: Sources,
}

/// What discovery says.
#[derive(Deserialize)]
pub(super) struct Endpoints {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    userinfo_endpoint: Url,
    introspection_endpoint: Url,
    jwks_uri: Url,
    pub(super) end_session_endpoint: Option<Url>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// What the token endpoint gives.
#[derive(Deserialize)]
pub(super) struct Tokens {
    #[serde(deserialize_with = "secret")]
    pub(super) access_token: SecretString,
    pub(super) id_token: Option<String>,
    #[serde(default, deserialize_with = "maybe_secret")]
    pub(super) refresh_token: Option<SecretString>,
    /// Seconds.
    pub(super) expires_in: i64,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

fn maybe_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

impl Provider {
    pub(super) fn new(
        issuer: &str,
        client_id: &str,
        client_secret: SecretString,
        sources: Sources,
    ) -> Result<Self, LabError> {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build()?;
        Ok(Self { issuer: issuer.to_owned(), client_id: client_id.to_owned(), client_secret, http, sources })
    }

    /// Reads the discovery document afresh: a sample has no cache that could be stale.
    pub(super) async fn discover(&self) -> Result<Endpoints, LabError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer);
        let found: Endpoints = self.http.get(url).send().await?.error_for_status()?.json().await?;
        if found.issuer != self.issuer {
            return Err(LabError::WrongAnswer { what: "discovery names another issuer" });
        }
        Ok(found)
    }

    /// Where a browser goes to sign in.
    pub(super) fn authorize_url(
        &self,
        endpoints: &Endpoints,
        redirect_uri: &str,
        state: &str,
        nonce: &str,
        verifier: &str,
    ) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
        let mut url = endpoints.authorization_endpoint.clone();
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", redirect_uri),
            ("scope", "openid"),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        url
    }

    pub(super) async fn redeem(
        &self,
        endpoints: &Endpoints,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<Tokens, LabError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        self.post(&endpoints.token_endpoint, &form).await
    }

    pub(super) async fn refresh(&self, endpoints: &Endpoints, token: &SecretString) -> Result<Tokens, LabError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())];
        self.post(&endpoints.token_endpoint, &form).await
    }

    /// What the provider says about the access token at this moment; none when it is not active.
    pub(super) async fn introspect(
        &self,
        endpoints: &Endpoints,
        token: &SecretString,
    ) -> Result<Option<Value>, LabError> {
        let form = [("token", token.expose_secret())];
        let answer: Value = self.post(&endpoints.introspection_endpoint, &form).await?;
        Ok((answer["active"] == true).then_some(answer))
    }

    /// Userinfo, which must speak of `subject`.
    pub(super) async fn userinfo(
        &self,
        endpoints: &Endpoints,
        token: &SecretString,
        subject: &str,
    ) -> Result<Value, LabError> {
        let call = self.http.get(endpoints.userinfo_endpoint.clone()).bearer_auth(token.expose_secret());
        let claims: Value = call.send().await?.error_for_status()?.json().await?;
        if claims["sub"] != subject {
            return Err(LabError::WrongAnswer { what: "userinfo speaks of somebody else" });
        }
        Ok(claims)
    }

    /// The claims of an ID token that answers the sign-in with this nonce.
    pub(super) async fn id_token(&self, endpoints: &Endpoints, token: &str, nonce: &str) -> Result<Value, LabError> {
        let claims = self.verified(endpoints, token, "JWT").await?;
        if !claims["nonce"].as_str().is_some_and(|said| same(said, nonce)) {
            return Err(LabError::WrongAnswer { what: "the ID token has another nonce" });
        }
        if claims["sub"].as_str().is_none_or(str::is_empty) {
            return Err(LabError::WrongAnswer { what: "the ID token names nobody" });
        }
        Ok(claims)
    }

    /// The claims of a token of this type that the provider signed for this client and that is still good.
    pub(super) async fn verified(&self, endpoints: &Endpoints, token: &str, typ: &str) -> Result<Value, LabError> {
        let header = decode_header(token)?;
        let typed = header.typ.as_deref().is_some_and(|said| said.eq_ignore_ascii_case(typ));
        if !typed || !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256) || header.crit.is_some() {
            return Err(LabError::WrongAnswer { what: "a token of another kind" });
        }
        let jwks: JwkSet = self.http.get(endpoints.jwks_uri.clone()).send().await?.error_for_status()?.json().await?;
        let key = header.kid.and_then(|kid| jwks.find(&kid).cloned());
        let key = key.ok_or(LabError::WrongAnswer { what: "a token under an unpublished key" })?;
        let mut validation = Validation::new(header.alg);
        // Times are checked below, by our own clock.
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.client_id]);
        validation.set_required_spec_claims(&["iss", "aud"]);
        let claims = decode::<Value>(token, &DecodingKey::from_jwk(&key)?, &validation)?.claims;
        let now = self.sources.now().timestamp();
        let good = claims["exp"].as_i64().is_some_and(|exp| now < exp + SKEW)
            && claims["iat"].as_i64().is_some_and(|iat| (now - iat).abs() < 600 + SKEW)
            && claims.get("azp").is_none_or(|azp| *azp == self.client_id.as_str());
        if !good {
            return Err(LabError::WrongAnswer { what: "a token that is too old or somebody else's" });
        }
        Ok(claims)
    }

    async fn post<T: DeserializeOwned>(&self, url: &Url, form: &[(&str, &str)]) -> Result<T, LabError> {
        // RFC 6749 §2.3.1: both halves are form-encoded before they become Basic credentials.
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let secret = encoded(self.client_secret.expose_secret());
        let call = self.http.post(url.clone()).basic_auth(encoded(&self.client_id), Some(secret)).form(form);
        Ok(call.send().await?.error_for_status()?.json().await?)
    }
}
