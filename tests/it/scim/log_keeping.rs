//! How the SCIM log is kept: what it does with large and broken bodies, how long it lasts, and that it says what it lost.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use axum::body::Body;
use axum::http::Request;
use chrono::Duration;
use doorward::service::console::scim_log::{self, Follower};
use doorward::service::scim_log::ScimLog;
use doorward::store::scim_log::LogFilter;
use serde_json::json;
use std::sync::Arc;
use tower::ServiceExt as _;

fn all() -> LogFilter {
    LogFilter { bodies: true, limit: 1000, ..LogFilter::default() }
}

on_both_engines! {
    async fn a_body_that_is_no_json_has_an_entry_without_it_and_a_large_one_is_cut(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let client = reqwest::Client::new();
        let send = async |path: &str, body: String| {
            let request = client.post(format!("{}{path}", okta.base)).bearer_auth(&okta.token);
            request.header("content-type", "application/scim+json").body(body).send().await.unwrap().status().as_u16()
        };
        assert_eq!(send("/Users", "{\"userName\": \"ada@acme".into()).await, 400);
        assert_eq!(send("/Users", " ".repeat(1024 * 1024 + 1)).await, 413);
        let members: Vec<_> = (0..3000).map(|n| json!({"value": format!("{n:08}-0000-7000-8000-000000000000")})).collect();
        assert_eq!(send("/Groups", json!({"displayName": "big", "members": members}).to_string()).await, 201);
        gw.logged().await;
        let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
        let page = scim_log::page(&gw.gateway, &logged, all(), true).await.unwrap().entries;
        assert_eq!(page.iter().map(|e| e.status.unwrap()).collect::<Vec<_>>(), [201, 413, 400]);
        assert_eq!(page[0].request.as_ref().unwrap().as_str().unwrap().len(), 64 * 1024);
        assert!(page[0].notes.contains(&"request: cut at 65536 bytes".to_owned()));
        assert!(page[1].request.is_none() && page[2].request.is_none());
        let masked = scim_log::page(&gw.gateway, &logged, all(), false).await.unwrap().entries;
        assert!(masked[0].request.is_none(), "what cannot be masked by schema is not shown");
    }

    async fn entries_go_after_their_days_and_beyond_their_number(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
        okta.get("/Users").await.expect(200);
        gw.wait(Duration::days(20));
        for _ in 0..5 {
            okta.get("/Groups").await.expect(200);
        }
        entra.get("/Groups").await.expect(200);
        gw.logged().await;
        let count = async |key: &str| {
            let logged = scim_log::of_operator(&gw.gateway, "acme", key).await.unwrap();
            scim_log::page(&gw.gateway, &logged, all(), false).await.unwrap().entries.len()
        };
        let keep = async |most: i64| {
            let gateway = gw.gateway.altered(|shared| Arc::make_mut(&mut shared.settings).scim_log_entries = most);
            doorward::jobs::expiry::run_once(&gateway).await.unwrap();
        };
        keep(100).await;
        assert_eq!((count("okta").await, count("entra").await), (6, 1));
        gw.wait(Duration::days(11));
        keep(100).await;
        assert_eq!((count("okta").await, count("entra").await), (5, 1));
        keep(3).await;
        assert_eq!((count("okta").await, count("entra").await), (3, 1));
        gw.wait(Duration::days(20));
        keep(3).await;
        assert_eq!((count("okta").await, count("entra").await), (0, 0));
    }

    async fn what_calls_carried_goes_with_the_last_entry_of_its_block(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        // A log of its own, whose writer runs when it is told to: what it then finds it writes together.
        let patient = gw.gateway.altered(|shared| {
            shared.scim_log = ScimLog::on();
            Arc::make_mut(&mut shared.settings).scim_log_entries = 1;
        });
        let router = doorward::app::router(patient.clone(), std::time::Duration::from_secs(30));
        let path = okta.base.strip_prefix(&gw.base).unwrap();
        let create = async |name: &str| {
            let request = Request::post(format!("{path}/Users")).header("authorization", format!("Bearer {}", okta.token));
            let body = json!({"userName": format!("{name}@acme.test")}).to_string();
            let request = request.header("content-type", "application/scim+json").body(Body::from(body)).unwrap();
            assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 201);
        };
        for name in ["ada", "bob", "cleo"] {
            create(name).await;
        }
        let writer = tokio::spawn(doorward::service::scim_log::run(patient.clone()));
        patient.scim_log.flush().await;
        let logged = scim_log::of_operator(&patient, "acme", "okta").await.unwrap();
        let (org, src) = (logged.org, logged.directory.src);
        let rows = patient.store.scim_log(org, src, all()).await.unwrap();
        let block = rows[0].block.expect("three calls that are written together share a block");
        assert!(rows.len() == 3 && rows.iter().all(|row| row.block == Some(block) && row.bodies.is_none()));
        let blocks = async || patient.store.scim_log_blocks(org, src, vec![block]).await.unwrap().len();
        let shown = async || scim_log::page(&patient, &logged, all(), true).await.unwrap().entries;
        let names: Vec<_> = shown().await.into_iter().map(|e| e.request.unwrap()["userName"].clone()).collect();
        assert_eq!(names, ["cleo@acme.test", "bob@acme.test", "ada@acme.test"]);
        doorward::jobs::expiry::run_once(&patient).await.unwrap();
        assert_eq!((shown().await.len(), blocks().await), (1, 1));
        assert_eq!(shown().await[0].request.as_ref().unwrap()["userName"], "cleo@acme.test");
        create("dave").await;
        patient.scim_log.flush().await;
        writer.abort();
        doorward::jobs::expiry::run_once(&patient).await.unwrap();
        assert_eq!((shown().await.len(), blocks().await), (1, 0));
        let alone = patient.store.scim_log(org, src, all()).await.unwrap();
        assert!(alone[0].block.is_none() && alone[0].bodies.is_some(), "an entry that is written alone has its own");
        assert_eq!(shown().await[0].request.as_ref().unwrap()["userName"], "dave@acme.test");
    }

    async fn a_full_queue_loses_calls_and_the_log_says_so(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let narrow = gw.gateway.altered(|shared| shared.scim_log = ScimLog::with_room(2, 1024 * 1024));
        let router = doorward::app::router(narrow.clone(), std::time::Duration::from_secs(30));
        let path = okta.base.strip_prefix(&gw.base).unwrap();
        for _ in 0..5 {
            let request = Request::get(format!("{path}/Users")).header("authorization", format!("Bearer {}", okta.token));
            let reply = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(reply.status(), 200);
        }
        let writer = tokio::spawn(doorward::service::scim_log::run(narrow.clone()));
        narrow.scim_log.flush().await;
        writer.abort();
        let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
        let page = scim_log::page(&gw.gateway, &logged, all(), false).await.unwrap().entries;
        assert_eq!(page.iter().map(|e| e.lost).collect::<Vec<_>>(), [3, 0, 0]);
        assert!(page[0].to_string().contains("3 calls are not in this log"));
    }

    async fn strangers_do_not_push_the_real_calls_out_of_the_log(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let stranger = okta.with_token("wrong");
        for _ in 0..300 {
            stranger.get("/Users").await.expect(401);
        }
        gw.logged().await;
        okta.get("/Users").await.expect(200);
        gw.logged().await;
        let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
        let page = scim_log::page(&gw.gateway, &logged, all(), false).await.unwrap().entries;
        let listed = page.iter().filter(|e| e.refused.as_deref() == Some("wrong token")).count();
        let lost: i64 = page.iter().map(|e| e.lost).sum();
        assert!((100..300).contains(&listed), "{listed}");
        assert_eq!(i64::try_from(listed).unwrap() + lost, 300);
        assert_eq!(page.iter().filter(|e| e.status == Some(200)).count(), 1);
    }

    async fn a_follower_sees_each_call_once_as_it_comes(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        okta.get("/Users").await.expect(200);
        gw.logged().await;
        let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
        let mut follower = Follower::from(LogFilter::default(), gw.gateway.sources.now());
        let shown = scim_log::page(&gw.gateway, &logged, all(), false).await.unwrap();
        follower.pass_over(shown.entries.iter().map(|entry| entry.id));
        assert_eq!(follower.more(&gw.gateway, &logged, false).await.unwrap().len(), 0);
        for path in ["/Groups", "/Schemas", "/nowhere"] {
            okta.get(path).await;
            gw.logged().await;
            let new = follower.more(&gw.gateway, &logged, false).await.unwrap();
            assert_eq!(new.len(), 1, "{path}");
            assert!(new[0].to_string().contains(path), "{}", new[0]);
            gw.wait(Duration::milliseconds(700));
        }
        assert_eq!(follower.more(&gw.gateway, &logged, false).await.unwrap().len(), 0);
    }
}
