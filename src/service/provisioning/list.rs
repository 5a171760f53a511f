//! Lists: pages by position or by cursor, in the order of ids or sorted.

use super::cursors::{self, CURSOR_SECONDS};
use super::scan::{self, Leg, Seen, Window};
use super::shape::{Kept, Wire, kind_of};
use super::{DirectoryCaller, ProvisionError, reports_to};
use crate::base::ids::ResourceId;
use crate::domain::query::Predicate;
use crate::protocol::scim::cursor::{CursorKey, Position};
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::list::Paging;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::schema::{Registry, ResourceType};
use crate::protocol::scim::sort::{SortBy, SortKey};
use crate::service::Gateway;
use crate::store::members::{self, MemberRow};
use crate::store::resources;
use crate::store::{StoreError, Tx};
use chrono::Duration;
use serde_json::json;
use std::collections::HashMap;

/// How many resources are sorted at most.
const SORTED: usize = 10_000;

/// What a list asks for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Users, Groups, or both in this order (RFC 7644 §3.4.2.1).
    pub kinds: Vec<ResourceType>,
    /// The filter, as sent.
    pub filter: Option<String>,
    /// `sortBy`, as sent; the order of ids without it.
    pub sort_by: Option<String>,
    /// Whether the order is descending.
    pub descending: bool,
    /// Which page.
    pub paging: Paging,
    /// Whether `members` are wanted at all.
    pub with_members: bool,
}

/// One page of an answer.
#[derive(Debug)]
pub struct Page {
    /// How many match in all; `None` where a cursor's page does not know.
    pub total: Option<u64>,
    /// The position of the first, counted from 1.
    pub start_index: u64,
    /// The page.
    pub resources: Vec<Wire>,
    /// The cursor of the next page; `None` on the last, and where pages go by position.
    pub next: Option<String>,
    /// The dialect rewrites that filter and order needed.
    pub applied: Applied,
}

/// A query that has been read.
struct Plan {
    legs: Vec<Leg>,
    sort: Option<SortBy>,
    from: Option<Position>,
    by_cursor: bool,
    skip: u64,
    count: u64,
}

/// What a plan found: the resources of the page, the total if it is known, whether more follow.
struct Found {
    kept: Vec<Kept>,
    total: Option<u64>,
    more: bool,
    /// What the last row is sorted by, in a sorted list.
    key: Option<SortKey>,
}

/// A page of resources. Without `sortBy` they come in the order of their ids, total and stable (RFC 7644 §3.4.2).
///
/// # Errors
/// 400 `invalidFilter`, `invalidPath` for `sortBy`, `tooMany` where too much would be looked at or sorted,
/// `invalidCursor` and `expiredCursor`.
pub async fn list(gw: &Gateway, who: &DirectoryCaller, query: Query) -> Result<Page, ProvisionError> {
    let key = match query.paging {
        Paging::Cursor { .. } => Some(cursors::key(gw).await?),
        Paging::Index { .. } => None,
    };
    let binding = key.map(|_| binding(who, &query)).unwrap_or_default();
    let mut applied = Applied::default();
    let plan = read(gw, who, &query, key, &binding, &mut applied)?;
    let (skip, by_cursor) = (plan.skip, plan.by_cursor);
    let (gateway, caller, with_members) = (gw.clone(), who.clone(), query.with_members);
    let by_key = plan.legs.iter().all(scan::finds_one_user);
    let work = async move |tx: &mut Tx| {
        let mut found = match &plan.sort {
            Some(sort) => sorted(tx, &gateway, &caller, &plan, sort).await?,
            None => unsorted(tx, &gateway, &caller, &plan).await?,
        };
        let kept = std::mem::take(&mut found.kept);
        let last = kept.last().filter(|_| by_cursor).map(|one| {
            let key = found.key.as_ref().and_then(SortKey::written).map(|key| format!("/{key}"));
            format!("{}/{}{}", one.kind().name(), one.row().id, key.unwrap_or_default())
        });
        Ok::<_, ProvisionError>((found, last, show(tx, &gateway, &caller, kept, with_members).await?))
    };
    let (found, last, resources) =
        if by_key { gw.store.look(who.org, work).await } else { gw.store.read(who.org, work).await }?;
    let next = match (key, last) {
        (Some(key), Some(last)) if found.more => {
            let offset = skip + resources.len() as u64;
            let expires = gw.sources.now() + Duration::seconds(i64::from(CURSOR_SECONDS));
            let position = Position { after: last, offset, backwards: false };
            Some(key.seal(&position, &[&binding], expires)?)
        }
        _ => None,
    };
    Ok(Page { total: found.total, start_index: skip.saturating_add(1), resources, next, applied })
}

