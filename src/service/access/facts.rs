//! What people's access is derived from, read for all of them at once.

use super::ground::{Ground, GroundError};
use crate::base::ids::PersonId;
use crate::domain::access::{AttributeFacts, GroupFact, PersonFacts};
use crate::store::held::{GroupRow, Held};
use crate::store::people::PersonRow;
use crate::store::{Tx, held};
use std::collections::{BTreeMap, HashMap};

/// The facts of these people, by person.
pub(super) async fn load(
    tx: &mut Tx,
    ground: &Ground,
    people: &[Held],
) -> Result<HashMap<PersonId, PersonFacts>, GroundError> {
    let ids = |of: &dyn Fn(&Held) -> bool| -> Vec<PersonId> {
        people.iter().filter(|held| of(held)).map(|held| held.person.id).collect()
    };
    let (everyone, by_hand) = (ids(&|_| true), ids(&|one| one.by_hand));
    let of = |held: &Held| PersonFacts {
        is_owner: held.person.origin == "owner",
        groups: groups(ground, &held.groups),
        ..PersonFacts::default()
    };
    let mut facts: HashMap<PersonId, PersonFacts> = people.iter().map(|held| (held.person.id, of(held))).collect();
    for (person, bodies) in held::manual_grants(tx, &by_hand).await? {
        let grants = bodies.iter().map(|body| serde_json::from_str(body)).collect::<Result<_, _>>();
        facts.entry(person).or_default().manual = grants.map_err(|_| GroundError::Malformed("grant"))?;
    }
    if ground.asks_attributes() {
        for (person, documents) in held::pushed_documents(tx, &everyone).await? {
            for (src, doc) in documents {
                let Some(from) = ground.sources.get(&src) else { continue };
                let doc = serde_json::from_str(&doc).map_err(|_| GroundError::Malformed("resource"))?;
                let mut values = BTreeMap::new();
                flatten("", &doc, &mut values);
                facts.entry(person).or_default().attributes.push(AttributeFacts { from: from.clone(), values });
            }
        }
    }
    Ok(facts)
}

/// The groups whose source is known, each once: in the order of their ids the same ones stand together.
fn groups(ground: &Ground, rows: &[GroupRow]) -> Vec<GroupFact> {
    let fact = |group: &GroupRow| {
        let from = ground.sources.get(&group.src)?.clone();
        let (name, external_id) = (group.name.clone(), group.ext.clone());
        Some(GroupFact { id: group.id.to_string(), name, external_id, from })
    };
    rows.chunk_by(|a, b| a.id == b.id).filter_map(|same| same.first().and_then(fact)).collect()
}

/// The facts of one person, for an explanation.
///
/// # Errors
/// When something of the person cannot be read.
pub async fn person_facts(tx: &mut Tx, ground: &Ground, person: &PersonRow) -> Result<PersonFacts, GroundError> {
    Ok(of_people(tx, ground, vec![person.clone()]).await?.remove(&person.id).unwrap_or_default())
}

/// The facts of people whom this unit need not hold: it only looks.
pub(super) async fn of_people(
    tx: &mut Tx,
    ground: &Ground,
    people: Vec<PersonRow>,
) -> Result<HashMap<PersonId, PersonFacts>, GroundError> {
    let people = held::with_belongings(tx, people).await?;
    load(tx, ground, &people).await
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
