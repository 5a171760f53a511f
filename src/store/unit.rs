//! Units of work: a change, its audit events and its outgoing events commit together or not at all (law 2).

use super::engine::{Conn, Engine, Leaves, Link, PgLink, PgPool, StoreError, WriteJob};
use super::{Store, audit};
use crate::base::ids::{EventId, OrgNo};
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use futures::executor::block_on;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How often a unit of work runs again after a conflict before its caller is told.
const TRIES: u32 = 8;

/// How long one try of a unit of work on PostgreSQL may take. Behind it nothing of the unit is sent any more, and a
/// statement that is under way ends within [`STATEMENT`](super::STATEMENT): what is older than both together never commits.
pub const LONGEST: Duration = Duration::from_secs(240);

/// The audit event of a change, ready to be written with it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Minted outside the unit, so that a second run writes the same event.
    pub id: EventId,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it, as the audit writes actors.
    pub actor: String,
    /// What was done, a stable snake_case name.
    pub deed: &'static str,
    /// To whom or what, by public id.
    pub target: Option<String>,
    /// Before and after, reason: a JSON object. No secret ever.
    pub body: serde_json::Value,
    /// The id of the request that it was done by, as the answer's `X-Request-Id` and the logs have it.
    pub request: Option<Arc<str>>,
}

/// What a unit of work came to, with the audit events that are kept with it.
#[derive(Debug)]
pub struct Done<T> {
    value: T,
    records: Vec<Record>,
}

impl<T> Done<T> {
    /// A result with no event yet: right for units that only read, or wrote nothing worth telling.
    pub fn of(value: T) -> Self {
        Self { value, records: Vec::new() }
    }

    /// Adds an event.
    #[must_use]
    pub fn and(mut self, record: Record) -> Self {
        self.records.push(record);
        self
    }

    /// Adds events.
    #[must_use]
    pub fn and_all(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        self.records.extend(records);
        self
    }
}

/// A unit of work of one organization: hands out the tables.
pub struct Tx {
    pub(super) conn: Conn,
    pub(super) org: OrgNo,
}

impl Tx {
    /// The organization that this unit is about; every query is keyed by it.
    #[must_use]
    pub fn org(&self) -> OrgNo {
        self.org
    }
}

