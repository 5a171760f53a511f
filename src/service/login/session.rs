//! The session that a sign-in ends with.

use crate::base::ids::{OrgNo, SessionId};
use crate::base::token::{Minted, TokenHash, TokenKind};
use crate::service::Gateway;
use crate::store::people::PersonRow;
use crate::store::sessions::SessionRow;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

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
