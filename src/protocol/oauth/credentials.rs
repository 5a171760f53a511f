//! A token request by client credentials (RFC 6749 §4.4), as a directory's client sends it.

use super::assertion::{ASSERTION_TYPE, AssertionFault, claimed_subject};
use super::client::ClientProof;
use super::fault::TokenFault;
use super::params::{Params, Repeated};
use secrecy::SecretString;
use serde_json::{Value, json};

/// The one scope of SCIM.
pub const SCOPE: &str = "scim";

/// How a client proves itself.
#[derive(Debug, Clone)]
pub enum CredentialsProof {
    /// By its secret (RFC 6749 §2.3.1).
    Secret(ClientProof),
    /// By a signed assertion (RFC 7521 §4.2).
    Assertion {
        /// The `client_id`, sent or claimed in the assertion.
        id: String,
        /// The assertion, unproved.
        token: SecretString,
    },
}

/// The request, read.
#[derive(Debug, Clone)]
pub struct CredentialsRequest {
    /// Who it says it is, and its proof.
    pub proof: CredentialsProof,
    /// The scope that it asks for.
    pub scope: AskedScope,
}

/// The scope that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedScope {
    /// Nothing, or `scim`.
    Ours,
    /// `<resource>/.default`, as Entra ID sends it with its own tokens.
    EntraDefault,
}

/// A refusal of the token endpoint of directories (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsFault {
    /// The body is no form.
    #[error("Content-Type: send the parameters as application/x-www-form-urlencoded in the body")]
    NotAForm,
    /// A parameter stands there twice.
    #[error("{0}; send it once")]
    Repeated(#[from] Repeated),
    /// No `grant_type`.
    #[error("grant_type is missing; send grant_type=client_credentials")]
    GrantTypeMissing,
    /// Another grant.
    #[error("grant_type: only client_credentials is supported here")]
    GrantTypeUnsupported,
    /// Another scope.
    #[error("scope: leave it out, or send scope=scim")]
    ScopeUnknown,
    /// Two proofs at once.
    #[error("use one way of client authentication: the Authorization header, client_secret or client_assertion")]
    TwoProofs,
    /// An assertion without its type, or with another one.
    #[error("client_assertion_type: send {ASSERTION_TYPE}")]
    AssertionType,
    /// A type without its assertion.
    #[error("client_assertion is missing")]
    AssertionMissing,
    /// The `Authorization` header cannot be read.
    #[error("Authorization: send Basic with client_id and client_secret, both form-encoded")]
    BadAuthorization,
    /// No proof at all, no such client, or a wrong proof: one answer for all, so that it teaches nothing.
    #[error(
        "client authentication failed: check client_id and the secret or key that is registered for it; \
         the organization's audit says why a known client was refused"
    )]
    Unproved,
    /// A check of the assertion that only a holder of the client's key can fail.
    #[error("{0}")]
    Assertion(AssertionFault),
    /// The assertion was used before.
    #[error("client_assertion: its id (jti) was used before; sign a new one for each request")]
    Replayed,
    /// The directory does not answer.
    #[error("the directory of this client is disabled; an administrator of the panel can enable it")]
    Disabled,
}

impl CredentialsFault {
    /// The code that goes back as `error`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::GrantTypeUnsupported => "unsupported_grant_type",
            Self::ScopeUnknown => "invalid_scope",
            Self::NotAForm
            | Self::Repeated(_)
            | Self::GrantTypeMissing
            | Self::TwoProofs
            | Self::AssertionType
            | Self::AssertionMissing => "invalid_request",
            Self::BadAuthorization | Self::Unproved | Self::Assertion(_) | Self::Replayed | Self::Disabled => {
                "invalid_client"
            }
        }
    }
}

