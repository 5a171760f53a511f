//! Security headers. A route that needs another policy sets the header itself; it is then left as it is.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Forms may lead to an IdP: browsers count the redirect after a form, and SAML posts one there.
static POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; connect-src 'self'; \
     base-uri 'none'; frame-ancestors 'none'; form-action 'self' https:",
);

/// On loopback, an IdP under test may speak plain http.
static POLICY_ON_LOOPBACK: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; connect-src 'self'; \
     base-uri 'none'; frame-ancestors 'none'; form-action 'self' https: http:",
);

static ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

static OVER_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// How many headers this makes at most, the request id included.
pub const HEADERS: usize = 7;

pub(super) fn secure(secure: bool, headers: &mut HeaderMap) {
    headers.reserve(HEADERS);
    let mut put = |name: &HeaderName, value: &HeaderValue| {
        headers.entry(name).or_insert_with(|| value.clone());
    };
    put(&header::CONTENT_SECURITY_POLICY, if secure { &POLICY } else { &POLICY_ON_LOOPBACK });
    ALWAYS.iter().for_each(|(name, value)| put(name, value));
    if secure {
        put(&header::STRICT_TRANSPORT_SECURITY, &OVER_TLS);
    }
}
