//! One organization of the file, as one unit of work.

use super::ApplyError;
use super::answer::{OrganizationAnswer, Outcome};
use super::plan::Plan;
use super::{people, rules, schemas, sources};
use crate::base::ids::{OrgId, PersonId};
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::service::access::{self, AT_ONCE, Ground};
use crate::service::console::organizations as console;
use crate::store::organizations::{self, ClientRow, DomainRow, OrganizationRow};
use crate::store::{self, Record, Tx, seats};
use serde_json::json;

/// What a unit has changed so far.
pub(super) struct Changes<'a> {
    pub(super) gw: &'a Gateway,
    slug: &'a str,
    lines: Vec<String>,
    pub(super) records: Vec<Record>,
    /// Whether everybody's access may be another.
    pub(super) wide: bool,
    /// Whose access may be another.
    pub(super) people: Vec<PersonId>,
}

impl Changes<'_> {
    /// Tells a change to the operator and to the audit.
    pub(super) fn note(&mut self, deed: Deed, target: impl ToString, what: &str) {
        self.lines.push(format!("{}: {what}", self.slug));
        self.records.push(self.gw.record(&Actor::Operator, deed, Some(target.to_string()), json!({"by": "apply"})));
    }

    /// Tells a change to the operator whose events are made already.
    pub(super) fn told(&mut self, records: impl IntoIterator<Item = Record>, what: &str) {
        self.lines.push(format!("{}: {what}", self.slug));
        self.records.extend(records);
    }
}

/// Brings the organization to what the file says.
pub(super) async fn put(tx: &mut Tx, gw: &Gateway, plan: &Plan) -> Result<(Outcome, Vec<Record>), ApplyError> {
    let slug = plan.file.slug.as_str();
    let mut changes = Changes { gw, slug, lines: Vec::new(), records: Vec::new(), wide: false, people: Vec::new() };
    let id = itself(tx, plan, &mut changes).await?;
    domains(tx, plan, &mut changes).await?;
    clients(tx, plan, &mut changes).await?;
    schemas::put(tx, plan, &mut changes).await?;
    people::owner(tx, plan, &mut changes).await?;
    let directories = sources::directories(tx, plan, &mut changes).await?;
    let connections = sources::connections(tx, plan, &mut changes).await?;
    rules::put(tx, plan, &mut changes).await?;
    let everybody = store::people::page(tx, None, AT_ONCE + 1).await?;
    let at_once = i64::try_from(everybody.len()).is_ok_and(|n| n <= AT_ONCE);
    // Also where all are settled at once: a unit that read the facts before, and commits after, leaves nobody behind it.
    if changes.wide {
        store::access::mark_all(tx, gw.sources.now()).await?;
    }
    let ground = Ground::fresh(tx, gw).await?;
    let persons = people::put(tx, plan, &ground, &mut changes).await?;
    let warnings = enforcement(tx, plan, &mut changes).await?;
    let mut concerned = std::mem::take(&mut changes.people);
    if changes.wide && at_once {
        concerned.extend(everybody.iter().map(|person| person.id));
    }
    changes.records.extend(access::settle_all(tx, gw, &ground, &concerned, "apply").await?);
    if changes.wide && !at_once {
        access::keep_behind_a_mark(tx, gw).await?;
    }
    let organization = OrganizationAnswer { slug: slug.to_owned(), id, directories, connections };
    Ok((Outcome { organization, people: persons, changed: changes.lines, warnings }, changes.records))
}

async fn itself(tx: &mut Tx, plan: &Plan, changes: &mut Changes<'_>) -> Result<OrgId, ApplyError> {
    let file = &plan.file;
    let limit = |own: Option<i64>| {
        let own = own.and_then(|own| u32::try_from(own).ok());
        plan.definition.limits.seats.limit(own).map(i64::from)
    };
    let Some(before) = organizations::get(tx).await? else {
        let row = OrganizationRow {
            id: OrgId::mint(&changes.gw.sources),
            slug: file.slug.clone(),
            name: file.name.clone(),
            panel: file.panel.clone(),
            seats: file.seats.map(i64::from),
            enforcement: "off".to_owned(),
            settings: "{}".to_owned(),
            panel_version: None,
        };
        organizations::insert(tx, &row, changes.gw.sources.now()).await?;
        seats::set_limit(tx, limit(row.seats)).await?;
        changes.note(Deed::OrganizationCreated, row.id, "organization created");
        return Ok(row.id);
    };
    let after = OrganizationRow {
        name: file.name.clone(),
        panel: file.panel.clone(),
        seats: file.seats.map(i64::from).or(before.seats),
        ..before.clone()
    };
    if (&after.name, &after.panel, after.seats) != (&before.name, &before.panel, before.seats) {
        organizations::update(tx, &after).await?;
        if (&after.panel, after.seats) != (&before.panel, before.seats) {
            seats::set_limit(tx, limit(after.seats)).await?;
            changes.wide = true;
        }
        changes.note(Deed::OrganizationUpdated, before.id, "organization updated");
    }
    Ok(before.id)
}

async fn domains(tx: &mut Tx, plan: &Plan, changes: &mut Changes<'_>) -> Result<(), ApplyError> {
    let known = organizations::domains(tx).await?;
    for domain in &plan.file.domains {
        let before = known.iter().find(|found| found.name == domain.name);
        // What is proved stays so: `apply` takes nothing away.
        if before.is_some_and(|found| found.verified || !domain.verified) {
            continue;
        }
        organizations::put_domain(tx, &DomainRow { name: domain.name.clone(), verified: domain.verified }).await?;
        let (deed, how) = if domain.verified { (Deed::DomainVerified, "proved") } else { (Deed::DomainAdded, "added") };
        changes.note(deed, &domain.name, &format!("domain {} {how}", domain.name));
    }
    Ok(())
}

async fn clients(tx: &mut Tx, plan: &Plan, changes: &mut Changes<'_>) -> Result<(), ApplyError> {
    let known = organizations::clients(tx).await?;
    for client in &plan.file.client {
        let before = known.iter().find(|found| found.key == client.key);
        let departments = serde_json::Value::from(client.departments.clone()).to_string();
        let after = ClientRow { key: client.key.clone(), name: client.name.clone(), departments };
        if before == Some(&after) {
            continue;
        }
        organizations::put_client(tx, &after).await?;
        changes.wide |= before.is_none();
        let (deed, how) =
            if before.is_none() { (Deed::ClientCreated, "created") } else { (Deed::ClientUpdated, "updated") };
        changes.note(deed, &client.key, &format!("client {} {how}", client.key));
    }
    Ok(())
}

async fn enforcement(tx: &mut Tx, plan: &Plan, changes: &mut Changes<'_>) -> Result<Vec<String>, ApplyError> {
    let Some(to) = plan.file.enforcement else { return Ok(Vec::new()) };
    let row = organizations::get(tx).await?.ok_or(ApplyError::Malformed("organization"))?;
    let (against, record) = console::set(tx, changes.gw, row, to).await?;
    if record.is_some() {
        changes.told(record, &format!("enforcement {to}"));
    }
    Ok(against.iter().map(|hindrance| format!("{}: enforced although {hindrance}", plan.file.slug)).collect())
}
