//! The SCIM log: blocks of entries, written outside of any unit of a call; on SQLite in a file of their own.

use super::engine::{Insert, Row, Val, args, vals};
use super::{Done, Store, StoreError};
use crate::base::ids::{LogId, OrgNo, SourceNo};
use chrono::{DateTime, Utc};
use std::ops::Bound::{self, Excluded, Included, Unbounded};

/// For batches and bounds that concern several organizations.
const NOBODY: OrgNo = OrgNo(0);
/// Blocks that one statement gives or takes away: where bodies are asked for, each may have half a megabyte.
const CHUNK: i64 = 100;
const CHUNK_WITH_BODIES: i64 = 10;

/// Entries of a directory that were written together: sealed.
#[derive(Debug, Clone)]
pub struct BlockRow {
    /// The organization.
    pub org: OrgNo,
    /// The directory.
    pub src: SourceNo,
    /// The id of the newest entry.
    pub id: LogId,
    /// The id of the oldest.
    pub oldest: LogId,
    /// How many there are.
    pub entries: i64,
    /// What a list shows of them.
    pub heads: Vec<u8>,
    /// Requests and answers; `None` where they were not asked for.
    pub bodies: Option<Vec<u8>>,
}

/// How much a block has.
#[derive(Debug, Clone, Copy)]
pub struct BlockSize {
    /// The id of the newest entry.
    pub id: LogId,
    /// The id of the oldest.
    pub oldest: LogId,
    /// How many there are.
    pub entries: i64,
}

/// Which blocks are asked for: some of them, of which the last leads to the next.
#[derive(Debug, Clone, Copy)]
pub struct BlockRange {
    /// Between which ids their newest entry is.
    pub newest: (Bound<LogId>, Bound<LogId>),
    /// An id that their oldest entry is not behind.
    pub oldest_to: Option<LogId>,
    /// By their newest entry: the oldest block first, or the newest.
    pub upward: bool,
    /// Whether bodies are wanted.
    pub bodies: bool,
}

impl BlockRange {
    /// The newest block first.
    #[must_use]
    pub fn newest_first(from: Bound<LogId>, oldest_to: Option<LogId>, bodies: bool) -> Self {
        Self { newest: (from, Unbounded), oldest_to, upward: false, bodies }
    }

    /// The oldest block first.
    #[must_use]
    pub fn oldest_first(from: Bound<LogId>, bodies: bool) -> Self {
        Self { newest: (from, Unbounded), oldest_to: None, upward: true, bodies }
    }

    /// The conditions with their arguments, behind those of organization and directory.
    fn conditions(&self, args: &mut Vec<Val>) -> String {
        let bound = |bound, included, excluded| match bound {
            Unbounded => None,
            Included(id) => Some((included, id)),
            Excluded(id) => Some((excluded, id)),
        };
        let bounds = [
            bound(self.newest.0, "id >=", "id >"),
            bound(self.newest.1, "id <=", "id <"),
            self.oldest_to.map(|id| ("oldest <=", id)),
        ];
        let mut text = String::new();
        for (condition, id) in bounds.into_iter().flatten() {
            args.push(id.into());
            text.push_str(&format!(" AND {condition} ${}", args.len()));
        }
        text
    }
}

/// How often a rewrite was needed.
#[derive(Debug, Clone)]
pub struct QuirkRow {
    /// The organization.
    pub org: OrgNo,
    /// The directory.
    pub src: SourceNo,
    /// The rewrite's id.
    pub quirk: String,
    /// Calls that needed it.
    pub calls: i64,
    /// The first of them.
    pub first: DateTime<Utc>,
    /// The last of them.
    pub last: DateTime<Utc>,
}

impl QuirkRow {
    /// Of a rewrite that no call has needed yet.
    #[must_use]
    pub fn none(org: OrgNo, src: SourceNo, quirk: &str, at: DateTime<Utc>) -> Self {
        Self { org, src, quirk: quirk.to_owned(), calls: 0, first: at, last: at }
    }

    /// Counts a call.
    pub fn count(&mut self, at: DateTime<Utc>) {
        self.calls += 1;
        (self.first, self.last) = (self.first.min(at), self.last.max(at));
    }
}

static BLOCKS: Insert = Insert::new("scim_log_block", "org, src, id, oldest, entries, heads, bodies", "");

static QUIRKS: Insert = Insert::new(
    "scim_log_quirk",
    "org, src, quirk, calls, first, last",
    "ON CONFLICT (org, src, quirk) DO UPDATE SET calls = scim_log_quirk.calls + excluded.calls, \
           last = excluded.last",
);

static TALLIES: Insert = Insert::new(
    "scim_log_tally",
    "org, src, entries",
    "ON CONFLICT (org, src) DO UPDATE SET entries = scim_log_tally.entries + excluded.entries",
);

impl Store {
    /// Writes blocks, and counts the rewrites that their calls needed.
    ///
    /// # Errors
    /// When the database fails; then none of them is kept.
    pub async fn append_scim_log(&self, blocks: Vec<BlockRow>, quirks: Vec<QuirkRow>) -> Result<(), StoreError> {
        let mut tallies = std::collections::BTreeMap::new();
        for block in &blocks {
            *tallies.entry((block.org, block.src)).or_insert(0_i64) += block.entries;
        }
        let work = async move |tx: &mut super::Tx| {
            let block = |row: &BlockRow| {
                vals![row.org, row.src, row.id, row.oldest, row.entries, row.heads.clone(), row.bodies.clone()]
            };
            tx.conn.insert_later(&BLOCKS, blocks.iter().map(block).collect()).await?;
            let count = |row: &QuirkRow| vals![row.org, row.src, &row.quirk, row.calls, row.first, row.last];
            tx.conn.insert_later(&QUIRKS, quirks.iter().map(count).collect()).await?;
            let tally = |(key, n): (&(OrgNo, SourceNo), &i64)| vals![key.0, key.1, *n];
            tx.conn.insert_later(&TALLIES, tallies.iter().map(tally).collect()).await?;
            Ok::<_, StoreError>(Done::of(()))
        };
        self.of_log().write(NOBODY, work).await
    }

