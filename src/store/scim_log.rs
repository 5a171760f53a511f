//! The SCIM log: entries written in batches, outside of any unit of a call; on SQLite in a file of their own.

use super::engine::{Insert, Row, Val, args, vals};
use super::members::push_list;
use super::{Done, Store, StoreError};
use crate::base::ids::{LogId, OrgNo, ResourceId, SourceNo};
use chrono::{DateTime, Utc};

/// For batches and bounds that concern several organizations.
const NOBODY: OrgNo = OrgNo(0);
/// Entries that one statement takes away.
const CHUNK: i64 = 1000;
/// Behind every entry.
const LAST: LogId = LogId([0xff; 16]);

/// An entry as it is kept. What the call carried is sealed.
#[derive(Debug, Clone)]
pub struct EntryRow {
    /// The organization.
    pub org: OrgNo,
    /// The directory.
    pub src: SourceNo,
    /// Its id: grows with each entry that one instance writes.
    pub id: LogId,
    /// When the call came.
    pub at: DateTime<Utc>,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// The method; empty where the entry only tells of a loss.
    pub method: String,
    /// The template of the path, as `/Users/{id}`.
    pub path: String,
    /// The resource in the address.
    pub resource: Option<ResourceId>,
    /// The status; 0 where the call broke off.
    pub status: i64,
    /// The `scimType` of the refusal.
    pub scim_type: Option<String>,
    /// Why the call was turned away before it was looked at.
    pub refusal: Option<String>,
    /// What was presented in place of a token of this directory, told safely.
    pub hint: Option<String>,
    /// How many calls are not in the log, at this place.
    pub lost: i64,
    /// The request id.
    pub request: Option<String>,
    /// What kind of credential called: `token` or `client`.
    pub caller_kind: Option<String>,
    /// Its id.
    pub caller: Option<String>,
    /// Its label.
    pub caller_label: Option<String>,
    /// The user agent, bounded.
    pub agent: Option<String>,
    /// The ids of the rewrites, each between commas.
    pub quirks: String,
    /// How many things were named as not applied.
    pub skipped: i64,
    /// Address, query, and what was skipped: sealed. `None` also where they are in the block.
    pub head: Option<Vec<u8>>,
    /// Request and answer: sealed. `None` also where they are in the block, or were not asked for.
    pub bodies: Option<Vec<u8>>,
    /// The block that has what the call carried, together with other entries of the directory.
    pub block: Option<LogId>,
}

/// What several entries of a directory carried.
#[derive(Debug, Clone)]
pub struct BlockRow {
    /// The organization.
    pub org: OrgNo,
    /// The directory.
    pub src: SourceNo,
    /// The id of the newest of the entries.
    pub id: LogId,
    /// All of it: sealed.
    pub sealed: Vec<u8>,
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

/// Which entries are asked for.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Calls from here on.
    pub since: Option<DateTime<Utc>>,
    /// Calls before.
    pub until: Option<DateTime<Utc>>,
    /// Statuses from and to, both included.
    pub status: Option<(i64, i64)>,
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
    /// Entries behind this one, oldest first; without it they come newest first.
    pub after: Option<LogId>,
    /// Whether request and answer are wanted.
    pub bodies: bool,
    /// How many.
    pub limit: i64,
}

const COLUMNS: &str = "org, src, id, at, micros, method, path, resource, status, scim_type, refusal, hint, lost, request, \
                       caller_kind, caller, caller_label, agent, quirks, skipped, head, block, bodies";

static ENTRIES: Insert = Insert::new("scim_log", COLUMNS, "");

static BLOCKS: Insert = Insert::new("scim_log_block", "org, src, id, sealed", "");

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

fn values(row: EntryRow) -> Vec<Val> {
    vals![
        row.org,
        row.src,
        row.id,
        row.at,
        row.micros,
        row.method,
        row.path,
        row.resource.map(|id| id.0.to_vec()),
        row.status,
        row.scim_type,
        row.refusal,
        row.hint,
        row.lost,
        row.request,
        row.caller_kind,
        row.caller,
        row.caller_label,
        row.agent,
        row.quirks,
        row.skipped,
        row.head,
        row.block,
        row.bodies,
    ]
}

