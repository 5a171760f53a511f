//! The one writer of the log: gathers, seals, counts rewrites, writes batches.

use super::block::{self, Carried};
use super::call::Call;
use super::sealed::{self, BODIES, HEAD};
use super::{Item, Lost, Queue};
use crate::base::ids::{Growing, LogId, OrgNo, SourceNo};
use crate::protocol::scim::privacy::query_names_password;
use crate::service::Gateway;
use crate::store::scim_log::{BlockRow, EntryRow, QuirkRow};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Entries of one batch.
const BATCH: usize = 256;
/// Bytes of one batch, if it has more than one entry: each of them is held several times on its way to the database.
const BYTES: usize = 512 * 1024;
/// How long calls are gathered before they are written.
const PACE: Duration = Duration::from_millis(200);
/// Entries that are sealed before other tasks have their turn.
const AT_ONCE: usize = 16;

/// Writes what is pushed until the future is dropped. Of several writers of one log the first works.
pub async fn run(gw: Gateway) {
    let Some(queue) = gw.scim_log.0.clone() else { return };
    let taken = queue.end.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let Some(mut end) = taken else { return };
    let mut writer = Writer { gw, ids: Growing::default() };
    let mut items = Vec::with_capacity(BATCH);
    while end.recv_many(&mut items, BATCH).await > 0 {
        writer.turn(&queue, items.drain(..)).await;
        if end.len() < BATCH {
            tokio::select! {
                () = tokio::time::sleep(PACE) => {}
                () = queue.hurry.notified() => {}
            }
        }
    }
}

struct Writer {
    gw: Gateway,
    ids: Growing,
}

impl Writer {
    async fn turn(&mut self, queue: &Queue, items: impl Iterator<Item = Item>) {
        let (mut calls, mut bytes, mut waiting) = (Vec::new(), 0, Vec::new());
        for item in items {
            match item {
                Item::Call(call) => {
                    let size = call.size();
                    queue.held.fetch_sub(size, Ordering::Relaxed);
                    if bytes + size > BYTES {
                        self.write(queue, std::mem::take(&mut calls)).await;
                        bytes = 0;
                    }
                    bytes += size;
                    calls.push(*call);
                }
                Item::Flush(told) => waiting.push(told),
            }
        }
        self.write(queue, calls).await;
        for told in waiting {
            // Who went away need not hear it.
            let _ = told.send(());
        }
    }

    async fn write(&mut self, queue: &Queue, calls: Vec<Call>) {
        let lost = queue.take_lost();
        if calls.is_empty() && lost.is_empty() {
            return;
        }
        let quirks = counted(&calls);
        let mut rows = Vec::with_capacity(calls.len() + lost.len());
        let mut carried = BTreeMap::new();
        for (at, call) in calls.into_iter().enumerate() {
            if at % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let whose = (call.org, call.src);
            let (row, what) = self.entry(call);
            carried.entry(whose).or_insert_with(Vec::new).push((rows.len(), what));
            rows.push(row);
        }
        let mut blocks = Vec::new();
        for (whose, what) in carried {
            blocks.extend(self.seal(whose, what, &mut rows));
            tokio::task::yield_now().await;
        }
        rows.extend(lost.iter().map(|(whose, calls)| self.loss(*whose, *calls)));
        let mut concerned = Lost::new();
        for row in &rows {
            let calls = u64::try_from(row.lost).unwrap_or(0).max(u64::from(row.lost == 0));
            *concerned.entry((row.org, row.src)).or_default() += calls;
        }
        if let Err(error) = self.gw.store.append_scim_log(rows, blocks, quirks).await {
            tracing::error!(%error, "entries of the SCIM log could not be written; they are counted as lost");
            concerned.into_iter().for_each(|(whose, calls)| queue.lose(whose, calls));
        }
    }

    /// Seals what entries of one directory carried, each with its place in `rows`: a single one in its own row, several
    /// as a block.
    fn seal(
        &self,
        whose: (OrgNo, SourceNo),
        carried: Vec<(usize, Carried)>,
        rows: &mut [EntryRow],
    ) -> Option<BlockRow> {
        if let [(at, one)] = &carried[..] {
            let row = &mut rows[*at];
            let seal = |column, plain: &[u8]| sealed::seal(&self.gw, whose, row.id, column, plain);
            let (head, bodies) = (one.head.as_deref(), one.bodies.as_deref());
            (row.head, row.bodies) = (head.map(|head| seal(HEAD, head)), bodies.map(|bodies| seal(BODIES, bodies)));
            return None;
        }
        let newest = carried.last().map(|(at, _)| rows[*at].id)?;
        carried.iter().for_each(|(at, _)| rows[*at].block = Some(newest));
        let carried: Vec<_> = carried.into_iter().map(|(at, what)| (rows[at].id, what)).collect();
        let sealed = block::seal(&self.gw, whose, newest, &carried);
        Some(BlockRow { org: whose.0, src: whose.1, id: newest, sealed })
    }

