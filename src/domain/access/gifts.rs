//! What each rule gives to a person, one by one, before anything is put together.

use super::{GroupFact, OrgFacts, PersonFacts, Precedence};
use crate::base::fold::fold;
use crate::domain::client::ClientScope;
use crate::domain::grant::{GivenBy, ManualGrant};
use crate::domain::panel::{PanelDefinition, Permissions, Reach, Role, RolePermissions};
use crate::domain::rule::{MappingRule, Reading, RuleClients, When, capture_of};
use crate::domain::source::{Source, SourceKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A role somewhere, with its flags and its wish for a seat, from one giver.
#[derive(Debug, Clone)]
pub(super) struct Gift {
    /// The role, its rank and its permissions; `None` for a gift of flags or a seat alone.
    pub(super) role: Option<GivenRole>,
    pub(super) flags: BTreeSet<String>,
    /// `None`: as the role says.
    pub(super) seat: Option<bool>,
    pub(super) by: GivenBy,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenRole {
    pub(super) rank: usize,
    pub(super) clients: ClientScope,
    pub(super) permissions: Permissions,
}

/// What a denial takes from everything that was given.
#[derive(Debug, Clone)]
pub(super) struct Denial {
    /// `None`: whatever the role is.
    pub(super) role: Option<String>,
    /// `None`: wherever it holds.
    pub(super) clients: Option<BTreeSet<String>>,
    pub(super) flags: BTreeSet<String>,
}

/// Why a rule that was met gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NoGift {
    /// No such client (any more). A captured one waits here until the client is made.
    #[error("there is no client `{client}`")]
    UnknownClient {
        /// What the rule or the group names.
        client: String,
    },
    /// No such role in the panel.
    #[error("there is no role `{role}`")]
    UnknownRole {
        /// What the rule or the group names.
        role: String,
    },
    /// The role is never given by a rule (law 7).
    #[error("the role `{role}` cannot be assigned")]
    NotAssignable {
        /// The role.
        role: String,
    },
    /// The role does not hold in the clients named, or its permissions are not said.
    #[error("the role `{role}` does not fit the clients or permissions that the rule names")]
    DoesNotFit {
        /// The role.
        role: String,
    },
    /// The group's name can be read in two ways, and both name things that exist.
    #[error("the group’s name can be read in more than one way")]
    Ambiguous,
    /// The connection may not yield a role as high as this.
    #[error("the role `{role}` is above what this connection may yield")]
    AboveCeiling {
        /// The role.
        role: String,
    },
    /// A rule before it was met, and the first one counts.
    #[error("an earlier rule was met first")]
    NotFirst,
}

/// What one rule does for one group (or attribute) of a person.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The rule's number in its book, from 0.
    pub rule: usize,
    /// The number of the group in the person's facts; `None` for an attribute.
    pub group: Option<usize>,
    /// Who brought the group or attribute.
    pub from: Source,
    /// The role that it gives, and where; `None` for flags or a seat alone, for a denial, and for nothing.
    pub gives: Option<(String, ClientScope)>,
    /// Whether it takes instead.
    pub denies: bool,
    /// What stands in the way of the rest.
    pub missing: Vec<NoGift>,
    pub(super) gift: Option<Gift>,
    pub(super) denials: Vec<Denial>,
}

impl Outcome {
    /// Whether it gives anything: a role, a flag or a word about the seat.
    #[must_use]
    pub fn gives_something(&self) -> bool {
        self.gift.is_some()
    }
}

/// What every rule does for every group and attribute of a person, in the order of the rules, then of the groups.
#[must_use]
pub fn outcomes(org: &OrgFacts, person: &PersonFacts) -> Vec<Outcome> {
    let mut met = met(org, person);
    met.sort_by_key(|m| (m.rule, m.group));
    let mut all: Vec<Outcome> = met.iter().map(|m| outcome(org, person, m)).collect();
    if org.precedence == Precedence::FirstMatch {
        let names_role = |o: &Outcome| org.rules.rule(o.rule).is_some_and(|rule| rule.role.is_some() && !rule.deny);
        if let Some(first) = all.iter().find(|o| names_role(o)).map(|o| o.rule) {
            for later in all.iter_mut().filter(|o| names_role(o) && o.rule != first) {
                later.gift = None;
                later.gives = None;
                later.missing = vec![NoGift::NotFirst];
            }
        }
    }
    all
}

/// Whether any rule has something to say about a member of this group: if none has, who is in it does not matter.
#[must_use]
pub fn concerns(org: &OrgFacts, group: GroupFact) -> bool {
    !met(org, &PersonFacts { groups: vec![group], ..PersonFacts::default() }).is_empty()
}

/// A rule whose condition is met, and by what.
struct Met<'a> {
    rule: usize,
    group: Option<usize>,
    from: &'a Source,
    /// The ways to read the group's name; one empty reading for a condition without captures.
    readings: Vec<Reading<'a>>,
    /// Whether there are no other ways.
    complete: bool,
}

