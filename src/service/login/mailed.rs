//! Invitations and resets: links that set a password, once. Looking at one uses nothing up.

use super::door;
use super::error::LoginError;
use crate::base::ids::{OrgNo, PersonId};
use crate::base::token::{Presented, TokenKind, reveal};
use crate::domain::audit::{Actor, Deed};
use crate::domain::email::Email;
use crate::service::{Gateway, passwords};
use crate::store::mailed::{self, MailedRow};
use crate::store::people::{self, PersonRow};
use crate::store::{Done, Tx};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

/// The shortest password that can be chosen, in characters.
pub const SHORTEST: usize = 8;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Somebody new is invited.
    Invite,
    /// Somebody has forgotten the password.
    Reset,
}

impl LinkKind {
    /// The word in rows and addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Reset => "reset",
        }
    }
}

/// Makes an invitation; the link, to be shown once.
///
/// # Errors
/// When the person may not have a password.
pub async fn invite(gw: &Gateway, org: OrgNo, person: PersonId, actor: &Actor) -> Result<SecretString, LoginError> {
    make(gw, org, person, LinkKind::Invite, actor).await
}

/// Makes a reset link, to be shown once.
///
/// # Errors
/// When the person may not have a password.
pub async fn reset(gw: &Gateway, org: OrgNo, person: PersonId, actor: &Actor) -> Result<SecretString, LoginError> {
    make(gw, org, person, LinkKind::Reset, actor).await
}

async fn make(
    gw: &Gateway,
    org: OrgNo,
    id: PersonId,
    kind: LinkKind,
    actor: &Actor,
) -> Result<SecretString, LoginError> {
    let minted = gw.mint.mint(&gw.sources, TokenKind::Mailed, org);
    let deed = if kind == LinkKind::Invite { Deed::InvitationCreated } else { Deed::ResetCreated };
    let record = gw.record(actor, deed, Some(id.to_string()), json!({}));
    let person = gw.store.read(org, async move |tx| people::get(tx, id).await).await?.ok_or(LoginError::LinkOver)?;
    allowed(gw, &person).await?;
    let (hash, until) = (minted.hash, gw.sources.now() + gw.settings.mailed);
    gw.store
        .write(org, async move |tx| {
            let person = free(tx, id).await?;
            let row = MailedRow { person: id, kind: kind.as_str().to_owned(), epoch: person.epoch, until };
            mailed::insert(tx, hash, &row).await?;
            Ok::<_, LoginError>(Done::of(()).and(record.clone()))
        })
        .await?;
    Ok(gw.urls.at(&format!("/{}/{}", kind.as_str(), reveal(&minted.text))).into())
}

/// Whether the proved domain of the person's e-mail lets passwords be (law 10).
async fn allowed(gw: &Gateway, person: &PersonRow) -> Result<(), LoginError> {
    let Some(email) = person.email.as_deref().and_then(|text| Email::parse(text).ok()) else { return Ok(()) };
    if door::discover(gw, &email).await?.enforced { Err(LoginError::Enforced) } else { Ok(()) }
}

/// The person, held, if they may have a password.
async fn free(tx: &mut Tx, id: PersonId) -> Result<PersonRow, LoginError> {
    let person = people::lock(tx, id).await?.filter(PersonRow::usable).ok_or(LoginError::LinkOver)?;
    if person.origin == "directory" { Err(LoginError::NoPassword) } else { Ok(person) }
}

async fn look(gw: &Gateway, kind: LinkKind, token: &str) -> Result<(Presented, PersonRow), LoginError> {
    let seen = gw.mint.read(TokenKind::Mailed, token).ok_or(LoginError::LinkOver)?;
    let now = gw.sources.now();
    let found = gw
        .store
        .read(seen.org, async move |tx| {
            let Some(row) = mailed::peek(tx, seen.hash, now).await? else { return Ok(None) };
            Ok::<_, LoginError>(people::get(tx, row.person).await?.map(|person| (row, person)))
        })
        .await?;
    let (row, person) = found.ok_or(LoginError::LinkOver)?;
    if row.kind != kind.as_str() || row.epoch != person.epoch || !person.usable() {
        return Err(LoginError::LinkOver);
    }
    allowed(gw, &person).await?;
    Ok((seen, person))
}

/// Whose link this is: their e-mail, for the form. Nothing is used up.
///
/// # Errors
/// [`LoginError::LinkOver`], or [`LoginError::Enforced`] where passwords are off.
pub async fn peek(gw: &Gateway, kind: LinkKind, token: &str) -> Result<String, LoginError> {
    Ok(look(gw, kind, token).await?.1.email.unwrap_or_default())
}

/// Sets the password and uses the link up. Every session of before ends.
///
/// # Errors
/// As [`peek`], or a password that is too short.
pub async fn choose(gw: &Gateway, kind: LinkKind, token: &str, password: &SecretString) -> Result<(), LoginError> {
    let (seen, person) = look(gw, kind, token).await?;
    if password.expose_secret().chars().count() < SHORTEST {
        return Err(LoginError::TooShort(SHORTEST));
    }
    let hash = passwords::hash(gw, password).await?;
    let deed = if kind == LinkKind::Invite { Deed::InvitationUsed } else { Deed::ResetUsed };
    let record = gw.record(&Actor::Person(person.id), deed, Some(person.id.to_string()), json!({}));
    let now = gw.sources.now();
    gw.store
        .write(seen.org, async move |tx| {
            let row = mailed::take(tx, seen.hash, now).await?.ok_or(LoginError::LinkOver)?;
            let mut person = free(tx, row.person).await?;
            if person.epoch != row.epoch {
                return Err(LoginError::LinkOver);
            }
            person.epoch += 1;
            people::update(tx, &person, now).await?;
            people::drop_credentials(tx, person.id).await?;
            people::set_password(tx, person.id, &hash, now).await?;
            Ok(Done::of(()).and(record.clone()))
        })
        .await
}
