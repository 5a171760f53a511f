//! Reading the SCIM log of one directory: for programs of its organization, and for the operator.

use super::{ConsoleError, directories, organizations, users};
use crate::base::ids::{EventId, LogId, OrgNo, ResourceId};
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::service::provisioning::{self, DirectoryCaller};
use crate::service::scim_log::{self, Entry, EntryView, LogFilter, RecordedCall};
use crate::store::directories::DirectoryRow;
use crate::store::{Done, Tx, audit};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Entries of one page.
pub const PAGE: usize = 200;
/// How far a follower looks back: what another instance numbered a moment earlier may be written a moment later.
const LATE: i64 = 2;

/// A directory whose log is read.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its organization.
    pub org: OrgNo,
    /// The directory.
    pub directory: DirectoryRow,
}

/// The directory that a program of the organization asks for.
///
/// # Errors
/// [`ConsoleError::NoOrganization`] also for a neighbour's slug, [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn of_caller(gw: &Gateway, org: OrgNo, slug: &str, key: &str) -> Result<Logged, ConsoleError> {
    let (slug, key) = (slug.to_owned(), key.to_owned());
    let work = async move |tx: &mut Tx| {
        users::own(tx, &slug).await?;
        Ok(Logged { org, directory: directories::of_key(tx, &key).await? })
    };
    gw.store.read(org, work).await
}

/// The directory that the operator asks for.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn of_operator(gw: &Gateway, slug: &str, key: &str) -> Result<Logged, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    of_caller(gw, org, slug, key).await
}

/// Which entries are asked for, as texts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// Calls from here on (RFC 3339).
    pub since: Option<String>,
    /// Calls before (RFC 3339).
    pub until: Option<String>,
    /// `2xx` to `5xx`, or a status.
    pub status: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// The id of the resource in the address.
    pub resource: Option<String>,
    /// `true`: refused calls alone.
    pub refused: Option<String>,
    /// The id of a rewrite.
    pub quirk: Option<String>,
    /// The cursor: entries before this one.
    pub before: Option<String>,
    /// How many, 200 at most.
    pub limit: Option<String>,
}

fn instant(field: &'static str, text: Option<&String>) -> Result<Option<DateTime<Utc>>, ConsoleError> {
    let parse = |text: &String| DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    let rule = "is no instant; write it as 2026-01-31T12:00:00Z";
    text.map(parse).transpose().map_err(|_| ConsoleError::Filter { field, rule })
}

fn statuses(text: &str) -> Option<(u16, u16)> {
    if let Some(class) = text.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class))?;
        return Some((class * 100, class * 100 + 99));
    }
    text.parse().ok().filter(|status| (100..600).contains(status)).map(|status| (status, status))
}

impl LogQuery {
    /// The filter.
    ///
    /// # Errors
    /// [`ConsoleError::Filter`] with the field that cannot be read.
    pub fn filter(&self) -> Result<LogFilter, ConsoleError> {
        let bad = |field, rule| ConsoleError::Filter { field, rule };
        let status = self.status.as_deref().map(|text| {
            statuses(text).ok_or_else(|| bad("status", "is neither a class such as 4xx nor a status such as 409"))
        });
        let resource = self.resource.as_deref().map(|text| {
            text.parse::<ResourceId>().map_err(|_| bad("resource", "is no id of a User or Group of this directory"))
        });
        let refused = match self.refused.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad("refused", "is neither true nor false")),
        };
        let quirk = self.quirk.clone();
        if quirk.as_ref().is_some_and(|id| !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
            return Err(bad("quirk", "is no id of a rewrite; see …/log/quirks"));
        }
        let before = self
            .before
            .as_deref()
            .map(|text| text.parse::<LogId>().map_err(|_| bad("before", "is no cursor; send what `next` said")));
        let limit = self.limit.as_deref().map(|text| {
            text.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(|| bad("limit", "is no number above 0"))
        });
        Ok(LogFilter {
            since: instant("since", self.since.as_ref())?,
            until: instant("until", self.until.as_ref())?,
            status: status.transpose()?,
            method: self.method.as_ref().map(|method| method.to_ascii_uppercase()),
            resource: resource.transpose()?,
            refused,
            quirk,
            before: before.transpose()?,
            bodies: false,
            limit: limit.transpose()?.unwrap_or(100).min(PAGE),
        })
    }
}

/// A page of entries, newest first; `next` is the cursor of the following page.
#[derive(Debug, Serialize)]
pub struct LogPage {
    /// The entries.
    pub entries: Vec<EntryView>,
    /// Goes into `before`; `null` on the last page.
    pub next: Option<LogId>,
}

/// A page of a log. Personal values are masked unless they are asked for `clear`.
///
/// # Errors
/// When the store fails, or an entry cannot be opened.
pub async fn page(gw: &Gateway, logged: &Logged, filter: LogFilter, clear: bool) -> Result<LogPage, ConsoleError> {
    let limit = filter.limit;
    let entries = scim_log::entries(gw, logged.org, logged.directory.src, filter).await?;
    let next = entries.last().filter(|_| entries.len() == limit).map(|entry| entry.head.id());
    let entries = entries.iter().map(|entry| EntryView::of(entry, clear)).collect();
    Ok(LogPage { entries, next })
}

