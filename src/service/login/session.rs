//! Sessions as use cases see them: who is signed in, signing in for good, signing out.

use super::error::LoginError;
use crate::base::ids::{OrgNo, SessionId};
use crate::base::token::{Minted, TokenHash, TokenKind};
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::store::people::PersonRow;
use crate::store::sessions::{self, SessionRow};
use crate::store::{Done, Store, StoreError};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;

/// Who is signed in at this browser.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The organization.
    pub org: OrgNo,
    /// The person, active and not locked at this moment.
    pub person: PersonRow,
    /// The session.
    pub session: SessionRow,
}

/// A session that began now: what the browser gets.
#[derive(Debug)]
pub struct NewSession {
    /// The text of the cookie.
    pub cookie: SecretString,
    /// When it ends.
    pub until: DateTime<Utc>,
    /// Where the browser wanted to go, checked.
    pub return_to: Option<String>,
}

/// Who this cookie is, asked of the database (law 5); `None` for nobody.
///
/// # Errors
/// When the store fails.
pub async fn signed_in(gw: &Gateway, cookie: &str) -> Result<Option<SignedIn>, StoreError> {
    let Some(seen) = gw.mint.read(TokenKind::Session, cookie) else { return Ok(None) };
    let store: &Store = &gw.store;
    let found = store.session(seen.org, seen.hash, gw.sources.now()).await?;
    Ok(found.map(|(session, person)| SignedIn { org: seen.org, person, session }))
}

/// Ends the session of this cookie.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(gw: &Gateway, cookie: &str) -> Result<(), LoginError> {
    let Some(SignedIn { org, person, session }) = signed_in(gw, cookie).await? else { return Ok(()) };
    let record = gw.record(&Actor::Person(person.id), Deed::SignedOut, Some(person.id.to_string()), json!({}));
    gw.store
        .write(org, async move |tx| {
            let ended = sessions::delete(tx, session.hash).await?;
            Ok::<_, LoginError>(Done::of(()).and_all(ended.then(|| record.clone())))
        })
        .await
}

/// A session token and its id, minted before the unit that keeps them.
pub(super) fn mint(gw: &Gateway, org: OrgNo) -> (Minted, SessionId) {
    (gw.mint.mint(&gw.sources, TokenKind::Session, org), SessionId::mint(&gw.sources))
}

/// A session of a password.
pub(super) fn by_password(gw: &Gateway, hash: TokenHash, id: SessionId, person: &PersonRow) -> SessionRow {
    let now = gw.sources.now();
    SessionRow {
        hash,
        id,
        person: person.id,
        epoch: person.epoch,
        con: None,
        subject: None,
        idp_session: None,
        auth_time: now,
        amr: r#"["pwd"]"#.to_owned(),
        created: now,
        until: now + gw.settings.session,
    }
}
