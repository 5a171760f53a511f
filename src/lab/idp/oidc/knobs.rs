//! How the OpenID side behaves.

use crate::lab::idp::person::GroupsClaim;
use jsonwebtoken::Algorithm;

/// What is wrong with the next ID tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// `nonce` is another.
    WrongNonce,
    /// `nonce` is not there.
    MissingNonce,
    /// `aud` is another client.
    WrongAudience,
    /// `aud` names a second client that nobody trusts; `azp` is right.
    SecondAudience,
    /// `azp` is another client.
    WrongAzp,
    /// `iss` is another.
    WrongIssuer,
    /// `exp` passed an hour ago.
    Expired,
    /// `iat` is an hour old, `exp` still to come.
    Stale,
    /// `iat` is an hour ahead.
    FromTheFuture,
    /// `sub` is empty.
    EmptySubject,
    /// `alg` is `none` and there is no signature.
    AlgNone,
    /// HS256, with the client secret as key.
    Hmac,
    /// Signed by a key that was never published, under the kid of one that was.
    WrongKey,
    /// Signed by the right key under a kid that is not published.
    UnknownKid,
    /// A claim was changed after signing.
    Tampered,
    /// A critical header extension that nobody knows.
    UnknownCrit,
    /// The token is typed as a logout token.
    WrongType,
}

/// The `iss` parameter of an authorization response (RFC 9207).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssParameter {
    /// Our issuer.
    #[default]
    Right,
    /// Another issuer: a mix-up.
    Wrong,
    /// Left out, though the metadata promises it.
    Missing,
    /// Neither promised nor sent, as older providers do.
    Unsupported,
}

/// The switches. The default is a well-behaved IdP.
#[derive(Debug, Clone)]
pub struct OidcKnobs {
    /// RS256 or ES256.
    pub algorithm: Algorithm,
    /// Name of the claim with the groups.
    pub groups_claim: String,
    /// What becomes of the groups.
    pub groups: GroupsClaim,
    /// `email_verified`; left out without.
    pub email_verified: Option<bool>,
    /// Says `email` at all.
    pub email: bool,
    /// What is wrong with ID tokens.
    pub fault: Option<TokenFault>,
    /// The `iss` of the authorization response.
    pub iss_parameter: IssParameter,
    /// The authorization endpoint answers with this error instead of a code.
    pub authorize_error: Option<String>,
    /// Userinfo speaks of another subject.
    pub foreign_userinfo: bool,
    /// A client that sends no PKCE challenge is refused.
    pub require_pkce: bool,
}

impl Default for OidcKnobs {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::ES256,
            groups_claim: "groups".to_owned(),
            groups: GroupsClaim::default(),
            email_verified: Some(true),
            email: true,
            fault: None,
            iss_parameter: IssParameter::default(),
            authorize_error: None,
            foreign_userinfo: false,
            require_pkce: true,
        }
    }
}
