//! The pages that a browser opens.

use super::Panel;
use super::session::{Pending, Session};
use super::view;
use crate::base::token::same;
use crate::lab::error::LabError;
use crate::lab::page::{message, see_other};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::Duration;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the provider sends back with the browser.
#[derive(Deserialize)]
pub(super) struct Callback {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Who is at the browser.
enum Presence {
    Nobody,
    /// There was a session, and the provider says that it is over.
    Ended,
    Here(Value),
}

pub(super) async fn home(State(panel): State<Arc<Panel>>, headers: HeaderMap) -> Response {
    match presence(&panel, &headers).await {
        Ok(Presence::Here(claims)) => view::somebody(&claims),
        Ok(Presence::Ended) => view::nobody("Your access has ended."),
        Ok(Presence::Nobody) => view::nobody("Nobody is signed in."),
        Err(error) => failed(&error),
    }
}

/// As the page, for programs: the provider's own words, or 401.
pub(super) async fn whoami(State(panel): State<Arc<Panel>>, headers: HeaderMap) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match presence(&panel, &headers).await {
        Ok(Presence::Here(claims)) => (no_store, Json(claims)).into_response(),
        Ok(Presence::Ended | Presence::Nobody) => {
            (StatusCode::UNAUTHORIZED, no_store, Json(json!({ "active": false }))).into_response()
        }
        Err(error) => failed(&error),
    }
}

pub(super) async fn login(State(panel): State<Arc<Panel>>) -> Response {
    match begin(&panel).await {
        Ok(response) => response,
        Err(error) => failed(&error),
    }
}

async fn begin(panel: &Panel) -> Result<Response, LabError> {
    let provider = panel.provider()?;
    let endpoints = provider.discover().await?;
    let (state, pending) = (panel.random(), Pending { nonce: panel.random(), verifier: panel.random() });
    let url = provider.authorize_url(&endpoints, &panel.callback_url(), &state, &pending.nonce, &pending.verifier);
    panel.sessions().begin(state.clone(), pending);
    Ok(with_cookie(see_other(url.as_str()), &panel.cookie("login"), &state))
}

pub(super) async fn callback(
    State(panel): State<Arc<Panel>>,
    headers: HeaderMap,
    Query(answer): Query<Callback>,
) -> Response {
    match finish(&panel, &headers, answer).await {
        Ok(response) => response,
        Err(error) => failed(&error),
    }
}

async fn finish(panel: &Panel, headers: &HeaderMap, answer: Callback) -> Result<Response, LabError> {
    let provider = panel.provider()?;
    let endpoints = provider.discover().await?;
    let mine = cookie(headers, &panel.cookie("login"));
    let state = answer.state.filter(|state| mine.is_some_and(|mine| same(&mine, state)));
    let pending = state.and_then(|state| panel.sessions().finish(&state));
    let Some(pending) = pending else {
        return Ok(message(StatusCode::BAD_REQUEST, "Not your sign-in", "This sign-in was not begun in this browser."));
    };
    let promised = endpoints.authorization_response_iss_parameter_supported;
    if answer.iss.as_ref().map_or(promised, |iss| *iss != provider.issuer) {
        return Err(LabError::WrongAnswer { what: "the answer comes from another issuer" });
    }
    if let Some(error) = answer.error {
        let why = answer.error_description.unwrap_or_default();
        return Ok(message(StatusCode::FORBIDDEN, "Not signed in", &format!("{error}: {why}")));
    }
    let code = answer.code.ok_or(LabError::WrongAnswer { what: "neither code nor error came" })?;
    let tokens = provider.redeem(&endpoints, &code, &panel.callback_url(), &pending.verifier).await?;
    let id_token = tokens.id_token.ok_or(LabError::WrongAnswer { what: "no ID token came" })?;
    let claims = provider.id_token(&endpoints, &id_token, &pending.nonce).await?;
    let subject = claims["sub"].as_str().unwrap_or_default().to_owned();
    provider.userinfo(&endpoints, &tokens.access_token, &subject).await?;
    let session = Session {
        subject,
        sid: claims["sid"].as_str().map(str::to_owned),
        id_token,
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        until: panel.sources.now() + Duration::seconds(tokens.expires_in),
    };
    let handle = panel.random();
    panel.sessions().open(handle.clone(), session);
    Ok(with_cookie(see_other(&format!("{}/", panel.base_url)), &panel.cookie("session"), &handle))
}

pub(super) async fn logout(State(panel): State<Arc<Panel>>, headers: HeaderMap) -> Response {
    match leave(&panel, &headers).await {
        Ok(response) => response,
        Err(error) => failed(&error),
    }
}

async fn leave(panel: &Panel, headers: &HeaderMap) -> Result<Response, LabError> {
    let home = format!("{}/", panel.base_url);
    let handle = cookie(headers, &panel.cookie("session"));
    let Some(session) = handle.and_then(|handle| panel.sessions().end(&handle)) else { return Ok(see_other(&home)) };
    let provider = panel.provider()?;
    let Some(mut url) = provider.discover().await?.end_session_endpoint else { return Ok(see_other(&home)) };
    url.query_pairs_mut().append_pair("id_token_hint", &session.id_token).append_pair("client_id", &provider.client_id);
    Ok(see_other(url.as_str()))
}

/// Asks the provider on each request: what it said at sign-in may no longer hold.
async fn presence(panel: &Panel, headers: &HeaderMap) -> Result<Presence, LabError> {
    let Some(handle) = cookie(headers, &panel.cookie("session")) else { return Ok(Presence::Nobody) };
    let Some(mut session) = panel.sessions().find(&handle) else { return Ok(Presence::Nobody) };
    let provider = panel.provider()?;
    let endpoints = provider.discover().await?;
    if panel.sources.now() >= session.until
        && let Some(token) = session.refresh_token.clone()
        && let Ok(fresh) = provider.refresh(&endpoints, &token).await
    {
        session.access_token = fresh.access_token;
        session.refresh_token = fresh.refresh_token.or(Some(token));
        session.until = panel.sources.now() + Duration::seconds(fresh.expires_in);
        panel.sessions().open(handle.clone(), session.clone());
    }
    match provider.introspect(&endpoints, &session.access_token).await? {
        Some(claims) => Ok(Presence::Here(claims)),
        None => {
            panel.sessions().end(&handle);
            Ok(Presence::Ended)
        }
    }
}

fn failed(error: &LabError) -> Response {
    tracing::warn!(%error, "the sample panel cannot go on");
    message(StatusCode::BAD_GATEWAY, "The sign-in failed", &error.to_string())
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split("; ")).filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

fn with_cookie(mut response: Response, name: &str, value: &str) -> Response {
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}
