//! Pages for people: the start, sign-in, the own account, signing out, and links that set a password.
//!
//! Owns addresses, forms and templates; every page works without script. Must not know rules.

mod account;
mod assets;
mod link;
mod login;

use crate::service::Gateway;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;

/// The routes of all pages.
pub fn routes() -> Router<Gateway> {
    Router::new()
        .route("/", get(start))
        .merge(login::routes())
        .merge(account::routes())
        .merge(link::routes())
        .merge(assets::routes())
}

#[derive(Template)]
#[template(path = "start.html")]
struct Start<'a> {
    issuer: &'a str,
}

async fn start(State(gw): State<Gateway>) -> Response {
    page(StatusCode::OK, &Start { issuer: gw.urls.issuer() })
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
    reference: &'a str,
}

/// One plain sentence, and a reference for whoever is asked about it.
pub(super) fn message(status: StatusCode, title: &str, text: &str, reference: &str) -> Response {
    page(status, &Message { title, text, reference })
}

#[derive(Template)]
#[template(path = "post_on.html")]
struct PostOn<'a> {
    action: &'a str,
    fields: &'a [(&'static str, String)],
}

/// A form that goes on to the IdP: by itself where scripts run, by its button elsewhere.
pub(super) fn post_on(action: &str, fields: &[(&'static str, String)]) -> Response {
    page(StatusCode::OK, &PostOn { action, fields })
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether a form was sent from a page of ours. Browsers name the origin of every form that is posted; a program that
/// names none carries no cookies that a stranger's page could borrow.
fn from_our_page(gw: &Gateway, headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_none_or(|origin| origin.to_str().is_ok_and(|origin| origin == gw.urls.origin()))
}

/// The refusal of a form from elsewhere.
fn foreign_form() -> Response {
    message(StatusCode::FORBIDDEN, "Sign-in", "This form was sent from another site. Open the page here instead.", "")
}