fn read(row: &Row) -> Result<EntryRow, StoreError> {
    Ok(EntryRow {
        org: OrgNo(row.int(0)?),
        src: SourceNo(row.int(1)?),
        id: LogId(row.key(2)?),
        at: row.time(3)?,
        micros: row.int(4)?,
        method: row.text(5)?,
        path: row.text(6)?,
        resource: row.opt_key(7)?.map(ResourceId),
        status: row.int(8)?,
        scim_type: row.opt_text(9)?,
        refusal: row.opt_text(10)?,
        hint: row.opt_text(11)?,
        lost: row.int(12)?,
        request: row.opt_text(13)?,
        caller_kind: row.opt_text(14)?,
        caller: row.opt_text(15)?,
        caller_label: row.opt_text(16)?,
        agent: row.opt_text(17)?,
        quirks: row.text(18)?,
        skipped: row.int(19)?,
        head: row.opt_blob(20)?,
        block: row.opt_key(21)?.map(LogId),
        bodies: row.opt_blob(22)?,
    })
}

/// The conditions of a page with their arguments, behind those of organization and directory.
fn conditions(filter: &LogFilter, args: &mut Vec<Val>) -> String {
    let mut text = String::new();
    let mut and = |condition: &str, value: Val| {
        args.push(value);
        text.push_str(&format!(" AND {condition} ${}", args.len()));
    };
    if let Some(since) = filter.since {
        // An id is minted when the call is over, so that its time is never before the call's.
        and("id >=", LogId::floor(since).into());
        and("at >=", since.into());
    }
    if let Some(until) = filter.until {
        and("at <", until.into());
    }
    if let Some((from, to)) = filter.status {
        and("status >=", from.into());
        and("status <=", to.into());
    }
    if let Some(method) = &filter.method {
        and("method =", method.into());
    }
    if let Some(resource) = filter.resource {
        and("resource =", resource.0.to_vec().into());
    }
    if let Some(quirk) = &filter.quirk {
        and("quirks LIKE", format!("%,{quirk},%").into());
    }
    if let Some(before) = filter.before {
        and("id <", before.into());
    }
    if let Some(after) = filter.after {
        and("id >", after.into());
    }
    if filter.refused {
        text.push_str(" AND (status >= 400 OR status = 0)");
    }
    text
}

impl Store {
    /// Writes entries with their blocks, and counts the rewrites that they needed.
    ///
    /// # Errors
    /// When the database fails; then none of them is kept.
    pub async fn append_scim_log(
        &self,
        entries: Vec<EntryRow>,
        blocks: Vec<BlockRow>,
        quirks: Vec<QuirkRow>,
    ) -> Result<(), StoreError> {
        let mut tallies = std::collections::BTreeMap::new();
        for entry in &entries {
            *tallies.entry((entry.org, entry.src)).or_insert(0_i64) += 1;
        }
        let work = async move |tx: &mut super::Tx| {
            tx.conn.insert_later(&ENTRIES, entries.iter().cloned().map(values).collect()).await?;
            let block = |row: &BlockRow| vals![row.org, row.src, row.id, row.sealed.clone()];
            tx.conn.insert_later(&BLOCKS, blocks.iter().map(block).collect()).await?;
            let count = |row: &QuirkRow| vals![row.org, row.src, &row.quirk, row.calls, row.first, row.last];
            tx.conn.insert_later(&QUIRKS, quirks.iter().map(count).collect()).await?;
            let tally = |(key, n): (&(OrgNo, SourceNo), &i64)| vals![key.0, key.1, *n];
            tx.conn.insert_later(&TALLIES, tallies.iter().map(tally).collect()).await?;
            Ok::<_, StoreError>(Done::of(()))
        };
        self.of_log().write(NOBODY, work).await
    }