fn met<'a>(org: &'a OrgFacts, person: &'a PersonFacts) -> Vec<Met<'a>> {
    let mut met = Vec::new();
    let counts = |rule: usize, from: &Source| {
        org.rules.rule(rule).is_some_and(|rule| rule.from.as_ref().is_none_or(|key| *key == from.key))
    };
    for (number, group) in person.groups.iter().enumerate() {
        let name = fold(&group.name);
        let by_external = group.external_id.as_deref().filter(|id| *id != group.id);
        let by_id = org.rules.for_id(&group.id).iter();
        let by_id = by_id.chain(by_external.map_or(&[][..], |id| org.rules.for_id(id)));
        for &rule in org.rules.for_name(&name).iter().chain(by_id).filter(|rule| counts(**rule, &group.from)) {
            met.push(Met { rule, group: Some(number), from: &group.from, readings: vec![Vec::new()], complete: true });
        }
        for (rule, pattern) in org.rules.patterns().iter().filter(|(rule, _)| counts(*rule, &group.from)) {
            let readings = pattern.readings(&name);
            if !readings.ways.is_empty() {
                let (readings, complete) = (readings.ways, readings.complete);
                met.push(Met { rule: *rule, group: Some(number), from: &group.from, readings, complete });
            }
        }
    }
    for facts in &person.attributes {
        for (name, values) in &facts.values {
            let values: BTreeSet<String> = values.iter().map(|value| fold(value)).collect();
            for &rule in org.rules.for_attribute(&fold(name)).iter().filter(|rule| counts(**rule, &facts.from)) {
                let wanted = org.rules.rule(rule).map(|rule| &rule.when);
                if matches!(wanted, Some(When::Attribute { one_of, .. }) if one_of.iter().any(|v| values.contains(&fold(v))))
                {
                    met.push(Met { rule, group: None, from: &facts.from, readings: vec![Vec::new()], complete: true });
                }
            }
        }
    }
    met
}

fn outcome(org: &OrgFacts, person: &PersonFacts, met: &Met<'_>) -> Outcome {
    let mut outcome = Outcome {
        rule: met.rule,
        group: met.group,
        from: met.from.clone(),
        gives: None,
        denies: false,
        missing: Vec::new(),
        gift: None,
        denials: Vec::new(),
    };
    let Some(rule) = org.rules.rule(met.rule) else { return outcome };
    let mut read: Vec<Read> = met.readings.iter().map(|reading| read(org, rule, reading)).collect();
    let good = read.iter().filter(|r| r.fits).count();
    if rule.deny {
        outcome.denies = good > 0;
        outcome.denials = read.iter().filter(|r| r.fits).map(|r| denial(rule, r)).collect();
        outcome.missing = if good > 0 { Vec::new() } else { read.pop().map(|r| r.missing).unwrap_or_default() };
        return outcome;
    }
    let one = read.iter().find(|r| r.fits).map(|r| (r.role.clone(), r.clients.clone()));
    let other = |r: &Read| r.fits && one.as_ref() != Some(&(r.role.clone(), r.clients.clone()));
    if !met.complete || read.iter().any(other) {
        outcome.missing = vec![NoGift::Ambiguous];
        return outcome;
    }
    let chosen = read.iter().position(|r| r.fits).unwrap_or(0);
    if chosen >= read.len() {
        return outcome;
    }
    let chosen = read.swap_remove(chosen);
    outcome.missing = chosen.missing;
    let group = met.group.and_then(|number| person.groups.get(number)).map(|group| group.name.clone());
    let by = GivenBy::Rule { when: rule.when.to_string(), group, from: met.from.clone() };
    if !chosen.fits {
        return outcome;
    }
    if let Some(ref role) = chosen.role
        && above_ceiling(org, met.from, role.rank)
    {
        outcome.missing = vec![NoGift::AboveCeiling { role: role_key(&org.definition, role.rank) }];
        return outcome;
    }
    outcome.gives = chosen.role.as_ref().map(|r| (role_key(&org.definition, r.rank), r.clients.clone()));
    outcome.gift = Some(Gift { role: chosen.role, flags: known_flags(org, &rule.flags), seat: rule.seat, by });
    outcome
}

fn role_key(definition: &PanelDefinition, rank: usize) -> String {
    definition.roles.get(rank).map(|role| role.key.clone()).unwrap_or_default()
}

fn known_flags(org: &OrgFacts, flags: &BTreeSet<String>) -> BTreeSet<String> {
    flags.iter().filter(|flag| org.definition.flag(flag).is_some()).cloned().collect()
}

fn above_ceiling(org: &OrgFacts, from: &Source, rank: usize) -> bool {
    from.kind == SourceKind::Connection
        && org.ceilings.get(&from.key).is_some_and(|key| org.definition.ranked(key).is_none_or(|(top, _)| rank < top))
}

/// One reading of a rule, with the captures filled in.
struct Read {
    /// Whether the rule gives (or denies) something in this reading.
    fits: bool,
    role: Option<GivenRole>,
    denied_role: Option<String>,
    clients: Option<ClientScope>,
    missing: Vec<NoGift>,
}