impl CredentialsRequest {
    /// Reads the request. Who it is from is not proved.
    ///
    /// # Errors
    /// The first [`CredentialsFault`].
    pub fn read(authorization: Option<&str>, params: &Params) -> Result<Self, CredentialsFault> {
        match params.one("grant_type")? {
            None => return Err(CredentialsFault::GrantTypeMissing),
            Some("client_credentials") => {}
            Some(_) => return Err(CredentialsFault::GrantTypeUnsupported),
        }
        let scope = match params.one("scope")? {
            None | Some(SCOPE) => AskedScope::Ours,
            Some(scope) if scope.ends_with("/.default") && !scope.contains(' ') => AskedScope::EntraDefault,
            Some(_) => return Err(CredentialsFault::ScopeUnknown),
        };
        let proof = match (params.one("client_assertion")?, params.one("client_assertion_type")?) {
            (None, None) => CredentialsProof::Secret(ClientProof::read(authorization, params).map_err(of_secret)?),
            (None, Some(_)) => return Err(CredentialsFault::AssertionMissing),
            (Some(_), _) if authorization.is_some() || params.one("client_secret")?.is_some() => {
                return Err(CredentialsFault::TwoProofs);
            }
            (Some(token), Some(ASSERTION_TYPE)) => {
                let id = params.one("client_id")?.map(str::to_owned).or_else(|| claimed_subject(token));
                CredentialsProof::Assertion { id: id.ok_or(CredentialsFault::Unproved)?, token: token.into() }
            }
            (Some(_), _) => return Err(CredentialsFault::AssertionType),
        };
        Ok(Self { proof, scope })
    }
}

fn of_secret(fault: TokenFault) -> CredentialsFault {
    match fault {
        TokenFault::Repeated(repeated) => CredentialsFault::Repeated(repeated),
        TokenFault::TwoProofs => CredentialsFault::TwoProofs,
        TokenFault::BadAuthorization => CredentialsFault::BadAuthorization,
        _ => CredentialsFault::Unproved,
    }
}

/// The metadata of this authorization server (RFC 8414 §2): exactly what is accepted. There is no authorization
/// endpoint, so no response type; the member is required all the same.
#[must_use]
pub fn metadata(issuer: &str, token_endpoint: &str) -> Value {
    let algorithms: Vec<_> = super::assertion::OWN_ALGORITHMS.iter().map(|alg| alg.name()).collect();
    json!({
        "issuer": issuer,
        "token_endpoint": token_endpoint,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": [SCOPE],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: Option<&str>, body: &str) -> Result<CredentialsRequest, CredentialsFault> {
        CredentialsRequest::read(header, &Params::parse(body.as_bytes()))
    }

    const TYPE: &str = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

    #[test]
    fn a_request_has_one_grant_one_scope_and_one_proof() {
        let fault = |body: &str| read(None, body).unwrap_err();
        assert_eq!(fault(""), CredentialsFault::GrantTypeMissing);
        assert_eq!(fault("grant_type=authorization_code"), CredentialsFault::GrantTypeUnsupported);
        let grant = "grant_type=client_credentials&client_id=a";
        assert_eq!(fault(grant), CredentialsFault::Unproved);
        for scope in ["openid", "scim openid", "x/.default scim", "SCIM"] {
            assert_eq!(
                fault(&format!("{grant}&client_secret=s&scope={scope}")),
                CredentialsFault::ScopeUnknown,
                "{scope}"
            );
        }
        assert_eq!(
            fault(&format!("{grant}&client_secret=s&client_assertion=a.b.c&{TYPE}")),
            CredentialsFault::TwoProofs
        );
        assert_eq!(fault(&format!("{grant}&client_assertion=a.b.c")), CredentialsFault::AssertionType);
        assert_eq!(fault(&format!("{grant}&{TYPE}")), CredentialsFault::AssertionMissing);
        assert_eq!(fault(&format!("{grant}&{grant}")).code(), "invalid_request");
        let asked = read(None, &format!("{grant}&client_assertion=a.b.c&{TYPE}&scope=api://x/.default")).unwrap();
        assert_eq!(asked.scope, AskedScope::EntraDefault);
        assert!(matches!(asked.proof, CredentialsProof::Assertion { id, .. } if id == "a"));
    }
}
