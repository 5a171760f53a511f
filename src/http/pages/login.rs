//! `/login`: from an e-mail to the right sign-in, or a password where that is allowed.

use super::{foreign_form, from_our_page, page};
use crate::domain::email::Email;
use crate::domain::enforcement::LoginOffer;
use crate::http::session::MaybeSignedIn;
use crate::http::signing_in::{self, Asker};
use crate::service::Gateway;
use crate::service::login::{self, Caller, Discovery, LoginError};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Router, routing::get};
use secrecy::SecretString;
use serde::Deserialize;

pub(super) fn routes() -> Router<Gateway> {
    Router::new().route("/login", get(show).post(submit))
}

#[derive(Default, Template)]
#[template(path = "login.html")]
struct Login<'a> {
    email: &'a str,
    return_to: &'a str,
    problem: &'a str,
    reference: &'a str,
    password: bool,
    buttons: &'a [(String, String)],
}

#[derive(Debug, Deserialize)]
struct Asked {
    return_to: Option<String>,
    email: Option<String>,
    prompt: Option<String>,
}

async fn show(
    State(gw): State<Gateway>,
    MaybeSignedIn(who): MaybeSignedIn,
    Query(asked): Query<Asked>,
    Asker(caller): Asker,
) -> Response {
    let back = match signing_in::checked_return(&gw, asked.return_to.as_deref()).await {
        Ok(back) => back,
        Err(error) => return signing_in::refused(&error, &caller),
    };
    if who.is_some() && asked.prompt.as_deref() != Some("login") {
        return Redirect::to(back.as_deref().unwrap_or("/account")).into_response();
    }
    let email = asked.email.unwrap_or_default();
    page(StatusCode::OK, &Login { email: &email, return_to: back.as_deref().unwrap_or(""), ..Login::default() })
}

#[derive(Deserialize)]
struct Submitted {
    email: String,
    password: Option<SecretText>,
    return_to: Option<String>,
}

/// A password in a form: never printed.
#[derive(Deserialize)]
#[serde(transparent)]
struct SecretText(String);

async fn submit(
    State(gw): State<Gateway>,
    headers: HeaderMap,
    Asker(caller): Asker,
    Form(form): Form<Submitted>,
) -> Response {
    if !from_our_page(&gw, &headers) {
        return foreign_form();
    }
    let email = form.email.trim().to_owned();
    let back = match signing_in::checked_return(&gw, form.return_to.as_deref()).await {
        Ok(back) => back,
        Err(error) => return signing_in::refused(&error, &caller),
    };
    let Ok(parsed) = Email::parse(&email) else {
        let problem = "Please write your whole e-mail address.";
        let return_to = back.as_deref().unwrap_or("");
        return page(StatusCode::BAD_REQUEST, &Login { email: &email, return_to, problem, ..Login::default() });
    };
    match form.password.filter(|password| !password.0.is_empty()) {
        Some(password) => by_password(&gw, &parsed, password.0.into(), back, &caller).await,
        None => discover(&gw, &parsed, back, &caller).await,
    }
}

async fn by_password(
    gw: &Gateway,
    email: &Email,
    password: SecretString,
    back: Option<String>,
    caller: &Caller,
) -> Response {
    let return_to = back.clone().unwrap_or_default();
    match login::password(gw, email, &password, back, caller).await {
        Ok(session) => signing_in::enter(gw, &session),
        Err(error @ (LoginError::WrongPassword | LoginError::Throttled)) => {
            let problem = error.public_text();
            let again = Login {
                email: email.as_str(),
                return_to: &return_to,
                problem: &problem,
                reference: &caller.reference,
                password: true,
                ..Login::default()
            };
            page(signing_in::status(&error), &again)
        }
        Err(error) => signing_in::refused(&error, caller),
    }
}

async fn discover(gw: &Gateway, email: &Email, back: Option<String>, caller: &Caller) -> Response {
    let found = match login::discover(gw, email).await {
        Ok(found) => found,
        Err(error) => return signing_in::refused(&error, caller),
    };
    let return_to = back.as_deref().unwrap_or("");
    let address = |address: &str| with_return(address, back.as_deref(), email);
    let offered = Login { email: email.as_str(), return_to, ..Login::default() };
    match &found.offer {
        LoginOffer::Go(one) => match found.address(*one) {
            Some(there) => Redirect::to(&address(there)).into_response(),
            None => signing_in::refused(&LoginError::NotReady, caller),
        },
        LoginOffer::Choose { password, .. } => {
            let buttons = buttons(&found, address);
            page(StatusCode::OK, &Login { password: *password, buttons: &buttons, ..offered })
        }
        LoginOffer::Password => page(StatusCode::OK, &Login { password: true, ..offered }),
        LoginOffer::Nothing => signing_in::refused(&LoginError::NotReady, caller),
    }
}

fn buttons(found: &Discovery, address: impl Fn(&str) -> String) -> Vec<(String, String)> {
    found.buttons.iter().map(|(_, title, there)| (title.clone(), address(there))).collect()
}

/// The address of a sign-in with where to go afterwards and, for OpenID, who it is about.
fn with_return(address: &str, back: Option<&str>, email: &Email) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    if let Some(back) = back {
        pairs.append_pair("return_to", back);
    }
    if address.contains("/oidc/") {
        pairs.append_pair("email", email.as_str());
    }
    let query = pairs.finish();
    if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") }
}
