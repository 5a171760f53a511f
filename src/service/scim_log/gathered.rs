//! What waits for the writer: entries in the form in which they will be sealed, so that a call costs two copies into
//! memory that is at hand, and nothing of it is kept alive until the writer has its turn.

use super::block::Plain;
use super::call::{Call, Fit};
use super::entry::{Bodies, Head};
use crate::base::ids::{Growing, LogId, OrgNo, SourceNo};
use crate::base::sources::Sources;
use crate::store::scim_log::QuirkRow;
use std::collections::{BTreeMap, HashMap};
use tokio::sync::oneshot;

/// Entries of one block.
const ENTRIES: u32 = 256;
/// Bytes of one block, if it has more than one entry.
const BYTES: usize = 512 * 1024;
/// Blocks whose memory is kept for others: memory that comes anew costs more than what is written to it.
const SPARE: usize = 2 * super::MANY;

/// How many calls of each directory have no entry.
pub(super) type Lost = BTreeMap<(OrgNo, SourceNo), u64>;

/// How often each rewrite stands in calls.
pub(super) type Counts = BTreeMap<(OrgNo, SourceNo, &'static str), QuirkRow>;

/// A block before it is sealed.
pub(super) struct Batch {
    pub(super) org: OrgNo,
    pub(super) src: SourceNo,
    pub(super) oldest: LogId,
    pub(super) newest: LogId,
    pub(super) entries: u32,
    /// Calls that it tells of: one for each entry, and those that have none.
    pub(super) calls: u64,
    pub(super) plain: Plain,
}

/// How much entries take, or may take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Volume {
    pub(super) calls: usize,
    pub(super) bytes: usize,
}

impl Volume {
    pub(super) fn with(self, more: Self) -> Self {
        Self { calls: self.calls + more.calls, bytes: self.bytes + more.bytes }
    }

    /// Whether one more fits beside what is taken.
    pub(super) fn takes_more(self, taken: Self) -> bool {
        taken.calls < self.calls && taken.bytes < self.bytes
    }
}

/// Everything that waits.
#[derive(Default)]
pub(super) struct Gathered {
    ids: Growing,
    filling: HashMap<(OrgNo, SourceNo), Batch>,
    full: Vec<Batch>,
    counts: Counts,
    lost: Lost,
    /// Who waits for everything that is there to be stored.
    waiting: Vec<oneshot::Sender<()>>,
    taken: Volume,
    /// What the writer has not let go of yet.
    in_hand: Volume,
    /// Memory from blocks that are written.
    spare: Vec<Plain>,
    writer: Writer,
}

/// Whether somebody writes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Writer {
    /// One will come.
    #[default]
    Awaited,
    AtWork,
    Gone,
}

/// What the writer takes at once.
pub(super) struct Taken {
    pub(super) batches: Vec<Batch>,
    pub(super) counts: Counts,
    pub(super) waiting: Vec<oneshot::Sender<()>>,
}

impl Gathered {
    /// How many blocks are full.
    pub(super) fn full(&self) -> usize {
        self.full.len()
    }

    /// Whether there is nothing that the writer has been woken for. What is lost wakes it anew each time: it is also what
    /// the writer itself could not write.
    pub(super) fn is_at_rest(&self) -> bool {
        self.filling.is_empty() && self.full.is_empty() && self.waiting.is_empty()
    }

    /// What is held in memory.
    pub(super) fn held(&self) -> Volume {
        self.taken.with(self.in_hand)
    }

    /// Adds the entry of a call.
    pub(super) fn add(&mut self, sources: &Sources, call: &Call<'_>, fit: &Fit<'_>) {
        let over = call.at + chrono::Duration::from_std(call.took).unwrap_or_default();
        let id = LogId(self.ids.next(sources, over));
        self.put((call.org, call.src), id, 1, &Head::of(id, call, fit), &Bodies::of(call, fit));
        for quirk in call.applied.quirks() {
            let none = || QuirkRow::none(call.org, call.src, quirk.id(), call.at);
            self.counts.entry((call.org, call.src, quirk.id())).or_insert_with(none).count(call.at);
        }
    }

    /// Counts calls that have no entry.
    pub(super) fn lose(&mut self, whose: (OrgNo, SourceNo), calls: u64) {
        *self.lost.entry(whose).or_default() += calls;
    }

    /// Tells `done` when everything that is there is stored; when the writer is gone, it is dropped.
    pub(super) fn tell(&mut self, done: oneshot::Sender<()>) {
        if self.writer != Writer::Gone {
            self.waiting.push(done);
        }
    }

    /// Everything that is there, with an entry for what was lost.
    pub(super) fn take(&mut self, sources: &Sources) -> Taken {
        let now = sources.now();
        for (whose, calls) in std::mem::take(&mut self.lost) {
            let id = LogId(self.ids.next(sources, now));
            self.put(whose, id, calls, &Head::of_loss(id, now, calls), &Bodies::default());
        }
        let mut batches = std::mem::take(&mut self.full);
        batches.extend(std::mem::take(&mut self.filling).into_values());
        self.in_hand = std::mem::take(&mut self.taken);
        Taken { batches, counts: std::mem::take(&mut self.counts), waiting: std::mem::take(&mut self.waiting) }
    }

    /// What was taken is stored, or lost; some of its memory serves once more.
    pub(super) fn let_go(&mut self, mut used: Vec<Plain>) {
        self.in_hand = Volume::default();
        used.truncate(SPARE);
        used.iter_mut().for_each(Plain::clear);
        self.spare = used;
    }

    /// A writer comes; whether it is the only one.
    pub(super) fn begin(&mut self) -> bool {
        std::mem::replace(&mut self.writer, Writer::AtWork) != Writer::AtWork
    }

    /// The writer is gone: nobody waits for it any more.
    pub(super) fn end(&mut self) {
        (self.writer, self.in_hand) = (Writer::Gone, Volume::default());
        self.waiting.clear();
    }

    fn put(&mut self, whose: (OrgNo, SourceNo), id: LogId, calls: u64, head: &Head<&str>, bodies: &Bodies<&str>) {
        let (filling, spare) = (&mut self.filling, &mut self.spare);
        let batch = filling.entry(whose).or_insert_with(|| Batch::empty(whose, id, spare.pop().unwrap_or_default()));
        let before = batch.plain.size();
        batch.plain.add(head, bodies);
        self.taken = self.taken.with(Volume { calls: 1, bytes: batch.plain.size() - before });
        (batch.newest, batch.entries, batch.calls) = (id, batch.entries + 1, batch.calls + calls);
        if batch.entries >= ENTRIES || batch.plain.size() >= BYTES {
            self.full.extend(self.filling.remove(&whose));
        }
    }
}

impl Batch {
    fn empty((org, src): (OrgNo, SourceNo), first: LogId, plain: Plain) -> Self {
        Self { org, src, oldest: first, newest: first, entries: 0, calls: 0, plain }
    }
}
