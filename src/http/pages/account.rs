//! `/account`, what a person sees of themselves, and `/logout`.

use super::{foreign_form, from_our_page, message, page};
use crate::base::class::{Class, Classify as _};
use crate::http::session::{MaybeSignedIn, SignedIn};
use crate::http::signing_in::{self, Asker};
use crate::service::Gateway;
use crate::service::console::users;
use crate::service::{access, console, issuing};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Router, routing::get};

pub(super) fn routes() -> Router<Gateway> {
    Router::new().route("/account", get(show)).route("/logout", get(ask).post(leave))
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    name: String,
    email: String,
    organization: String,
    role: String,
    clients: String,
    seat: &'static str,
    /// Field, why it cannot be changed here, where it can.
    locks: Vec<(&'static str, String, String)>,
}

async fn show(State(gw): State<Gateway>, who: SignedIn, Asker(caller): Asker) -> Response {
    match account(&gw, &who).await {
        Ok(account) => page(StatusCode::OK, &account),
        Err(error) => {
            let status = if error.class() == Class::Busy {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                tracing::error!(%error, request = caller.reference, "an account cannot be shown");
                StatusCode::INTERNAL_SERVER_ERROR
            };
            message(status, "Account", "Something went wrong here. Please try again.", &caller.reference)
        }
    }
}

async fn account(gw: &Gateway, who: &SignedIn) -> Result<Account, console::ConsoleError> {
    let current = access::current(gw, who.org, who.holder.person.id).await?;
    let (organization, view) = users::own_view(gw, who.org, who.holder.person.id).await?;
    let clients: Vec<String> = current.access.grants.iter().map(|grant| grant.clients.to_string()).collect();
    let locks = view.fields.into_iter().filter_map(|(field, state)| {
        let lock = state.lock?;
        Some((field, lock.why, lock.change_at))
    });
    Ok(Account {
        name: view.name,
        email: view.email.unwrap_or_default(),
        organization,
        role: current.access.role.unwrap_or_else(|| "none yet".to_owned()),
        clients: if clients.is_empty() { "none".to_owned() } else { clients.join("; ") },
        seat: view.seat,
        locks: locks.collect(),
    })
}

#[derive(Template)]
#[template(path = "logout.html")]
struct Logout;

async fn ask() -> Response {
    page(StatusCode::OK, &Logout)
}

async fn leave(
    State(gw): State<Gateway>,
    MaybeSignedIn(who): MaybeSignedIn,
    headers: HeaderMap,
    Asker(caller): Asker,
) -> Response {
    if !from_our_page(&gw, &headers) {
        return foreign_form();
    }
    if let Some(who) = who
        && let Err(error) = issuing::sign_out(&gw, &who).await
    {
        return signing_in::refused(&error.into(), &caller);
    }
    let mut response = Redirect::to("/login").into_response();
    signing_in::leave(&gw, &mut response);
    response
}
