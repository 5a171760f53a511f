//! Security headers. A route that needs another policy sets the header itself; it is then left as it is.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Forms may lead to an IdP: browsers count the redirect after a form, and SAML posts one there.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; \
                      connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https:";

/// On loopback, an IdP under test may speak plain http.
const POLICY_ON_LOOPBACK: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; \
                                  script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
                                  form-action 'self' https: http:";

pub(super) fn secure(secure: bool, headers: &mut HeaderMap) {
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, if secure { POLICY } else { POLICY_ON_LOOPBACK });
    put(header::REFERRER_POLICY, "strict-origin");
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(header::CACHE_CONTROL, "no-store");
    if secure {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
