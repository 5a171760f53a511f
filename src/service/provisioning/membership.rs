//! Changes of a group's membership: only the rows that change are touched, and access follows for the people concerned.

use super::{DirectoryCaller, ProvisionError};
use crate::base::ids::{PersonId, ResourceId};
use crate::domain;
use crate::domain::access::{GroupFact, PersonFacts};
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::member::{Member, MemberChange};
use crate::protocol::scim::profile::{Applied, Quirk};
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::service::access::{self, AT_ONCE, Ground, keep_behind_a_mark, settle_all};
use crate::store::members::{self, MemberRow};
use crate::store::resources::{Kind, ResourceRow};
use crate::store::{self, Record, Tx};
use std::collections::{BTreeSet, HashMap};

/// What a list of membership changes came to.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Resources that came or went.
    pub(super) touched: BTreeSet<ResourceId>,
    /// Whether a shown name changed.
    pub(super) renamed: bool,
    /// Ids that this directory never had: not applied, and named in the answer (law 1).
    pub(super) skipped: Vec<String>,
}

impl Moved {
    /// The rewrites of a request, with the one that left members out.
    pub(super) fn noted(&self, mut applied: Applied) -> Applied {
        if !self.skipped.is_empty() {
            applied.note(Quirk::UnknownMember);
        }
        applied
    }
}

/// Applies the changes in order.
pub(super) async fn apply(
    tx: &mut Tx,
    who: &DirectoryCaller,
    group: ResourceId,
    changes: &[MemberChange],
) -> Result<Moved, ProvisionError> {
    let mut moved = Moved::default();
    for change in changes {
        match change {
            MemberChange::Add(list) => add(tx, who, group, list, &mut moved).await?,
            MemberChange::Remove(ids) => {
                let ids: Vec<_> = ids.iter().filter_map(|id| id.parse().ok()).collect();
                moved.touched.extend(members::remove(tx, group, &ids).await?);
            }
            MemberChange::RemoveMatching(filter) => {
                let ids = matching(tx, group, filter).await?;
                moved.touched.extend(members::remove(tx, group, &ids).await?);
            }
            MemberChange::Replace(list) => replace(tx, who, group, list, &mut moved).await?,
            MemberChange::Clear => {
                moved.touched.extend(members::clear(tx, group).await?);
            }
            MemberChange::SetDisplay { filter, display } => {
                for id in matching(tx, group, filter).await? {
                    members::set_display(tx, group, id, display.as_deref()).await?;
                    moved.renamed = true;
                }
            }
        }
    }
    Ok(moved)
}

async fn add(
    tx: &mut Tx,
    who: &DirectoryCaller,
    group: ResourceId,
    list: &[Member],
    moved: &mut Moved,
) -> Result<(), ProvisionError> {
    let rows = resolve(tx, who, group, list, moved).await?;
    moved.touched.extend(members::add(tx, group, &rows).await?);
    Ok(())
}

async fn replace(
    tx: &mut Tx,
    who: &DirectoryCaller,
    group: ResourceId,
    list: &[Member],
    moved: &mut Moved,
) -> Result<(), ProvisionError> {
    let rows = resolve(tx, who, group, list, moved).await?;
    let wanted: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    let gone: Vec<_> = members::ids(tx, group).await?.into_iter().filter(|id| !wanted.contains(id)).collect();
    moved.touched.extend(members::remove(tx, group, &gone).await?);
    moved.touched.extend(members::add(tx, group, &rows).await?);
    Ok(())
}

/// The members that this directory has; the others are named as skipped, or refused where the profile is strict.
async fn resolve(
    tx: &mut Tx,
    who: &DirectoryCaller,
    group: ResourceId,
    list: &[Member],
    moved: &mut Moved,
) -> Result<Vec<MemberRow>, ProvisionError> {
    let ids: Vec<ResourceId> = list.iter().filter_map(|member| member.value.parse().ok()).collect();
    let known: HashMap<_, _> =
        members::known(tx, who.directory.src, &ids).await?.into_iter().map(|(id, kind, _)| (id, kind)).collect();
    let mut rows: Vec<MemberRow> = Vec::with_capacity(list.len());
    let mut seen = BTreeSet::new();
    for member in list {
        let id = member.value.parse::<ResourceId>().ok().filter(|id| *id != group);
        match id.and_then(|id| Some((id, *known.get(&id)?))) {
            Some((id, kind)) if kind_fits(member.kind, kind) => {
                if seen.insert(id) {
                    rows.push(MemberRow { id, kind, display: member.display.clone() });
                }
            }
            _ if who.profile.is_strict() => {
                let detail = format!("members: {:?} is no resource of this directory.", member.value);
                return Err(ScimError::invalid_value(detail).into());
            }
            _ => moved.skipped.push(member.value.clone()),
        }
    }
    Ok(rows)
}

