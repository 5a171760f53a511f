//! What happens while another unit of work is on its way: a unit that a test holds open, and who waits for it. On
//! PostgreSQL alone: SQLite runs one unit after another.

use super::gateway::TestGateway;
use doorward::base::ids::OrgNo;
use doorward::store::{Done, StoreError, Tx};
use futures::future::BoxFuture;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Row as _};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Units of work of this database that wait for another one.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity \
     WHERE datname = current_database() AND wait_event_type = 'Lock'";
/// Somebody who is not there after this many looks does not wait at all.
const LOOKS: u32 = 200_000;

/// A unit of work that has done its part and is not committed yet.
pub struct OpenUnit {
    go_on: oneshot::Sender<()>,
    unit: JoinHandle<()>,
}

impl OpenUnit {
    /// Lets it commit.
    pub async fn commit(self) {
        self.go_on.send(()).unwrap();
        self.unit.await.unwrap();
    }
}

impl TestGateway {
    /// Does this in a unit of work, and holds the unit open.
    pub async fn open_unit<F>(&self, org: OrgNo, work: F) -> OpenUnit
    where
        F: for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<(), StoreError>> + Send + Sync + 'static,
    {
        let (done, is_done) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel::<()>();
        let once = Arc::new(Mutex::new(Some((done, may_go_on))));
        let store = self.gateway.store.clone();
        let unit = tokio::spawn(async move {
            let held = async move |tx: &mut Tx| {
                work(tx).await?;
                let (done, may_go_on) = once.lock().unwrap().take().expect("a unit that is held open runs once");
                done.send(()).unwrap();
                may_go_on.await.unwrap();
                Ok(Done::of(()))
            };
            store.write::<_, StoreError, _>(org, held).await.unwrap();
        });
        is_done.await.unwrap();
        OpenUnit { go_on, unit }
    }

    /// Goes on when this many units of work wait for another one.
    pub async fn waiting(&self, units: i64) {
        let mut conn = PgConnectOptions::from_str(&self.database.url).unwrap().connect().await.unwrap();
        for _ in 0..LOOKS {
            let row = sqlx::query(WAITING).fetch_one(&mut conn).await.unwrap();
            if row.get::<i64, _>(0) == units {
                return;
            }
        }
        panic!("never {units} units of work waited");
    }
}
