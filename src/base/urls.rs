//! The one maker of links: every address that leaves us is made here, from the public URL.

use super::ids::{ConnectionId, DirectoryId};
use url::Url;

/// The path where OAuth clients of directories get access tokens; the log names their calls by it, as the one that is not
/// below a directory's base.
pub const SCIM_TOKEN_PATH: &str = "/scim/oauth/token";

/// The addresses of this installation, as clients see them.
#[derive(Debug, Clone)]
pub struct Urls {
    /// Scheme, host and port (and path, if any), without a slash at the end.
    base: String,
    origin: String,
    secure: bool,
    host: String,
}

impl Urls {
    /// Links under `public`.
    #[must_use]
    pub fn new(public: &Url) -> Self {
        Self {
            base: public.as_str().trim_end_matches('/').to_owned(),
            origin: public.origin().ascii_serialization(),
            secure: public.scheme() == "https",
            host: public.host_str().unwrap_or_default().to_owned(),
        }
    }

    /// Whether clients reach us over TLS: cookies are `Secure` and carry the `__Host-` prefix exactly then.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// Our own origin, as browsers write it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host name alone.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The issuer of our OpenID Provider: the public URL itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.base
    }

    /// An absolute address for a path that begins with `/`.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A directory's SCIM base URL.
    #[must_use]
    pub fn scim(&self, directory: DirectoryId) -> String {
        self.at(&format!("/scim/v2/{directory}"))
    }

    /// The issuer of directories' access tokens (RFC 8414 §2).
    #[must_use]
    pub fn scim_issuer(&self) -> String {
        self.at("/scim")
    }

    /// Where OAuth clients of directories get access tokens.
    #[must_use]
    pub fn scim_token(&self) -> String {
        self.at(SCIM_TOKEN_PATH)
    }

    /// A SAML connection's metadata address, which is our entity id there.
    #[must_use]
    pub fn saml_metadata(&self, connection: ConnectionId) -> String {
        self.at(&format!("/saml/{connection}/metadata"))
    }

    /// A SAML connection's assertion consumer service.
    #[must_use]
    pub fn saml_acs(&self, connection: ConnectionId) -> String {
        self.at(&format!("/saml/{connection}/acs"))
    }

    /// Where a sign-in through a SAML connection starts.
    #[must_use]
    pub fn saml_login(&self, connection: ConnectionId) -> String {
        self.at(&format!("/saml/{connection}/login"))
    }

    /// An OpenID connection's redirect URI.
    #[must_use]
    pub fn oidc_callback(&self, connection: ConnectionId) -> String {
        self.at(&format!("/oidc/{connection}/callback"))
    }

    /// Where a sign-in through an OpenID connection starts.
    #[must_use]
    pub fn oidc_login(&self, connection: ConnectionId) -> String {
        self.at(&format!("/oidc/{connection}/login"))
    }
}
