//! What the panel shows.

use crate::lab::page::{escape, page};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use std::fmt::Write as _;

/// The page of a signed-in person.
pub(super) fn somebody(claims: &Value) -> Response {
    let grants = claims["grants"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut rows = String::new();
    for (label, value) in [
        ("Name", said(&claims["name"])),
        ("E-mail", said(&claims["email"])),
        ("Organization", said(&claims["org"]["slug"])),
        ("Role", said(&claims["role"])),
        ("Panel access", said(&claims["panel_access"])),
        ("Seat", said(&claims["seat"])),
        ("Flags", said(&claims["flags"])),
        ("Access version", said(&claims["access_version"])),
    ] {
        let _ = write!(rows, "<dt>{label}</dt><dd>{}</dd>", escape(&value));
    }
    let grants = grants.iter().fold(String::new(), |mut html, grant| {
        let _ = write!(html, "<li>{}</li>", escape(&granted(grant)));
        html
    });
    let body = format!("<dl>{rows}</dl><h2>Grants</h2><ul>{grants}</ul><p><a href=\"/logout\">Sign out</a></p>");
    page(StatusCode::OK, "Sample panel", &body)
}

/// The page without a person.
pub(super) fn nobody(why: &str) -> Response {
    let body = format!("<p>{}</p><p><a href=\"/login\">Sign in</a></p>", escape(why));
    page(StatusCode::OK, "Sample panel", &body)
}

fn granted(grant: &Value) -> String {
    let permissions: Vec<String> = grant["permissions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(feature, level)| format!("{feature} {}", said(level)))
        .collect();
    format!("{} in {}: {}", said(&grant["role"]), said(&grant["clients"]), permissions.join(", "))
}

/// A claim in words.
fn said(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(said).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
