//! Settles people: derives their access from the facts, takes or frees the seat, moves the version.

use super::ground::{Ground, GroundError};
use crate::base::ids::PersonId;
use crate::domain::access::{self, AttributeFacts, GroupFact, PersonFacts};
use crate::domain::audit::{Actor, Deed};
use crate::domain::rule::When;
use crate::service::Gateway;
use crate::store::access::{AccessRow, Seat};
use crate::store::people::{ACTIVE, PersonRow};
use crate::store::{self, Record, Tx, seats};
use serde_json::json;
use std::collections::BTreeMap;

/// How many who wait may follow on one freed seat after another in one unit; the rest follow with the next change.
const FOLLOWERS: usize = 64;

/// Settles one person and whoever gets a seat that this frees; the audit events to keep with the unit.
///
/// # Errors
/// When something of the person cannot be read.
pub async fn settle(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    person: PersonId,
    cause: &'static str,
) -> Result<Vec<Record>, GroundError> {
    settle_all(tx, gw, ground, &[person], cause).await
}

/// Settles several people, in the order of their ids (the lock order), and whoever gets a seat that this frees.
///
/// # Errors
/// When something of a person cannot be read.
pub async fn settle_all(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    people: &[PersonId],
    cause: &'static str,
) -> Result<Vec<Record>, GroundError> {
    let mut records = Vec::new();
    let mut freed = false;
    let mut people = people.to_vec();
    people.sort_unstable();
    people.dedup();
    for person in people {
        freed |= settle_one(tx, gw, ground, person, cause, &mut records).await?;
    }
    for _ in 0..FOLLOWERS {
        if !freed {
            break;
        }
        let Some(next) = store::access::first_waiting(tx).await? else { break };
        freed = !settle_one(tx, gw, ground, next, "seat_freed", &mut records).await?
            && store::access::get(tx, next).await?.0.is_some_and(|row| row.seat == Seat::Held);
    }
    Ok(records)
}

/// Whether a seat was freed.
async fn settle_one(
    tx: &mut Tx,
    gw: &Gateway,
    ground: &Ground,
    id: PersonId,
    cause: &'static str,
    records: &mut Vec<Record>,
) -> Result<bool, GroundError> {
    let Some(person) = store::people::lock(tx, id).await? else {
        store::access::unmark(tx, id).await?;
        return Ok(false);
    };
    let facts = person_facts(tx, ground, &person).await?;
    let now = gw.sources.now();
    let access = access::resolve(&ground.facts, &facts, now);
    let (before, _) = store::access::get(tx, id).await?;
    let had = before.as_ref().map_or(Seat::None, |row| row.seat);
    let seat = match (access.wants_seat && person.state == ACTIVE, had) {
        (false, Seat::Held) => {
            seats::give_back(tx).await?;
            Seat::None
        }
        (false, Seat::None | Seat::Waiting) => Seat::None,
        (true, Seat::Held) => Seat::Held,
        (true, Seat::None | Seat::Waiting) if seats::take(tx).await? => Seat::Held,
        (true, Seat::None | Seat::Waiting) => Seat::Waiting,
    };
    let grants = serde_json::to_string(&access).map_err(|_| GroundError::Malformed("access"))?;
    let waiting = (seat == Seat::Waiting).then(|| before.as_ref().and_then(|row| row.waiting).unwrap_or(now));
    let same = before.as_ref().is_some_and(|row| row.grants == grants && row.seat == seat);
    let version = before.as_ref().map_or(0, |row| row.version) + i64::from(!same);
    let admin = access.administers && person.usable();
    let after = AccessRow { version, until: access.until, admin, seat, waiting, mark: ground.mark, grants };
    if before.as_ref() != Some(&after) {
        store::access::put(tx, id, &after).await?;
    }
    store::access::unmark(tx, id).await?;
    if !same && (before.is_some() || !access.grants.is_empty()) {
        store::access::keep_past(tx, id, &after, now, cause).await?;
        let body = json!({
            "cause": cause, "role": access.role, "seat": format!("{seat:?}").to_lowercase(), "version": version,
        });
        records.push(gw.record(&Actor::Job("access".into()), Deed::AccessChanged, Some(id.to_string()), body));
    }
    Ok(had == Seat::Held && seat != Seat::Held)
}

pub(in crate::service) async fn person_facts(
    tx: &mut Tx,
    ground: &Ground,
    person: &PersonRow,
) -> Result<PersonFacts, GroundError> {
    let mut groups = Vec::new();
    for group in store::access::groups_of(tx, person.id).await? {
        if let Some(from) = ground.sources.get(&group.src) {
            groups.push(GroupFact {
                id: group.id.to_string(),
                name: group.name,
                external_id: group.ext,
                from: from.clone(),
            });
        }
    }
    let manual = store::people::manual_grants(tx, person.id)
        .await?
        .iter()
        .map(|(body, _)| serde_json::from_str(body))
        .collect::<Result<_, _>>()
        .map_err(|_| GroundError::Malformed("grant"))?;
    let mut attributes = Vec::new();
    if ground.facts.rules.rules().iter().any(|rule| matches!(rule.when, When::Attribute { .. })) {
        for (src, doc) in store::people::pushed_documents(tx, person.id).await? {
            let Some(from) = ground.sources.get(&src) else { continue };
            let doc = serde_json::from_str(&doc).map_err(|_| GroundError::Malformed("resource"))?;
            let mut values = BTreeMap::new();
            flatten("", &doc, &mut values);
            attributes.push(AttributeFacts { from: from.clone(), values });
        }
    }
    let is_owner = person.origin == "owner";
    Ok(PersonFacts { groups, attributes, manual, overrides: Vec::new(), is_owner })
}

/// `{"name": {"givenName": "Ada"}}` → `name.givenName` = `Ada`; lists give all their values.
fn flatten(path: &str, value: &serde_json::Value, into: &mut BTreeMap<String, Vec<String>>) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, into);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| flatten(path, value, into)),
        Value::Null => {}
        Value::String(text) => into.entry(path.to_owned()).or_default().push(text.clone()),
        Value::Bool(_) | Value::Number(_) => into.entry(path.to_owned()).or_default().push(value.to_string()),
    }
}
