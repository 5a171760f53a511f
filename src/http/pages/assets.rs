//! The style sheet and the one small script, carried in the program.

use crate::service::Gateway;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::{Router, routing::get};

pub(super) fn routes() -> Router<Gateway> {
    Router::new().route("/static/doorward.css", get(style)).route("/static/post.js", get(script))
}

async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("assets/doorward.css"))
}

async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("assets/post.js"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=300")], text).into_response()
}
