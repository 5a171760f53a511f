//! A unit of work is kept whole or not at all, on both engines.

use crate::harness::database::{Engine, TestDatabase, on_both_engines};
use crate::harness::gateway::{TestGateway, usual_rules};
use axum::extract::State;
use axum::routing::post;
use doorward::base::ids::{EventId, OrgNo, RuleId};
use doorward::base::sources::Sources;
use doorward::service::access::{self, Ground, GroundError};
use doorward::service::panels;
use doorward::store::organizations::{self, ClientRow};
use doorward::store::{Done, Record, Store, StoreError, Tx, audit};
use serde_json::{Value, json};
use std::sync::{Mutex, mpsc};

fn record(sources: &Sources, deed: &'static str) -> Record {
    Record {
        id: EventId::mint(sources),
        at: sources.now(),
        actor: "operator".into(),
        deed,
        target: None,
        body: json!({}),
        request: None,
    }
}

fn north() -> ClientRow {
    ClientRow { key: "north".into(), name: "North".into(), departments: "[]".into() }
}

/// A unit that finds nothing in its way.
async fn keep_client(store: &Store, client: ClientRow) {
    store
        .write::<_, StoreError, _>(OrgNo(1), async move |tx| {
            organizations::put_client(tx, &client).await?;
            Ok(Done::of(()))
        })
        .await
        .unwrap();
}

on_both_engines! {
    async fn an_event_is_kept_with_its_unit_and_lost_with_it(engine) {
        let database = TestDatabase::new(engine).await;
        let store = database.open().await;
        let sources = Sources::system();
        let org = OrgNo(1);
        let kept = record(&sources, "organization_created");
        let lost = record(&sources, "organization_updated");
        store.write::<_, StoreError, _>(org, async move |_| Ok(Done::of(()).and(kept.clone()))).await.unwrap();
        let failed = store
            .write::<(), StoreError, _>(org, async move |tx| {
                let (id, at) = (lost.id, lost.at);
                let _ = (tx.org(), id, at);
                Err(StoreError::Malformed("on purpose"))
            })
            .await;
        assert!(failed.is_err());
        let events = store.read::<_, StoreError, _>(org, async |tx| audit::newest(tx, 10).await).await.unwrap();
        assert_eq!(events.iter().map(|e| e.deed.as_str()).collect::<Vec<_>>(), ["organization_created"]);
    }

    async fn a_unit_that_fails_leaves_nothing_and_its_connection_serves_the_next(engine) {
        let database = TestDatabase::new(engine).await;
        let store = database.open().await;
        let sources = Sources::system();
        let client = north();
        // More of them than there are connections.
        for turn in 0..40 {
            let (client, twice) = (client.clone(), record(&sources, "client_created"));
            let failed = store
                .write::<(), StoreError, _>(OrgNo(1), async move |tx| {
                    organizations::put_client(tx, &client).await?;
                    match turn % 2 {
                        0 => Err(StoreError::Malformed("on purpose")),
                        // The database refuses it: an event's id is a key.
                        _ => Ok(Done::of(()).and(twice.clone()).and(twice.clone())),
                    }
                })
                .await;
            assert!(failed.is_err());
        }
        let left = store.read::<_, StoreError, _>(OrgNo(1), async |tx| organizations::clients(tx).await).await.unwrap();
        assert!(left.is_empty());
        keep_client(&store, client).await;
    }
}

/// Units of work are used inside handlers, so their futures must be `Send`: this handler need only compile.
async fn handler(State(store): State<Store>) -> String {
    let text = String::from("x");
    let n = store
        .write::<_, StoreError, _>(OrgNo(1), async move |tx| {
            let events = audit::newest(tx, 1).await?;
            Ok(Done::of(events.len() + text.len()))
        })
        .await
        .unwrap();
    n.to_string()
}

#[tokio::test]
async fn a_handler_may_hold_a_unit_of_work() {
    let _: axum::Router<Store> = axum::Router::new().route("/", post(handler));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_whose_caller_went_away_is_rolled_back() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let store = database.open().await;
    let (half_way, reached) = tokio::sync::oneshot::channel::<()>();
    let half_way = std::sync::Arc::new(std::sync::Mutex::new(Some(half_way)));
    let caller = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .write::<(), StoreError, _>(OrgNo(1), async move |tx| {
                    let client = north();
                    organizations::put_client(tx, &client).await?;
                    if let Some(half_way) = half_way.lock().unwrap().take() {
                        half_way.send(()).unwrap();
                    }
                    std::future::pending::<()>().await;
                    Ok(Done::of(()))
                })
                .await
        }
    });
    reached.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    let left = store.read::<_, StoreError, _>(OrgNo(1), async |tx| organizations::clients(tx).await).await.unwrap();
    assert!(left.is_empty());
    keep_client(&store, north()).await;
}

/// A COMMIT fails of which a unit has made the client `ruin`.
const RUIN: &str = "CREATE TABLE nobody (id INTEGER PRIMARY KEY); \
     CREATE TABLE debt (id INTEGER REFERENCES nobody (id) DEFERRABLE INITIALLY DEFERRED); \
     CREATE TRIGGER ruin AFTER INSERT ON client WHEN NEW.key = 'ruin' BEGIN INSERT INTO debt VALUES (1); END;";

/// Other rules and another client, as `apply` puts them.
async fn change(gw: &TestGateway, org: OrgNo, rules: Value, client: &str) -> Result<(), StoreError> {
    let (sources, client) = (&gw.gateway.sources, client.to_owned());
    let (rule, now) = (|rule: &Value| (RuleId::mint(sources), rule.to_string()), sources.now());
    let rules: Vec<_> = rules.as_array().unwrap().iter().map(rule).collect();
    let work = async move |tx: &mut doorward::store::Tx| {
        organizations::replace_rules(tx, &rules).await?;
        let client = ClientRow { key: client.clone(), name: client.clone(), departments: "[]".into() };
        organizations::put_client(tx, &client).await?;
        Ok(Done::of(doorward::store::access::mark_all(tx, now).await?))
    };
    gw.gateway.store.write(org, work).await
}

