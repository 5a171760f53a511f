//! What stands in the way of a User that is pushed: all of it asked at once, since most often nothing does.

use super::engine::args;
use super::standing::{self, Standing};
use super::{StoreError, Tx};
use crate::base::ids::{ResourceId, SourceNo};
use chrono::{DateTime, Utc};

/// What a directory and its organization know of somebody new.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// How things stand.
    pub standing: Standing,
    /// The User of this directory that has the userName.
    pub by_name: Option<ResourceId>,
    /// The User of this directory that has the externalId.
    pub by_ext: Option<ResourceId>,
    /// Whether a deleted User of this directory had the externalId.
    pub buried: bool,
    /// Whether a person of the organization has the e-mail.
    pub namesake: bool,
}

impl Known {
    /// Whether nothing is known of them at all.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.by_name.is_none() && self.by_ext.is_none() && !self.buried && !self.namesake
    }
}

/// Asks for a folded userName, an externalId and a folded e-mail: one statement, index hits alone.
///
/// # Errors
/// When the database fails.
pub async fn known(
    tx: &mut Tx,
    src: SourceNo,
    key: &str,
    ext: Option<&str>,
    email: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Known, StoreError> {
    let org = tx.org;
    let sql = format!(
        "SELECT {}, \
         (SELECT r.id FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.key = $3 AND r.kind = 1), \
         (SELECT r.id FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.kind = 1 AND r.ext = $4), \
         (SELECT t.id FROM tombstone t WHERE t.org = $1 AND t.src = $2 AND t.kind = 1 AND t.ext = $4 \
          AND t.until > $6 LIMIT 1), \
         (SELECT p.id FROM person p WHERE p.org = $1 AND p.key = $5 LIMIT 1)",
        standing::COLUMNS
    );
    let row = tx.conn.one(sql, args![org, src, key, ext, email, now]).await?;
    let row = row.ok_or(StoreError::Malformed("newcomer"))?;
    Ok(Known {
        standing: standing::read(&row, 0)?,
        by_name: row.opt_key(2)?.map(ResourceId),
        by_ext: row.opt_key(3)?.map(ResourceId),
        buried: !row.is_null(4)?,
        namesake: !row.is_null(5)?,
    })
}
