//! What is asked of a customer's IdP, in the order of a login: metadata, tokens, keys, UserInfo.

use super::outgoing::{Call, MAX_JSON, MAX_METADATA, Outgoing, OutgoingError};
use super::remembered::Remembered;
use crate::base::class::{Class, Classify};
use crate::base::sources::Sources;
use crate::protocol::jose::jwks::JwksFault;
use crate::protocol::jose::{Claims, JoseFault, JwkSet};
use crate::protocol::oauth::assertion::{Assertion, AssertionFault, Whose, verify_assertion};
use crate::protocol::oidc::discovery::{self, DiscoveryFault, ProviderMetadata};
use crate::protocol::oidc::id_token::{self, IdToken, IdTokenFault, verify_id_token};
use crate::protocol::oidc::logout::{self, LogoutFault, LogoutToken, verify_logout_token};
use crate::protocol::oidc::token::{self, TokenFault, TokenRequest, Tokens};
use crate::protocol::oidc::userinfo::{self, UserInfoFault};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use url::Url;

/// Something that an IdP publishes could not be had. It is shared by all who waited for it.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The call failed.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The metadata does not hold.
    #[error(transparent)]
    Discovery(#[from] DiscoveryFault),
    /// The key set does not hold.
    #[error(transparent)]
    Keys(#[from] JwksFault),
}

/// The one reason for which a step with an IdP failed.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// Metadata or keys could not be had.
    #[error(transparent)]
    Fetch(#[from] Arc<FetchError>),
    /// The call failed.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The code was not exchanged.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// The ID token does not hold.
    #[error(transparent)]
    IdToken(#[from] IdTokenFault),
    /// The UserInfo answer does not hold.
    #[error(transparent)]
    UserInfo(#[from] UserInfoFault),
    /// The logout token does not hold.
    #[error(transparent)]
    Logout(#[from] LogoutFault),
    /// The assertion of a directory's client does not hold.
    #[error(transparent)]
    Assertion(#[from] AssertionFault),
}

impl Classify for FetchError {
    fn class(&self) -> Class {
        match self {
            Self::Outgoing(error) => error.class(),
            Self::Discovery(_) | Self::Keys(_) => Class::BadInput,
        }
    }
}

impl Classify for UpstreamError {
    fn class(&self) -> Class {
        match self {
            Self::Fetch(error) => error.class(),
            Self::Outgoing(error) => error.class(),
            Self::Token(_) | Self::IdToken(_) | Self::UserInfo(_) | Self::Logout(_) | Self::Assertion(_) => {
                Class::BadInput
            }
        }
    }
}

/// The door to the IdPs. Copies share what is remembered.
#[derive(Clone)]
pub struct Upstream {
    outgoing: Outgoing,
    providers: Arc<Remembered<ProviderMetadata, FetchError>>,
    keys: Arc<Remembered<JwkSet, FetchError>>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream").field("outgoing", &self.outgoing).finish_non_exhaustive()
    }
}

impl Upstream {
    /// A door that calls through `outgoing`.
    #[must_use]
    pub fn new(outgoing: Outgoing, sources: &Sources) -> Self {
        Self {
            outgoing,
            providers: Arc::new(Remembered::new(sources.clone())),
            keys: Arc::new(Remembered::new(sources.clone())),
        }
    }

    /// The client beneath, for calls that are not to an IdP (webhooks, back-channel logout of panel apps).
    #[must_use]
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// The metadata of `issuer`: remembered for an hour, and the last good one for a day while the IdP is away.
    ///
    /// # Errors
    /// [`UpstreamError::Fetch`].
    pub async fn discover(&self, issuer: &str) -> Result<Arc<ProviderMetadata>, UpstreamError> {
        Ok(self.providers.get(issuer, async || self.fetch_metadata(issuer).await).await?)
    }

    /// The metadata of `issuer` as it is now, for an admin who sets up or tests a connection.
    ///
    /// # Errors
    /// [`UpstreamError::Fetch`].
    pub async fn discover_now(&self, issuer: &str) -> Result<Arc<ProviderMetadata>, UpstreamError> {
        self.providers.forget(issuer).await;
        self.discover(issuer).await
    }

    /// The keys at `jwks_uri`, remembered like metadata.
    ///
    /// # Errors
    /// [`UpstreamError::Fetch`].
    pub async fn keys(&self, jwks_uri: &Url) -> Result<Arc<JwkSet>, UpstreamError> {
        Ok(self.keys.get(jwks_uri.as_str(), async || self.fetch_keys(jwks_uri).await).await?)
    }

    /// The keys at `jwks_uri` after a token named one that is not in `had`: fetched at most once a minute, else `had`.
    ///
    /// # Errors
    /// [`UpstreamError::Fetch`].
    pub async fn newer_keys(&self, jwks_uri: &Url, had: &Arc<JwkSet>) -> Result<Arc<JwkSet>, UpstreamError> {
        Ok(self.keys.demand(jwks_uri.as_str(), had, async || self.fetch_keys(jwks_uri).await).await?)
    }

    /// Exchanges a code. It is tried once: a code may be used once only.
    ///
    /// # Errors
    /// [`UpstreamError::Outgoing`] or [`UpstreamError::Token`].
    pub async fn exchange_code(
        &self,
        provider: &ProviderMetadata,
        request: &TokenRequest<'_>,
    ) -> Result<Tokens, UpstreamError> {
        let form = request.form().expose_secret().as_bytes().to_vec();
        let mut call = Call::post(&provider.token_endpoint, "application/x-www-form-urlencoded", form, MAX_JSON)
            .accept("application/json");
        if let Some(authorization) = request.authorization() {
            call = call.authorization(&authorization)?;
        }
        let answer = self.outgoing.send(call).await?;
        match token::read(answer.is_success(), &answer.body) {
            Err(TokenFault::NotAnAnswer) if !answer.is_success() => Err(OutgoingError::Status(answer.status).into()),
            read => Ok(read?),
        }
    }

    /// Checks an ID token with the IdP's keys; an unknown key is looked for once more in a newer set.
    ///
    /// # Errors
    /// [`UpstreamError::Fetch`] or [`UpstreamError::IdToken`].
    pub async fn id_token(
        &self,
        provider: &ProviderMetadata,
        token: &SecretString,
        checks: &id_token::Checks<'_>,
    ) -> Result<IdToken, UpstreamError> {
        let verify = |keys: &JwkSet| verify_id_token(token.expose_secret(), keys, checks);
        let keys = self.keys(&provider.jwks_uri).await?;
        match verify(&keys) {
            Err(IdTokenFault::Token(JoseFault::KeyUnknown | JoseFault::KeyUnfit)) => {
                Ok(verify(&*self.newer_keys(&provider.jwks_uri, &keys).await?)?)
            }
            seen => Ok(seen?),
        }
    }

    /// Checks a back-channel logout token with the IdP's keys.
    ///
    /// # Errors
    /// [`UpstreamError::Fetch`] or [`UpstreamError::Logout`].
    pub async fn logout_token(
        &self,
        provider: &ProviderMetadata,
        token: &str,
        checks: &logout::Checks<'_>,
    ) -> Result<LogoutToken, UpstreamError> {
        let keys = self.keys(&provider.jwks_uri).await?;
        match verify_logout_token(token, &keys, checks) {
            Err(LogoutFault::Token(JoseFault::KeyUnknown | JoseFault::KeyUnfit)) => {
                let newer = self.newer_keys(&provider.jwks_uri, &keys).await?;
                Ok(verify_logout_token(token, &newer, checks)?)
            }
            seen => Ok(seen?),
        }
    }

    /// Checks a client's assertion with the keys at `jwks_uri`; an unknown key is looked for once more in a newer set.
    ///
    /// # Errors
    /// [`UpstreamError::Fetch`] or [`UpstreamError::Assertion`].
    pub async fn assertion(
        &self,
        jwks_uri: &Url,
        token: &str,
        whose: Whose<'_>,
        now: DateTime<Utc>,
    ) -> Result<Assertion, UpstreamError> {
        let keys = self.keys(jwks_uri).await?;
        match verify_assertion(token, &keys, whose, now) {
            Err(AssertionFault::Token(JoseFault::KeyUnknown | JoseFault::KeyUnfit)) => {
                Ok(verify_assertion(token, &*self.newer_keys(jwks_uri, &keys).await?, whose, now)?)
            }
            seen => Ok(seen?),
        }
    }

    /// The UserInfo claims about `subject`, signed or not; `None` where the IdP has no such endpoint.
    ///
    /// # Errors
    /// [`UpstreamError::Outgoing`], [`UpstreamError::Fetch`] or [`UpstreamError::UserInfo`].
    pub async fn userinfo(
        &self,
        provider: &ProviderMetadata,
        access_token: &SecretString,
        subject: &str,
        rules: &userinfo::Signed<'_>,
    ) -> Result<Option<Claims>, UpstreamError> {
        let Some(endpoint) = &provider.userinfo_endpoint else { return Ok(None) };
        let bearer: SecretString = format!("Bearer {}", access_token.expose_secret()).into();
        let call = Call::get(endpoint, MAX_JSON).accept("application/json, application/jwt").authorization(&bearer)?;
        let body = self.outgoing.send(call).await?.success()?;
        if !userinfo::looks_signed(&body) {
            return Ok(Some(userinfo::read(&body, subject)?));
        }
        let token = String::from_utf8_lossy(&body);
        let keys = self.keys(&provider.jwks_uri).await?;
        match userinfo::read_signed(&token, &keys, rules, subject) {
            Err(UserInfoFault::Token(JoseFault::KeyUnknown | JoseFault::KeyUnfit)) => {
                let newer = self.newer_keys(&provider.jwks_uri, &keys).await?;
                Ok(Some(userinfo::read_signed(&token, &newer, rules, subject)?))
            }
            seen => Ok(Some(seen?)),
        }
    }

    /// A SAML metadata document, not read yet.
    ///
    /// # Errors
    /// The [`OutgoingError`] that says why it could not be had.
    pub async fn saml_metadata(&self, url: &Url) -> Result<Vec<u8>, OutgoingError> {
        let call =
            Call::get(url, MAX_METADATA).accept("application/samlmetadata+xml, application/xml;q=0.9, */*;q=0.1");
        self.outgoing.send(call).await?.success()
    }

    async fn fetch_metadata(&self, issuer: &str) -> Result<ProviderMetadata, FetchError> {
        let url = discovery::document_url(issuer, &|url| self.outgoing.may_be_plain(url))?;
        let call = Call::get(&url, MAX_METADATA).accept("application/json");
        let document = self.outgoing.send(call).await?.success()?;
        // A name may go without TLS only where this very call has proved what it stands for.
        let plain_host = (url.scheme() == "http").then(|| url.host_str().unwrap_or_default().to_owned());
        let plain = |endpoint: &Url| match endpoint.host() {
            Some(url::Host::Domain(name)) => plain_host.as_deref() == Some(name),
            _ => self.outgoing.may_be_plain(endpoint),
        };
        Ok(discovery::parse(&document, issuer, &plain)?)
    }

    async fn fetch_keys(&self, jwks_uri: &Url) -> Result<JwkSet, FetchError> {
        let call = Call::get(jwks_uri, JwkSet::MAX_BYTES).accept("application/jwk-set+json, application/json");
        Ok(JwkSet::parse(&self.outgoing.send(call).await?.success()?)?)
    }
}

#[cfg(test)]
mod tests;
