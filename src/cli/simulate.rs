//! `doorward simulate`: an IdP's own traffic against any SCIM URL, with a verdict for each step.

use crate::base::sources::Sources;
use crate::lab::scim_client::{Dialect, IdpScimClient};
use crate::lab::simulate::{Plan, Scene, StepResult, Summary, simulate};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// What the command line says.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// Whose traffic: okta, entra, entra-flag, onelogin, jumpcloud, ping or keycloak
    pub(super) idp: Dialect,
    /// The SCIM base URL
    pub(super) url: String,
    /// The bearer token
    #[arg(long, env = "DOORWARD_SIMULATE_TOKEN", hide_env_values = true, value_parser = secret)]
    pub(super) token: SecretString,
    /// Users to push beside the one whom the steps are about
    #[arg(long, default_value_t = Plan::default().users)]
    pub(super) users: usize,
    /// Groups to push beside the one that the steps are about
    #[arg(long, default_value_t = Plan::default().groups)]
    pub(super) groups: usize,
    /// Members to add to a group in one go
    #[arg(long, default_value_t = Plan::default().members)]
    pub(super) members: usize,
    /// A shell command that tries to sign in as $SIMULATE_USER and ends with 0 where that user is let in; with it, the
    /// run sees that a deactivated user is refused
    #[arg(long, value_name = "COMMAND")]
    pub(super) sign_in: Option<String>,
    /// Write one JSON document instead of lines
    #[arg(long)]
    pub(super) json: bool,
}

fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

/// Plays the IdP's script; the exit code is 1 when a step did not hold.
///
/// # Errors
/// When no client can be made or nothing can be written.
pub(super) async fn run(args: SimulateArgs) -> anyhow::Result<ExitCode> {
    let sources = Sources::system();
    let client = IdpScimClient::new(args.url.trim_end_matches('/'), args.token, args.idp, sources.clone())?;
    let plan = Plan {
        users: args.users,
        groups: args.groups,
        members: args.members,
        sign_in: args.sign_in,
        ..Plan::default()
    };
    let bar = progress(Scene::of(args.idp, &plan).count())?;
    let mut steps = Vec::new();
    let mut written = Ok(());
    let summary = simulate(&client, &sources, &plan, |step| {
        bar.inc(1);
        bar.set_message(step.name);
        if !args.json && written.is_ok() {
            written = bar.suspend(|| writeln!(std::io::stdout(), "{}", line(&step)));
        }
        steps.push(step);
    })
    .await;
    bar.finish_and_clear();
    written?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", document(args.idp, &steps, summary))?;
    } else {
        writeln!(out, "{}: {} steps held, {} failed", args.idp, summary.held, summary.failed)?;
    }
    Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A bar on standard error, for a person alone.
fn progress(steps: usize) -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?;
    Ok(ProgressBar::new(u64::try_from(steps)?).with_style(style))
}

fn line(step: &StepResult) -> String {
    let verdict = if step.held { "ok    " } else { "FAILED" };
    let shown = if step.held || step.request.is_empty() {
        String::new()
    } else {
        format!(" [{} → {}]", step.request, step.status)
    };
    format!("{verdict} {} ({} ms): {}{shown}", step.name, step.millis, step.detail)
}

fn document(idp: Dialect, steps: &[StepResult], summary: Summary) -> Value {
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| {
            json!({
                "name": step.name, "held": step.held, "detail": step.detail,
                "request": step.request, "status": step.status, "millis": step.millis,
            })
        })
        .collect();
    json!({ "idp": idp.name(), "held": summary.held, "failed": summary.failed, "steps": steps })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(held: bool) -> StepResult {
        StepResult {
            name: "create user",
            held,
            detail: "status 500".to_owned(),
            request: "POST /Users".to_owned(),
            status: 500,
            millis: 3,
        }
    }

    #[test]
    fn a_failed_step_shows_the_request_that_decided() {
        assert_eq!(line(&step(false)), "FAILED create user (3 ms): status 500 [POST /Users → 500]");
        assert_eq!(line(&step(true)), "ok     create user (3 ms): status 500");
    }

    #[test]
    fn a_program_reads_each_step_and_the_sum() {
        let document = document(Dialect::EntraFlag, &[step(false)], Summary { held: 0, failed: 1 });
        assert_eq!((&document["idp"], &document["failed"]), (&json!("entra-flag"), &json!(1)));
        assert_eq!(document["steps"][0]["status"], 500);
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_a_failure() {
        let args = SimulateArgs {
            idp: Dialect::Ping,
            url: "http://127.0.0.1:1".to_owned(),
            token: SecretString::from("x"),
            users: 1,
            groups: 1,
            members: 1,
            sign_in: None,
            json: true,
        };
        assert_eq!(run(args).await.unwrap(), ExitCode::FAILURE);
    }
}