/// All that must be the same on the next page.
fn binding(who: &DirectoryCaller, query: &Query) -> String {
    let kinds: Vec<_> = query.kinds.iter().map(|kind| kind.name()).collect();
    json!([who.directory.id.to_string(), kinds, query.filter, query.sort_by, query.descending]).to_string()
}

fn read(
    gw: &Gateway,
    who: &DirectoryCaller,
    query: &Query,
    key: Option<&CursorKey>,
    binding: &str,
    applied: &mut Applied,
) -> Result<Plan, ProvisionError> {
    let registry = &who.registry;
    if query.filter.as_deref().is_some_and(has_nul) {
        return Err(ScimError::invalid_filter("filter: U+0000 is in no value; leave it out.").into());
    }
    let mut legs = Vec::with_capacity(query.kinds.len());
    for kind in &query.kinds {
        let filter = match &query.filter {
            None => None,
            Some(text) if query.kinds.len() == 1 => {
                Some(Filter::parse_noting(text, registry, *kind, who.profile, applied)?)
            }
            Some(text) => Some(Filter::parse_root(text, registry, *kind, who.profile, applied)?),
        };
        legs.push(Leg::of(*kind, filter));
    }
    let from = match (&query.paging, key) {
        (Paging::Cursor { cursor: Some(cursor), .. }, Some(key)) => {
            Some(key.open(cursor, &[binding], gw.sources.now())?)
        }
        _ => None,
    };
    let skip = match &query.paging {
        Paging::Index { start, .. } => start.saturating_sub(1),
        Paging::Cursor { .. } => from.as_ref().map_or(0, |from| from.offset),
    };
    let by_cursor = matches!(query.paging, Paging::Cursor { .. });
    Ok(Plan { legs, sort: sort(query, who, registry, applied)?, from, by_cursor, skip, count: query.paging.count() })
}

/// Whether a filter names U+0000, which no database keeps in a text, as it is or escaped.
fn has_nul(filter: &str) -> bool {
    filter.contains('\0') || filter.contains("\\u0000")
}

