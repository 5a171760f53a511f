//! The proof of a client: a secret in constant time, or an assertion with the right keys.

use super::DirectoryOAuthError;
use crate::base::ids::ClientId;
use crate::base::token::{TokenHash, reveal};
use crate::domain::directory_client::{ClientKeys, ClientMethod};
use crate::protocol::jose::JwkSet;
use crate::protocol::oauth::assertion::{Assertion, AssertionFault, Whose, verify_assertion};
use crate::protocol::oauth::{CredentialsFault, CredentialsProof};
use crate::service::Gateway;
use crate::store::directory_clients::{DirectoryClientRow, SecretRow};
use crate::upstream::UpstreamError;
use chrono::{DateTime, Utc};
use url::Url;

/// A client that was found, with what may prove it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) row: DirectoryClientRow,
    pub(super) secrets: Vec<SecretRow>,
}

/// What a client has proved itself by.
#[derive(Debug, Clone)]
pub(super) struct Proved {
    /// What of the registration it was: when that is gone, the proof is nothing.
    pub(super) ground: TokenHash,
    /// The assertion that may be used once.
    pub(super) once: Option<(String, DateTime<Utc>)>,
}

/// Why a known client was not proved: one answer for the client, and the reason for the audit.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: DirectoryOAuthError,
    pub(super) why: String,
}

impl Refused {
    fn unproved(why: impl Into<String>) -> Self {
        Self { error: CredentialsFault::Unproved.into(), why: why.into() }
    }
}

impl Known {
    /// Every ground that proves this client now.
    fn grounds(&self, gw: &Gateway, now: DateTime<Utc>) -> Vec<TokenHash> {
        match &self.row.method {
            ClientMethod::ClientSecret => {
                let live = self.secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > now));
                live.map(|secret| secret.hash).collect()
            }
            method => vec![gw.mint.hash(&format!("method of {}: {method:?}", self.row.id))],
        }
    }

    /// Whether what proved the client still does.
    pub(super) fn stands(&self, gw: &Gateway, proved: &Proved, now: DateTime<Utc>) -> bool {
        self.grounds(gw, now).contains(&proved.ground)
    }

    /// Proves the client.
    pub(super) async fn prove(
        &self,
        gw: &Gateway,
        client_id: ClientId,
        proof: &CredentialsProof,
        now: DateTime<Utc>,
    ) -> Result<Proved, Refused> {
        let grounds = self.grounds(gw, now);
        match (&self.row.method, proof) {
            (ClientMethod::ClientSecret, CredentialsProof::Secret(shown)) => {
                // Every secret is compared, whichever fits.
                let fits = |fit: Option<TokenHash>, hash: &TokenHash| {
                    if gw.mint.matches(reveal(&shown.secret), hash) { Some(*hash) } else { fit }
                };
                let ground = grounds.iter().fold(None, fits).ok_or_else(|| Refused::unproved("the secret is wrong"))?;
                Ok(Proved { ground, once: None })
            }
            (ClientMethod::PrivateKeyJwt { keys }, CredentialsProof::Assertion { token, .. }) => {
                let (id, token_url, issuer) = (client_id.to_string(), gw.urls.scim_token(), gw.urls.scim_issuer());
                let audiences = [token_url.as_str(), issuer.as_str()];
                let whose = Whose::Own { client_id: &id, audiences: &audiences };
                let held = match keys {
                    ClientKeys::Jwks(jwks) => {
                        let keys = JwkSet::parse(jwks.to_string().as_bytes());
                        let keys = keys.map_err(|fault| Refused::unproved(fault.to_string()))?;
                        verify_assertion(reveal(token), &keys, whose, now).map_err(refused)?
                    }
                    ClientKeys::JwksUri(uri) => fetched(gw, uri, reveal(token), whose, now).await?,
                };
                let ground = first(&grounds)?;
                Ok(Proved { ground, once: held.id.map(|id| (id, held.until)) })
            }
            (
                ClientMethod::FederatedIdentity { issuer, jwks_uri, subject, audience },
                CredentialsProof::Assertion { token, .. },
            ) => {
                // The issuer may give the same token for its whole life, so that it is not used up.
                fetched(gw, jwks_uri, reveal(token), Whose::Federated { issuer, subject, audience }, now).await?;
                Ok(Proved { ground: first(&grounds)?, once: None })
            }
            (ClientMethod::ClientSecret, CredentialsProof::Assertion { .. }) => {
                Err(Refused::unproved("this client proves itself by a secret, and sent an assertion"))
            }
            (_, CredentialsProof::Secret(_)) => {
                Err(Refused::unproved("this client proves itself by an assertion, and sent a secret"))
            }
        }
    }
}

fn first(grounds: &[TokenHash]) -> Result<TokenHash, Refused> {
    grounds.first().copied().ok_or_else(|| Refused::unproved("nothing is registered"))
}

async fn fetched(
    gw: &Gateway,
    jwks_uri: &str,
    token: &str,
    whose: Whose<'_>,
    now: DateTime<Utc>,
) -> Result<Assertion, Refused> {
    let uri = Url::parse(jwks_uri).map_err(|_| Refused::unproved("jwks_uri is no address"))?;
    gw.upstream.assertion(&uri, token, whose, now).await.map_err(|error| match error {
        UpstreamError::Assertion(fault) => refused(fault),
        error => Refused { error: DirectoryOAuthError::NoKeys, why: format!("jwks_uri: {error}") },
    })
}

fn refused(fault: AssertionFault) -> Refused {
    let told = if fault.is_of_signed() { CredentialsFault::Assertion(fault) } else { CredentialsFault::Unproved };
    Refused { error: told.into(), why: fault.to_string() }
}
