//! Numbers that no two rows have. Drawn rarely: for a new organization, a new source, a wide mark. One that was drawn in a
//! unit that came to nothing is drawn once more: whoever remembers something by one does so from kept units alone, or
//! forgets it with the commit ([`Store::failed_commits`](super::Store::failed_commits)).

use super::engine::args;
use super::{StoreError, Tx};

/// The next number of a kind; locks that kind until the unit ends.
pub(super) async fn draw(tx: &mut Tx, kind: &'static str) -> Result<i64, StoreError> {
    let row = tx
        .conn
        .one("UPDATE number SET next = next + 1 WHERE kind = $1 RETURNING next", args![kind])
        .await?
        .ok_or(StoreError::Malformed("number"))?;
    Ok(row.int(0)? - 1)
}