fn kind_fits(named: Option<ResourceType>, kind: Kind) -> bool {
    match named {
        None => true,
        Some(ResourceType::User) => kind == Kind::User,
        Some(ResourceType::Group) => kind == Kind::Group,
    }
}

async fn matching(tx: &mut Tx, group: ResourceId, filter: &Filter) -> Result<Vec<ResourceId>, ProvisionError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = members::list(tx, group, after, 1000).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.id);
        found.extend(page.iter().filter(|row| shown(row).matches(filter)).map(|row| row.id));
    }
}

fn shown(row: &MemberRow) -> Member {
    let kind = if row.kind == Kind::User { ResourceType::User } else { ResourceType::Group };
    Member { value: row.id.to_string(), display: row.display.clone(), kind: Some(kind) }
}

/// Access follows for the people behind these resources, which came into the group or left it: at once up to [`AT_ONCE`],
/// else by a mark (law 6). Where no rule speaks of the group, nor did before, there is nothing to follow ([`matters`]).
pub(super) async fn follow(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    group: &ResourceRow,
    touched: &BTreeSet<ResourceId>,
    cause: &'static str,
) -> Result<Vec<Record>, ProvisionError> {
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = touched.iter().copied().collect();
    let few = i64::try_from(ids.len()).is_ok_and(|n| n <= AT_ONCE);
    let people = if few {
        Some(members::known(tx, group.src, &ids).await?.into_iter().filter_map(|(_, _, person)| person).collect())
    } else {
        None
    };
    follow_people(tx, gw, ground, people, cause).await
}

/// The same for everybody in a group whose name or id has changed.
pub(super) async fn follow_all(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    group: ResourceId,
    cause: &'static str,
) -> Result<Vec<Record>, ProvisionError> {
    let people = store::access::people_in(tx, group, AT_ONCE).await?;
    follow_people(tx, gw, ground, people, cause).await
}

/// Whether any rule speaks of this group.
pub(super) fn matters(ground: &Ground, group: &ResourceRow) -> bool {
    fact(ground, group).is_some_and(|fact| domain::access::concerns(&ground.facts, fact))
}

fn fact(ground: &Ground, group: &ResourceRow) -> Option<GroupFact> {
    let from = ground.sources.get(&group.src).cloned()?;
    Some(GroupFact { id: group.id.to_string(), name: group.label.clone(), external_id: group.ext.clone(), from })
}

/// Before a change of a group that makes administrators: brings its members up to date where a mark has come over them, so
/// that law 8 knows whom the change takes. One of more than [`AT_ONCE`] members hardly loses its last.
pub(super) async fn catch_up(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    group: &ResourceRow,
) -> Result<Vec<Record>, ProvisionError> {
    let Some(fact) = fact(ground, group).filter(|_| ground.mark > 0) else { return Ok(Vec::new()) };
    let member = PersonFacts { groups: vec![fact], ..PersonFacts::default() };
    if !domain::access::resolve(&ground.facts, &member, gw.sources.now()).administers {
        return Ok(Vec::new());
    }
    let people = store::access::people_in(tx, group.id, AT_ONCE).await?.unwrap_or_default();
    Ok(access::catch_up(tx, gw, ground, &people).await?)
}

/// The same for people who are known; `None` for too many to settle at once.
pub(super) async fn follow_people(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: Option<Vec<PersonId>>,
    cause: &'static str,
) -> Result<Vec<Record>, ProvisionError> {
    let Some(people) = people else {
        store::access::mark_all(tx, gw.sources.now()).await?;
        keep_behind_a_mark(tx, gw).await?;
        return Ok(Vec::new());
    };
    if people.is_empty() {
        return Ok(Vec::new());
    }
    Ok(settle_all(tx, gw, ground, &people, cause).await?)
}
