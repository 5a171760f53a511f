//! The SCIM log: every call of a directory, refused ones included.
//!
//! Owns the way of an entry: a door pushes a [`Call`] into a bounded queue and goes on; one writer seals what the calls
//! carried and writes batches, outside of any unit of a call. What the queue has no room for is counted, and the log
//! says so itself. Must not know HTTP, nor who reads.

mod block;
mod call;
mod entry;
mod replay;
mod sealed;
mod view;
mod writer;

pub use call::{Call, Credential, KeptBody, Refusal};
pub use entry::{Entry, entries, entry};
pub use replay::{AnswerView, NewAnswer, NotReplayable, Replay, recall, replayed};
pub use sealed::RecordedCall;
pub use view::{EntryView, LogReadError};
pub use writer::run;

use crate::base::ids::{DirectoryId, OrgNo, SourceNo};
use crate::service::Gateway;
use crate::service::provisioning::RateLimit;
use crate::store::StoreError;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot};

/// Calls that may wait for the writer.
const CALLS: usize = 8192;
/// Bytes that they may hold.
const BYTES: usize = 32 * 1024 * 1024;
/// Turned-away calls a second of one directory that get an entry each, with bursts of five times as many: whoever
/// knocks without a token must not push the real calls out of the log.
const TURNED_AWAY: u32 = 20;

/// Where calls wait to be written. Cheap to clone; switched off, it takes nothing.
#[derive(Clone, Default)]
pub struct ScimLog(Option<Arc<Queue>>);

impl std::fmt::Debug for ScimLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "ScimLog(on)" } else { "ScimLog(off)" })
    }
}

struct Queue {
    items: mpsc::Sender<Item>,
    /// The other end, until the writer takes it.
    end: Mutex<Option<mpsc::Receiver<Item>>>,
    held: AtomicUsize,
    room: usize,
    lost: Mutex<Lost>,
    hurry: Notify,
    turned_away: RateLimit,
}

/// How many calls of each directory have no entry.
type Lost = BTreeMap<(OrgNo, SourceNo), u64>;

enum Item {
    Call(Box<Call>),
    /// Everything before it is to be written now.
    Flush(oneshot::Sender<()>),
}

impl ScimLog {
    /// A log with the usual room.
    #[must_use]
    pub fn on() -> Self {
        Self::with_room(CALLS, BYTES)
    }

    /// A log where this many calls with this many bytes may wait.
    #[must_use]
    pub fn with_room(calls: usize, room: usize) -> Self {
        let (items, end) = mpsc::channel(calls);
        Self(Some(Arc::new(Queue {
            items,
            end: Mutex::new(Some(end)),
            held: AtomicUsize::new(0),
            room,
            lost: Mutex::default(),
            hurry: Notify::new(),
            turned_away: RateLimit::per_second(TURNED_AWAY),
        })))
    }

    /// Whether calls are logged at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Hands a call to the writer, or counts it as lost; never waits.
    pub fn push(&self, call: Call) {
        let Some(queue) = &self.0 else { return };
        let (whose, size) = ((call.org, call.src), call.size());
        if queue.held.fetch_add(size, Ordering::Relaxed) + size <= queue.room
            && queue.items.try_send(Item::Call(Box::new(call))).is_ok()
        {
            return;
        }
        queue.held.fetch_sub(size, Ordering::Relaxed);
        queue.lose(whose, 1);
    }

    /// The same for a call that was turned away at the door: beyond a rate they are counted, not listed.
    pub fn push_turned_away(&self, directory: DirectoryId, call: Call) {
        let Some(queue) = &self.0 else { return };
        if queue.turned_away.count(directory).is_ok() {
            self.push(call);
        } else {
            queue.lose((call.org, call.src), 1);
        }
    }

    /// Resolves when everything that was pushed so far is stored. It needs the writer to run.
    pub async fn flush(&self) {
        let Some(queue) = &self.0 else { return };
        let (done, told) = oneshot::channel();
        if queue.items.send(Item::Flush(done)).await.is_ok() {
            queue.hurry.notify_one();
            // A writer that is gone has written what it could.
            let _ = told.await;
        }
    }
}

impl Queue {
    fn lose(&self, whose: (OrgNo, SourceNo), calls: u64) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner).entry(whose).or_default() += calls;
    }

    fn take_lost(&self) -> Lost {
        std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps the log within its days and its entries.
///
/// # Errors
/// When the store fails.
pub async fn forget(gw: &Gateway) -> Result<(), StoreError> {
    gw.store.forget_scim_log(gw.sources.now() - gw.settings.scim_log, gw.settings.scim_log_entries).await
}
