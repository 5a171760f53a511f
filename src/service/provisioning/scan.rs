//! A scan: SQL finds candidates in the order of their ids, the filter decides about each of them.

use super::groups::group_wire;
use super::shape::{self, kind_of};
use super::{DirectoryCaller, ProvisionError};
use crate::base::ids::ResourceId;
use crate::domain::query::{Predicate, Value as Asked};
use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::{Candidates, Filter, Plan, Subject, Term, TermOp};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::Tx;
use crate::store::resources::{self, ResourceRow};
use serde_json::Value;
use std::borrow::Cow;

/// How many rows one call may look at before the client is told to narrow its filter.
const BUDGET: usize = 20_000;
/// How many conditions that must all hold are put to the database; the filter knows the others.
const NARROWED_BY: usize = 4;
/// Rows in one step of a scan.
const STEP: i64 = 500;

/// One kind of resource that a list is about.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    pub(super) resource_type: ResourceType,
    pub(super) filter: Option<Filter>,
}

/// What a scan has seen so far, over all its legs.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The resources that are kept.
    pub(super) rows: Vec<(ResourceType, ResourceRow)>,
    /// How many matched.
    pub(super) matched: u64,
    looked_at: usize,
}

/// Which of the matches to keep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// How many matches to pass over.
    pub(super) skip: u64,
    /// How many to keep after them.
    pub(super) keep: u64,
}

/// The refusal of a scan that would look at too much.
pub(super) fn too_many(what: &str, most: usize) -> ProvisionError {
    let detail = format!(
        "{what}: more than {most} resources would have to be looked at; narrow it with userName, externalId, emails, \
         displayName, id or members."
    );
    ScimError::too_many(detail).into()
}

/// Goes through one leg after `after`. `false` where the budget ended before the rows did.
pub(super) async fn scan(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    leg: &Leg,
    mut after: Option<ResourceId>,
    window: Window,
    seen: &mut Seen,
) -> Result<bool, ProvisionError> {
    let predicate = match &leg.filter {
        None => Predicate::All,
        Some(filter) => {
            let Candidates { plan, .. } = filter.candidates();
            predicate(leg.resource_type, &plan)
        }
    };
    let (src, kind) = (who.directory.src, kind_of(leg.resource_type));
    loop {
        let resources::Candidates { rows, facts } = resources::find(tx, src, kind, &predicate, after, STEP).await?;
        match facts {
            Some(facts) => who.confirm(facts)?,
            None => who.confirm_in(tx).await?,
        }
        let full = rows.len() as i64 == STEP;
        seen.looked_at += rows.len();
        if seen.looked_at > BUDGET {
            return Ok(false);
        }
        after = rows.last().map(|row| row.id);
        for row in rows {
            if matches(tx, gw, who, leg, &row).await? {
                seen.matched += 1;
                if seen.matched > window.skip && (seen.rows.len() as u64) < window.keep {
                    seen.rows.push((leg.resource_type, row));
                }
            }
        }
        if !full {
            return Ok(true);
        }
    }
}

/// The budget of a scan, for its refusal.
pub(super) const fn budget() -> usize {
    BUDGET
}

async fn matches(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    leg: &Leg,
    row: &ResourceRow,
) -> Result<bool, ProvisionError> {
    let Some(filter) = &leg.filter else { return Ok(true) };
    let asked = filter.membership().asked;
    Ok(filter.matches(&subject(tx, gw, who, leg.resource_type, row, asked).await?))
}

/// A stored document with what is derived beside it.
pub(super) struct Whole(Document);

impl Subject for Whole {
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        self.0.attribute(urn, name)
    }
}

pub(super) async fn subject(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    resource_type: ResourceType,
    row: &ResourceRow,
    asked: bool,
) -> Result<Whole, ProvisionError> {
    let wire = match resource_type {
        ResourceType::Group => group_wire(tx, gw, who, row, asked).await?,
        ResourceType::User if asked => super::users::user_wire(tx, gw, who, row).await?,
        ResourceType::User => shape::wire(&gw.urls, who.directory.id, resource_type, row, None, None)?,
    };
    Ok(Whole(wire.document))
}

/// What the store can narrow; the rest is left to the filter.
fn predicate(resource_type: ResourceType, plan: &Plan) -> Predicate {
    match plan {
        Plan::Scan => Predicate::All,
        Plan::Nothing => Predicate::Nothing,
        // One index narrows enough, and a planner tries the orders of all that it is given.
        Plan::All(parts) => parts
            .iter()
            .map(|p| predicate(resource_type, p))
            .filter(|p| *p != Predicate::All)
            .take(NARROWED_BY)
            .fold(Predicate::All, Predicate::and),
        Plan::Any(parts) => parts.iter().map(|p| predicate(resource_type, p)).fold(Predicate::Nothing, Predicate::or),
        Plan::Term(term) => narrowed(resource_type, term),
    }
}

fn narrowed(resource_type: ResourceType, term: &Term) -> Predicate {
    let key = match (resource_type, term.path.as_str()) {
        (ResourceType::User, "userName") | (ResourceType::Group, "displayName") => "key",
        (_, "externalId") => "ext",
        (_, "id") => "id",
        (ResourceType::User, "emails.value") => "email",
        (ResourceType::Group, "members.value") => "member",
        (ResourceType::User, "groups.value") => "group",
        _ => return Predicate::All,
    };
    let whole = term.key.chars().count() < crate::protocol::scim::filter::INDEXED_CHARACTERS;
    match term.op {
        TermOp::Eq if whole => Predicate::Eq(key.to_owned(), Asked::Text(term.key.clone())),
        TermOp::StartsWith if key == "key" => Predicate::StartsWith(key.to_owned(), term.key.clone()),
        _ => Predicate::All,
    }
}
