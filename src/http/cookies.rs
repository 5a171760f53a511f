//! The two cookies of ours: the session, and what binds a sign-in to its browser.

use crate::service::Gateway;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// What the session cookie is called here.
#[must_use]
pub fn session_name(secure: bool, shared: bool) -> &'static str {
    match (secure, shared) {
        (true, false) => "__Host-doorward",
        (true, true) => "__Secure-doorward", // `__Host-` forbids a domain
        (false, _) => "doorward",
    }
}

/// What the cookie of sign-ins in flight is called here.
#[must_use]
pub fn flow_name(secure: bool) -> &'static str {
    if secure { "__Host-doorward-flow" } else { "doorward-flow" }
}

/// The value of a cookie; `None` where it stands twice with different values or not at all.
#[must_use]
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(found, _)| *found == name);
    let (_, first) = values.next()?;
    values.all(|(_, other)| other == first).then_some(first)
}

/// The session cookie that this request carries.
#[must_use]
pub fn session<'a>(gw: &Gateway, headers: &'a HeaderMap) -> Option<&'a str> {
    read(headers, session_name(gw.urls.secure(), gw.settings.cookie_domain.is_some()))
}

/// The cookie of sign-ins in flight that this request carries.
#[must_use]
pub fn flow<'a>(gw: &Gateway, headers: &'a HeaderMap) -> Option<&'a str> {
    read(headers, flow_name(gw.urls.secure())).filter(|text| !text.is_empty() && text.len() <= 128)
}

/// `Set-Cookie` of a session that lasts `seconds`; 0 takes it away.
#[must_use]
pub fn set_session(gw: &Gateway, value: &str, seconds: i64) -> String {
    written_session(gw.urls.secure(), gw.settings.cookie_domain.as_deref(), value, seconds)
}

fn written_session(secure: bool, domain: Option<&str>, value: &str, seconds: i64) -> String {
    let name = session_name(secure, domain.is_some());
    let domain = domain.map(|domain| format!("; Domain={domain}")).unwrap_or_default();
    let tls = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{tls}{domain}")
}

/// `Set-Cookie` of a sign-in in flight. The IdP posts back from another site, so over TLS it must travel there.
#[must_use]
pub fn set_flow(gw: &Gateway, value: &str) -> String {
    written_flow(gw.urls.secure(), value, gw.settings.flow.num_seconds())
}

fn written_flow(secure: bool, value: &str, seconds: i64) -> String {
    let name = flow_name(secure);
    let site = if secure { "SameSite=None; Secure" } else { "SameSite=Lax" };
    format!("{name}={value}; Path=/; HttpOnly; {site}; Max-Age={seconds}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_a_cookie_is_bound_to_this_host() {
        let cookie = written_session(true, None, "x", 60);
        assert_eq!(cookie, "__Host-doorward=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
        assert!(written_session(true, Some("acme.test"), "x", 60).starts_with("__Secure-doorward=x"));
        assert!(written_flow(true, "x", 600).contains("SameSite=None; Secure"));
    }

    #[test]
    fn on_loopback_a_cookie_has_no_prefix_and_no_secure() {
        for cookie in [written_session(false, None, "x", 60), written_flow(false, "x", 60)] {
            assert!(cookie.starts_with("doorward") && !cookie.contains("Secure"), "{cookie}");
        }
    }

    #[test]
    fn a_cookie_that_stands_twice_with_two_values_is_none() {
        let headers = |text: &'static str| HeaderMap::from_iter([(COOKIE, text.parse().unwrap())]);
        assert_eq!(read(&headers("a=1; doorward=x"), "doorward"), Some("x"));
        assert_eq!(read(&headers("doorward=x; doorward=y"), "doorward"), None);
        assert_eq!(read(&headers("xdoorward=x"), "doorward"), None);
    }
}
