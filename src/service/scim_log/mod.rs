//! The SCIM log: every call of a directory, refused ones included.
//!
//! Owns the way of an entry: a door tells of a call and goes on; what is kept of it waits in a bounded place; one writer
//! seals what waits as blocks and stores them, outside of any unit of a call. What there is no room for is counted, and
//! the log says so itself. Must not know HTTP, nor who reads.

mod block;
mod call;
mod entry;
mod gathered;
mod keeping;
mod reading;
mod replay;
mod view;
mod writer;

pub use call::{Call, Credential, Refusal};
pub use entry::{Caller, Entry};
pub use keeping::forget;
pub use reading::{LogFilter, LogReadError, behind, entries, entry};
pub use replay::{AnswerView, NewAnswer, NotReplayable, RecordedCall, Replay, recall, replayed};
pub use view::EntryView;
pub use writer::run;

use crate::base::ids::DirectoryId;
use crate::base::sources::Sources;
use crate::service::provisioning::RateLimit;
use call::Fit;
use gathered::{Gathered, Volume};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// What may wait for the writer, and be in its hands.
const ROOM: Volume = Volume { calls: 32_768, bytes: 32 * 1024 * 1024 };
/// Full blocks that do not wait for the writer's pace.
const MANY: usize = 8;
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
    gathered: Mutex<Gathered>,
    room: Volume,
    /// Something has come where nothing was.
    some: Notify,
    hurry: Notify,
    turned_away: RateLimit,
}

impl ScimLog {
    /// A log with the usual room.
    #[must_use]
    pub fn on() -> Self {
        Self::of(ROOM)
    }

    /// A log where this many calls with this many bytes may wait.
    #[must_use]
    pub fn with_room(calls: usize, bytes: usize) -> Self {
        Self::of(Volume { calls, bytes })
    }

    fn of(room: Volume) -> Self {
        Self(Some(Arc::new(Queue {
            gathered: Mutex::default(),
            room,
            some: Notify::new(),
            hurry: Notify::new(),
            turned_away: RateLimit::per_second(TURNED_AWAY),
        })))
    }

    /// Whether calls are logged at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Copies what is kept of a call, or counts it as lost; never waits for the writer.
    pub fn push(&self, sources: &Sources, call: &Call<'_>) {
        let Some(queue) = &self.0 else { return };
        let fit = Fit::of(call);
        queue.gather(|gathered| {
            if queue.room.takes_more(gathered.held()) {
                gathered.add(sources, call, &fit);
            } else {
                gathered.lose((call.org, call.src), 1);
            }
        });
    }

    /// The same for a call that was turned away at the door: beyond a rate they are counted, not listed.
    pub fn push_turned_away(&self, sources: &Sources, directory: DirectoryId, call: &Call<'_>) {
        let Some(queue) = &self.0 else { return };
        if queue.turned_away.count(directory).is_ok() {
            self.push(sources, call);
        } else {
            queue.gather(|gathered| gathered.lose((call.org, call.src), 1));
        }
    }

    /// Resolves when everything that was pushed so far is stored. It needs the writer to run.
    pub async fn flush(&self) {
        let Some(queue) = &self.0 else { return };
        let (done, told) = oneshot::channel();
        queue.gather(|gathered| gathered.tell(done));
        queue.hurry.notify_one();
        // A writer that is gone has written what it could.
        let _ = told.await;
    }
}

impl Queue {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds something, and wakes the writer where it is at rest, or has many blocks to write.
    fn gather(&self, add: impl FnOnce(&mut Gathered)) {
        let mut gathered = self.gathered();
        let (at_rest, full) = (gathered.is_at_rest(), gathered.full());
        add(&mut gathered);
        let many = full < MANY && gathered.full() >= MANY;
        drop(gathered);
        if at_rest {
            self.some.notify_one();
        }
        if many {
            self.hurry.notify_one();
        }
    }
}