    /// A page of a directory's entries: newest first, or oldest first behind `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scim_log(&self, org: OrgNo, src: SourceNo, filter: LogFilter) -> Result<Vec<EntryRow>, StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let mut args = vals![tx.org(), src];
            let conditions = conditions(&filter, &mut args);
            args.push(filter.limit.into());
            let columns =
                if filter.bodies { COLUMNS.to_owned() } else { COLUMNS.replace(", bodies", ", CAST(NULL AS {blob})") };
            let columns = super::engine::dialect::spell(tx.conn.dialect(), &columns);
            let order = if filter.after.is_some() { "ASC" } else { "DESC" };
            let sql = format!(
                "SELECT {columns} FROM scim_log WHERE org = $1 AND src = $2{conditions} ORDER BY id {order} LIMIT ${}",
                args.len()
            );
            tx.conn.all(sql, &args).await?.iter().map(read).collect()
        };
        self.of_log().read(org, work).await
    }

    /// One entry, with its bodies.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scim_log_entry(&self, org: OrgNo, src: SourceNo, id: LogId) -> Result<Option<EntryRow>, StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let sql = format!("SELECT {COLUMNS} FROM scim_log WHERE org = $1 AND src = $2 AND id = $3");
            tx.conn.one(sql, args![org, src, id]).await?.as_ref().map(read).transpose()
        };
        self.of_log().read(org, work).await
    }

    /// These blocks of a directory: a few, since each of them holds what hundreds of calls carried.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scim_log_blocks(
        &self,
        org: OrgNo,
        src: SourceNo,
        ids: Vec<LogId>,
    ) -> Result<Vec<BlockRow>, StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let mut sql = "SELECT id, sealed FROM scim_log_block WHERE org = $1 AND src = $2 AND id IN (".to_owned();
            let mut values = vals![org, src];
            let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
            push_list(&mut sql, &mut values, &ids);
            let rows = tx.conn.all(sql, &values).await?;
            let read = |row: &Row| Ok(BlockRow { org, src, id: LogId(row.key(0)?), sealed: row.blob(1)? });
            rows.iter().map(read).collect()
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

    /// Takes away entries older than `since`, and the oldest of each directory beyond `most`.
    ///
    /// # Errors
    /// When the database fails; what was taken away stays so.
    pub async fn forget_scim_log(&self, since: DateTime<Utc>, most: i64) -> Result<(), StoreError> {
        let tallies = async |tx: &mut super::Tx| {
            let rows = tx.conn.all("SELECT org, src, entries FROM scim_log_tally", &[]).await?;
            rows.iter().map(|row| Ok((OrgNo(row.int(0)?), SourceNo(row.int(1)?), row.int(2)?))).collect()
        };
        let tallies: Vec<_> = self.of_log().read::<_, StoreError, _>(NOBODY, tallies).await?;
        let old = LogId::floor(since);
        for (org, src, mut entries) in tallies {
            loop {
                let gone = self.take_from_scim_log(org, src, old, CHUNK).await?;
                entries -= gone;
                if gone < CHUNK {
                    break;
                }
            }
            while entries > most {
                let gone = self.take_from_scim_log(org, src, LAST, (entries - most).min(CHUNK)).await?;
                entries -= gone;
                if gone == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// One step: the oldest entries before `bound`, `limit` at most; how many that were.
    async fn take_from_scim_log(&self, org: OrgNo, src: SourceNo, bound: LogId, limit: i64) -> Result<i64, StoreError> {
        let work = async move |tx: &mut super::Tx| {
            let sql = "DELETE FROM scim_log WHERE org = $1 AND src = $2 AND id IN (SELECT id FROM scim_log \
                       WHERE org = $1 AND src = $2 AND id < $3 ORDER BY id LIMIT $4)";
            let gone = tx.conn.exec(sql, args![org, src, bound, limit]).await?;
            let gone = i64::try_from(gone).unwrap_or(i64::MAX);
            // A block goes when the newest of its entries has gone.
            let sql = "DELETE FROM scim_log_block WHERE org = $1 AND src = $2 AND id < COALESCE((SELECT id FROM scim_log \
                       WHERE org = $1 AND src = $2 ORDER BY id LIMIT 1), $3)";
            tx.conn.exec(sql, args![org, src, LAST]).await?;
            let sql = "UPDATE scim_log_tally SET entries = entries - $3 WHERE org = $1 AND src = $2";
            tx.conn.exec(sql, args![org, src, gone]).await?;
            Ok::<_, StoreError>(Done::of(gone))
        };
        self.of_log().write(org, work).await
    }
}
