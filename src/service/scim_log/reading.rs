//! Reading the log: blocks are opened as far as what is asked for reaches, and each entry is looked at.

use super::block;
use super::entry::{Entry, Head};
use crate::base::ids::{LogId, OrgNo, ResourceId, SourceNo};
use crate::base::seal::SealError;
use crate::service::Gateway;
use crate::store::StoreError;
use crate::store::scim_log::BlockRange;
use chrono::{DateTime, Utc};
use std::ops::Bound::{Excluded, Included, Unbounded};

/// Why an entry cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum LogReadError {
    /// It was sealed under another master key, or it was changed.
    #[error("an entry of the SCIM log cannot be opened")]
    Sealed(#[from] SealError),
    /// It has another form than this program gives.
    #[error("an entry of the SCIM log is not as this program writes it")]
    Form,
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Calls from here on.
    pub since: Option<DateTime<Utc>>,
    /// Calls before.
    pub until: Option<DateTime<Utc>>,
    /// Statuses from and to, both included.
    pub status: Option<(u16, u16)>,
    /// The method.
    pub method: Option<String>,
    /// The resource in the address.
    pub resource: Option<ResourceId>,
    /// Refused calls alone: 4xx, 5xx, and what broke off.
    pub refused: bool,
    /// Calls that needed this rewrite.
    pub quirk: Option<String>,
    /// Entries before this one.
    pub before: Option<LogId>,
    /// Whether request and answer are wanted.
    pub bodies: bool,
    /// How many.
    pub limit: usize,
}

impl LogFilter {
    fn lets_through(&self, head: &Head) -> bool {
        self.since.is_none_or(|since| head.at() >= since)
            && self.until.is_none_or(|until| head.at() < until)
            && self.status.is_none_or(|(from, to)| (from..=to).contains(&head.status))
            && self.method.as_ref().is_none_or(|method| *method == head.method)
            && self.resource.is_none_or(|resource| head.resource() == Some(resource))
            && (!self.refused || head.status >= 400 || head.status == 0)
            && self.quirk.as_ref().is_none_or(|quirk| head.quirks.contains(quirk))
            && self.before.is_none_or(|before| head.id() < before)
    }
}

/// A page of a directory's entries, newest first.
///
/// # Errors
/// When the store fails, or an entry cannot be opened.
pub async fn entries(gw: &Gateway, org: OrgNo, src: SourceNo, filter: LogFilter) -> Result<Vec<Entry>, LogReadError> {
    // An id is minted when the call is over, so that its time is never before the call's.
    let from = filter.since.map_or(Unbounded, |since| Included(LogId::floor(since)));
    let mut range = BlockRange::newest_first(from, filter.before, filter.bodies);
    let mut found: Vec<Entry> = Vec::new();
    loop {
        let rows = gw.store.scim_log_blocks(org, src, range).await?;
        for row in &rows {
            found.extend(block::entries(gw, row, |head| filter.lets_through(head))?);
        }
        found.sort_by_key(|entry| std::cmp::Reverse(entry.head.id()));
        found.truncate(filter.limit);
        let Some(last) = rows.last() else { return Ok(found) };
        // Blocks of several instances may reach into each other; nothing of those behind is newer than this one's newest.
        if found.len() == filter.limit && found.last().is_none_or(|entry| entry.head.id() > last.id) {
            return Ok(found);
        }
        range.newest.1 = Excluded(last.id);
    }
}

/// One entry, with request and answer.
///
/// # Errors
/// When the store fails, or the entry cannot be opened.
pub async fn entry(gw: &Gateway, org: OrgNo, src: SourceNo, id: LogId) -> Result<Option<Entry>, LogReadError> {
    let mut range = BlockRange { oldest_to: Some(id), ..BlockRange::oldest_first(Included(id), true) };
    loop {
        let rows = gw.store.scim_log_blocks(org, src, range).await?;
        for row in &rows {
            if let Some(entry) = block::entries(gw, row, |head| head.id() == id)?.pop() {
                return Ok(Some(entry));
            }
        }
        let Some(last) = rows.last() else { return Ok(None) };
        range.newest.0 = Excluded(last.id);
    }
}

/// What the next few blocks behind `block` have of entries behind `after`, and the last of these blocks: for who follows
/// the log. `None` where there is no block.
///
/// # Errors
/// When the store fails, or an entry cannot be opened.
pub async fn behind(
    gw: &Gateway,
    (org, src): (OrgNo, SourceNo),
    filter: &LogFilter,
    after: LogId,
    block: LogId,
) -> Result<Option<(Vec<Entry>, LogId)>, LogReadError> {
    let range = BlockRange::oldest_first(Excluded(block), filter.bodies);
    let rows = gw.store.scim_log_blocks(org, src, range).await?;
    let mut found = Vec::new();
    for row in &rows {
        found.extend(block::entries(gw, row, |head| head.id() > after && filter.lets_through(head))?);
    }
    Ok(rows.last().map(|last| (found, last.id)))
}
