//! The panel's door, tried by a command: each server has its own.

use super::verdict::{Miss, need};
use super::{Outcome, Play};
use crate::lab::scim_client::Reply;
use std::process::Stdio;
use tokio::process::Command;

impl Play<'_> {
    /// An active user is let in.
    pub(super) async fn signs_in(&self) -> Outcome {
        let (reply, let_in) = self.try_the_door(true).await?;
        need(&reply, let_in, || "an active user is refused at the door".to_owned())?;
        Ok((reply, "let in".to_owned()))
    }

    /// A user who was deactivated is refused, right from the answer to the deactivation.
    pub(super) async fn login_refused(&self) -> Outcome {
        let (reply, let_in) = self.try_the_door(false).await?;
        need(&reply, !let_in, || "a deactivated user is let in".to_owned())?;
        Ok((reply, "refused".to_owned()))
    }

    /// What the server says of the user, who must be as `active` as the scene needs, and whether the command was let in.
    async fn try_the_door(&self, active: bool) -> Result<(Reply, bool), Miss> {
        let id = self.ada()?;
        let reply = self.client.get_user(&id).await?;
        let ready = reply.body["active"] == active;
        need(&reply, ready, || format!("the user is not there with active = {active}"))?;
        let command = self.plan.sign_in.as_deref().unwrap_or_default();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command).env("SIMULATE_USER", &self.ada.user_name);
        let ended = shell.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).status().await;
        let status = ended.map_err(|error| Miss::of_command(&error.to_string()))?;
        // A command that is not there (127), cannot be run (126) or was ended by a signal says nothing about the door.
        match status.code() {
            Some(126 | 127) | None => Err(Miss::of_command(&status.to_string())),
            Some(code) => Ok((reply, code == 0)),
        }
    }
}
