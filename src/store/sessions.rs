//! Sessions as they begin; who stands behind one, and its end, are in [`signed_in`](super::signed_in).

use super::engine::args;
use super::people;
use super::{StoreError, Tx};
use crate::base::ids::{PersonId, SessionId, SourceNo};
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The keyed hash of the cookie.
    pub hash: TokenHash,
    /// What panel apps see as `sid`.
    pub id: SessionId,
    /// Whose it is.
    pub person: PersonId,
    /// The person's epoch that it was made under.
    pub epoch: i64,
    /// The connection it came through; `None`: a password.
    pub con: Option<SourceNo>,
    /// Who the person is to that connection.
    pub subject: Option<String>,
    /// The IdP's own session.
    pub idp_session: Option<String>,
    /// When the person proved who they are.
    pub auth_time: DateTime<Utc>,
    /// How (RFC 8176), a JSON list.
    pub amr: String,
    /// When it began.
    pub created: DateTime<Utc>,
    /// When it ends at the latest.
    pub until: DateTime<Utc>,
}

/// Adds a session if the person may still have one and still stands at the epoch it was proved under; whether it was
/// added. The person is held, so a deactivation is either seen here or comes after, and then takes the session.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, new: &SessionRow) -> Result<bool, StoreError> {
    let person = people::lock(tx, new.person).await?;
    if !person.is_some_and(|person| person.usable() && person.epoch == new.epoch) {
        return Ok(false);
    }
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO session (org, hash, id, person, epoch, con, subject, idp_session, auth_time, amr, created, until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            args![
                org,
                new.hash,
                new.id.0.to_vec(),
                new.person,
                new.epoch,
                new.con,
                new.subject.clone(),
                new.idp_session.clone(),
                new.auth_time,
                &new.amr,
                new.created,
                new.until
            ],
        )
        .await?;
    Ok(true)
}
