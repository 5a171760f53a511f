//! The SAML service provider of each connection: `/saml/{connection}/metadata`, `/login`, `/acs`.
//!
//! Owns the addresses and the form that the IdP posts. Must not know what holds in a message: `service::login` does.

use super::signing_in::{self, Asker, Browser, Protocol, Wish};
use crate::service::Gateway;
use crate::service::login::{self, LoginError};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

/// The largest form that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The routes of every SAML connection.
pub fn routes() -> Router<Gateway> {
    Router::new()
        .route("/saml/{connection}/metadata", get(metadata))
        .route("/saml/{connection}/login", get(start))
        .route("/saml/{connection}/acs", post(consume))
}

async fn metadata(State(gw): State<Gateway>, Path(connection): Path<String>, Asker(caller): Asker) -> Response {
    let outcome = async { login::metadata(&gw, connection.parse().map_err(|_| LoginError::NoConnection)?).await };
    match outcome.await {
        Ok(xml) => ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response(),
        Err(error) => signing_in::refused(&error, &caller),
    }
}

async fn start(
    State(gw): State<Gateway>,
    Path(connection): Path<String>,
    Query(wish): Query<Wish>,
    browser: Browser,
) -> Response {
    signing_in::start(&gw, Protocol::Saml, &connection, wish, browser).await
}

async fn consume(
    State(gw): State<Gateway>,
    Path(connection): Path<String>,
    browser: Browser,
    request: Request,
) -> Response {
    let outcome = async {
        let id = connection.parse().map_err(|_| LoginError::NoConnection)?;
        let body = to_bytes(request.into_body(), LARGEST).await.map_err(|_| LoginError::FlowLost)?;
        let (response, relay_state) = fields(&body).ok_or(LoginError::FlowLost)?;
        login::finish_saml(&gw, id, browser.flow.as_deref(), response, &relay_state, &browser.caller).await
    };
    match outcome.await {
        Ok(session) => signing_in::enter(&gw, &session),
        Err(error) => signing_in::refused(&error, &browser.caller),
    }
}

/// Exactly one `SAMLResponse`, one `RelayState` at most, and no request beside them.
fn fields(body: &[u8]) -> Option<(String, String)> {
    let pairs: Vec<_> = url::form_urlencoded::parse(body).into_owned().collect();
    let all = |name: &str| pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect::<Vec<_>>();
    if !all("SAMLRequest").is_empty() {
        return None;
    }
    match (all("SAMLResponse").as_slice(), all("RelayState").as_slice()) {
        ([response], [relay]) => Some(((*response).clone(), (*relay).clone())),
        ([response], []) => Some(((*response).clone(), String::new())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn the_form_holds_exactly_one_response() {
        assert_eq!(fields(b"SAMLResponse=a&RelayState=b"), Some(("a".into(), "b".into())));
        for bad in ["", "RelayState=b", "SAMLResponse=a&SAMLResponse=c&RelayState=b", "SAMLResponse=a&SAMLRequest=x"] {
            assert_eq!(fields(bad.as_bytes()), None, "{bad}");
        }
    }
}
