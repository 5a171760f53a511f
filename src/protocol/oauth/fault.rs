//! Refusals: one variant for each fact, with the code that its standard gives it.

use super::params::Repeated;

/// A refusal that is shown to the person and never redirected: the address is not proved to be the app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShownFault {
    /// No `client_id`, or more than one.
    #[error("The application did not say who it is (client_id).")]
    ClientMissing,
    /// No such app.
    #[error("No application with this client_id is registered here.")]
    ClientUnknown,
    /// No `redirect_uri`, or more than one.
    #[error("The application did not say where to return to (redirect_uri).")]
    RedirectMissing,
    /// Not one of the app's, byte for byte.
    #[error("The return address (redirect_uri) is not one that this application has registered.")]
    RedirectUnknown,
}

/// A refusal of an authorization request that goes back to the app (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizeFault {
    /// A parameter stands there twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// No `response_type`.
    #[error("response_type is missing")]
    ResponseTypeMissing,
    /// Something else than `code`.
    #[error("only response_type=code is supported")]
    ResponseTypeUnsupported,
    /// Something else than `query`.
    #[error("only response_mode=query is supported")]
    ResponseModeUnsupported,
    /// `openid` is not among the scopes.
    #[error("the scope openid is required")]
    OpenIdMissing,
    /// No `code_challenge`.
    #[error("PKCE is required: code_challenge is missing")]
    ChallengeMissing,
    /// Not base64url of 32 bytes.
    #[error("code_challenge is not base64url of a SHA-256 hash")]
    ChallengeMalformed,
    /// `plain`, absent or unknown.
    #[error("only code_challenge_method=S256 is supported")]
    ChallengeMethod,
    /// `request` is there.
    #[error("request objects are not supported")]
    RequestObject,
    /// `request_uri` is there.
    #[error("request_uri is not supported")]
    RequestUri,
    /// `registration` is there.
    #[error("registration is not supported")]
    Registration,
    /// `prompt=none` beside another.
    #[error("prompt=none stands alone")]
    PromptContradicts,
    /// Not a whole number of seconds.
    #[error("max_age is not a number of seconds")]
    MaxAgeMalformed,
    /// A text that is longer than any app needs.
    #[error("state or nonce is too long")]
    TooLong,
    /// `prompt=none`, and the person would have to sign in.
    #[error("the person must sign in")]
    LoginRequired,
    /// The person has no access to the panel.
    #[error("this person has no access to the panel")]
    NoPanelAccess,
}

impl AuthorizeFault {
    /// The code that goes back as `error`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Repeated(_)
            | Self::ResponseTypeMissing
            | Self::ResponseModeUnsupported
            | Self::ChallengeMissing
            | Self::ChallengeMalformed
            | Self::ChallengeMethod
            | Self::PromptContradicts
            | Self::MaxAgeMalformed
            | Self::TooLong => "invalid_request",
            Self::ResponseTypeUnsupported => "unsupported_response_type",
            Self::OpenIdMissing => "invalid_scope",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::Registration => "registration_not_supported",
            Self::LoginRequired => "login_required",
            Self::NoPanelAccess => "access_denied",
        }
    }
}

/// A refusal of the token, introspection or revocation endpoint (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// A parameter stands there twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// A parameter is missing.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// The app used two ways to prove itself at once.
    #[error("use one way of client authentication, not two")]
    TwoProofs,
    /// The `Authorization` header is not Basic with two form-encoded halves.
    #[error("the Authorization header cannot be read")]
    BadAuthorization,
    /// No proof at all, no such app, or a wrong secret: one answer for all, so that it teaches nothing.
    #[error("client authentication failed")]
    ClientUnproved,
    /// Another grant than code and refresh token.
    #[error("only authorization_code and refresh_token are supported")]
    GrantTypeUnsupported,
    /// The code is unknown, used, expired, of another app, or its person or session is gone.
    #[error("the code is not valid (any more)")]
    CodeDead,
    /// Another `redirect_uri` than at the authorization request.
    #[error("redirect_uri is not the one of the authorization request")]
    RedirectDiffers,
    /// The verifier does not fit the challenge.
    #[error("code_verifier does not fit the code_challenge")]
    VerifierWrong,
    /// The refresh token is unknown, used, expired, of another app, or its person or session is gone.
    #[error("the refresh token is not valid (any more)")]
    RefreshDead,
    /// The person has lost access to the panel.
    #[error("this person has no access to the panel")]
    NoPanelAccess,
    /// More than was granted is asked for.
    #[error("the scope is wider than what was granted")]
    ScopeWidened,
}

impl TokenFault {
    /// The code that goes back as `error`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Repeated(_) | Self::Missing(_) | Self::TwoProofs => "invalid_request",
            Self::BadAuthorization | Self::ClientUnproved => "invalid_client",
            Self::GrantTypeUnsupported => "unsupported_grant_type",
            Self::CodeDead | Self::RedirectDiffers | Self::VerifierWrong | Self::RefreshDead | Self::NoPanelAccess => {
                "invalid_grant"
            }
            Self::ScopeWidened => "invalid_scope",
        }
    }
}
