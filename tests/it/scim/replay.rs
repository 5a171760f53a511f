//! A logged call is made once more as a dry run: it says what it would come to now, and changes nothing.

use crate::harness::database::{TestDatabase, on_both_engines};
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use crate::harness::program::{Program, command, reason, said};
use serde_json::{Value, json};

/// The id of the newest entry.
async fn newest(gw: &TestGateway, api: &Directory) -> String {
    gw.logged().await;
    let page = api.get("/okta/log?limit=1").await.expect(200).body;
    page["entries"][0]["id"].as_str().unwrap().to_owned()
}

/// Replays an entry, and insists that the database is afterwards what it was before.
async fn replay(gw: &TestGateway, api: &Directory, entry: &str) -> Value {
    let before = gw.contents().await;
    let reply = api.call("POST", &format!("/okta/log/{entry}/replay"), None).await.expect(200);
    let after = gw.contents().await;
    for (table, rows) in &before {
        assert_eq!(&after[table], rows, "{table}");
    }
    assert_eq!(before.len(), after.len());
    reply.body
}

fn statuses(replay: &Value) -> (&Value, &Value) {
    (&replay["logged"]["status"], &replay["now"]["status"])
}

on_both_engines! {
    async fn a_refused_call_says_201_once_its_cause_is_gone_and_makes_nobody(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let body = json!({"userName": "ADA@acme.test", "password": "s3cret-s3cret", "name": {"familyName": "Byron"}, "active": "True"});
        okta.call("POST", "/Users", Some(body.clone())).await.refused(409, "uniqueness");
        let entry = newest(&gw, &api).await;
        let still = replay(&gw, &api, &entry).await;
        assert_eq!(statuses(&still), (&json!(409), &json!(409)), "{still}");
        assert_eq!(still["now"]["scim_type"], "uniqueness");
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "path": "userName", "value": "countess@acme.test"}])).await.expect(200);
        let now = replay(&gw, &api, &entry).await;
        assert_eq!(statuses(&now), (&json!(409), &json!(201)), "{now}");
        assert_eq!(now["now"]["quirks"][0], "q03-boolean-text", "{now}");
        assert_eq!(now["now"]["response"]["userName"], "A…@acme.test", "masked as the log is");
        assert_eq!(now["notes"].as_array().unwrap().len(), 1, "it was replayed without its password: {now}");
        for personal in ["Byron", "s3cret", "ADA@"] {
            assert!(!now.to_string().contains(personal), "{now}");
        }
        let bob = okta.call("POST", "/Users", Some(body)).await.expect(201);
        assert_ne!(bob.body["id"], now["now"]["response"]["id"], "the person of the dry run never was");
    }

    async fn a_delete_takes_nobody_away(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        let entry = newest(&gw, &api).await;
        let gone = replay(&gw, &api, &entry).await;
        assert_eq!(statuses(&gone), (&json!(204), &json!(404)), "{gone}");
        assert_eq!(okta.create_user("ada@acme.test").await.expect(201).id(), ada, "the tombstone gives the id back");
        let there = replay(&gw, &api, &entry).await;
        assert_eq!(statuses(&there), (&json!(204), &json!(204)), "{there}");
        okta.get(&format!("/Users/{ada}")).await.expect(200);
    }

    async fn a_patch_of_members_gives_no_access_and_a_stale_version_stays_stale(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        let path = format!("/Groups/{group}");
        let add = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
        assert!(okta.patch(&path, add.clone()).await.status < 300);
        let entry = newest(&gw, &api).await;
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
        assert!(okta.patch(&path, json!([{"op": "remove", "path": "members"}])).await.status < 300);
        let before = acme.access(&ada).await;
        assert_eq!(before.0, None);
        let version = okta.get(&path).await.header("etag").to_owned();
        let again = replay(&gw, &api, &entry).await;
        assert_eq!(again["now"]["status"], again["logged"]["status"], "{again}");
        assert_eq!(acme.access(&ada).await, before, "nothing that is remembered has moved");
        assert_eq!(okta.get(&path).await.header("etag"), version);
        assert!(okta.patch(&path, add).await.status < 300);
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"), "the call itself does it");
        okta.raw("DELETE", &path, &[("if-match", "W/\"1\"")], "").await.refused(412, "");
        let entry = newest(&gw, &api).await;
        assert_eq!(statuses(&replay(&gw, &api, &entry).await), (&json!(412), &json!(412)));
    }

    async fn a_bulk_request_is_tried_operation_by_operation_and_says_so(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ada@acme.test"}},
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "engineers", "members": [{"value": "bulkId:a"}]}},
        ]});
        let made = okta.call("POST", "/Bulk", Some(body)).await.expect(200).body;
        let entry = newest(&gw, &api).await;
        for place in [1, 0] {
            let location = made["Operations"][place]["location"].as_str().unwrap();
            okta.call("DELETE", location.strip_prefix(&okta.base).unwrap(), None).await.expect(204);
        }
        let again = replay(&gw, &api, &entry).await;
        let told: Vec<_> = again["now"]["response"]["Operations"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
        assert_eq!(told, ["201", "201"], "{again}");
        let made = again["now"]["response"]["Operations"][0]["location"].as_str().unwrap();
        assert!(made.ends_with(again["now"]["skipped"][0].as_str().unwrap()), "the member of the dry run never was: {again}");
        assert!(again["notes"][0].as_str().unwrap().contains("undone before the next"), "{again}");
    }

    async fn a_search_finds_what_is_there_now(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        okta.get("/Users?filter=userName%20eq%20%22ada%40acme.test%22").await.expect(200);
        let entry = newest(&gw, &api).await;
        okta.create_user("ada@acme.test").await.expect(201);
        let now = replay(&gw, &api, &entry).await;
        let found = |side: &Value| side["response"]["totalResults"].clone();
        assert_eq!((found(&now["logged"]), found(&now["now"])), (json!(0), json!(1)), "{now}");
        doorward::service::console::directories::enable(&gw.gateway, "acme", "okta", false).await.unwrap();
        assert_eq!(replay(&gw, &api, &entry).await["now"]["status"], 403, "as the directory stands now");
    }

    async fn what_the_log_does_not_have_whole_is_not_replayed_and_a_neighbours_entry_is_not_there(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let zeta = gw.organization("zeta", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        acme.directory("entra", "auto").await;
        zeta.directory("okta", "auto").await;
        let api = gw.directories_api("acme", acme.org).await;
        let refused = async |why: &str| {
            let entry = newest(&gw, &api).await;
            let reply = api.call("POST", &format!("/okta/log/{entry}/replay"), None).await.expect(409);
            assert_eq!(reply.body["code"], "not_replayable");
            assert!(reply.body["detail"].as_str().unwrap().contains(why), "{}", reply.body);
        };
        okta.with_token("hunter2").get("/Users").await.expect(401);
        refused("turned away at the door").await;
        okta.send("POST", "/Users", "{\"userName\": ").await.expect(400);
        refused("has no body").await;
        let members: Vec<_> = (0..3000).map(|n| json!({"value": format!("{n:08}-0000-7000-8000-000000000000")})).collect();
        okta.call("POST", "/Groups", Some(json!({"displayName": "big", "members": members}))).await.expect(201);
        refused("longer than what the log keeps").await;
        okta.get("/Users?filter=password%20eq%20%22x%22").await.refused(400, "invalidFilter");
        refused("password").await;
        okta.get("/Me").await.expect(501);
        refused("asked by a person").await;
        okta.get("/Users").await.expect(200);
        let entry = newest(&gw, &api).await;
        let path = format!("/okta/log/{entry}/replay");
        api.call("POST", &path, None).await.expect(200);
        let their_api = gw.directories_api("zeta", zeta.org).await;
        their_api.call("POST", &path, None).await.expect(404);
        gw.directories_api("acme", zeta.org).await.call("POST", &path, None).await.expect(404);
        api.call("POST", &format!("/entra/log/{entry}/replay"), None).await.expect(404);
        api.call("POST", "/okta/log/log-00000000000000000000000000000000/replay", None).await.expect(404);
        api.with_token(&okta.token).call("POST", &path, None).await.expect(401);
    }

    async fn the_operator_replays_beside_a_running_server(engine) {
        let database = TestDatabase::new(engine).await;
        let run = |arguments: &[&str]| command(&database).args(arguments).output().unwrap();
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/example.toml");
        let made: Value = serde_json::from_str(&said(&run(&["apply", example, "--json"]))).unwrap();
        let made = &made["organizations"][0]["directories"][0];
        let server = Program::serve(&database);
        let base = format!("{}/scim/v2/{}", server.base, made["id"].as_str().unwrap());
        let okta = Directory::new(&base, made["token"].as_str().unwrap());
        okta.call("POST", "/Groups", Some(json!({"displayName": ""}))).await.expect(400);
        okta.call("POST", "/Groups", Some(json!({"displayName": "engineers"}))).await.expect(201);
        server.terminate();
        assert!(server.ended().0, "the log is written when the server ends");
        let log = said(&run(&["directory", "log", "okta", "--org", "acme", "--json"]));
        let ids: Vec<String> = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned()).collect();
        let _server = Program::serve(&database);
        let before = database.contents().await;
        let text = said(&run(&["directory", "replay", "okta", "--org", "acme", "--entry", &ids[1]]));
        assert!(text.contains("201") && text.contains("now  409 uniqueness") && text.ends_with("nothing of this was kept\n"), "{text}");
        let json: Value = serde_json::from_str(&said(&run(&["directory", "replay", "okta", "--org", "acme", "--entry", &ids[0], "--json"]))).unwrap();
        assert_eq!(statuses(&json), (&json!(400), &json!(400)), "{json}");
        let why = reason(&run(&["directory", "replay", "okta", "--org", "acme", "--entry", "log-00000000000000000000000000000000"]));
        assert!(why.contains("no such entry"), "{why}");
        assert_eq!(database.contents().await, before);
    }
}
