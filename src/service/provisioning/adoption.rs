//! Whose a pushed User is: a new person, a local one that is adopted, or nobody yet (scim.md's rule: an e-mail proves
//! a person only inside a domain that the organization has proved; owners and admins are only proposed).

use super::shape;
use super::{DirectoryCaller, ProvisionError};
use crate::base::fold::fold;
use crate::base::ids::PersonId;
use crate::domain::audit::Deed;
use crate::domain::email::Email;
use crate::domain::person::Origin;
use crate::protocol::scim::Document;
use crate::service::{Gateway, access};
use crate::store::people::{ACTIVE, DELETED, INACTIVE, PersonRow};
use crate::store::{Record, Tx, organizations, people};
use chrono::{DateTime, Utc};
use serde_json::json;

/// Whose the resource is from now on.
pub(super) enum Owner {
    /// Nobody's: the e-mail belongs to an owner or admin, who has to accept it.
    Proposed,
    /// This person's.
    Person(PersonId),
}

/// The state of a person behind a resource.
pub(super) fn state(active: bool) -> String {
    if active { ACTIVE } else { INACTIVE }.to_owned()
}

/// Takes a person's identity over from the pushed document; whether the e-mail is another now.
pub(super) fn describe(person: &mut PersonRow, document: &Document) -> bool {
    let email = shape::email(document);
    let key = email.as_deref().map(fold);
    let moved = person.key != key;
    person.email = email;
    person.key = key;
    person.name = shape::display(document);
    person.given = shape::name_part(document, "givenName");
    person.family = shape::name_part(document, "familyName");
    moved
}

/// Finds or makes the person of a User that is pushed for the first time.
pub(super) async fn owner_of(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    document: &Document,
    active: bool,
    fresh: PersonId,
    now: DateTime<Utc>,
) -> Result<(Owner, Vec<Record>), ProvisionError> {
    if let Some(local) = local_person(tx, document).await? {
        // As it is now: a rule may have made an administrator of somebody, behind a mark.
        let (held, mut records) = access::current_in(tx, gw, local.id).await?;
        if local.origin == Origin::Owner.as_str() || held.access.administers {
            return Ok((Owner::Proposed, records));
        }
        let id = local.id;
        records.extend(adopt(tx, gw, who, local, document, active, now).await?);
        return Ok((Owner::Person(id), records));
    }
    people::insert(tx, &newcomer(document, active, fresh), now).await?;
    Ok((Owner::Person(fresh), Vec::new()))
}

/// The person of a User that nobody here has been before.
pub(super) fn newcomer(document: &Document, active: bool, id: PersonId) -> PersonRow {
    let mut person = PersonRow {
        id,
        origin: Origin::Directory.as_str().to_owned(),
        state: state(active),
        locked: false,
        epoch: 1,
        key: None,
        email: None,
        name: String::new(),
        given: None,
        family: None,
    };
    describe(&mut person, document);
    person
}

/// The folded e-mail under which somebody local may be known who is this User.
pub(super) fn email_key(document: &Document) -> Option<String> {
    Some(Email::parse(&shape::email(document)?).ok()?.key())
}

/// Whether two documents of a User describe the same person.
pub(super) fn same_person(old: &Document, new: &Document) -> bool {
    let of = |document: &Document| {
        let part = |name| shape::name_part(document, name);
        (shape::email(document), shape::display(document), part("givenName"), part("familyName"))
    };
    of(old) == of(new)
}

/// A person who is no directory's yet and has this e-mail, inside a domain that the organization has proved: held, and
/// looked at once more, since another directory may have adopted them meanwhile.
async fn local_person(tx: &mut Tx, document: &Document) -> Result<Option<PersonRow>, ProvisionError> {
    let Some(email) = shape::email(document).and_then(|text| Email::parse(&text).ok()) else { return Ok(None) };
    let domain = email.domain();
    if !organizations::domains(tx).await?.iter().any(|one| one.verified && one.name == domain) {
        return Ok(None);
    }
    let key = email.key();
    let is_local = |person: &PersonRow| {
        let has_it = person.key.as_ref() == Some(&key);
        has_it && person.origin != Origin::Directory.as_str() && person.state != DELETED
    };
    for found in people::by_key(tx, &key).await?.into_iter().filter(is_local) {
        let held = people::lock(tx, found.id).await?;
        if let Some(local) = held.filter(is_local) {
            return Ok(Some(local));
        }
    }
    Ok(None)
}

/// A local account that is adopted loses its password, reset links and sessions in that moment (law 4).
async fn adopt(
    tx: &mut Tx,
    gw: &Gateway,
    who: &DirectoryCaller,
    mut person: PersonRow,
    document: &Document,
    active: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Record>, ProvisionError> {
    let id = person.id;
    person.origin = Origin::Directory.as_str().to_owned();
    person.state = state(active);
    person.epoch += 1;
    describe(&mut person, document);
    people::update(tx, &person, now).await?;
    people::drop_password(tx, id).await?;
    people::drop_credentials(tx, id).await?;
    Ok(vec![gw.record(&who.actor(), Deed::PersonAdopted, Some(id.to_string()), json!({}))])
}