    /// The first blocks of a directory in a range; none where the range has none any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scim_log_blocks(
        &self,
        org: OrgNo,
        src: SourceNo,
        range: BlockRange,
    ) -> Result<Vec<BlockRow>, StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let mut args = vals![org, src];
            let conditions = range.conditions(&mut args);
            args.push(if range.bodies { CHUNK_WITH_BODIES } else { CHUNK }.into());
            let (bodies, order) =
                (if range.bodies { ", bodies" } else { "" }, if range.upward { "ASC" } else { "DESC" });
            let sql = format!(
                "SELECT id, oldest, entries, heads{bodies} FROM scim_log_block WHERE org = $1 AND src = $2{conditions} \
                 ORDER BY id {order} LIMIT ${}",
                args.len()
            );
            let read = |row: &Row| {
                Ok(BlockRow {
                    org,
                    src,
                    id: LogId(row.key(0)?),
                    oldest: LogId(row.key(1)?),
                    entries: row.int(2)?,
                    heads: row.blob(3)?,
                    bodies: range.bodies.then(|| row.blob(4)).transpose()?,
                })
            };
            tx.conn.all(sql, &args).await?.iter().map(read).collect()
        };
        self.of_log().read(org, work).await
    }

    /// How often each rewrite was needed by a directory, the most frequent first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scim_log_quirks(&self, org: OrgNo, src: SourceNo) -> Result<Vec<QuirkRow>, StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let sql = "SELECT org, src, quirk, calls, first, last FROM scim_log_quirk WHERE org = $1 AND src = $2 \
                       ORDER BY calls DESC, quirk";
            let read = |row: &Row| {
                Ok(QuirkRow {
                    org: OrgNo(row.int(0)?),
                    src: SourceNo(row.int(1)?),
                    quirk: row.text(2)?,
                    calls: row.int(3)?,
                    first: row.time(4)?,
                    last: row.time(5)?,
                })
            };
            tx.conn.all(sql, args![org, src]).await?.iter().map(read).collect()
        };
        self.of_log().read(org, work).await
    }

    /// The directories that have a log, each with the number of its entries.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scim_log_tallies(&self) -> Result<Vec<(OrgNo, SourceNo, i64)>, StoreError> {
        let work = async |tx: &mut super::Tx| {
            let rows = tx.conn.all("SELECT org, src, entries FROM scim_log_tally", &[]).await?;
            rows.iter().map(|row| Ok((OrgNo(row.int(0)?), SourceNo(row.int(1)?), row.int(2)?))).collect()
        };
        self.of_log().read(NOBODY, work).await
    }

    /// The first of a directory's blocks, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_scim_log_blocks(&self, org: OrgNo, src: SourceNo) -> Result<Vec<BlockSize>, StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let sql = "SELECT id, oldest, entries FROM scim_log_block WHERE org = $1 AND src = $2 ORDER BY id LIMIT $3";
            let read =
                |row: &Row| Ok(BlockSize { id: LogId(row.key(0)?), oldest: LogId(row.key(1)?), entries: row.int(2)? });
            tx.conn.all(sql, args![org, src, CHUNK]).await?.iter().map(read).collect()
        };
        self.of_log().read(org, work).await
    }

    /// Takes away the blocks of a directory up to this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_scim_log_to(&self, org: OrgNo, src: SourceNo, last: LogId) -> Result<(), StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let sql = "DELETE FROM scim_log_block WHERE org = $1 AND src = $2 AND id <= $3 RETURNING entries";
            let mut gone = 0;
            for row in tx.conn.all(sql, args![org, src, last]).await? {
                gone += row.int(0)?;
            }
            discount(tx, src, gone).await?;
            Ok::<_, StoreError>(Done::of(()))
        };
        self.of_log().write(org, work).await
    }

    /// Puts a block in the place of itself when it had this many `entries`; another instance may have been first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trim_scim_log_block(&self, row: BlockRow, entries: i64) -> Result<(), StoreError> {
        let org = row.org;
        let work = async move |tx: &mut super::Tx| {
            let sql = "UPDATE scim_log_block SET oldest = $4, entries = $5, heads = $6, bodies = $7 \
                       WHERE org = $1 AND src = $2 AND id = $3 AND entries = $8";
            let (heads, bodies) = (row.heads.clone(), row.bodies.clone());
            let args = args![row.org, row.src, row.id, row.oldest, row.entries, heads, bodies, entries];
            if tx.conn.exec(sql, args).await? == 1 {
                discount(tx, row.src, entries - row.entries).await?;
            }
            Ok::<_, StoreError>(Done::of(()))
        };
        self.of_log().write(org, work).await
    }
}

/// So many entries of a directory have gone.
async fn discount(tx: &mut super::Tx, src: SourceNo, gone: i64) -> Result<(), StoreError> {
    let sql = "UPDATE scim_log_tally SET entries = entries - $3 WHERE org = $1 AND src = $2";
    tx.conn.exec(sql, args![tx.org(), src, gone]).await?;
    Ok(())
}
