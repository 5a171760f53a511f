//! The owner and the local people of an organization.

use super::ApplyError;
use super::answer::PersonAnswer;
use super::file::PersonFile;
use super::organization::Changes;
use super::plan::{Plan, email};
use crate::base::ids::PersonId;
use crate::domain::audit::Deed;
use crate::domain::client::ClientScope;
use crate::domain::email::Email;
use crate::domain::grant::ManualGrant;
use crate::domain::person::Origin;
use crate::domain::rule::{MappingRule, RuleGround, When};
use crate::service::access::{AT_ONCE, Ground};
use crate::store::people::{self, ACTIVE, DELETED, PersonRow};
use crate::store::{Tx, held};
use std::collections::HashMap;

fn new_person(id: PersonId, origin: Origin, email: &Email, name: &str) -> PersonRow {
    PersonRow {
        id,
        origin: origin.as_str().to_owned(),
        state: ACTIVE.to_owned(),
        locked: false,
        epoch: 0,
        key: Some(email.key()),
        email: Some(email.as_str().to_owned()),
        name: name.to_owned(),
        given: None,
        family: None,
    }
}

/// Makes the owner; once there, the owner is not changed.
pub(super) async fn owner(tx: &mut Tx, plan: &Plan, changes: &mut Changes<'_>) -> Result<(), ApplyError> {
    if people::owner(tx).await?.is_some() {
        return Ok(());
    }
    let file = &plan.file.owner;
    let (email, now) = (email(&file.email)?, changes.gw.sources.now());
    let row = new_person(PersonId::mint(&changes.gw.sources), Origin::Owner, &email, &file.name);
    people::insert(tx, &row, now).await?;
    if let Some(hash) = plan.hashes.get(&email.key()) {
        people::set_password(tx, row.id, hash, now).await?;
    }
    changes.people.push(row.id);
    changes.note(Deed::PersonCreated, row.id, &format!("owner {} created", file.email));
    Ok(())
}

/// Whom the file may name, by folded e-mail: held in the order of their ids, and as they are then. Somebody may have locked
/// or adopted them a moment ago.
async fn known(tx: &mut Tx, plan: &Plan, wide: bool) -> Result<HashMap<String, PersonRow>, ApplyError> {
    let mut ids = Vec::new();
    if wide {
        // Everybody may be settled in this unit: they are held in the same order, with those of the file among them.
        let everybody = people::page(tx, None, AT_ONCE + 1).await?;
        let at_once = i64::try_from(everybody.len()).is_ok_and(|n| n <= AT_ONCE);
        ids.extend(everybody.iter().filter(|_| at_once).map(|person| person.id));
    }
    for file in &plan.file.person {
        let found = people::by_key(tx, &email(&file.email)?.key()).await?;
        ids.extend(found.into_iter().filter(|person| person.state != DELETED).map(|person| person.id));
    }
    let mut known = HashMap::new();
    for one in held::hold(tx, &ids).await? {
        let Some(key) = one.person.key.clone().filter(|_| one.person.state != DELETED) else { continue };
        known.entry(key).or_insert(one.person);
    }
    Ok(known)
}

/// Makes and updates people.
pub(super) async fn put(
    tx: &mut Tx,
    plan: &Plan,
    ground: &Ground,
    changes: &mut Changes<'_>,
) -> Result<Vec<PersonAnswer>, ApplyError> {
    let mut answers = Vec::new();
    let mut known = known(tx, plan, changes.wide).await?;
    for file in &plan.file.person {
        let email = email(&file.email)?;
        let (now, key) = (changes.gw.sources.now(), email.key());
        let person = match known.get(&key) {
            Some(person) => person.clone(),
            None => {
                let row = new_person(PersonId::mint(&changes.gw.sources), Origin::Local, &email, &file.name);
                people::insert(tx, &row, now).await?;
                changes.people.push(row.id);
                changes.note(Deed::PersonCreated, row.id, &format!("person {} created", file.email));
                known.insert(key.clone(), row.clone());
                row
            }
        };
        answers.push(PersonAnswer { email: file.email.clone(), id: person.id });
        if person.origin == Origin::Owner.as_str() {
            continue;
        }
        let managed = [Origin::Directory, Origin::JustInTime].iter().any(|origin| origin.as_str() == person.origin);
        if managed && file.password_env.is_some() {
            return Err(ApplyError::PasswordOfManaged(file.email.clone()));
        }
        if !managed && person.name != file.name {
            people::update(tx, &PersonRow { name: file.name.clone(), ..person.clone() }, now).await?;
            changes.note(Deed::UserUpdated, person.id, &format!("person {} updated", file.email));
        }
        if let Some(hash) = plan.hashes.get(&key) {
            people::set_password(tx, person.id, hash, now).await?;
            changes.note(Deed::PasswordChanged, person.id, &format!("password of {} set", file.email));
        }
        grant(tx, file, person.id, ground, changes).await?;
    }
    Ok(answers)
}

async fn grant(
    tx: &mut Tx,
    file: &PersonFile,
    person: PersonId,
    ground: &Ground,
    changes: &mut Changes<'_>,
) -> Result<(), ApplyError> {
    let Some(role) = &file.role else { return Ok(()) };
    // A grant by hand must be as whole an answer as a rule's.
    let rule = MappingRule {
        role: Some(role.clone()),
        template: file.template.clone(),
        clients: file.clients.clone().map(Into::into),
        ..MappingRule::new(When::Group(file.email.clone()))
    };
    let definition = &ground.facts.definition;
    let clients = &ground.facts.clients;
    rule.check(&RuleGround { definition, clients, sources: &[], several_bring_groups: false })?;
    let scope = file.clients.clone().unwrap_or_else(ClientScope::nothing);
    let grant = ManualGrant { template: file.template.clone(), ..ManualGrant::new(role, scope) };
    let body = serde_json::to_string(&grant).map_err(|_| ApplyError::Malformed("grant"))?;
    let before = people::manual_grants(tx, person).await?;
    if before.len() == 1 && before[0].0 == body {
        return Ok(());
    }
    people::set_manual_grants(tx, person, &[body]).await?;
    changes.people.push(person);
    changes.note(Deed::GrantGiven, person, &format!("{role} given to {}", file.email));
    Ok(())
}