    /// The row of a call, and what it carried.
    fn entry(&mut self, call: Call) -> (EntryRow, Carried) {
        let took = chrono::Duration::from_std(call.took).unwrap_or_default();
        let id = LogId(self.ids.next(&self.gw.sources, call.at + took));
        let quirks: String = call.applied.quirks().iter().map(|quirk| format!("{},", quirk.id())).collect();
        let carried = Carried { head: head(&call), bodies: bodies(&call) };
        let caller = call.caller.as_ref();
        let row = EntryRow {
            head: None,
            bodies: None,
            block: None,
            org: call.org,
            src: call.src,
            id,
            at: call.at,
            micros: i64::try_from(call.took.as_micros()).unwrap_or(i64::MAX),
            method: call.method,
            path: call.path.to_owned(),
            resource: call.resource,
            status: call.status.into(),
            scim_type: call.scim_type.map(str::to_owned),
            refusal: call.refusal.map(|refusal| refusal.as_str().to_owned()),
            hint: call.hint,
            lost: 0,
            request: call.request.as_deref().map(str::to_owned),
            caller_kind: caller.map(|caller| caller.kind.to_owned()),
            caller: caller.map(|caller| caller.id.to_string()),
            caller_label: caller.map(|caller| caller.label.to_string()),
            agent: call.agent,
            quirks: if quirks.is_empty() { quirks } else { format!(",{quirks}") },
            skipped: i64::try_from(call.skipped.len()).unwrap_or(i64::MAX),
        };
        (row, carried)
    }

    /// An entry that tells of calls without one.
    fn loss(&mut self, (org, src): (OrgNo, SourceNo), calls: u64) -> EntryRow {
        let at = self.gw.sources.now();
        EntryRow {
            org,
            src,
            id: LogId(self.ids.next(&self.gw.sources, at)),
            at,
            micros: 0,
            method: String::new(),
            path: String::new(),
            resource: None,
            status: 0,
            scim_type: None,
            refusal: None,
            hint: None,
            lost: i64::try_from(calls).unwrap_or(i64::MAX),
            request: None,
            caller_kind: None,
            caller: None,
            caller_label: None,
            agent: None,
            quirks: String::new(),
            skipped: 0,
            head: None,
            bodies: None,
            block: None,
        }
    }
}

/// Address, query and what was skipped: what is short, and read with every list.
fn head(call: &Call) -> Option<Vec<u8>> {
    let rebuilt = call.resource.map_or_else(|| call.path.to_owned(), |id| call.path.replace("{id}", &id.to_string()));
    let address = (rebuilt.trim_matches('/') != call.address.trim_matches('/')).then_some(call.address.as_bytes());
    let query = call.query.as_deref().filter(|query| !query.is_empty());
    let named = query.is_some_and(query_names_password);
    let query = if named { None } else { query };
    let note = named.then_some("the query was left out: it asks for a password");
    let skipped = call.skipped.join("\n");
    let skipped = (!skipped.is_empty()).then_some(skipped.as_bytes());
    let parts = [address, query.map(str::as_bytes), skipped, note.map(str::as_bytes)];
    parts.iter().any(Option::is_some).then(|| sealed::pack(&parts))
}

fn bodies(call: &Call) -> Option<Vec<u8>> {
    let (body, note) = sealed::fit(call.body.as_ref());
    let answer = call.answer.as_ref().map(|kept| &kept.bytes[..]);
    let cut = call.answer.as_ref().is_some_and(|kept| kept.cut).then_some(sealed::CUT);
    let precondition = call.precondition.as_deref().map(str::as_bytes);
    let parts = [body.as_deref(), note.map(str::as_bytes), answer, cut.map(str::as_bytes), precondition];
    parts.iter().any(Option::is_some).then(|| sealed::pack(&parts))
}

/// How often each rewrite stands in these calls.
fn counted(calls: &[Call]) -> Vec<QuirkRow> {
    let mut counts: BTreeMap<(OrgNo, SourceNo, &'static str), QuirkRow> = BTreeMap::new();
    for call in calls {
        let (org, src, at) = (call.org, call.src, call.at);
        for quirk in call.applied.quirks() {
            let none = || QuirkRow { org, src, quirk: quirk.id().to_owned(), calls: 0, first: at, last: at };
            let row = counts.entry((org, src, quirk.id())).or_insert_with(none);
            row.calls += 1;
            (row.first, row.last) = (row.first.min(at), row.last.max(at));
        }
    }
    counts.into_values().collect()
}
