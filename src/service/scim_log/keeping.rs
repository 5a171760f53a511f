//! Keeps the log within its days and its entries: the oldest go first, by whole blocks; the block at the edge is written
//! anew without those that go.

use super::block::{self, Plain, Whose};
use super::entry::Entry;
use super::reading::LogReadError;
use crate::base::ids::{LogId, OrgNo, SourceNo};
use crate::service::Gateway;
use crate::store::scim_log::{BlockRange, BlockRow};
use std::ops::Bound::Included;

/// Keeps the log of every directory within its days and its entries.
///
/// # Errors
/// When the store fails, or a block at the edge cannot be opened; what was taken away stays so.
pub async fn forget(gw: &Gateway) -> Result<(), LogReadError> {
    let bound = LogId::floor(gw.sources.now() - gw.settings.scim_log);
    let mut forgotten = Ok(());
    for (org, src, entries) in gw.store.scim_log_tallies().await? {
        let excess = (entries - gw.settings.scim_log_entries).max(0);
        // One that fails keeps no other one waiting.
        forgotten = forgotten.and(forget_of(gw, (org, src), bound, excess).await);
    }
    forgotten
}

/// Takes away what is older than `bound`, and `excess` of the oldest entries.
async fn forget_of(
    gw: &Gateway,
    (org, src): (OrgNo, SourceNo),
    bound: LogId,
    mut excess: i64,
) -> Result<(), LogReadError> {
    loop {
        let blocks = gw.store.oldest_scim_log_blocks(org, src).await?;
        let (mut last, mut edge) = (None, None);
        for block in &blocks {
            if block.id >= bound && block.entries > excess {
                edge = Some(block).filter(|block| block.oldest < bound || excess > 0);
                break;
            }
            excess = (excess - block.entries).max(0);
            last = Some(block.id);
        }
        if let Some(last) = last {
            gw.store.forget_scim_log_to(org, src, last).await?;
        }
        if let Some(edge) = edge {
            trim(gw, (org, src), edge.id, bound, excess).await?;
        }
        if last.is_none() || last != blocks.last().map(|block| block.id) {
            return Ok(());
        }
    }
}

/// Writes a block anew without entries that are older than `bound`, and without its `excess` oldest.
async fn trim(
    gw: &Gateway,
    (org, src): (OrgNo, SourceNo),
    id: LogId,
    bound: LogId,
    excess: i64,
) -> Result<(), LogReadError> {
    let range = BlockRange { newest: (Included(id), Included(id)), ..BlockRange::oldest_first(Included(id), true) };
    for row in gw.store.scim_log_blocks(org, src, range).await? {
        let mut entries = block::entries(gw, &row, |_| true)?;
        let excess = usize::try_from(excess).unwrap_or_default();
        let gone = entries.iter().take_while(|entry| entry.head.id() < bound).count().max(excess);
        let kept = entries.split_off(gone.min(entries.len()));
        let entries = i64::try_from(kept.len()).unwrap_or(i64::MAX);
        let (Some(oldest), mut plain) = (kept.first().map(|entry| entry.head.id()), Plain::default()) else { continue };
        for Entry { head, bodies } in kept {
            plain.add(&head, &bodies.unwrap_or_default());
        }
        let (heads, bodies) = Whose { org, src, id }.sealed(gw, &plain, &mut Vec::new());
        gw.store
            .trim_scim_log_block(BlockRow { oldest, entries, heads, bodies: Some(bodies), ..row }, row.entries)
            .await?;
    }
    Ok(())
}
