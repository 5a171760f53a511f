//! How the SCIM log is kept: what it does with large and broken bodies, how long it lasts, and that it says what it lost.

use crate::harness::database::{Engine, on_both_engines};
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use axum::body::Body;
use axum::http::Request;
use chrono::Duration;
use doorward::http::edge::Doors;
use doorward::http::scim::ScimRoom;
use doorward::service::Gateway;
use doorward::service::console::scim_log::{self, Follower};
use doorward::service::scim_log::{EntryView, LogFilter, ScimLog};
use doorward::store::scim_log::BlockRange;
use serde_json::json;
use std::ops::Bound::Unbounded;
use std::sync::Arc;
use tower::ServiceExt as _;

fn all() -> LogFilter {
    LogFilter { bodies: true, limit: 1000, ..LogFilter::default() }
}

/// An instance with a log of its own, whose writer runs when it is told to: what it then finds it writes together.
struct Instance {
    gateway: Gateway,
    doors: Doors<ScimRoom>,
    path: String,
    token: String,
}

impl Instance {
    fn of(gw: &TestGateway, directory: &Directory, most: i64) -> Self {
        let gateway = gw.gateway.altered(|shared| {
            shared.scim_log = ScimLog::on();
            Arc::make_mut(&mut shared.settings).scim_log_entries = most;
        });
        let doors = doorward::app::doors(gateway.clone(), std::time::Duration::from_secs(30));
        let path = directory.base.strip_prefix(&gw.base).unwrap().to_owned();
        Self { gateway, doors, path, token: directory.token.clone() }
    }

    async fn create(&self, name: &str) {
        let request =
            Request::post(format!("{}/Users", self.path)).header("authorization", format!("Bearer {}", self.token));
        let body = json!({"userName": format!("{name}@acme.test")}).to_string();
        let request = request.header("content-type", "application/scim+json").body(Body::from(body)).unwrap();
        assert_eq!(self.doors.clone().oneshot(request).await.unwrap().status(), 201);
    }

    async fn write(&self) {
        write(&self.gateway).await;
    }
}

/// What waits is written, now and together.
async fn write(gateway: &Gateway) {
    tokio::select! {
        biased;
        () = doorward::service::scim_log::run(gateway.clone()) => panic!("the log has no other writer"),
        () = gateway.scim_log.flush() => {}
    }
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

    async fn entries_that_are_written_together_share_a_block_and_go_one_by_one(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let instance = Instance::of(&gw, &okta, 2);
        for name in ["ada", "bob", "cleo"] {
            instance.create(name).await;
        }
        instance.write().await;
        let logged = scim_log::of_operator(&instance.gateway, "acme", "okta").await.unwrap();
        let blocks = async || {
            let all = BlockRange::oldest_first(Unbounded, true);
            let blocks = gw.gateway.store.scim_log_blocks(logged.org, logged.directory.src, all).await.unwrap();
            blocks.iter().map(|block| block.entries).collect::<Vec<_>>()
        };
        let names = async || {
            let page = scim_log::page(&instance.gateway, &logged, all(), true).await.unwrap();
            page.entries.iter().map(|e| e.request.as_ref().unwrap()["userName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let forget = async || doorward::jobs::expiry::run_once(&instance.gateway).await.unwrap();
        assert_eq!(blocks().await, [3]);
        assert_eq!(names().await, ["cleo@acme.test", "bob@acme.test", "ada@acme.test"]);
        forget().await;
        assert_eq!((blocks().await, names().await), (vec![2], vec!["cleo@acme.test".to_owned(), "bob@acme.test".into()]));
        instance.create("dave").await;
        instance.write().await;
        forget().await;
        forget().await;
        assert_eq!(blocks().await, [1, 1]);
        assert_eq!(names().await, ["dave@acme.test", "cleo@acme.test"]);
        for name in ["eve", "finn"] {
            instance.create(name).await;
        }
        instance.write().await;
        forget().await;
        assert_eq!(blocks().await, [2]);
        assert_eq!(names().await, ["finn@acme.test", "eve@acme.test"]);
    }

    async fn entries_of_two_instances_come_in_their_order_page_by_page_and_to_a_follower_once(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let instances = [Instance::of(&gw, &okta, 1000), Instance::of(&gw, &okta, 1000)];
        let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
        let mut follower = Follower::from(all(), gw.gateway.sources.now());
        let mut made = Vec::new();
        // One block reaches over all of the other instance's, of which there are more than are read at once.
        for n in 0..60 {
            // An id begins with the time when a call is over: calls take no minute.
            gw.wait(Duration::minutes(1));
            instances[n % 2].create(&format!("ada{n:02}")).await;
            made.push(format!("ada{n:02}@acme.test"));
            if n % 4 == 3 {
                instances[n % 2].write().await;
            }
        }
        instances[0].write().await;
        instances[1].write().await;
        let name = |e: &EntryView| e.request.as_ref().unwrap()["userName"].as_str().unwrap().to_owned();
        for limit in [2, 40] {
            let (mut told, mut filter) = (Vec::new(), LogFilter { limit, ..all() });
            loop {
                let page = scim_log::page(&gw.gateway, &logged, filter.clone(), true).await.unwrap();
                told.extend(page.entries.iter().map(name));
                let Some(next) = page.next else { break };
                let entry = scim_log::entry(&gw.gateway, &logged, next, true).await.unwrap();
                assert_eq!(Some(&name(&entry.entry)), told.last(), "an entry is found by its id");
                filter.before = Some(next);
            }
            told.reverse();
            assert_eq!(told, made, "by {limit}");
        }
        let mut followed: Vec<_> = follower.more(&gw.gateway, &logged, true).await.unwrap().iter().map(name).collect();
        followed.sort();
        assert_eq!(followed, made);
        assert!(follower.more(&gw.gateway, &logged, true).await.unwrap().is_empty());
    }

    async fn a_full_queue_loses_calls_and_the_log_says_so(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let narrow = gw.gateway.altered(|shared| shared.scim_log = ScimLog::with_room(2, 1024 * 1024));
        let doors = doorward::app::doors(narrow.clone(), std::time::Duration::from_secs(30));
        let path = okta.base.strip_prefix(&gw.base).unwrap();
        for _ in 0..5 {
            let request = Request::get(format!("{path}/Users")).header("authorization", format!("Bearer {}", okta.token));
            let reply = doors.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(reply.status(), 200);
        }
        write(&narrow).await;
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
        let lost: u64 = page.iter().map(|e| e.lost).sum();
        assert!((100..300).contains(&listed), "{listed}");
        assert_eq!(u64::try_from(listed).unwrap() + lost, 300);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_log_cannot_write_is_counted_and_it_goes_on_when_it_can() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let log = format!("{}-log.db", gw.database_file().with_extension("").display());
    let alter = |sql: &str| rusqlite::Connection::open(&log).unwrap().execute_batch(sql).unwrap();
    alter("ALTER TABLE scim_log_block RENAME TO away");
    for _ in 0..2 {
        okta.get("/Users").await.expect(200);
        gw.logged().await;
    }
    alter("ALTER TABLE away RENAME TO scim_log_block");
    okta.get("/Groups").await.expect(200);
    gw.logged().await;
    let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
    let page = scim_log::page(&gw.gateway, &logged, all(), false).await.unwrap().entries;
    assert_eq!(page.iter().map(|e| (e.path.as_str(), e.lost)).collect::<Vec<_>>(), [("", 2), ("/Groups", 0)]);
}
