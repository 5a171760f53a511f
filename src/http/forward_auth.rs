//! Forward auth: a proxy in front of a panel asks `/auth/verify` about each request.
//!
//! Owns the headers to and from proxies. Hands on the browser's session to `service::issuing`. Must not know the store.

use crate::base::class::Classify as _;
use crate::http::edge::{Problem, wants_page};
use crate::http::proxy;
use crate::http::session::MaybeSignedIn;
use crate::protocol::oauth::redirect;
use crate::service::Gateway;
use crate::service::issuing::{self, IssuingError, PersonClaims, Verdict};
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use std::net::SocketAddr;

/// The routes. A proxy may ask with the method of the request that it asks about.
pub fn routes() -> Router<Gateway> {
    Router::new().route("/auth/verify", any(verify))
}

struct Failed(IssuingError);

impl From<IssuingError> for Failed {
    fn from(error: IssuingError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        tracing::error!(error = &self.0 as &dyn std::error::Error, "forward auth failed");
        Problem::of_class(self.0.class()).into_response()
    }
}

async fn verify(
    State(gw): State<Gateway>,
    MaybeSignedIn(browser): MaybeSignedIn,
    request: Request,
) -> Result<Response, Failed> {
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let mut response = match issuing::verdict(&gw, browser.as_ref()).await? {
        Verdict::Pass(person) => passed(&person)?,
        Verdict::NoPanelAccess => {
            Problem::new(StatusCode::FORBIDDEN, "no_panel_access", "This person has no access to the panel.")
                .into_response()
        }
        Verdict::Nobody => nobody(&gw, headers, peer).await?,
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn passed(person: &PersonClaims) -> Result<Response, IssuingError> {
    let panel = &person.panel;
    let grants = serde_json::to_string(&panel.grants).map_err(|_| IssuingError::Malformed("access"))?;
    let flags: Vec<&str> = panel.flags.iter().map(String::as_str).collect();
    let mut response = StatusCode::OK.into_response();
    for (name, value) in [
        ("x-auth-subject", Some(person.sub.to_string())),
        ("x-auth-email", person.email.clone()),
        ("x-auth-name", Some(person.name.clone())),
        ("x-auth-org", Some(person.org.slug.clone())),
        ("x-auth-role", panel.role.clone()),
        ("x-auth-grants", Some(grants)),
        ("x-auth-panel-access", Some(panel.panel_access.to_string())),
        ("x-auth-seat", Some(panel.seat.as_str().to_owned())),
        ("x-auth-flags", Some(flags.join(","))),
    ] {
        let value = value.unwrap_or_default();
        let value = HeaderValue::from_str(&encoded(&value)).map_err(|_| IssuingError::Malformed("access"))?;
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    Ok(response)
}

async fn nobody(gw: &Gateway, headers: &HeaderMap, peer: Option<SocketAddr>) -> Result<Response, IssuingError> {
    let unsigned = || Problem::new(StatusCode::UNAUTHORIZED, "signed_out", "Nobody is signed in.").into_response();
    if !wants_page(headers) {
        return Ok(unsigned());
    }
    let asked = if proxy::trusted(gw, peer.map(|peer| peer.ip())) { Asked::read(headers) } else { Asked::default() };
    let back = match asked.address {
        Some(address) if issuing::may_return_to(gw, &address).await? => Some(address),
        Some(_) | None => None,
    };
    let pair = back.as_deref().map(|back| ("return_to", back));
    let page = redirect::with(&gw.urls.at("/login"), pair.as_slice());
    let location = HeaderValue::from_str(&page).map_err(|_| IssuingError::Malformed("address"))?;
    // nginx makes a 500 of any answer to its question but 2xx, 401 and 403: it takes the address from the 401.
    let mut response = if asked.of_nginx { unsigned() } else { StatusCode::FOUND.into_response() };
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// What the proxy asks about.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    address: Option<String>,
    of_nginx: bool,
}

impl Asked {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(address) = text("x-original-url") {
            return Self { address: Some(address.to_owned()), of_nginx: true };
        }
        let scheme = text("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
        let uri = text("x-forwarded-uri").unwrap_or("/");
        let address = scheme
            .zip(text("x-forwarded-host"))
            .filter(|_| uri.starts_with('/'))
            .map(|(scheme, host)| format!("{scheme}://{host}{uri}"));
        Self { address, of_nginx: false }
    }
}

/// A value as a header carries it: `%`, control and non-ASCII bytes are percent-encoded UTF-8.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte == b'%' || byte.is_ascii_control() || !byte.is_ascii() {
            out.push_str(&format!("%{byte:02X}"));
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_header_value_is_ascii_and_can_be_read_back() {
        assert_eq!(encoded("Zoë 100%\r\nX-Auth-Role: owner"), "Zo%C3%AB 100%25%0D%0AX-Auth-Role: owner");
    }

    #[test]
    fn the_address_that_was_asked_for_is_put_together_from_what_the_proxy_says() {
        let traefik = headers(&[
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "panel.test"),
            ("x-forwarded-uri", "/deep?x=1"),
        ]);
        assert_eq!(Asked::read(&traefik).address.as_deref(), Some("https://panel.test/deep?x=1"));
        let nginx = Asked::read(&headers(&[("x-original-url", "https://panel.test/")]));
        assert_eq!(nginx, Asked { address: Some("https://panel.test/".into()), of_nginx: true });
        let odd = [("x-forwarded-proto", "javascript"), ("x-forwarded-host", "panel.test")];
        assert_eq!(Asked::read(&headers(&odd)), Asked::default());
        let glued =
            [("x-forwarded-proto", "https"), ("x-forwarded-host", "panel.test"), ("x-forwarded-uri", ".evil.test/")];
        assert_eq!(Asked::read(&headers(&glued)).address, None);
    }
}
