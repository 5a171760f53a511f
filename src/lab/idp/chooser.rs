//! The page on which one says who one is: a button for each person.

use super::core::Core;
use crate::lab::page::{escape, hidden, page};
use axum::http::StatusCode;
use axum::response::Response;
use std::fmt::Write as _;

/// The page. A button sends `fields` and `person` to `action`.
pub(super) fn chooser(core: &Core, method: &str, action: &str, fields: &[(&str, &str)]) -> Response {
    let buttons = core.everybody().iter().fold(String::new(), |mut html, person| {
        let (value, name, email) = (escape(&person.user_name), escape(&person.name()), escape(&person.email));
        let _ = write!(html, "<button name=\"person\" value=\"{value}\">{name} ({email})</button>");
        html
    });
    let body = format!(
        "<p>This is an emulated identity provider. Nobody is asked for a password.</p>\
         <form method=\"{method}\" action=\"{}\">{}{buttons}</form>",
        escape(action),
        hidden(fields)
    );
    page(StatusCode::OK, "Who are you?", &body)
}