/// An audit event of the same request.
#[derive(Debug, Clone, Serialize)]
pub struct EventOfCall {
    /// Its id.
    pub id: EventId,
    /// What was done.
    pub deed: String,
    /// To whom or what.
    pub target: Option<String>,
}

/// One entry, with request and answer, and what the audit has of the same request.
#[derive(Debug, Serialize)]
pub struct WholeEntry {
    /// The entry.
    #[serde(flatten)]
    pub entry: EntryView,
    /// The audit events of the call.
    pub events: Vec<EventOfCall>,
}

/// One entry.
///
/// # Errors
/// [`ConsoleError::NoEntry`], or when the store fails.
pub async fn entry(gw: &Gateway, logged: &Logged, id: LogId, clear: bool) -> Result<WholeEntry, ConsoleError> {
    let found = opened(gw, logged, id).await?;
    let (head, entry) = (&found.head, EntryView::of(&found, clear));
    let events = match head.request().cloned() {
        Some(request) => {
            let from = head.at() - Duration::seconds(1);
            let to = head.at() + head.took() + Duration::seconds(1);
            let work = async move |tx: &mut Tx| audit::of_request(tx, &request, from, to).await;
            gw.store.read(logged.org, work).await?
        }
        None => Vec::new(),
    };
    let of_call = |event: audit::Event| EventOfCall { id: event.id, deed: event.deed, target: event.target };
    Ok(WholeEntry { entry, events: events.into_iter().map(of_call).collect() })
}

/// An entry with what its call carried.
///
/// # Errors
/// [`ConsoleError::NoEntry`], or when the store fails.
pub async fn opened(gw: &Gateway, logged: &Logged, id: LogId) -> Result<Entry, ConsoleError> {
    scim_log::entry(gw, logged.org, logged.directory.src, id).await?.ok_or(ConsoleError::NoEntry)
}

/// The call of an entry, and the directory that made it, for a dry run on `gw`.
///
/// # Errors
/// [`ConsoleError::Replay`] for a call that the log does not have whole, or when the store fails.
pub async fn stand_in(
    gw: &Gateway,
    logged: &Logged,
    entry: &Entry,
) -> Result<(RecordedCall, DirectoryCaller), ConsoleError> {
    let (call, credential) = scim_log::recall(entry)?;
    let who = provisioning::standing_in(gw, logged.org, logged.directory.clone(), credential).await?;
    Ok((call, who))
}

/// How often a rewrite was needed.
#[derive(Debug, Clone, Serialize)]
pub struct QuirkCount {
    /// The rewrite.
    pub id: String,
    /// Calls that needed it.
    pub calls: i64,
    /// The first of them.
    pub first: DateTime<Utc>,
    /// The last of them.
    pub last: DateTime<Utc>,
}

/// The rewrites that a directory's calls needed, the most frequent first. They are counted for good: the entries
/// behind them may be gone.
///
/// # Errors
/// When the store fails.
pub async fn quirks(gw: &Gateway, logged: &Logged) -> Result<Vec<QuirkCount>, ConsoleError> {
    let rows = gw.store.scim_log_quirks(logged.org, logged.directory.src).await?;
    let count = |row: crate::store::scim_log::QuirkRow| QuirkCount {
        id: row.quirk,
        calls: row.calls,
        first: row.first,
        last: row.last,
    };
    Ok(rows.into_iter().map(count).collect())
}

/// Notes that somebody looks at clear values.
///
/// # Errors
/// When the store fails; then nothing is to be shown.
pub async fn note_revealed(gw: &Gateway, logged: &Logged, actor: &Actor) -> Result<(), ConsoleError> {
    let target = Some(logged.directory.id.to_string());
    let record = gw.record(actor, Deed::ScimLogRevealed, target, json!({"key": logged.directory.key}));
    let work = async move |_: &mut Tx| Ok::<_, ConsoleError>(Done::of(()).and(record.clone()));
    gw.store.write(logged.org, work).await
}

/// Reads a log as it grows, also beside a running server.
#[derive(Debug, Default)]
pub struct Follower {
    filter: LogFilter,
    newest: Option<DateTime<Utc>>,
    seen: BTreeSet<LogId>,
}

impl Follower {
    /// Follows what a filter lets through, from `start` on.
    #[must_use]
    pub fn from(filter: LogFilter, start: DateTime<Utc>) -> Self {
        Self { filter, newest: Some(start), seen: BTreeSet::new() }
    }

    /// Entries that were shown already.
    pub fn pass_over(&mut self, shown: impl IntoIterator<Item = LogId>) {
        self.seen.extend(shown);
    }

    /// What is new, oldest first; each entry once.
    ///
    /// # Errors
    /// When the store fails, or an entry cannot be opened.
    pub async fn more(&mut self, gw: &Gateway, logged: &Logged, clear: bool) -> Result<Vec<EntryView>, ConsoleError> {
        let after = LogId::floor(self.newest.unwrap_or_default() - Duration::seconds(LATE));
        self.seen = self.seen.split_off(&after);
        let (mut new, mut block) = (Vec::new(), after);
        let whose = (logged.org, logged.directory.src);
        while let Some((entries, last)) = scim_log::behind(gw, whose, &self.filter, after, block).await? {
            block = last;
            for entry in &entries {
                self.newest = self.newest.max(Some(entry.head.at()));
                if self.seen.insert(entry.head.id()) {
                    new.push(EntryView::of(entry, clear));
                }
            }
        }
        Ok(new)
    }
}