/// Keeps SQLite's writer busy until the word, with a unit that changes nothing: what comes meanwhile shares its commit.
async fn keep_busy(store: &Store) -> (tokio::task::JoinHandle<Result<(), StoreError>>, mpsc::Sender<()>) {
    let ((here, arrived), (on, go)) = (tokio::sync::oneshot::channel(), mpsc::channel::<()>());
    let (store, gate) = (store.clone(), Mutex::new(Some((here, go))));
    let busy = tokio::spawn(async move {
        let hold = async move |_: &mut Tx| {
            // It runs once more where one of the others fails.
            if let Some((here, go)) = gate.lock().unwrap().take() {
                here.send(()).unwrap();
                go.recv().unwrap();
            }
            Ok(Done::of(()))
        };
        store.write::<_, StoreError, _>(OrgNo(1), hold).await
    });
    arrived.await.unwrap();
    (busy, on)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_fails_behind_its_writes_takes_nothing_from_those_of_the_same_commit() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let store = database.open().await;
    let unit = |key: &'static str, end: fn() -> Result<(), StoreError>| {
        store.write::<_, StoreError, _>(OrgNo(1), async move |tx| {
            organizations::put_client(tx, &ClientRow { key: key.into(), ..north() }).await?;
            end()?;
            Ok(Done::of(()))
        })
    };
    let (busy, on) = keep_busy(&store).await;
    let (before, fails, panics, after, ()) = futures::future::join5(
        unit("north", || Ok(())),
        unit("south", || Err(StoreError::Malformed("on purpose"))),
        unit("west", || panic!("on purpose")),
        unit("east", || Ok(())),
        async { on.send(()).unwrap() },
    )
    .await;
    busy.await.unwrap().unwrap();
    assert_eq!((before.is_ok(), after.is_ok()), (true, true));
    assert!(matches!(fails, Err(StoreError::Malformed("on purpose"))), "{fails:?}");
    assert!(matches!(panics, Err(StoreError::BrokenOff)), "{panics:?}");
    let kept = store.read::<_, StoreError, _>(OrgNo(1), async |tx| organizations::clients(tx).await).await.unwrap();
    assert_eq!(kept.into_iter().map(|client| client.key).collect::<Vec<_>>(), ["east", "north"]);
    // What was seen in the run that was undone is forgotten: its numbers are drawn once more.
    assert!(store.failed_commits() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_units_saw_of_each_other_in_a_commit_that_failed_is_forgotten() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    okta.create_group("panel-north-users", &[&ada]).await.expect(201);
    let person = acme.person(&ada).await;
    rusqlite::Connection::open(gw.database_file()).unwrap().execute_batch(RUIN).unwrap();
    // While the writer is busy, a change and somebody's settling queue up: they share a commit.
    let (busy, on) = keep_busy(&gw.gateway.store).await;
    let gateway = gw.gateway.clone();
    let settle = gw.gateway.store.write::<_, GroundError, _>(acme.org, async move |tx| {
        let ground = Ground::load(tx, &gateway).await?;
        Ok(Done::of(()).and_all(access::settle(tx, &gateway, &ground, person, "test").await?))
    });
    let rules = json!([{"group": "panel-north-users", "role": "msp_admin"}]);
    // Each is queued when it is polled first, in this order.
    let (ruined, settled, ()) =
        futures::future::join3(change(&gw, acme.org, rules, "ruin"), settle, async { on.send(()).unwrap() }).await;
    assert!(matches!(busy.await.unwrap(), Err(StoreError::CommitFailed(_))));
    assert!(matches!(ruined, Err(StoreError::CommitFailed(_))), "{ruined:?}");
    assert!(matches!(settled, Err(GroundError::Store(StoreError::CommitFailed(_)))), "{settled:?}");
    // The next change gets the numbers of the one that came to nothing, and gives nobody anything.
    change(&gw, acme.org, json!([]), "east").await.unwrap();
    assert_eq!(acme.access(&ada).await.0, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panel_definition_that_went_with_a_failed_commit_is_forgotten() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let text = panels::show(&gw.gateway, "msp").await.unwrap();
    let titled = |title: &str| text.replace("MSP panel", title);
    rusqlite::Connection::open(gw.database_file()).unwrap().execute_batch(RUIN).unwrap();
    let title = || {
        let gateway = gw.gateway.clone();
        gw.gateway.store.write::<_, GroundError, _>(acme.org, async move |tx| {
            Ok(Done::of(Ground::load(tx, &gateway).await?.facts.definition.title.clone()))
        })
    };
    let (busy, on) = keep_busy(&gw.gateway.store).await;
    let (lost, seen) = (titled("Lost"), title());
    let (adopted, seen, ruined, ()) = futures::future::join4(
        panels::adopt(&gw.gateway, "msp", &lost),
        seen,
        change(&gw, acme.org, json!([]), "ruin"),
        async { on.send(()).unwrap() },
    )
    .await;
    assert!(matches!(busy.await.unwrap(), Err(StoreError::CommitFailed(_))));
    assert_eq!((adopted.is_err(), seen.is_err(), ruined.is_err()), (true, true, true));
    // The next definition gets the version of the one that came to nothing.
    panels::adopt(&gw.gateway, "msp", &titled("Kept")).await.unwrap();
    assert_eq!(title().await.unwrap(), "Kept");
}
