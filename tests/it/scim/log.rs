//! The SCIM log: every call of a directory, with what came of it, and nothing of a person in clear.

use crate::harness::database::{Engine, on_both_engines};
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use crate::harness::token_door::{TokenDoor, company};
use doorward::domain::audit::Actor;
use doorward::service::console::scim_log;
use doorward::service::scim_log::LogFilter;
use doorward::store::scim_log::BlockRange;
use doorward::store::{StoreError, audit};
use serde_json::{Value, json};
use std::ops::Bound::Unbounded;

/// The entries of a directory, newest first.
async fn entries(gw: &TestGateway, api: &Directory, key: &str, query: &str) -> Vec<Value> {
    gw.logged().await;
    api.get(&format!("/{key}/log{query}")).await.expect(200).body["entries"].as_array().unwrap().clone()
}

on_both_engines! {
    async fn a_call_and_its_refusal_stand_in_the_log_and_lead_to_the_audit(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let made = okta.create_user("ada@acme.test").await.expect(201);
        okta.create_user("ada@acme.test").await.expect(409);
        let ada = made.id();
        okta.get(&format!("/Users/{ada}")).await.expect(200);
        let log = entries(&gw, &api, "okta", "").await;
        let told: Vec<_> = log.iter().map(|e| (e["method"].as_str().unwrap(), e["path"].as_str().unwrap(), e["status"].as_i64().unwrap())).collect();
        assert_eq!(told, [("GET", "/Users/{id}", 200), ("POST", "/Users", 409), ("POST", "/Users", 201)]);
        assert_eq!(log[0]["resource"], ada.as_str());
        assert_eq!(log[1]["scim_type"], "uniqueness");
        let first = &log[2];
        assert_eq!(first["request_id"], made.headers["x-request-id"].to_str().unwrap());
        assert_eq!((&first["caller"]["kind"], &first["caller"]["label"]), (&json!("token"), &json!("test")));
        assert_eq!(first["at"], "2026-01-01T00:00:00Z");
        let whole = api.get(&format!("/okta/log/{}", first["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!(whole["events"][0]["deed"], "user_provisioned");
        assert_eq!((&whole["request"]["userName"], &whole["request"]["active"]), (&json!("a…@acme.test"), &json!(true)));
        assert_eq!((&whole["response"]["id"], &whole["response"]["name"]["familyName"]), (&json!(ada), &json!("•••")));
    }

    async fn a_wrong_token_is_told_to_the_directory_that_it_was_sent_to(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let zeta = gw.organization("zeta", None, usual_rules()).await;
        let (okta, theirs) = (acme.directory("okta", "auto").await, zeta.directory("okta", "auto").await);
        okta.with_token(&theirs.token).get("/Users").await.expect(401);
        okta.with_token("hunter2-hunter2").get("/Users").await.expect(401);
        let mut unknown = okta.clone();
        unknown.base = format!("{}/scim/v2/dir-00000000000000000000000000000000", gw.base);
        unknown.get("/Users").await.expect(401);
        let (api, their_api) =
            (gw.directories_api("acme", acme.org).await, gw.directories_api("zeta", zeta.org).await);
        let log = entries(&gw, &api, "okta", "?refused=true").await;
        assert_eq!(log.len(), 2);
        assert!(log.iter().all(|e| e["refused"] == "wrong token" && e["status"] == 401 && e["caller"].is_null()));
        assert!(log[0]["presented"].as_str().unwrap().starts_with("no token of Doorward, …"));
        assert!(log[1]["presented"].as_str().unwrap().starts_with("a directory token, …"));
        let text = serde_json::to_string(&log).unwrap();
        assert!(!text.contains("hunter2") && !text.contains(&theirs.token));
        assert_eq!(entries(&gw, &their_api, "okta", "").await, Vec::<Value>::new());
    }

    async fn calls_that_come_too_fast_or_to_a_disabled_directory_have_entries(engine) {
        let gw = TestGateway::limited(engine, 1).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
        let mut slowed = 0;
        for _ in 0..20 {
            slowed += usize::from(okta.get("/Users?count=0").await.status == 429);
        }
        doorward::service::console::directories::enable(&gw.gateway, "acme", "entra", false).await.unwrap();
        entra.get("/Users").await.expect(403);
        let api = gw.directories_api("acme", acme.org).await;
        let refused = entries(&gw, &api, "okta", "?status=429").await;
        assert!(slowed > 0 && refused.len() == slowed);
        assert!(refused.iter().all(|e| e["refused"] == "too many calls" && e["caller"]["label"] == "test"));
        assert_eq!(entries(&gw, &api, "entra", "?status=4xx").await[0]["refused"], "directory disabled");
    }

    async fn nothing_of_a_person_is_readable_in_the_log_or_in_its_rows(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let body = json!({"userName": "bob@acme.test", "password": "s3cret-s3cret", "name": {"familyName": "Byron"}});
        okta.call("POST", "/Users", Some(body)).await.expect(201);
        okta.create_user("ada@acme.test").await.expect(409);
        okta.get("/Users?filter=userName%20eq%20%22ada%40acme.test%22").await.expect(200);
        okta.get("/Users/ada@acme.test").await.expect(404);
        okta.create_group("panel-north-users", &["ada@acme.test", &ada]).await.expect(201);
        okta.patch(&format!("/Users/{ada}"), json!([
            {"op": "replace", "path": "name.familyName", "value": "Byron-Lovelace"},
            {"op": "replace", "path": "emails[value eq \"ada@acme.test\"].value", "value": "ada@acme.test"},
            {"op": "replace", "path": "password", "value": "s3cret-s3cret"},
        ])).await.expect(200);
        let api = gw.directories_api("acme", acme.org).await;
        let log = entries(&gw, &api, "okta", "").await;
        assert_eq!(log.len(), 7);
        let mut texts = vec![serde_json::to_string(&log).unwrap()];
        for entry in &log {
            texts.push(api.get(&format!("/okta/log/{}", entry["id"].as_str().unwrap())).await.expect(200).body.to_string());
        }
        let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
        let range = BlockRange::oldest_first(Unbounded, true);
        let blocks = gw.gateway.store.scim_log_blocks(acme.org, logged.directory.src, range).await.unwrap();
        assert_eq!(blocks.iter().map(|block| block.entries).sum::<i64>(), 7);
        let sealed = blocks.iter().flat_map(|block| [&block.heads, block.bodies.as_ref().unwrap()]);
        texts.extend(sealed.map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
        if engine == Engine::Sqlite {
            let file = gw.database_file().with_extension("").display().to_string();
            texts.extend(["-log.db", "-log.db-wal"].map(|end| {
                String::from_utf8_lossy(&std::fs::read(format!("{file}{end}")).unwrap()).into_owned()
            }));
        }
        for text in &texts {
            for personal in ["ada@acme.test", "ada%40acme", "bob@acme", "Byron", "ext-", "s3cret"] {
                assert!(!text.contains(personal), "{personal} in {text}");
            }
        }
        assert!(texts[0].contains("a…@acme.test") && texts[0].contains(&ada));
        let filter = LogFilter { bodies: true, limit: 100, ..LogFilter::default() };
        let clear = scim_log::page(&gw.gateway, &logged, filter, true).await.unwrap();
        let clear = serde_json::to_string(&clear).unwrap();
        assert!(clear.contains("ada@acme.test") && clear.contains("Byron-Lovelace") && !clear.contains("s3cret"));
    }

    async fn who_looks_at_clear_values_is_in_the_audit(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        acme.directory("okta", "auto").await;
        let logged = scim_log::of_operator(&gw.gateway, "acme", "okta").await.unwrap();
        scim_log::note_revealed(&gw.gateway, &logged, &Actor::Operator).await.unwrap();
        let store = &gw.gateway.store;
        let events = store.read::<_, StoreError, _>(acme.org, async |tx| audit::newest(tx, 1).await).await.unwrap();
        assert_eq!((events[0].deed.as_str(), events[0].actor.as_str()), ("scim_log_revealed", "operator"));
        assert_eq!(events[0].target, Some(logged.directory.id.to_string()));
    }

    async fn a_neighbours_log_is_not_there(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let zeta = gw.organization("zeta", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        acme.directory("entra", "auto").await;
        zeta.directory("okta", "auto").await;
        okta.create_user("ada@acme.test").await.expect(201);
        let (api, stranger) = (gw.directories_api("acme", acme.org).await, gw.directories_api("acme", zeta.org).await);
        let id = entries(&gw, &api, "okta", "").await[0]["id"].as_str().unwrap().to_owned();
        for path in ["/okta/log".to_owned(), "/okta/log/quirks".to_owned(), format!("/okta/log/{id}")] {
            api.get(&path).await.expect(200);
            stranger.get(&path).await.expect(404);
        }
        let theirs = gw.directories_api("zeta", zeta.org).await;
        theirs.get(&format!("/okta/log/{id}")).await.expect(404);
        api.get(&format!("/entra/log/{id}")).await.expect(404);
        api.get("/nobody/log").await.expect(404);
    }

    async fn the_rewrites_of_entras_and_oktas_shapes_are_named_and_counted(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
        let ada = entra.create_user("ada@acme.test").await.expect(201).id();
        for active in ["False", "True"] {
            entra.patch(&format!("/Users/{ada}"), json!([{"op": "Replace", "path": "active", "value": active}])).await.expect(200);
        }
        entra.get("/Users?aadOptscim062020&filter=emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22ada%40acme.test%22").await.expect(200);
        entra.get("//Users/").await.expect(200);
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        let body = json!([{"op": "replace", "value": {"active": false, "id": bob}}]);
        okta.patch(&format!("/Users/{bob}"), body).await.expect(200);
        okta.create_user("bob@acme.test").await.expect(201);
        let group = okta.create_group("panel-admins", &["00000000-0000-7000-8000-000000000000"]).await.expect(201);
        assert!(group.headers.contains_key("scim-skipped"));
        let api = gw.directories_api("acme", acme.org).await;
        let log = entries(&gw, &api, "okta", "?quirk=q15-unknown-member").await;
        assert_eq!((log.len(), &log[0]["skipped"]), (1, &json!(["00000000-0000-7000-8000-000000000000"])));
        let counts = async |key: &str| -> Vec<(String, i64)> {
            let quirks = api.get(&format!("/{key}/log/quirks")).await.expect(200).body["quirks"].clone();
            let count = |q: &Value| (q["id"].as_str().unwrap().to_owned(), q["calls"].as_i64().unwrap());
            quirks.as_array().unwrap().iter().map(count).collect()
        };
        let told = |wanted: &[(&str, i64)]| wanted.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect::<Vec<_>>();
        assert_eq!(counts("entra").await, told(&[
            ("q01-op-case", 2), ("q03-boolean-text", 2), ("q02-query-flag", 1), ("q26-value-path-filter", 1), ("q36-path-slashes", 1),
        ]));
        assert_eq!(counts("okta").await, told(&[("q11-read-only-echo", 1), ("q15-unknown-member", 1), ("q20-restore", 1)]));
    }

    async fn a_client_that_asks_for_a_token_stands_in_the_log_of_its_directory(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let made = admin.call("POST", "/clients", Some(json!({"key": "ping"}))).await.expect(201).body;
        let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
        let door = TokenDoor::of(&gw);
        door.with_secret(id, "wrong-s3cret").await.denied(401, "invalid_client", "");
        door.ask(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret), ("scope", "api://doorward/.default")])
            .await
            .denied(400, "invalid_scope", "");
        let token = door.with_secret(id, secret).await.access_token();
        idp.with_token(&token).get("/Users?count=0").await.expect(200);
        door.with_secret("nobody", "wrong-s3cret").await.denied(401, "invalid_client", "");
        let api = gw.directories_api("acme", org.org).await;
        let log = entries(&gw, &api, "idp", "").await;
        let told: Vec<_> = log.iter().map(|e| (e["path"].as_str().unwrap(), e["status"].as_i64().unwrap(), e["refused"].as_str())).collect();
        assert_eq!(told, [
            ("/Users", 200, None),
            ("/scim/oauth/token", 200, None),
            ("/scim/oauth/token", 400, None),
            ("/scim/oauth/token", 401, Some("client not proved")),
        ]);
        assert_eq!(log[1]["caller"], log[0]["caller"]);
        assert_eq!(log[1]["caller"]["label"], "ping");
        assert_eq!((&log[3]["presented"], &log[3]["caller"]), (&json!("client ping: the secret is wrong"), &json!(null)));
        let entry = log[1]["id"].as_str().unwrap();
        let whole = api.get(&format!("/idp/log/{entry}")).await.expect(200).body;
        assert_eq!(whole["events"][0]["deed"], "token_created");
        let replayed = api.call("POST", &format!("/idp/log/{entry}/replay"), None).await.expect(409).body;
        assert!(replayed["detail"].as_str().unwrap().contains("not in the log"), "{replayed}");
        let text = serde_json::to_string(&log).unwrap() + &whole.to_string();
        assert!(!text.contains("s3cret") && !text.contains(secret) && !text.contains(&token));
    }

    async fn filters_and_cursors_find_the_calls(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        gw.wait(chrono::Duration::hours(1));
        for _ in 0..4 {
            okta.get(&format!("/Users/{ada}")).await.expect(200);
        }
        okta.get("/Users/nobody").await.expect(404);
        assert_eq!(entries(&gw, &api, "okta", &format!("?resource={ada}")).await.len(), 4);
        assert_eq!(entries(&gw, &api, "okta", "?method=post").await.len(), 1);
        assert_eq!(entries(&gw, &api, "okta", "?status=404&refused=true").await.len(), 1);
        assert_eq!(entries(&gw, &api, "okta", "?since=2026-01-01T00:30:00Z").await.len(), 5);
        assert_eq!(entries(&gw, &api, "okta", "?until=2026-01-01T00:30:00Z").await.len(), 1);
        let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = api.get(&format!("/okta/log{query}")).await.expect(200).body;
            seen.extend(page["entries"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            query = format!("?limit=2&before={next}");
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {seen:?}");
        for (query, field) in [("?since=yesterday", "since"), ("?status=9xx", "status"), ("?quirk=%25", "quirk")] {
            assert_eq!(api.get(&format!("/okta/log{query}")).await.expect(400).body["field"], field);
        }
        api.get("/okta/log?sicne=x").await.expect(400);
    }
}
