//! `apply`: organizations, directories, connections, rules, clients, apps and people from one file.
//!
//! Owns the file's shape, its checks and the steps; each organization is one unit of work, rehearsed before any is
//! kept. Creates and updates, deletes nothing. Must not know the command line.

mod answer;
mod directory_clients;
mod error;
mod file;
pub(super) mod metadata;
mod organization;
mod people;
mod plan;
mod rules;
mod schemas;
mod sources;

pub use answer::{Answer, AppAnswer, ConnectionAnswer, DirectoryAnswer, OrganizationAnswer, PersonAnswer};
pub use error::ApplyError;

use super::apps;
use crate::service::Gateway;
use crate::store::{AsStoreError as _, Done};
use answer::Outcome;
use plan::Plan;
use std::path::Path;
use std::sync::Arc;

/// Where the values of variables come from.
pub type Variables<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Brings the database to what the file says. `folder` is where the file's paths start; with `dry` nothing is kept and
/// the answer names the changes alone.
///
/// # Errors
/// [`ApplyError`] with the first thing that stands against it; everything is checked before anything is kept.
pub async fn apply(
    gw: &Gateway,
    text: &str,
    folder: &Path,
    variables: Variables<'_>,
    dry: bool,
) -> Result<(Answer, Vec<String>), ApplyError> {
    let file = file::read(text)?;
    let wishes: Vec<_> = file.app.into_iter().map(file::AppFile::into_wish).collect();
    for wish in &wishes {
        wish.check()?;
    }
    let mut plans = Vec::new();
    for (number, organization) in file.organization.into_iter().enumerate() {
        plans.push(Plan::make(gw, organization, number, folder, variables).await?);
    }
    let mut outcomes = Vec::new();
    for plan in &plans {
        outcomes.push(rehearse(gw, plan).await?);
    }
    if !dry {
        outcomes.clear();
        for mut plan in plans {
            if plan.new {
                plan.org = gw.store.draw_org().await?;
            }
            outcomes.push(keep(gw, plan).await?);
        }
    }
    let mut answer = Answer::default();
    let mut warnings = Vec::new();
    for outcome in outcomes {
        warnings.extend(outcome.warnings);
        answer.changed.extend(outcome.changed);
        if !dry {
            answer.organizations.push(outcome.organization);
            answer.people.extend(outcome.people);
        }
    }
    for wish in &wishes {
        let made = apps::put(gw, wish, dry).await?;
        if made.changed {
            let how = if made.secret.is_some() || dry { "set" } else { "updated" };
            answer.changed.push(format!("app {} {how}", wish.key));
        }
        if !dry {
            answer.apps.push(AppAnswer { key: wish.key.clone(), client_id: made.id, client_secret: made.secret });
        }
    }
    Ok((answer, warnings))
}

/// Runs the whole unit and lets go of it.
async fn rehearse(gw: &Gateway, plan: &Plan) -> Result<Outcome, ApplyError> {
    let (gateway, plan) = (gw.clone(), Arc::new(plan.clone()));
    let run = gw
        .store
        .write::<(), ApplyError, _>(plan.org, async move |tx| {
            let (outcome, _) = organization::put(tx, &gateway, &plan).await?;
            Err(ApplyError::Rehearsed(Box::new(outcome)))
        })
        .await;
    match run {
        Err(ApplyError::Rehearsed(outcome)) => Ok(*outcome),
        Err(e) => Err(taken(e)),
        Ok(()) => Err(ApplyError::NotRehearsed),
    }
}

async fn keep(gw: &Gateway, plan: Plan) -> Result<Outcome, ApplyError> {
    let (gateway, plan) = (gw.clone(), Arc::new(plan));
    let kept = gw
        .store
        .write(plan.org, async move |tx| {
            let (outcome, records) = organization::put(tx, &gateway, &plan).await?;
            Ok(Done::of(outcome).and_all(records))
        })
        .await;
    kept.map_err(taken)
}

/// Another organization was faster: the unique keys say so in words of the operator.
fn taken(error: ApplyError) -> ApplyError {
    let is = |key| error.as_store_error().is_some_and(|e| e.is_taken(key));
    if is(crate::store::organizations::VERIFIED_DOMAIN_KEY) {
        return ApplyError::DomainOfAnother("of this file".to_owned());
    }
    error
}
