//! What wrong, old and foreign credentials of a directory come to: secrets, rotation, removal, the token endpoint.

use crate::harness::database::{Engine, on_both_engines};
use crate::harness::gateway::{TestGateway, TestOrganization};
use crate::harness::token_door::{TokenDoor, company};
use chrono::Duration;
use doorward::base::ids::ClientId;
use doorward::service::console::directories;
use doorward::service::expiry;
use serde_json::{Value, json};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// What was done to something, in the order of the words: the clock stands still.
async fn deeds(org: &TestOrganization<'_>, target: &str) -> Vec<String> {
    let mut deeds = org.deeds(target).await;
    deeds.sort();
    deeds
}

/// A client with a secret: what its making answered.
async fn client(admin: &crate::harness::gateway::Directory) -> Value {
    admin.call("POST", "/clients", Some(json!({"key": "ping"}))).await.expect(201).body
}

on_both_engines! {
    async fn a_wrong_secret_and_a_client_that_is_not_there_are_one_answer(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, _, admin) = company(&gw, "acme").await;
        let (zeta, ..) = company(&gw, "zeta").await;
        let door = TokenDoor::of(&gw);
        let made = client(&admin).await;
        let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
        let own: ClientId = id.parse().unwrap();
        // The same client in another organization is not there, whatever the secret.
        let elsewhere = ClientId { org: zeta.org, client: own.client }.to_string();
        let mut answers = Vec::new();
        for (id, secret) in [
            (id, "wrong"), (id, &secret[..secret.len() - 1]), (&elsewhere, secret), ("nobody", secret), (text(&made["id"]), secret),
        ] {
            let answer = door.with_secret(id, secret).await;
            answer.denied(401, "invalid_client", "client authentication failed");
            answers.push(answer.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        door.with_basic(id, "wrong").await.denied(401, "invalid_client", "client authentication failed");
        assert_eq!(deeds(&org, text(&made["id"])).await, ["directory_client_created", "directory_client_refused", "directory_client_refused", "directory_client_refused"]);
        door.with_secret(id, secret).await.expect(200);
        // A client's secret is no token, and a token is no secret.
        let (_, idp, _) = company(&gw, "omega").await;
        idp.with_token(secret).get("/Users").await.refused(401, "");
        door.with_secret(id, &idp.token).await.denied(401, "invalid_client", "");
    }

    async fn a_token_opens_its_own_directory_alone(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let sibling = org.directory("second", "auto").await;
        let (_, neighbour, _) = company(&gw, "zeta").await;
        let made = client(&admin).await;
        let token = TokenDoor::of(&gw).with_secret(text(&made["client_id"]), text(&made["client_secret"])).await.access_token();
        idp.with_token(&token).get("/Users").await.expect(200);
        sibling.with_token(&token).get("/Users").await.refused(401, "");
        neighbour.with_token(&token).get("/Users").await.refused(401, "");
    }

    async fn what_the_token_endpoint_does_not_understand_it_names(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, _, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let made = client(&admin).await;
        let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
        let both = [("client_id", id), ("client_secret", secret)];
        door.ask(&both).await.denied(400, "invalid_request", "grant_type");
        door.ask(&[&both[..], &[("grant_type", "refresh_token")]].concat()).await.denied(400, "unsupported_grant_type", "client_credentials");
        door.credentials(&[&both[..], &both[..1]].concat()).await.denied(400, "invalid_request", "client_id");
        door.credentials(&[&both[..], &[("scope", "openid")]].concat()).await.denied(400, "invalid_scope", "scope");
        door.credentials(&[&both[..], &[("client_assertion", "a.b.c")]].concat()).await.denied(400, "invalid_request", "one way");
        door.credentials(&[]).await.denied(401, "invalid_client", "client_id");
        let json = reqwest::Client::new().post(&door.url).json(&json!({"grant_type": "client_credentials"})).send().await.unwrap();
        assert_eq!(json.status(), 400);
        assert_eq!(json.json::<Value>().await.unwrap()["error"], "invalid_request");
        let long = "x".repeat(200_000);
        door.credentials(&[("client_id", &long)]).await.denied(400, "invalid_request", "");
    }

    async fn a_rotated_token_works_on_until_its_overlap_ends(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let first = admin.get("/tokens").await.body["tokens"][0]["id"].clone();
        let rotate = format!("/tokens/{}/rotate", text(&first));
        admin.call("POST", &rotate, Some(json!({"overlap_hours": 721}))).await.expect(400);
        let made = admin.call("POST", &rotate, Some(json!({"overlap_hours": 2}))).await.expect(201).body;
        let fresh = idp.with_token(text(&made["token"]));
        gw.wait(Duration::minutes(119));
        idp.get("/Users?count=0").await.expect(200);
        fresh.get("/Users?count=0").await.expect(200);
        gw.wait(Duration::minutes(1));
        idp.get("/Users?count=0").await.refused(401, "");
        fresh.get("/Users?count=0").await.expect(200);
        admin.call("POST", &rotate, Some(json!({}))).await.expect(404);
        // Without an overlap the old one is dead at once; its length of life is inherited.
        let short = admin.call("POST", "/tokens", Some(json!({"expires_days": 30}))).await.expect(201).body;
        gw.wait(Duration::days(10));
        let rotate = format!("/tokens/{}/rotate", text(&short["token_id"]));
        let next = admin.call("POST", &rotate, Some(json!({"overlap_hours": 0}))).await.expect(201).body;
        assert_eq!(next["until"], json!(gw.gateway.sources.now() + Duration::days(30)));
        idp.with_token(text(&short["token"])).get("/Users").await.refused(401, "");
        idp.with_token(text(&next["token"])).get("/Users").await.expect(200);
        assert_eq!(deeds(&org, text(&short["token_id"])).await, ["token_created", "token_rotated"]);
        admin.call("DELETE", &format!("/tokens/{}", text(&next["token_id"])), None).await.expect(204);
        idp.with_token(text(&next["token"])).get("/Users").await.refused(401, "");
        assert_eq!(deeds(&org, text(&next["token_id"])).await, ["token_created", "token_revoked"]);
    }

    async fn a_rotated_secret_works_on_until_its_overlap_ends_and_one_without_overlap_takes_its_tokens_along(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let made = client(&admin).await;
        let (id, first) = (text(&made["client_id"]), text(&made["client_secret"]));
        let rotate = format!("/clients/{}/rotate", text(&made["id"]));
        let second = admin.call("POST", &rotate, Some(json!({"overlap_hours": 1}))).await.expect(200).body;
        let second = text(&second["client_secret"]);
        assert_eq!(admin.get("/clients").await.body["clients"][0]["secrets"].as_array().unwrap().len(), 2);
        gw.wait(Duration::minutes(59));
        let token = door.with_secret(id, first).await.access_token();
        door.with_secret(id, second).await.expect(200);
        gw.wait(Duration::minutes(1));
        door.with_secret(id, first).await.denied(401, "invalid_client", "");
        idp.with_token(&token).get("/Users?count=0").await.expect(200);
        let newer = door.with_secret(id, second).await.access_token();
        let third = admin.call("POST", &rotate, Some(json!({"overlap_hours": 0}))).await.expect(200).body;
        door.with_secret(id, second).await.denied(401, "invalid_client", "");
        for dead in [&token, &newer] {
            idp.with_token(dead).get("/Users?count=0").await.refused(401, "");
        }
        let last = door.with_secret(id, text(&third["client_secret"])).await.access_token();
        idp.with_token(&last).get("/Users?count=0").await.expect(200);
        assert_eq!(admin.get("/clients").await.body["clients"][0]["secrets"].as_array().unwrap().len(), 1);
        let deeds = org.deeds(text(&made["id"])).await;
        assert_eq!(deeds.iter().filter(|deed| *deed == "directory_client_rotated").count(), 2, "{deeds:?}");
    }

    async fn the_tokens_of_a_client_that_is_taken_away_are_dead_at_once(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let made = client(&admin).await;
        admin.call("POST", "/clients", Some(json!({"key": "ping"}))).await.expect(409);
        let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
        let caller = idp.with_token(&door.with_secret(id, secret).await.access_token());
        caller.get("/Users").await.expect(200);
        assert_eq!(admin.get("/tokens").await.body["tokens"].as_array().unwrap().len(), 1, "what a client was given is not listed");
        admin.call("DELETE", &format!("/clients/{id}"), None).await.expect(204);
        caller.get("/Users").await.refused(401, "");
        door.with_secret(id, secret).await.denied(401, "invalid_client", "");
        admin.call("DELETE", &format!("/clients/{id}"), None).await.expect(404);
        assert_eq!(deeds(&org, text(&made["id"])).await, ["directory_client_created", "directory_client_deleted"]);
        // Its key is free again, and the next client of this key is another.
        assert_ne!(client(&admin).await["client_id"], made["client_id"]);
        idp.get("/Users").await.expect(200);
    }

    async fn a_disabled_directory_gives_no_tokens(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let made = client(&admin).await;
        let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
        let token = door.with_secret(id, secret).await.access_token();
        directories::enable(&gw.gateway, "acme", "idp", false).await.unwrap();
        door.with_secret(id, secret).await.denied(401, "invalid_client", "disabled");
        door.with_secret(id, "wrong").await.denied(401, "invalid_client", "authentication failed");
        idp.with_token(&token).get("/Users").await.refused(403, "");
        directories::enable(&gw.gateway, "acme", "idp", true).await.unwrap();
        door.with_secret(id, secret).await.expect(200);
        idp.with_token(&token).get("/Users").await.expect(200);
    }

    async fn a_client_that_asks_before_each_call_makes_one_token_a_minute_and_the_expiry_takes_them_away(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let made = client(&admin).await;
        let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
        let mut tokens = Vec::new();
        for _ in 0..3 {
            let asked = futures::future::join_all((0..8).map(|_| door.with_secret(id, secret))).await;
            let asked: std::collections::BTreeSet<_> = asked.iter().map(|answer| answer.access_token()).collect();
            assert_eq!(asked.len(), 1, "whoever asks again in the same minute gets the same");
            tokens.extend(asked);
            gw.wait(Duration::minutes(1));
        }
        tokens.dedup();
        assert_eq!(tokens.len(), 3);
        let issued = async || org.events().await.into_iter().filter(|e| e.deed == "token_created" && e.body.contains("dcl-")).count();
        assert_eq!(issued().await, 3);
        gw.wait(Duration::minutes(62));
        expiry::forget_expired(&gw.gateway).await.unwrap();
        let left = gw.gateway.store.directory_by_token(org.org, gw.gateway.mint.hash(&tokens[2]), doorward_dawn()).await.unwrap();
        assert!(left.is_none(), "even a clock that stands at the beginning finds nothing");
        idp.get("/Users").await.expect(200);
    }

    async fn whoever_is_wrong_too_often_is_told_to_wait_and_the_right_one_is_not(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, _, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let made = client(&admin).await;
        let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
        let mut last = door.with_secret(id, "wrong").await;
        for _ in 0..60 {
            if last.status == 401 {
                last = door.with_secret(id, "wrong").await;
            }
        }
        last.denied(429, "temporarily_unavailable", "come again");
        assert!(last.header("retry-after").parse::<u32>().unwrap() >= 1);
        door.with_secret(id, secret).await.expect(200);
        let refused = org.deeds(text(&made["id"])).await.into_iter().filter(|deed| deed == "directory_client_refused").count();
        assert!((1..=25).contains(&refused), "the audit is not flooded: {refused}");
    }

    async fn an_administrator_finds_no_credential_at_a_neighbours_door(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let (_, _, neighbour) = company(&gw, "zeta").await;
        let made = client(&admin).await;
        let token = admin.get("/tokens").await.body["tokens"][0]["id"].clone();
        let there = crate::harness::gateway::Directory::new(&admin.base, &neighbour.token);
        for (method, path) in [
            ("GET", "/tokens".to_owned()), ("POST", "/tokens".to_owned()), ("DELETE", format!("/tokens/{}", text(&token))),
            ("POST", format!("/tokens/{}/rotate", text(&token))), ("GET", "/clients".to_owned()),
            ("DELETE", format!("/clients/{}", text(&made["id"]))), ("POST", format!("/clients/{}/rotate", text(&made["id"]))),
        ] {
            there.call(method, &path, None).await.expect(404);
            if path.len() > 10 {
                neighbour.call(method, &path, None).await.expect(404);
            }
        }
        there.call("POST", "/clients", Some(json!({"key": "x"}))).await.expect(404);
        idp.get("/Users").await.expect(200);
        assert_eq!(admin.get("/clients").await.body["clients"].as_array().unwrap().len(), 1);
        let list = gw.directories_api("acme", gw.gateway.store.slug_entry("acme").await.unwrap().unwrap()).await.get("").await.expect(200).body;
        assert_eq!(list["directories"][0]["scim_base_url"], idp.base);
    }
}

/// The instant at which the clock of a test stood when it began.
fn doorward_dawn() -> chrono::DateTime<chrono::Utc> {
    crate::harness::database::dawn()
}

/// Law 13: no secret of a directory's credentials rests in clear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_13_no_secret_or_token_of_a_client_rests_in_clear() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    let (_, idp, admin) = company(&gw, "acme").await;
    let door = TokenDoor::of(&gw);
    let made = client(&admin).await;
    let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
    let token = door.with_secret(id, secret).await.access_token();
    idp.with_token(&token).get("/Users").await.expect(200);
    idp.with_token(secret).get("/Users").await.refused(401, "");
    let static_token = admin.call("POST", "/tokens", Some(json!({}))).await.expect(201).body["token"].clone();
    gw.logged().await;
    let file = gw.database_file();
    let mut bytes = std::fs::read(&file).unwrap();
    for end in ["-wal", "-log.db", "-log.db-wal"] {
        let base =
            if end == "-wal" { file.display().to_string() } else { file.with_extension("").display().to_string() };
        bytes.extend(std::fs::read(format!("{base}{end}")).unwrap_or_default());
    }
    for secret in [secret, &token, text(&static_token), &idp.token] {
        let body = &secret.split_once('.').unwrap().1[..20];
        assert!(!bytes.windows(body.len()).any(|window| window == body.as_bytes()), "a secret stands in the file");
    }
    assert!(bytes.windows(4).any(|window| window == b"ping"), "the file that was looked at is the right one");
}
