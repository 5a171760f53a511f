//! From gifts and denials to access: the union of client scopes with the highest role in each.

use super::gifts::{Denial, Gift, GivenRole, by_hand, outcomes};
use super::{Access, OrgFacts, Parked, PersonFacts};
use crate::domain::client::ClientScope;
use crate::domain::grant::{GivenBy, Grant, GrantSource};
use crate::domain::panel::{PanelDefinition, Permissions, RolePermissions};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What a person may do at the instant `now`.
///
/// Rules give, hands give, overrides in force give; then denials take from all of it; of what remains the highest role
/// counts in each client (in the panel itself for roles that reach none), and a role for all clients counts in each of
/// them. An owner has the owner's role and nothing else counts, no denial either.
#[must_use]
pub fn resolve(org: &OrgFacts, person: &PersonFacts, now: DateTime<Utc>) -> Access {
    if person.is_owner {
        return owner(&org.definition);
    }
    let mut gifts: Vec<Gift> = Vec::new();
    let mut denials: Vec<Denial> = Vec::new();
    let mut parked: BTreeSet<Parked> = BTreeSet::new();
    for outcome in outcomes(org, person) {
        let group = outcome.group.and_then(|number| person.groups.get(number)).map(|group| &group.name);
        let when = org.rules.rule(outcome.rule).map(|rule| rule.when.to_string()).unwrap_or_default();
        parked.extend(outcome.missing.into_iter().map(|why| Parked { when: when.clone(), group: group.cloned(), why }));
        gifts.extend(outcome.gift);
        denials.extend(outcome.denials);
    }
    gifts.extend(person.manual.iter().filter_map(|grant| by_hand(org, grant, GivenBy::Manual)));
    let in_force = person.overrides.iter().filter(|over| over.until > now);
    gifts.extend(in_force.clone().filter_map(|over| {
        by_hand(org, &over.grant, GivenBy::Override { reason: over.reason.clone(), until: over.until })
    }));
    gifts.retain_mut(|gift| survives(org, gift, &denials));
    let mut access = join(&org.definition, &gifts);
    access.until = in_force.map(|over| over.until).min();
    access.parked = parked.into_iter().collect();
    access
}

fn owner(definition: &PanelDefinition) -> Access {
    let Some(role) = definition.owner_role() else { return Access::default() };
    let permissions = match &role.permissions {
        RolePermissions::Fixed(permissions) => permissions.clone(),
        RolePermissions::Custom => definition.complete(&BTreeMap::new()),
    };
    Access {
        grants: vec![Grant {
            role: role.key.clone(),
            clients: ClientScope::All,
            permissions,
            needs_seat: role.takes_seat,
            sources: vec![GrantSource { by: GivenBy::Owner, clients: ClientScope::All }],
        }],
        role: Some(role.key.clone()),
        wants_seat: role.takes_seat,
        administers: true,
        ..Access::default()
    }
}

/// Takes from a gift what the denials take; whether anything is left of it.
fn survives(org: &OrgFacts, gift: &mut Gift, denials: &[Denial]) -> bool {
    denials.iter().all(|denial| {
        let only_flags = denial.role.is_none() && denial.clients.is_none() && !denial.flags.is_empty();
        gift.flags.retain(|flag| !denial.flags.contains(flag));
        only_flags || left_by(org, gift, denial)
    })
}

fn left_by(org: &OrgFacts, gift: &mut Gift, denial: &Denial) -> bool {
    let Some(given) = &mut gift.role else {
        return denial.role.is_some() || denial.clients.is_some();
    };
    let key = org.definition.roles.get(given.rank).map(|role| &role.key);
    if denial.role.is_some() && denial.role.as_ref() != key {
        return true;
    }
    let Some(taken) = &denial.clients else { return false };
    match &mut given.clients {
        ClientScope::Some(keys) if keys.is_empty() => true,
        ClientScope::Some(keys) => {
            keys.retain(|key| !taken.contains(key));
            !keys.is_empty()
        }
        // What is denied cannot be said of "all, present and future": only the clients of today remain.
        ClientScope::All => {
            let left: BTreeSet<_> = org.clients.iter().filter(|key| !taken.contains(*key)).map(str::to_owned).collect();
            let some_left = !left.is_empty();
            given.clients = ClientScope::Some(left);
            some_left
        }
    }
}

/// A role and its permissions, as they hold in one client. The order is that of grants: highest first.
type Holding = (usize, Permissions);

