//! What is answered in place of a directory (the edge's time-out, an address that is no UTF-8, a handler that broke off)
//! speaks SCIM as well.

use super::answer::ScimFault;
use axum::http::{StatusCode, header};

pub(super) fn words(status: StatusCode) -> ScimFault {
    match status {
        StatusCode::BAD_REQUEST => ScimFault::plain(status, "The address cannot be read; send it in UTF-8."),
        // 408 is no status of SCIM, and clients give up on it.
        StatusCode::REQUEST_TIMEOUT => ScimFault::plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "The call took too long and was given up; ask for less at once, and read the resource before you try again.",
        )
        .with(header::RETRY_AFTER, "1"),
        StatusCode::INTERNAL_SERVER_ERROR => ScimFault::plain(status, "The call failed; the log has the cause."),
        _ => ScimFault::plain(status, status.canonical_reason().unwrap_or("refused")),
    }
}
