//! SQLite's threads: one writer that commits in groups, a few readers on one queue.
//!
//! A unit of work is one hop to a thread, not one for each statement. Whatever queued up while the last commit ran
//! shares the next one; each unit stands in a savepoint of its own, and its answer is sent after the COMMIT. A look
//! at a few rows by their keys costs less than the hop, and is taken by the thread that asks.

use super::{Conn, Link, Lite, StoreError};
use futures::executor::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

/// Units that may wait for the writer or the readers before callers are told to come again.
const QUEUE: usize = 1024;
/// Units that share one commit.
const GROUP: usize = 128;
/// Reading threads.
const READERS: usize = 3;

/// A reading job: it sends its own answer.
pub(crate) type ReadJob = Box<dyn FnOnce(&mut Conn) + Send>;
/// A writing job: whether to keep its work, and the answer to send once the commit has come out well or badly.
pub(crate) type WriteJob = Box<dyn FnOnce(&mut Conn) -> (bool, Reply) + Send>;
/// Told the reason if the shared commit failed.
pub(crate) type Reply = Box<dyn FnOnce(Option<String>) + Send>;

/// The threads of one SQLite file. They end when the last handle is dropped.
#[derive(Clone)]
pub(crate) struct LiteEngine {
    reads: mpsc::SyncSender<ReadJob>,
    writes: mpsc::SyncSender<WriteJob>,
    looks: Arc<Looks>,
}

/// Connections for looks: as many as were ever needed at once.
struct Looks {
    path: PathBuf,
    idle: Mutex<Vec<Conn>>,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// The database: a commit survives a power cut, several readers.
    Database,
    /// A log: whole after a power cut, but it may miss the last moment; one reader.
    Log,
}

impl LiteEngine {
    pub(crate) fn open(path: PathBuf, keeping: Keeping) -> Result<Self, StoreError> {
        let lasting = keeping == Keeping::Database;
        let writer = Conn::from(Link::Lite(Lite::open(&path, false, lasting)?));
        let (writes, queue) = mpsc::sync_channel(QUEUE);
        spawn("sqlite-writer", move || write_loop(writer, &queue))?;
        let looks = Arc::new(Looks { path: path.clone(), idle: Mutex::default() });
        let (reads, queue) = mpsc::sync_channel::<ReadJob>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..if lasting { READERS } else { 1 } {
            let (mut reader, queue) = (Conn::from(Link::Lite(Lite::open(&path, true, lasting)?)), queue.clone());
            spawn("sqlite-reader", move || {
                // The lock is held while waiting only: the job runs after it is let go.
                while let Some(job) = { queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok() } {
                    // A job that panics has dropped its answer, which tells its caller so.
                    let _ = catch_unwind(AssertUnwindSafe(|| job(&mut reader)));
                }
            })?;
        }
        Ok(Self { reads, writes, looks })
    }

    pub(crate) fn read(&self, job: ReadJob) -> Result<(), StoreError> {
        self.reads.try_send(job).map_err(refused)
    }

    /// Lends a reading connection to the calling thread, for a look that is over at once.
    pub(crate) fn look<R>(&self, job: impl FnOnce(&mut Conn) -> R) -> Result<R, StoreError> {
        let idle = || self.looks.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let mut conn = match free {
            Some(conn) => conn,
            None => Conn::from(Link::Lite(Lite::open(&self.looks.path, true, true)?)),
        };
        // Where the job panics, the connection is closed with it.
        let outcome = job(&mut conn);
        idle().push(conn);
        Ok(outcome)
    }

    pub(crate) fn write(&self, job: WriteJob) -> Result<(), StoreError> {
        self.writes.try_send(job).map_err(refused)
    }
}

fn refused<T>(error: mpsc::TrySendError<T>) -> StoreError {
    match error {
        mpsc::TrySendError::Full(_) => StoreError::Busy,
        mpsc::TrySendError::Disconnected(_) => StoreError::Closed,
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|_| StoreError::Closed)?;
    Ok(())
}

fn write_loop(mut conn: Conn, queue: &mpsc::Receiver<WriteJob>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(std::iter::from_fn(|| queue.try_recv().ok()).take(GROUP - 1));
        commit_group(&mut conn, group);
    }
}

fn commit_group(conn: &mut Conn, group: Vec<WriteJob>) {
    let mut replies = Vec::with_capacity(group.len());
    let mut outcome = run(conn, "BEGIN IMMEDIATE");
    for job in group {
        if outcome.is_err() {
            break; // a job that is dropped here tells its caller that the work broke off
        }
        outcome = one_job(conn, job, &mut replies);
    }
    if outcome.is_ok() {
        outcome = run(conn, "COMMIT");
    }
    if outcome.is_err() {
        // The first error is the one to tell; a rollback that fails as well leaves nothing open that BEGIN would not show.
        let _ = run(conn, "ROLLBACK");
    }
    let reason = outcome.err().map(|e| e.to_string());
    for reply in replies {
        reply(reason.clone());
    }
}

fn one_job(conn: &mut Conn, job: WriteJob, replies: &mut Vec<Reply>) -> Result<(), StoreError> {
    run(conn, "SAVEPOINT unit")?;
    let keep = match catch_unwind(AssertUnwindSafe(|| job(conn))) {
        Ok((keep, reply)) => {
            replies.push(reply);
            keep
        }
        Err(_) => false,
    };
    if !keep {
        run(conn, "ROLLBACK TO unit")?;
    }
    run(conn, "RELEASE unit")
}

fn run(conn: &mut Conn, sql: &'static str) -> Result<(), StoreError> {
    block_on(conn.exec(sql, &[])).map(|_| ())
}