/// Units on PostgreSQL are boxed where they are begun: they are large, and whoever asks for one on SQLite would have the
/// room for it in its own future, which is copied when a request begins.
impl Store {
    /// One unit of work of one organization: all of it is kept, with its events, or nothing is.
    ///
    /// The closure may run more than once (PostgreSQL asks for it after a conflict, SQLite where another unit of the same
    /// commit has failed): it clones what it uses up, gets ids and times from outside, and awaits nothing but the
    /// database. If the caller goes away, PostgreSQL rolls back; SQLite finishes the unit. A [`dry`](Store::dry) store
    /// keeps nothing of any unit.
    ///
    /// # Errors
    /// What the closure says, or why the commit did not come about.
    pub async fn write<T, E, F>(&self, org: OrgNo, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + AsStoreError + Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<Done<T>, E> + Send + 'static,
    {
        match &self.engine {
            Engine::Lite(lite) => {
                let (answer, answered) = oneshot::channel();
                let failed_commits = self.failed.clone();
                lite.write(Box::new(LiteUnit { org, work, dry: self.dry, failed_commits, outcome: None, answer }))?;
                answered.await.unwrap_or(Err(StoreError::BrokenOff.into()))
            }
            Engine::Pg(pool) => Box::pin(write_on_pg(pool, org, work, self.dry)).await,
        }
    }

    /// Asks the database; nothing is changed. The closure may await nothing but the database.
    ///
    /// # Errors
    /// What the closure says.
    pub async fn read<T, E, F>(&self, org: OrgNo, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: AsyncFnOnce(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        match &self.engine {
            Engine::Lite(lite) => {
                let (answer, answered) = oneshot::channel();
                lite.read(Box::new(move |conn| {
                    let outcome = in_tx(conn, org, |tx| block_on(work(tx)));
                    // A caller that went away does not hear it.
                    let _ = answer.send(outcome);
                }))?;
                answered.await.unwrap_or(Err(StoreError::BrokenOff.into()))
            }
            Engine::Pg(pool) => Box::pin(read_on_pg(pool, org, work)).await,
        }
    }
}

impl Store {
    /// A look at a few rows by their keys. It is a [`read`](Self::read) that on SQLite runs in the calling thread: the
    /// hop to another one costs more than such a look. What may go through many rows must not be put here, for it would
    /// hold up whatever else that thread has to do.
    ///
    /// # Errors
    /// What the closure says.
    pub async fn look<T, E, F>(&self, org: OrgNo, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: AsyncFnOnce(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        match &self.engine {
            Engine::Lite(lite) => lite.look(|conn| in_tx(conn, org, |tx| block_on(work(tx))))?,
            Engine::Pg(_) => self.read(org, work).await,
        }
    }
}

async fn write_on_pg<T, E, F>(pool: &PgPool, org: OrgNo, work: F, dry: bool) -> Result<T, E>
where
    E: From<StoreError> + AsStoreError,
    F: AsyncFn(&mut Tx) -> Result<Done<T>, E>,
{
    for _ in 0..TRIES {
        let mut tx = Tx { conn: Link::Pg(PgLink::acquire(pool).await?).into(), org };
        let attempt = async {
            if dry {
                tx.conn.begin().await?;
            }
            let outcome = match AssertUnwindSafe(kept(&mut tx, &work)).catch_unwind().await {
                Ok(outcome) => outcome,
                Err(_) => Err(StoreError::BrokenOff.into()),
            };
            ended(tx, outcome, dry).await
        };
        match timeout(LONGEST, attempt).await.unwrap_or(Err(StoreError::Contended.into())) {
            Err(e) if e.as_store_error().is_some_and(StoreError::may_retry) => {}
            outcome => return outcome,
        }
    }
    Err(StoreError::Contended.into())
}

async fn read_on_pg<T, E, F>(pool: &PgPool, org: OrgNo, work: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: AsyncFnOnce(&mut Tx) -> Result<T, E>,
{
    work(&mut Tx { conn: Link::Pg(PgLink::acquire(pool).await?).into(), org }).await
}

/// A unit of work on its way through SQLite's writer.
struct LiteUnit<T, E, F> {
    org: OrgNo,
    work: F,
    dry: bool,
    failed_commits: Arc<AtomicU64>,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> WriteJob for LiteUnit<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: AsyncFn(&mut Tx) -> Result<Done<T>, E> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> Leaves {
        if self.outcome.take().is_some() {
            // Undone, with what others had seen of it.
            self.failed_commits.fetch_add(1, Ordering::SeqCst);
        }
        let before = conn.changes();
        let outcome = in_tx(conn, self.org, |tx| block_on(kept(tx, &self.work)));
        let keep = outcome.is_ok() && !self.dry;
        self.outcome = Some(outcome);
        match keep {
            true => Leaves::Work,
            false if conn.changes() == before => Leaves::Nothing,
            false => Leaves::Spoil,
        }
    }

    fn end(self: Box<Self>, failed: Option<String>) {
        let outcome = match failed {
            Some(reason) => {
                // Told on the writer's thread, before the next unit begins.
                self.failed_commits.fetch_add(1, Ordering::SeqCst);
                Err(StoreError::CommitFailed(reason).into())
            }
            None => self.outcome.unwrap_or(Err(StoreError::BrokenOff.into())),
        };
        // A caller that went away does not hear it; the commit stands.
        let _ = self.answer.send(outcome);
    }
}

/// Gives the failure of a unit of work as the store's, where it is one: it decides whether the unit runs again.
pub trait AsStoreError {
    /// The store's failure inside, if that is what it is.
    fn as_store_error(&self) -> Option<&StoreError>;
}

impl AsStoreError for StoreError {
    fn as_store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

async fn kept<T, E: From<StoreError>>(tx: &mut Tx, work: &impl AsyncFn(&mut Tx) -> Result<Done<T>, E>) -> Result<T, E> {
    let done = work(tx).await?;
    audit::append(tx, &done.records).await?;
    tx.conn.send().await?;
    Ok(done.value)
}

/// Ends a unit on PostgreSQL: it is kept where it came out well.
async fn ended<T, E: From<StoreError>>(tx: Tx, outcome: Result<T, E>, dry: bool) -> Result<T, E> {
    let Link::Pg(link) = tx.conn.into_link() else { return Err(StoreError::Malformed("transaction").into()) };
    if dry || outcome.is_err() {
        // Where this fails the connection is closed, and the server rolls back.
        let undone = link.rollback().await;
        return outcome.and_then(|value| Ok(undone.map(|()| value)?));
    }
    link.commit().await?;
    outcome
}

/// Lends the thread's connection to a [`Tx`] and takes it back.
fn in_tx<R>(conn: &mut Conn, org: OrgNo, work: impl FnOnce(&mut Tx) -> R) -> R {
    let mut lent = Lent::new(conn, org);
    work(lent.tx())
}

/// A connection that goes back to its thread also when the unit panics.
struct Lent<'a> {
    home: &'a mut Conn,
    tx: Tx,
}

impl<'a> Lent<'a> {
    fn new(home: &'a mut Conn, org: OrgNo) -> Self {
        let conn = home.lend();
        Self { home, tx: Tx { conn, org } }
    }

    fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        *self.home = self.tx.conn.lend();
    }
}
