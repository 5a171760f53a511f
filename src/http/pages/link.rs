//! `/invite/{token}` and `/reset/{token}`: looking uses nothing up, sending the form does.

use super::{foreign_form, from_our_page, message, page};
use crate::http::signing_in::{self, Asker};
use crate::service::Gateway;
use crate::service::login::mailed::{self, LinkKind};
use crate::service::login::{Caller, LoginError};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Router, routing::get};
use serde::Deserialize;

pub(super) fn routes() -> Router<Gateway> {
    Router::new().route("/invite/{token}", get(invite).post(accept)).route("/reset/{token}", get(reset).post(set))
}

#[derive(Template)]
#[template(path = "link.html")]
struct Link<'a> {
    email: &'a str,
    problem: &'a str,
}

#[derive(Deserialize)]
struct Chosen {
    password: String,
}

async fn invite(gw: State<Gateway>, token: Path<String>, asker: Asker) -> Response {
    look(&gw, LinkKind::Invite, &token, &asker.0).await
}

async fn reset(gw: State<Gateway>, token: Path<String>, asker: Asker) -> Response {
    look(&gw, LinkKind::Reset, &token, &asker.0).await
}

async fn accept(
    gw: State<Gateway>,
    token: Path<String>,
    headers: HeaderMap,
    asker: Asker,
    form: Form<Chosen>,
) -> Response {
    choose(&gw, LinkKind::Invite, &token, &headers, &asker.0, form.0).await
}

async fn set(
    gw: State<Gateway>,
    token: Path<String>,
    headers: HeaderMap,
    asker: Asker,
    form: Form<Chosen>,
) -> Response {
    choose(&gw, LinkKind::Reset, &token, &headers, &asker.0, form.0).await
}

async fn look(gw: &Gateway, kind: LinkKind, token: &str, caller: &Caller) -> Response {
    match mailed::peek(gw, kind, token).await {
        Ok(email) => page(StatusCode::OK, &Link { email: &email, problem: "" }),
        Err(error) => signing_in::refused(&error, caller),
    }
}

async fn choose(
    gw: &Gateway,
    kind: LinkKind,
    token: &str,
    headers: &HeaderMap,
    caller: &Caller,
    chosen: Chosen,
) -> Response {
    if !from_our_page(gw, headers) {
        return foreign_form();
    }
    match mailed::choose(gw, kind, token, &chosen.password.into()).await {
        Ok(()) => message(StatusCode::OK, "Password set", "Your password is set. You can sign in now.", ""),
        Err(error @ LoginError::TooShort(_)) => {
            let problem = error.public_text();
            page(StatusCode::BAD_REQUEST, &Link { email: "", problem: &problem })
        }
        Err(error) => signing_in::refused(&error, caller),
    }
}
