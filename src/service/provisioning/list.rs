//! Lists: SQL finds candidates, the filter decides about each of them.

use super::groups::group_wire;
use super::shape::{self, Wire, kind_of};
use super::{DirectoryCaller, ProvisionError};
use crate::base::ids::ResourceId;
use crate::domain::query::{Predicate, Value as Asked};
use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::{Candidates, Filter, Plan, Subject, Term, TermOp};
use crate::protocol::scim::schema::{Registry, ResourceType};
use crate::service::Gateway;
use crate::store::members;
use crate::store::resources::{self, ResourceRow};
use crate::store::{StoreError, Tx};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// How many rows a filter that no index helps may look at before the client is told to narrow it.
const BUDGET: usize = 20_000;
/// Rows in one step of a scan.
const STEP: i64 = 500;

/// What a list asks for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Users or Groups.
    pub resource_type: ResourceType,
    /// The filter, as sent.
    pub filter: Option<String>,
    /// 1-based.
    pub start_index: i64,
    /// How many at most.
    pub count: i64,
    /// Whether `members` are wanted at all.
    pub with_members: bool,
}

/// One page of an answer.
#[derive(Debug)]
pub struct Page {
    /// How many match in all.
    pub total: i64,
    /// The page.
    pub resources: Vec<Wire>,
}

/// A page of resources in the order of their ids: total and stable (RFC 7644 §3.4.2).
///
/// # Errors
/// 400 `invalidFilter`, or `tooMany` where a scan would look at too many rows.
pub async fn list(gw: &Gateway, who: &DirectoryCaller, query: Query) -> Result<Page, ProvisionError> {
    let filter = match &query.filter {
        None => None,
        Some(text) => Some(Filter::parse(text, &Registry::standard(), query.resource_type, who.profile)?),
    };
    let (gateway, who) = (gw.clone(), who.clone());
    gw.store
        .read(who.org, async move |tx| {
            let (total, rows) = match &filter {
                None => everything(tx, &who, &query).await?,
                Some(filter) => matching(tx, &gateway, &who, &query, filter).await?,
            };
            let mut groups = group_map(tx, &query, &rows).await?;
            let mut resources = Vec::with_capacity(rows.len());
            for row in rows {
                resources.push(match query.resource_type {
                    ResourceType::Group => group_wire(tx, &gateway, &who, &row, query.with_members).await?,
                    ResourceType::User => {
                        let groups = groups.remove(&row.id).unwrap_or_default();
                        shape::wire(&gateway.urls, who.directory.id, ResourceType::User, &row, None, Some(&groups))?
                    }
                });
            }
            Ok(Page { total, resources })
        })
        .await
}

type GroupMap = HashMap<ResourceId, Vec<(ResourceId, String)>>;

/// The groups of a page of Users, by one statement for a hundred of them.
async fn group_map(tx: &mut Tx, query: &Query, rows: &[ResourceRow]) -> Result<GroupMap, StoreError> {
    let mut map = GroupMap::new();
    if query.resource_type == ResourceType::User {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        for (member, group, name) in members::groups_of(tx, &ids).await? {
            map.entry(member).or_default().push((group, name));
        }
    }
    Ok(map)
}

async fn everything(
    tx: &mut Tx,
    who: &DirectoryCaller,
    query: &Query,
) -> Result<(i64, Vec<ResourceRow>), ProvisionError> {
    let (src, kind) = (who.directory.src, kind_of(query.resource_type));
    let total = resources::total(tx, src, kind).await?;
    let rows = if query.count == 0 {
        Vec::new()
    } else {
        resources::find(tx, src, kind, &Predicate::All, None, query.start_index - 1, query.count).await?
    };
    Ok((total, rows))
}

async fn matching(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    query: &Query,
    filter: &Filter,
) -> Result<(i64, Vec<ResourceRow>), ProvisionError> {
    let Candidates { plan, .. } = filter.candidates();
    let predicate = predicate(query.resource_type, &plan);
    let (src, kind) = (who.directory.src, kind_of(query.resource_type));
    let (mut after, mut looked_at, mut total) = (None, 0, 0);
    let mut page = Vec::new();
    loop {
        let rows = resources::find(tx, src, kind, &predicate, after, 0, STEP).await?;
        let full = rows.len() as i64 == STEP;
        looked_at += rows.len();
        if looked_at > BUDGET {
            let detail = format!(
                "filter: more than {BUDGET} resources would have to be looked at; narrow it with userName, externalId, \
                 emails, displayName, id or members."
            );
            return Err(ScimError::too_many(detail).into());
        }
        after = rows.last().map(|row| row.id);
        for row in rows {
            if filter.matches(&subject(tx, gw, who, query.resource_type, &row, filter).await?) {
                total += 1;
                if total >= query.start_index && (page.len() as i64) < query.count {
                    page.push(row);
                }
            }
        }
        if !full {
            return Ok((total, page));
        }
    }
}

/// A stored document with what is derived beside it.
struct Whole(Document);

impl Subject for Whole {
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        self.0.attribute(urn, name)
    }
}

async fn subject(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    resource_type: ResourceType,
    row: &ResourceRow,
    filter: &Filter,
) -> Result<Whole, ProvisionError> {
    let asked = filter.membership().asked;
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
        Plan::All(parts) => parts.iter().map(|p| predicate(resource_type, p)).fold(Predicate::All, Predicate::and),
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
