//! An entry with what its call carried: from its own row, or from the block that it shares.

use super::block::{self, Carried};
use super::sealed::{self, BODIES, HEAD};
use super::view::LogReadError;
use crate::base::ids::{LogId, OrgNo, SourceNo};
use crate::service::Gateway;
use crate::store::scim_log::{EntryRow, LogFilter};
use std::collections::{BTreeSet, HashMap};

/// Blocks that are opened at once: each may hold half a megabyte.
const AT_ONCE: usize = 10;

/// An entry, opened. What it carried is in clear: it is shown by [`EntryView`](super::EntryView) alone, which masks.
pub struct Entry {
    /// Its row.
    pub row: EntryRow,
    pub(super) carried: Carried,
}

/// A page of a directory's entries: newest first, or oldest first behind `after`.
///
/// # Errors
/// When the store fails, or an entry cannot be opened.
pub async fn entries(gw: &Gateway, org: OrgNo, src: SourceNo, filter: LogFilter) -> Result<Vec<Entry>, LogReadError> {
    let with_bodies = filter.bodies;
    let rows = gw.store.scim_log(org, src, filter).await?;
    let mut entries = opened(gw, (org, src), rows).await?;
    if !with_bodies {
        entries.iter_mut().for_each(|entry| entry.carried.bodies = None);
    }
    Ok(entries)
}

/// One entry, with request and answer.
///
/// # Errors
/// When the store fails, or the entry cannot be opened.
pub async fn entry(gw: &Gateway, org: OrgNo, src: SourceNo, id: LogId) -> Result<Option<Entry>, LogReadError> {
    let row = gw.store.scim_log_entry(org, src, id).await?;
    Ok(opened(gw, (org, src), row.into_iter().collect()).await?.pop())
}

async fn opened(gw: &Gateway, whose: (OrgNo, SourceNo), rows: Vec<EntryRow>) -> Result<Vec<Entry>, LogReadError> {
    let mut shared = from_blocks(gw, whose, &rows).await?;
    let open = |row: EntryRow| {
        let own = |column, sealed: &Option<Vec<u8>>| {
            sealed.as_ref().map(|sealed| sealed::unseal(gw, whose, row.id, column, sealed)).transpose()
        };
        let carried = match row.block {
            // A block may have gone between the two questions, and its entries with it.
            Some(_) => shared.remove(&row.id).unwrap_or_default(),
            None => Carried { head: own(HEAD, &row.head)?, bodies: own(BODIES, &row.bodies)? },
        };
        Ok(Entry { row, carried })
    };
    rows.into_iter().map(open).collect()
}

/// What these entries have in blocks; of each block no more is kept than what they ask for.
async fn from_blocks(
    gw: &Gateway,
    whose: (OrgNo, SourceNo),
    rows: &[EntryRow],
) -> Result<HashMap<LogId, Carried>, LogReadError> {
    let blocks: Vec<_> = rows.iter().filter_map(|row| row.block).collect::<BTreeSet<_>>().into_iter().collect();
    let wanted: BTreeSet<_> = rows.iter().filter(|row| row.block.is_some()).map(|row| row.id).collect();
    let mut found = HashMap::new();
    for some in blocks.chunks(AT_ONCE) {
        for one in gw.store.scim_log_blocks(whose.0, whose.1, some.to_vec()).await? {
            let carried = block::open(gw, whose, one.id, &one.sealed)?;
            found.extend(carried.into_iter().filter(|(id, _)| wanted.contains(id)));
        }
    }
    Ok(found)
}