/// `sortBy` for the first kind that has the attribute; resources of another kind have none, and come last.
fn sort(
    query: &Query,
    who: &DirectoryCaller,
    registry: &Registry,
    applied: &mut Applied,
) -> Result<Option<SortBy>, ScimError> {
    let Some(path) = &query.sort_by else { return Ok(None) };
    let mut refusal = None;
    for kind in &query.kinds {
        match SortBy::read(path, query.descending, registry, *kind, who.profile, applied) {
            Ok(sort) => return Ok(Some(sort)),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    refusal.map_or(Ok(None), Err)
}

async fn unsorted(tx: &mut Tx, gw: &Gateway, who: &DirectoryCaller, plan: &Plan) -> Result<Found, ProvisionError> {
    if let [leg] = plan.legs.as_slice()
        && leg.filter.is_none()
    {
        return everything(tx, gw, who, plan, leg.resource_type).await;
    }
    let (first, after) = place(plan);
    // A cursor begins behind its place; positions count from the start.
    let skip = if plan.by_cursor { 0 } else { plan.skip };
    let window = Window { skip, keep: plan.count.saturating_add(u64::from(plan.by_cursor)) };
    let (mut seen, mut whole) = (Seen::default(), true);
    for (at, leg) in plan.legs.iter().enumerate().skip(first) {
        let after = if at == first { after } else { None };
        whole = scan::scan(tx, gw, who, leg, after, window, &mut seen).await?;
        if !whole {
            break;
        }
    }
    let full = seen.kept.len() as u64 == window.keep && plan.by_cursor;
    if !whole && !full {
        return Err(scan::too_many("filter", scan::budget()));
    }
    let total = match (whole, &plan.from) {
        (false, _) => None,
        (true, None) => Some(seen.matched),
        // What lies before a cursor is counted anew: it may have come or gone since.
        (true, Some(_)) => matching(tx, gw, who, plan).await?,
    };
    let more = full && plan.count > 0;
    seen.kept.truncate(usize::try_from(plan.count).unwrap_or(usize::MAX));
    Ok(Found { kept: seen.kept, total, more, key: None })
}

/// How many match in all; `None` where that is more than one call looks at.
async fn matching(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    plan: &Plan,
) -> Result<Option<u64>, ProvisionError> {
    let mut seen = Seen::default();
    for leg in &plan.legs {
        if !scan::scan(tx, gw, who, leg, None, Window { skip: 0, keep: 0 }, &mut seen).await? {
            return Ok(None);
        }
    }
    Ok(Some(seen.matched))
}

/// The leg and the id behind which a cursor's page begins; the start where there is no cursor yet.
fn place(plan: &Plan) -> (usize, Option<ResourceId>) {
    let named = plan.from.as_ref().and_then(|from| from.after.split_once('/'));
    let Some((kind, rest)) = named else { return (0, None) };
    let id = rest.split('/').next().unwrap_or_default();
    let at = plan.legs.iter().position(|leg| leg.resource_type.name() == kind);
    (at.unwrap_or_default(), id.parse().ok())
}

/// The key of the resource behind which a cursor's page of a sorted list begins.
fn key_of_place(plan: &Plan) -> Option<SortKey> {
    plan.from.as_ref().and_then(|from| SortKey::read(from.after.splitn(3, '/').nth(2)?))
}

/// One kind without a filter: the count is kept, and the page is read straight from the index.
async fn everything(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    plan: &Plan,
    resource_type: ResourceType,
) -> Result<Found, ProvisionError> {
    let (src, kind) = (who.directory.src, kind_of(resource_type));
    let total = u64::try_from(resources::total(tx, src, kind).await?).unwrap_or_default();
    let nothing = Found { kept: Vec::new(), total: Some(total), more: false, key: None };
    if plan.count == 0 {
        who.confirm_in(tx).await?;
        return Ok(nothing);
    }
    let after = if plan.by_cursor || plan.skip == 0 {
        place(plan).1
    } else {
        let known = gw.memory.pages.after(who.org, src, kind, plan.skip, total).await;
        let counted = match known {
            Some(id) => Some(id),
            None => resources::nth(tx, src, kind, i64::try_from(plan.skip).unwrap_or(i64::MAX)).await?,
        };
        let Some(id) = counted else {
            who.confirm_in(tx).await?;
            return Ok(nothing);
        };
        Some(id)
    };
    let limit = i64::try_from(plan.count.saturating_add(1)).unwrap_or(i64::MAX);
    let resources::Candidates { mut rows, facts } =
        resources::find(tx, src, kind, &Predicate::All, after, limit).await?;
    who.confirm(facts)?;
    let more = rows.len() as u64 > plan.count;
    rows.truncate(usize::try_from(plan.count).unwrap_or(usize::MAX));
    if more && let Some(last) = rows.last() {
        let skip = plan.skip.saturating_add(rows.len() as u64);
        gw.memory.pages.begins(who.org, src, kind, skip, last.id, total).await;
    }
    let kept = rows.into_iter().map(|row| Kept::of(&gw.urls, who.directory.id, row)).collect::<Result<_, _>>()?;
    Ok(Found { kept, total: Some(total), more, key: None })
}

/// All matches, sorted here: the database knows neither the fold nor the primary value of a document.
async fn sorted(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    plan: &Plan,
    sort: &SortBy,
) -> Result<Found, ProvisionError> {
    let window = Window { skip: 0, keep: SORTED as u64 };
    let mut seen = Seen::default();
    for leg in &plan.legs {
        let whole = scan::scan(tx, gw, who, leg, None, window, &mut seen).await?;
        if !whole || seen.matched > SORTED as u64 {
            return Err(scan::too_many("sortBy", SORTED));
        }
    }
    let mut keyed = Vec::with_capacity(seen.kept.len());
    for one in seen.kept {
        let key =
            if sort.is_derived() { sort.key(&scan::derived(tx, gw, who, one.clone()).await?) } else { sort.key(&one) };
        keyed.push((key, one));
    }
    keyed.sort_by(|a, b| sort.compare(&a.0, &b.0).then_with(|| a.1.row().id.cmp(&b.1.row().id)));
    let total = keyed.len();
    let offset = usize::try_from(plan.skip).unwrap_or(usize::MAX);
    // A cursor's page begins behind where the last one shown stood, whatever has become of that one since.
    let start = match (key_of_place(plan), place(plan).1) {
        (Some(key), Some(id)) => {
            keyed.partition_point(|(k, one)| sort.compare(k, &key).then_with(|| one.row().id.cmp(&id)).is_le())
        }
        (None, Some(id)) => keyed.iter().position(|(_, one)| one.row().id == id).map_or(offset, |at| at + 1),
        (_, None) => offset,
    };
    let count = usize::try_from(plan.count).unwrap_or(usize::MAX);
    let page: Vec<_> = keyed.into_iter().skip(start).take(count).collect();
    let more = count > 0 && start.saturating_add(page.len()) < total;
    let key = page.last().map(|(key, _)| key.clone());
    let kept = page.into_iter().map(|(_, one)| one).collect();
    Ok(Found { kept, total: Some(total as u64), more, key })
}

type GroupMap = HashMap<ResourceId, Vec<(ResourceId, String)>>;

/// The groups of the Users of a page, by one statement for a hundred of them.
async fn group_map(tx: &mut Tx, page: &[Kept]) -> Result<GroupMap, StoreError> {
    let users = page.iter().filter(|one| one.kind() == ResourceType::User && one.row().in_groups);
    let ids: Vec<_> = users.map(|one| one.row().id).collect();
    let mut map = GroupMap::new();
    for (member, group, name) in members::groups_of(tx, &ids).await? {
        map.entry(member).or_default().push((group, name));
    }
    Ok(map)
}

/// The members of the Groups of a page, by one statement for a hundred of them.
async fn member_map(tx: &mut Tx, page: &[Kept]) -> Result<HashMap<ResourceId, Vec<MemberRow>>, StoreError> {
    let ids: Vec<_> = page.iter().filter(|one| one.kind() == ResourceType::Group).map(|one| one.row().id).collect();
    let mut map: HashMap<_, Vec<_>> = HashMap::new();
    for (group, member) in members::of_groups(tx, &ids).await? {
        map.entry(group).or_default().push(member);
    }
    Ok(map)
}

async fn show(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    mut page: Vec<Kept>,
    with_members: bool,
) -> Result<Vec<Wire>, ProvisionError> {
    let mut groups = group_map(tx, &page).await?;
    let mut members = if with_members { member_map(tx, &page).await? } else { HashMap::new() };
    reports_to::show(tx, gw, who, &mut page).await?;
    let whole = page.into_iter().map(|one| {
        let id = one.row().id;
        match one.kind() {
            ResourceType::Group if with_members => one.with_members(&members.remove(&id).unwrap_or_default()),
            ResourceType::Group => one,
            ResourceType::User => one.with_groups(&groups.remove(&id).unwrap_or_default()),
        }
        .into_wire()
    });
    Ok(whole.collect())
}
