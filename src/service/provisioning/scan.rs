//! A scan: SQL finds candidates in the order of their ids, the filter decides about each of them.

use super::shape::{Kept, kind_of};
use super::users::current_groups;
use super::{DirectoryCaller, ProvisionError, reports_to};
use crate::base::ids::ResourceId;
use crate::domain::query::{Predicate, Value as Asked};
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::{Candidates, Filter, Plan, Term, TermOp};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::store::resources;
use crate::store::{StoreError, Tx, members};

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
    /// What the store can narrow of it.
    predicate: Predicate,
}

impl Leg {
    /// Resources of one kind that a filter lets through.
    pub(super) fn of(resource_type: ResourceType, filter: Option<Filter>) -> Self {
        let predicate = filter.as_ref().map_or(Predicate::All, |filter| {
            let Candidates { plan, .. } = filter.candidates();
            predicate(resource_type, &plan)
        });
        Self { resource_type, filter, predicate }
    }
}

/// Whether a leg leads to one User at most, by a unique key: what IdPs ask before they push somebody.
pub(super) fn finds_one_user(leg: &Leg) -> bool {
    fn one(predicate: &Predicate) -> bool {
        match predicate {
            Predicate::Eq(key, _) => matches!(key.as_str(), "key" | "ext" | "id"),
            Predicate::And(parts) => parts.iter().any(one),
            Predicate::Nothing => true,
            Predicate::All | Predicate::Or(_) | Predicate::StartsWith(..) | Predicate::Range { .. } => false,
        }
    }
    leg.resource_type == ResourceType::User && one(&leg.predicate)
}

/// What a scan has seen so far, over all its legs.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The resources that are kept.
    pub(super) kept: Vec<Kept>,
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
    let (src, kind) = (who.directory.src, kind_of(leg.resource_type));
    loop {
        let resources::Candidates { rows, facts } = resources::find(tx, src, kind, &leg.predicate, after, STEP).await?;
        who.confirm(facts)?;
        let full = rows.len() as i64 == STEP;
        seen.looked_at += rows.len();
        if seen.looked_at > BUDGET {
            return Ok(false);
        }
        after = rows.last().map(|row| row.id);
        for row in rows {
            let one = Kept::of(&gw.urls, who.directory.id, row)?;
            if matches(tx, gw, who, leg, &one).await? {
                seen.matched += 1;
                if seen.matched > window.skip && (seen.kept.len() as u64) < window.keep {
                    seen.kept.push(one);
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

/// The filter decides; what is derived of a resource is read only where it asks for that.
async fn matches(tx: &mut Tx, gw: &Gateway, who: &DirectoryCaller, leg: &Leg, one: &Kept) -> Result<bool, StoreError> {
    let Some(filter) = &leg.filter else { return Ok(true) };
    if filter.membership().asked {
        return Ok(filter.matches(&derived(tx, gw, who, one.clone()).await?));
    }
    Ok(filter.matches(one))
}

/// A resource with what is derived of it: the members of a Group; the groups of a User, and its manager as it is shown.
pub(super) async fn derived(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    mut one: Kept,
) -> Result<Kept, StoreError> {
    match one.kind() {
        ResourceType::Group => {
            let members = members::list(tx, one.row().id, None, i64::MAX).await?;
            Ok(one.with_members(&members))
        }
        ResourceType::User => {
            reports_to::show(tx, gw, who, std::slice::from_mut(&mut one)).await?;
            let groups = current_groups(tx, one.row()).await?;
            Ok(one.with_groups(&groups))
        }
    }
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
