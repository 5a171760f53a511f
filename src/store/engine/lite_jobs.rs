//! SQLite's threads: one writer that commits in groups, a few readers on one queue.
//!
//! A unit of work is one hop to a thread, not one for each statement. Whatever queued up while the last commit ran
//! shares the next one, and is answered after the COMMIT. A look at a few rows by their keys costs less than the hop,
//! and is taken by the thread that asks.

use super::{Conn, Link, Lite, StoreError};
use futures::executor::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, ThreadId};

/// Units that may wait for the writer or the readers before callers are told to come again.
const QUEUE: usize = 1024;
/// Units that share one commit.
const GROUP: usize = 128;
/// Reading threads.
const READERS: usize = 3;

/// A reading job: it sends its own answer.
pub(crate) type ReadJob = Box<dyn FnOnce(&mut Conn) + Send>;
/// A writing job.
pub(crate) trait WriteJob: Send {
    /// Does the work. It may be asked for once more, after everything that it did was undone.
    fn run(&mut self, conn: &mut Conn) -> Leaves;
    /// The commit has come out well, or badly for this reason: the caller is told.
    fn end(self: Box<Self>, failed: Option<String>);
}

/// What a writing job leaves in the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// What is to be kept.
    Work,
    /// Nothing: it came to nothing before it wrote.
    Nothing,
    /// What must be undone.
    Spoil,
}

/// The threads of one SQLite file. They end when the last handle is dropped.
#[derive(Clone)]
pub(crate) struct LiteEngine {
    reads: mpsc::SyncSender<ReadJob>,
    writes: mpsc::SyncSender<Box<dyn WriteJob>>,
    looks: Arc<Looks>,
}

/// Connections for looks: as many as were ever needed at once.
struct Looks {
    path: PathBuf,
    /// Each with the thread that had it last, and its pages in the cache of a core.
    idle: Mutex<Vec<(ThreadId, Conn)>>,
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
        let writer = Conn::from(Link::Lite(Lite::watched(&path, lasting)?));
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
        let here = thread::current().id();
        let free = {
            let mut idle = idle();
            let own = idle.iter().position(|(thread, _)| *thread == here);
            own.map(|at| idle.swap_remove(at)).or_else(|| idle.pop())
        };
        let mut conn = match free {
            Some((_, conn)) => conn,
            None => Conn::from(Link::Lite(Lite::open(&self.looks.path, true, true)?)),
        };
        // Where the job panics, the connection is closed with it.
        let outcome = job(&mut conn);
        idle().push((here, conn));
        Ok(outcome)
    }

    pub(crate) fn write(&self, job: Box<dyn WriteJob>) -> Result<(), StoreError> {
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
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|_| StoreError::Closed)?;
    Ok(())
}

fn write_loop(mut conn: Conn, queue: &mpsc::Receiver<Box<dyn WriteJob>>) {
    while let Ok(first) = queue.recv() {
        commit_group(&mut conn, first, || queue.try_recv().ok());
    }
}

/// A place in a group. A job that panicked has left it, and its caller knows.
type Place = Option<Box<dyn WriteJob>>;

/// One commit for all of them: for the first, and for whatever comes until the work of all is done. Those that would wait
/// for the next commit otherwise are those whom the last one has answered: half of the callers in each, and twice the
/// commits.
///
/// A savepoint for each would keep a copy of every page that it touches, for units that hardly ever fail behind their
/// first write: so they go without, and all begin anew with one where one of them has.
fn commit_group(conn: &mut Conn, first: Box<dyn WriteJob>, mut next: impl FnMut() -> Place) {
    let mut jobs = vec![Some(first)];
    let mut outcome = transaction(conn, |conn| {
        for at in 0..GROUP {
            if at == jobs.len() {
                let Some(job) = next() else { break };
                jobs.push(Some(job));
            }
            if !together(conn, &mut jobs[at])? {
                return Ok(false);
            }
        }
        Ok(true)
    });
    if matches!(outcome, Ok(false)) && jobs.len() > 1 {
        outcome = transaction(conn, |conn| {
            for job in &mut jobs {
                apart(conn, job)?;
            }
            Ok(true)
        });
    }
    let reason = outcome.err().map(|e| e.to_string());
    for job in jobs.into_iter().flatten() {
        job.end(reason.clone());
    }
}

/// One transaction around this work; whether it was kept.
fn transaction(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<bool, StoreError>) -> Result<bool, StoreError> {
    let all = |conn: &mut Conn| {
        run(conn, "BEGIN IMMEDIATE")?;
        if !work(conn)? {
            return Ok(false);
        }
        run(conn, "COMMIT").map(|()| true)
    };
    let outcome = all(conn);
    if !matches!(outcome, Ok(true)) {
        // The first error is the one to tell; a rollback that fails as well leaves nothing open that BEGIN would not show.
        let _ = run(conn, "ROLLBACK");
    }
    outcome
}

/// Runs a job among others; whether the transaction can be kept.
fn together(conn: &mut Conn, job: &mut Place) -> Result<bool, StoreError> {
    let leaves = leaves(conn, job);
    if !conn.in_transaction() {
        // SQLite does so where the disk is full or fails. What would follow were no part of anything.
        return Err(StoreError::CommitFailed("the database has rolled the transaction back".to_owned()));
    }
    Ok(leaves != Leaves::Spoil)
}

/// Runs a job in a savepoint of its own: what it spoils is undone.
fn apart(conn: &mut Conn, job: &mut Place) -> Result<(), StoreError> {
    run(conn, "SAVEPOINT unit")?;
    if leaves(conn, job) == Leaves::Spoil {
        run(conn, "ROLLBACK TO unit")?;
    }
    run(conn, "RELEASE unit")
}

/// Runs a job. One that panics is dropped, which tells its caller that the work broke off.
fn leaves(conn: &mut Conn, place: &mut Place) -> Leaves {
    let Some(job) = place else { return Leaves::Nothing };
    catch_unwind(AssertUnwindSafe(|| job.run(conn))).unwrap_or_else(|_| {
        *place = None;
        Leaves::Spoil
    })
}

fn run(conn: &mut Conn, sql: &'static str) -> Result<(), StoreError> {
    block_on(conn.exec(sql, &[])).map(|_| ())
}