fn join(definition: &PanelDefinition, gifts: &[Gift]) -> Access {
    let given: Vec<(&GivenRole, &Gift)> = gifts.iter().filter_map(|gift| Some((gift.role.as_ref()?, gift))).collect();
    if given.is_empty() {
        return Access::default();
    }
    let grants = holdings(definition, &given).into_iter().filter_map(|((rank, permissions), clients)| {
        let role = definition.roles.get(rank)?;
        let sources = sources(&given, rank, &clients);
        Some((role, Grant { role: role.key.clone(), clients, permissions, needs_seat: role.takes_seat, sources }))
    });
    let (roles, grants): (Vec<_>, Vec<_>) = grants.unzip();
    let wants = |gift: &Gift| {
        let by_role = gift.role.as_ref().and_then(|r| definition.roles.get(r.rank)).is_some_and(|r| r.takes_seat);
        gift.seat.unwrap_or(by_role)
    };
    Access {
        role: grants.first().map(|grant| grant.role.clone()),
        grants,
        flags: gifts.iter().flat_map(|gift| gift.flags.iter().cloned()).collect(),
        wants_seat: gifts.iter().any(wants),
        administers: roles.iter().any(|role| role.administers_users),
        until: None,
        parked: Vec::new(),
    }
}

/// The highest role in each scope, scopes of the same holding put together.
fn holdings(definition: &PanelDefinition, given: &[(&GivenRole, &Gift)]) -> Vec<(Holding, ClientScope)> {
    let mut everywhere: Option<Holding> = None;
    let mut single: BTreeMap<Option<&str>, Holding> = BTreeMap::new(); // None: the panel itself
    for (role, _) in given {
        match &role.clients {
            ClientScope::All => {
                let held = everywhere.take();
                everywhere = Some(higher(definition, held, role));
            }
            ClientScope::Some(keys) if keys.is_empty() => {
                let held = single.remove(&None);
                single.insert(None, higher(definition, held, role));
            }
            ClientScope::Some(keys) => {
                for key in keys {
                    let held = single.remove(&Some(key.as_str()));
                    single.insert(Some(key), higher(definition, held, role));
                }
            }
        }
    }
    let mut scopes: BTreeMap<Holding, BTreeSet<String>> = BTreeMap::new();
    for (client, (rank, permissions)) in single {
        let held = match &everywhere {
            Some((over, _)) if *over < rank => continue,
            Some((over, also)) if *over == rank => (rank, definition.join(&permissions, also)),
            _ => (rank, permissions),
        };
        if everywhere.as_ref() != Some(&held) {
            scopes.entry(held).or_default().extend(client.map(str::to_owned));
        }
    }
    let some = scopes.into_iter().map(|(held, keys)| (held, ClientScope::Some(keys)));
    let mut all: Vec<_> = everywhere.map(|held| (held, ClientScope::All)).into_iter().chain(some).collect();
    all.sort();
    all
}

/// The higher of two roles in one scope; of the same role twice, each permission at its higher level.
fn higher(definition: &PanelDefinition, held: Option<Holding>, role: &GivenRole) -> Holding {
    match held {
        Some((rank, permissions)) if rank < role.rank => (rank, permissions),
        Some((rank, permissions)) if rank == role.rank && permissions == role.permissions => (rank, permissions),
        Some((rank, permissions)) if rank == role.rank => (rank, definition.join(&permissions, &role.permissions)),
        _ => (role.rank, role.permissions.clone()),
    }
}

/// Who gave the role in these clients, and which of them.
fn sources(given: &[(&GivenRole, &Gift)], rank: usize, clients: &ClientScope) -> Vec<GrantSource> {
    let part = |of: &ClientScope| match (of, clients) {
        (ClientScope::All, _) => Some(ClientScope::All),
        (ClientScope::Some(_), ClientScope::All) => None,
        (ClientScope::Some(keys), ClientScope::Some(here)) if keys.is_empty() && here.is_empty() => {
            Some(ClientScope::nothing())
        }
        (ClientScope::Some(keys), ClientScope::Some(here)) => {
            let both: BTreeSet<_> = keys.intersection(here).cloned().collect();
            if both.is_empty() { None } else { Some(ClientScope::Some(both)) }
        }
    };
    let here = given.iter().filter(|(role, _)| role.rank == rank);
    let sources =
        here.filter_map(|(role, gift)| Some(GrantSource { by: gift.by.clone(), clients: part(&role.clients)? }));
    sources.collect::<BTreeSet<_>>().into_iter().collect()
}
