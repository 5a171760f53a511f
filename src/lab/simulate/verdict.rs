//! What a step missed.

use crate::lab::error::LabError;
use crate::lab::scim_client::Reply;
use std::error::Error as _;

/// Why a step does not hold, for a person to read.
pub(super) struct Miss {
    pub(super) why: String,
    /// The request that shows it and the status of its answer.
    pub(super) seen: Option<(String, u16)>,
}

impl Miss {
    /// A step that cannot be played, since an earlier one failed.
    pub(super) fn skipped(needs: &str) -> Self {
        Self { why: format!("not possible without {needs}"), seen: None }
    }
}

impl Miss {
    /// A sign-in that could not be tried.
    pub(super) fn of_command(why: &str) -> Self {
        Self { why: format!("the sign-in command did not run: {why}"), seen: None }
    }
}

impl From<LabError> for Miss {
    fn from(error: LabError) -> Self {
        let mut why = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            why = format!("{why}: {next}");
            cause = next.source();
        }
        Self { why, seen: None }
    }
}

/// Goes on only when it `holds`.
pub(super) fn need(reply: &Reply, holds: bool, why: impl FnOnce() -> String) -> Result<(), Miss> {
    if holds {
        return Ok(());
    }
    Err(Miss { why: why(), seen: Some((reply.request.clone(), reply.status)) })
}

/// Goes on only with one of these statuses; otherwise shows what the server said.
pub(super) fn need_status(reply: &Reply, right: &[u16]) -> Result<(), Miss> {
    need(reply, right.contains(&reply.status), || {
        let said = reply.body["detail"].as_str().unwrap_or("no detail");
        format!("status {} where {right:?} is due: {said}", reply.status)
    })
}
