//! Who stands behind a credential: the person and the session, both still good (law 5), in one statement.

use super::engine::{Row, args};
use super::people::{self, PersonRow};
use super::{StoreError, Tx};
use crate::base::ids::SessionId;
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// A person with the session that a credential hangs on.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The person, active and not locked.
    pub person: PersonRow,
    /// The session, as panel apps see it.
    pub session: SessionId,
    /// When the person proved who they are.
    pub auth_time: DateTime<Utc>,
    /// How they did.
    pub amr: Vec<String>,
    /// When our session began.
    pub created: DateTime<Utc>,
    /// When it ends at the latest.
    pub until: DateTime<Utc>,
}

/// What [`read`] reads, in its order; the next free column is [`NEXT`].
pub(super) fn columns() -> String {
    format!("{}, s.id, s.auth_time, s.amr, s.created, s.until", people::COLUMNS)
}

/// The first column after those of a holder.
pub(super) const NEXT: usize = 15;

/// What must hold of person `p` and session `s` at `$3`; the epoch of the credential is compared beside it.
pub(super) const GOOD: &str = "p.state = 'active' AND NOT p.locked AND s.epoch = p.epoch AND s.until > $3";

pub(super) fn read(row: &Row) -> Result<Holder, StoreError> {
    Ok(Holder {
        person: people::read(row)?,
        session: SessionId(row.key(10)?),
        auth_time: row.time(11)?,
        amr: methods(&row.text(12)?),
        created: row.time(13)?,
        until: row.time(14)?,
    })
}

fn methods(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect())
}

/// Who a session cookie belongs to, if everything about it is still good.
///
/// # Errors
/// When the database fails.
pub async fn by_cookie(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> Result<Option<Holder>, StoreError> {
    let org = tx.org;
    let sql = format!(
        "SELECT {} FROM session s JOIN person p ON p.org = s.org AND p.id = s.person \
         WHERE s.org = $1 AND s.hash = $2 AND {GOOD}",
        columns()
    );
    tx.conn.one(sql, args![org, hash, now]).await?.as_ref().map(read).transpose()
}

/// Ends a session with all codes and tokens that hang on it; whether it was there.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, session: SessionId) -> Result<bool, StoreError> {
    let org = tx.org;
    let gone = tx.conn.exec("DELETE FROM session WHERE org = $1 AND id = $2", args![org, session]).await?;
    tx.conn.exec("DELETE FROM token WHERE org = $1 AND session = $2", args![org, session]).await?;
    tx.conn.exec("DELETE FROM code WHERE org = $1 AND session = $2", args![org, session]).await?;
    Ok(gone > 0)
}

/// A session to test with; real ones are begun by a sign-in.
#[cfg(test)]
pub(crate) async fn begin(
    tx: &mut Tx,
    hash: TokenHash,
    id: SessionId,
    person: &PersonRow,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), StoreError> {
    let org = tx.org;
    let sql = "INSERT INTO session (org, hash, id, person, epoch, auth_time, amr, created, until) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $8)";
    tx.conn.exec(sql, args![org, hash, id, person.id, person.epoch, now, "[\"pwd\"]", until]).await?;
    Ok(())
}
