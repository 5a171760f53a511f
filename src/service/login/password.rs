//! Sign-in by password: for owners and local people, and never where sign-in through the company is enforced.

use super::door::{self, Discovery};
use super::error::LoginError;
use super::flow::Caller;
use super::session::{self, NewSession};
use crate::base::ids::OrgNo;
use crate::domain::audit::{Actor, Deed};
use crate::domain::email::Email;
use crate::service::Gateway;
use crate::service::passwords;
use crate::store::people::{self, PersonRow};
use crate::store::{Done, Record, StoreError, sessions};
use secrecy::SecretString;
use serde_json::json;

/// Signs somebody in by password.
///
/// # Errors
/// [`LoginError::Enforced`] before anybody is looked up; otherwise one refusal for every reason.
pub async fn password(
    gw: &Gateway,
    email: &Email,
    password: &SecretString,
    return_to: Option<String>,
    caller: &Caller,
) -> Result<NewSession, LoginError> {
    if !gw.memory.attempts.count(&email.key(), caller.ip.as_deref().unwrap_or_default()) {
        return Err(LoginError::Throttled);
    }
    let found: Discovery = door::discover(gw, email).await?;
    if let (true, Some(org)) = (found.enforced, found.org) {
        tell(gw, org, refusal(gw, Deed::PasswordRefused, caller, &LoginError::Enforced)).await?;
        return Err(LoginError::Enforced);
    }
    let mut orgs: Vec<OrgNo> = found.org.into_iter().collect();
    orgs.extend(gw.store.email_entries(&email.key()).await?.into_iter().filter(|org| Some(*org) != found.org));
    let mut asked = false;
    for org in &orgs {
        for (person, hash) in candidates(gw, *org, email.key()).await? {
            asked = true;
            if passwords::verify(gw, Some(hash.clone()), password).await? {
                return begin(gw, *org, person, hash, return_to, caller).await;
            }
        }
    }
    if !asked {
        passwords::verify(gw, None, password).await?;
    }
    if let Some(org) = orgs.first() {
        tell(gw, *org, refusal(gw, Deed::SignInRefused, caller, &LoginError::WrongPassword)).await?;
    }
    Err(LoginError::WrongPassword)
}

fn refusal(gw: &Gateway, deed: Deed, caller: &Caller, why: &LoginError) -> Record {
    let body = json!({"reason": why.code(), "ip": caller.ip, "request": caller.reference});
    gw.record(&Actor::Stranger, deed, None, body)
}

async fn tell(gw: &Gateway, org: OrgNo, record: Record) -> Result<(), StoreError> {
    gw.store.write(org, async move |_| Ok::<_, StoreError>(Done::of(()).and(record.clone()))).await
}

/// Usable people of this e-mail who may have a password and have one.
async fn candidates(gw: &Gateway, org: OrgNo, key: String) -> Result<Vec<(PersonRow, String)>, StoreError> {
    gw.store
        .read(org, async move |tx| {
            let mut found = Vec::new();
            for person in people::by_key(tx, &key).await? {
                let hash = people::password(tx, person.id).await?;
                if let Some(hash) = hash.filter(|_| person.usable() && person.origin != "directory") {
                    found.push((person, hash));
                }
            }
            Ok(found)
        })
        .await
}

/// The session, unless the password or the person changed while it was checked.
async fn begin(
    gw: &Gateway,
    org: OrgNo,
    person: PersonRow,
    hash: String,
    return_to: Option<String>,
    caller: &Caller,
) -> Result<NewSession, LoginError> {
    let (minted, id) = session::mint(gw, org);
    let row = session::by_password(gw, minted.hash, id, &person);
    let until = row.until;
    let body = json!({"by": "password", "session": id, "ip": caller.ip, "request": caller.reference});
    let record = gw.record(&Actor::Person(person.id), Deed::SignedIn, Some(person.id.to_string()), body);
    let kept = gw
        .store
        .write(org, async move |tx| {
            let inserted = sessions::insert(tx, &row).await?;
            if !inserted || people::password(tx, person.id).await?.as_deref() != Some(hash.as_str()) {
                return Err(LoginError::WrongPassword);
            }
            Ok(Done::of(()).and(record.clone()))
        })
        .await;
    kept.map(|()| NewSession { cookie: minted.text, until, return_to })
}
