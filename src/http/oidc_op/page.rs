//! The few pages that a person may see here.

use super::end_session::CONFIRM;
use crate::protocol::oauth::Params;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

/// What an app asked for cannot be done, and there is nowhere to send the person back to.
pub(super) fn refused(why: &str) -> Response {
    let hint = "Go back to the application and try again. If this page comes back, tell whoever runs it what it says.";
    let body = format!("<h1>This sign-in link is not right</h1><p>{}</p><p>{hint}</p>", escaped(why));
    page(StatusCode::BAD_REQUEST, "Sign-in", &body)
}

/// Asks whether the person wants to sign out.
pub(super) fn confirm_sign_out(params: &Params) -> Response {
    let hidden: String = ["client_id", "id_token_hint", "post_logout_redirect_uri", "state"]
        .into_iter()
        .filter_map(|name| Some((name, params.one(name).ok().flatten()?)))
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
        .collect();
    let body = format!(
        "<h1>Sign out?</h1><p>An application asks to sign you out everywhere in this browser.</p>\
         <form method=\"post\" action=\"/oauth2/end-session\">{hidden}\
         <button name=\"{CONFIRM}\" value=\"yes\">Sign out</button></form><p><a href=\"/\">Stay signed in</a></p>"
    );
    page(StatusCode::OK, "Sign out", &body)
}

/// Says that it is done.
pub(super) fn signed_out() -> Response {
    page(StatusCode::OK, "Signed out", "<h1>You are signed out</h1><p><a href=\"/login\">Sign in again</a></p>")
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\
         <body><main>{body}</main></body></html>"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Under `no-referrer` browsers write `Origin: null` on our own forms, and the form could not be told from others'.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_that_an_app_sends_becomes_markup() {
        assert_eq!(escaped("\"><script>'&"), "&quot;&gt;&lt;script&gt;&#39;&amp;");
    }
}