fn read(org: &OrgFacts, rule: &MappingRule, reading: &Reading<'_>) -> Read {
    let mut read = Read { fits: false, role: None, denied_role: None, clients: None, missing: Vec::new() };
    read.clients = match &rule.clients {
        None => None,
        Some(RuleClients::All) => Some(ClientScope::All),
        Some(RuleClients::Named(keys)) => {
            let mut found = BTreeSet::new();
            for key in keys {
                let key = filled(key, reading);
                match org.clients.find(&key) {
                    Some(known) => _ = found.insert(known.to_owned()),
                    None => read.missing.push(NoGift::UnknownClient { client: key }),
                }
            }
            if found.is_empty() && !keys.is_empty() {
                return read;
            }
            Some(ClientScope::Some(found))
        }
    };
    let Some(written) = &rule.role else {
        read.fits = true;
        return read;
    };
    let key = filled(written, reading);
    let Some((rank, role)) = ranked_folded(&org.definition, &key, capture_of(written).is_some()) else {
        read.missing.push(NoGift::UnknownRole { role: key });
        return read;
    };
    if rule.deny {
        read.denied_role = Some(role.key.clone());
        read.fits = true;
        return read;
    }
    if !role.assignable {
        read.missing.push(NoGift::NotAssignable { role: role.key.clone() });
        return read;
    }
    let custom = Custom { template: rule.template.as_deref(), written: &rule.permissions };
    match (fitting(role, read.clients.as_ref()), permissions(&org.definition, role, custom)) {
        (Some(clients), Some(permissions)) => {
            read.role = Some(GivenRole { rank, clients, permissions });
            read.fits = true;
        }
        _ => read.missing.push(NoGift::DoesNotFit { role: role.key.clone() }),
    }
    read
}

/// The text, or what was captured where it stands for a capture.
fn filled(text: &str, reading: &Reading<'_>) -> String {
    let captured = capture_of(text).and_then(|name| reading.iter().find(|(capture, _)| *capture == name));
    captured.map_or_else(|| text.to_owned(), |(_, value)| value.clone())
}

fn ranked_folded<'d>(definition: &'d PanelDefinition, key: &str, captured: bool) -> Option<(usize, &'d Role)> {
    if captured {
        definition.roles.iter().enumerate().find(|(_, role)| fold(&role.key) == key)
    } else {
        definition.ranked(key)
    }
}

/// Where a rule's role holds: only what the rule says, never more.
fn fitting(role: &Role, named: Option<&ClientScope>) -> Option<ClientScope> {
    match (role.clients, named) {
        (Reach::All, None | Some(ClientScope::All)) => Some(ClientScope::All),
        (Reach::None, None) => Some(ClientScope::nothing()),
        (Reach::Assigned, Some(ClientScope::All)) => Some(ClientScope::All),
        (Reach::Assigned, Some(ClientScope::Some(keys))) if !keys.is_empty() => Some(ClientScope::Some(keys.clone())),
        (Reach::All | Reach::None, Some(_)) | (Reach::Assigned, _) => None,
    }
}

#[derive(Clone, Copy)]
struct Custom<'a> {
    template: Option<&'a str>,
    written: &'a BTreeMap<String, String>,
}

fn permissions(definition: &PanelDefinition, role: &Role, custom: Custom<'_>) -> Option<Permissions> {
    match &role.permissions {
        RolePermissions::Fixed(permissions) => Some(permissions.clone()),
        RolePermissions::Custom => {
            let template = custom.template.map(|key| definition.template(key).map(|t| t.permissions.0.clone()));
            let mut levels = match template {
                Some(template) => template?,
                None if custom.written.is_empty() => return None,
                None => BTreeMap::new(),
            };
            levels.extend(custom.written.clone());
            Some(definition.complete(&levels))
        }
    }
}

fn denial(rule: &MappingRule, read: &Read) -> Denial {
    let clients = match &read.clients {
        Some(ClientScope::Some(keys)) if !keys.is_empty() => Some(keys.clone()),
        _ => None,
    };
    Denial { role: read.denied_role.clone(), clients, flags: rule.flags.clone() }
}

/// What an administrator gave by hand; `None` where its role or every client of it is gone.
pub(super) fn by_hand(org: &OrgFacts, grant: &ManualGrant, by: GivenBy) -> Option<Gift> {
    let (rank, role) = org.definition.ranked(&grant.role).filter(|(_, role)| role.assignable)?;
    let clients = match (role.clients, &grant.clients) {
        (Reach::All, _) | (Reach::Assigned, ClientScope::All) => ClientScope::All,
        (Reach::None, _) => ClientScope::nothing(),
        (Reach::Assigned, ClientScope::Some(keys)) => {
            let known: BTreeSet<_> = keys.iter().filter_map(|key| org.clients.find(key)).map(str::to_owned).collect();
            if known.is_empty() {
                return None;
            }
            ClientScope::Some(known)
        }
    };
    let custom = Custom { template: grant.template.as_deref(), written: &grant.permissions };
    let permissions = permissions(&org.definition, role, custom)?;
    let role = Some(GivenRole { rank, clients, permissions });
    Some(Gift { role, flags: known_flags(org, &grant.flags), seat: grant.seat, by })
}
