//! A unit of work is kept whole or not at all, on both engines.

use crate::harness::database::{TestDatabase, on_both_engines};
use axum::extract::State;
use axum::routing::post;
use doorward::base::ids::{EventId, OrgNo};
use doorward::base::sources::Sources;
use doorward::store::organizations::{self, ClientRow};
use doorward::store::{Done, Record, Store, StoreError, audit};
use serde_json::json;

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
    let database = TestDatabase::new(crate::harness::database::Engine::Postgres).await;
    let store = database.open().await;
    let (half_way, reached) = tokio::sync::oneshot::channel::<()>();
    let half_way = std::sync::Arc::new(std::sync::Mutex::new(Some(half_way)));
    let caller = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .write::<(), StoreError, _>(OrgNo(1), async move |tx| {
                    let client = ClientRow { key: "north".into(), name: "North".into(), departments: "[]".into() };
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
    let client = ClientRow { key: "north".into(), name: "Another".into(), departments: "[]".into() };
    store
        .write::<_, StoreError, _>(OrgNo(1), async move |tx| {
            organizations::put_client(tx, &client).await?;
            Ok(Done::of(()))
        })
        .await
        .unwrap();
}
