//! A use case's refusal as a problem document.

use super::Problem;
use crate::base::class::Classify as _;
use crate::service::console::ConsoleError;
use crate::service::scim_log::NotReplayable;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// A refusal on its way out.
#[derive(Debug)]
pub(super) struct Refusal(Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<ConsoleError> for Refusal {
    fn from(error: ConsoleError) -> Self {
        let says = error.to_string();
        Self(match error {
            ConsoleError::FieldLocked { field, state } => {
                let problem = Problem::new(StatusCode::CONFLICT, "field_locked", says)
                    .with("field", field.as_str())
                    .with("owner", serde_json::to_value(state.owner).unwrap_or_default());
                match state.lock {
                    Some(lock) => problem.with("why", lock.why).with("change_at", lock.change_at),
                    None => problem,
                }
            }
            ConsoleError::NothingAside => Problem::new(StatusCode::CONFLICT, "nothing_aside", says),
            ConsoleError::Replay(NotReplayable(_)) => Problem::new(StatusCode::CONFLICT, "not_replayable", says),
            ConsoleError::LastAdmin => Problem::new(StatusCode::CONFLICT, "last_admin", says),
            ConsoleError::Filter { field, .. } => {
                Problem::new(StatusCode::BAD_REQUEST, "bad_filter", says).with("field", field)
            }
            ConsoleError::DirectoryClient { field, .. } => {
                Problem::new(StatusCode::BAD_REQUEST, "bad_client", says).with("field", field)
            }
            ConsoleError::KeyTaken(_) => Problem::new(StatusCode::CONFLICT, "key_taken", says),
            ConsoleError::Schema(_) => Problem::new(StatusCode::BAD_REQUEST, "bad_schema", says),
            ConsoleError::Email(_) => Problem::new(StatusCode::BAD_REQUEST, "bad_email", says),
            error => {
                if error.class() == crate::base::class::Class::Bug {
                    tracing::error!(%error, "a use case failed");
                }
                Problem::of_class(error.class())
            }
        })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
