//! Clients that sign: their own assertions, and tokens of an issuer that they are federated with.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, Reply, TestGateway};
use crate::harness::token_door::{ClientKey, JWT_BEARER, TokenDoor, company};
use chrono::Duration;
use doorward::lab::idp::FakeIdp;
use doorward::protocol::jose::Alg;
use serde_json::{Value, json};

async fn client(admin: &Directory, wish: Value) -> String {
    let made = admin.call("POST", "/clients", Some(wish)).await.expect(201).body;
    assert!(made.get("client_secret").is_none(), "{made}");
    made["client_id"].as_str().unwrap().to_owned()
}

async fn issuer(gw: &TestGateway) -> FakeIdp {
    FakeIdp::start(gw.gateway.sources.clone(), "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// What Entra ID's workload identity federation is told, for an emulated issuer.
fn federated(idp: &FakeIdp) -> Value {
    json!({"key": "entra", "issuer": idp.base_url(), "jwks_uri": idp.jwks_uri(), "subject": "workload-1", "audience": "api://doorward"})
}

/// A token of the workload, after a change.
fn workload(gw: &TestGateway, idp: &FakeIdp, change: impl FnOnce(&mut Value)) -> String {
    let now = gw.gateway.sources.now().timestamp();
    let mut claims = json!({
        "iss": idp.base_url(), "sub": "workload-1", "aud": "api://doorward", "exp": now + 3599, "iat": now, "nbf": now,
        "tid": "9188040d-6c67-4c5b-b112-36a304b66dad", "ver": "2.0",
    });
    change(&mut claims);
    idp.workload_token(&claims).unwrap()
}

fn refused(answer: &Reply, names: &str) {
    answer.denied(401, "invalid_client", names);
}

fn base64url(text: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(text)
}

on_both_engines! {
    async fn an_assertion_works_once(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let (door, key) = (TokenDoor::of(&gw), ClientKey::new(Alg::Es256));
        let id = client(&admin, json!({"key": "okta", "jwks": key.jwks()})).await;
        let other = client(&admin, json!({"key": "second", "jwks": key.jwks()})).await;
        let assertion = key.assertion(&gw, &id, "one", |_| ());
        let at_once = futures::future::join_all((0..6).map(|_| door.with_assertion(&id, &assertion))).await;
        let good: Vec<_> = at_once.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(good.len(), 1, "{at_once:?}");
        idp.with_token(&good[0].access_token()).get("/Users").await.expect(200);
        refused(&door.with_assertion(&id, &assertion).await, "jti");
        gw.wait(Duration::minutes(5));
        doorward::service::expiry::forget_expired(&gw.gateway).await.unwrap();
        refused(&door.with_assertion(&id, &assertion).await, "jti");
        gw.wait(Duration::minutes(1));
        doorward::service::expiry::forget_expired(&gw.gateway).await.unwrap();
        refused(&door.with_assertion(&id, &assertion).await, "exp");
        // The same id in another assertion of another client is another thing.
        door.with_assertion(&id, &key.assertion(&gw, &id, "two", |_| ())).await.expect(200);
        door.with_assertion(&other, &key.assertion(&gw, &other, "two", |_| ())).await.expect(200);
        assert!(org.deeds(&id[..id.find('.').unwrap()]).await.contains(&"directory_client_created".to_owned()));
    }

    async fn an_assertion_holds_in_every_claim_or_not_at_all(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, _, admin) = company(&gw, "acme").await;
        let (door, key) = (TokenDoor::of(&gw), ClientKey::new(Alg::Es256));
        let id = client(&admin, json!({"key": "okta", "jwks": key.jwks()})).await;
        let now = gw.gateway.sources.now().timestamp();
        let changes: Vec<(&str, &str, Value)> = vec![
            ("iss", "iss", json!("dcl-00000000000000000000000000000000.1")), ("sub", "sub", json!("somebody")), ("sub", "sub", Value::Null),
            ("aud", "aud", json!(gw.base)), ("aud", "aud", json!(format!("{}/oauth2/token", gw.base))), ("aud", "aud", json!([])),
            ("exp", "exp", json!(now - 61)), ("exp", "exp", json!(now + 3661)), ("exp", "exp", json!("soon")),
            ("nbf", "nbf", json!(now + 120)), ("iat", "iat", json!(now + 120)), ("jti", "jti", json!("")), ("jti", "jti", json!("x".repeat(256))),
        ];
        for (names, claim, value) in changes {
            let answer = door.with_assertion(&id, &key.assertion(&gw, &id, "one", |claims| claims[claim] = value.clone())).await;
            refused(&answer, names);
        }
        for missing in ["iss", "sub", "aud", "exp", "jti"] {
            let assertion = key.assertion(&gw, &id, "one", |claims| drop(claims.as_object_mut().unwrap().remove(missing)));
            refused(&door.with_assertion(&id, &assertion).await, missing);
        }
        door.with_assertion(&id, &key.assertion(&gw, &id, "one", |_| ())).await.expect(200);
        let told = org.events().await.into_iter().filter(|event| event.deed == "directory_client_refused");
        let told: Vec<_> = told.filter(|event| event.actor == "stranger").map(|event| event.body).collect();
        assert!(told.len() == 18 && told.iter().any(|body| body.contains("jti")), "{told:?}");
    }

    async fn an_assertion_that_nobody_has_signed_or_somebody_else_proves_nothing(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, _, admin) = company(&gw, "acme").await;
        let (door, key) = (TokenDoor::of(&gw), ClientKey::new(Alg::Es256));
        let id = client(&admin, json!({"key": "okta", "jwks": key.jwks()})).await;
        let good = key.assertion(&gw, &id, "one", |_| ());
        let [_, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let head = |head: Value| base64url(&head.to_string());
        let kid = key.jwks()["keys"][0]["kid"].clone();
        let stranger = ClientKey::new(Alg::Es256).assertion(&gw, &id, "one", |_| ());
        let stranger: Vec<_> = stranger.split('.').collect();
        let forged = [
            format!("{}.{body}.", head(json!({"alg": "none", "kid": kid}))),
            format!("{}.{body}.{signature}", head(json!({"alg": "none"}))),
            format!("{}.{body}.{signature}", head(json!({"alg": "HS256", "kid": kid}))),
            format!("{}.{body}.{signature}", head(json!({"alg": "ES384", "kid": kid}))),
            format!("{}.{body}.{signature}", head(json!({"alg": "ES256", "kid": kid, "crit": ["b64"]}))),
            format!("{}.{body}.{signature}", head(json!({"alg": "ES256", "kid": "another"}))),
            format!("{}.{body}.{signature}x", head(json!({"alg": "ES256", "kid": kid}))),
            format!("{}.{body}.{}", head(json!({"alg": "ES256", "kid": kid, "typ": "JWT"})), stranger[2]),
            stranger.join("."), "a.b.c".to_owned(), "x".repeat(70_000), format!("{good}.{good}"),
        ];
        for assertion in &forged {
            let answer = door.with_assertion(&id, assertion).await;
            refused(&answer, "client authentication failed");
        }
        // A secret is no assertion, and an assertion of a client that has a secret is none.
        door.with_secret(&id, "secret").await.denied(401, "invalid_client", "client authentication failed");
        door.with_assertion(&id, &good).await.expect(200);
    }

    async fn an_access_token_of_a_panel_app_kind_is_no_assertion(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, _, admin) = company(&gw, "acme").await;
        let (door, key) = (TokenDoor::of(&gw), ClientKey::new(Alg::Es256));
        let id = client(&admin, json!({"key": "okta", "jwks": key.jwks()})).await;
        let now = gw.gateway.sources.now().timestamp();
        let claims = json!({"iss": id, "sub": id, "aud": door.url, "exp": now + 300, "jti": "one"});
        for typ in ["at+jwt", "logout+jwt", "secevent+jwt"] {
            refused(&door.with_assertion(&id, &key.0.sign(typ, &claims).unwrap()).await, "client authentication failed");
        }
        door.with_assertion(&id, &key.0.sign("client-authentication+jwt", &claims).unwrap()).await.expect(200);
    }

    async fn a_workload_with_its_issuers_token_gets_ours(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let (door, entra) = (TokenDoor::of(&gw), issuer(&gw).await);
        let id = client(&admin, federated(&entra)).await;
        let token = workload(&gw, &entra, |_| ());
        // As Entra ID sends it.
        let form = [
            ("client_id", id.as_str()), ("client_assertion_type", JWT_BEARER), ("client_assertion", token.as_str()),
            ("scope", "api://doorward/.default"),
        ];
        let answer = door.credentials(&form).await;
        assert_eq!((&answer.body["scope"], &answer.body["expires_in"]), (&json!("scim"), &json!(3600)), "{}", answer.body);
        idp.with_token(&answer.access_token()).get("/Users").await.expect(200);
        // Its issuer gives the same token for its whole life.
        door.with_assertion(&id, &token).await.expect(200);
        let listed = admin.get("/clients").await.body["clients"][0].clone();
        assert_eq!((&listed["method"], &listed["subject"]), (&json!("federated_identity"), &json!("workload-1")), "{listed}");
        let now = gw.gateway.sources.now().timestamp();
        let changes: Vec<(&str, Value)> = vec![
            ("iss", json!(format!("{}/", entra.base_url()))), ("sub", json!("workload-2")), ("aud", json!("api://other")),
            ("aud", json!(["api://doorward", "api://other"])), ("exp", json!(now - 61)), ("exp", json!(now + 90_000)), ("nbf", json!(now + 120)),
        ];
        for (claim, value) in changes {
            let token = workload(&gw, &entra, |claims| claims[claim] = value.clone());
            refused(&door.with_assertion(&id, &token).await, claim);
        }
        // Another issuer's token with the same words, and ours alone is no proof of another client.
        let evil = issuer(&gw).await;
        let token = workload(&gw, &evil, |claims| claims["iss"] = json!(entra.base_url()));
        refused(&door.with_assertion(&id, &token).await, "client authentication failed");
    }

    async fn the_issuers_new_key_is_found_and_its_old_one_is_dead_in_an_hour(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, _, admin) = company(&gw, "acme").await;
        let (door, entra) = (TokenDoor::of(&gw), issuer(&gw).await);
        let id = client(&admin, federated(&entra)).await;
        door.with_assertion(&id, &workload(&gw, &entra, |_| ())).await.expect(200);
        let now = gw.gateway.sources.now().timestamp();
        let old = workload(&gw, &entra, |claims| claims["exp"] = json!(now + 20_000));
        entra.rotate_keys().unwrap();
        gw.wait(Duration::minutes(2));
        door.with_assertion(&id, &workload(&gw, &entra, |_| ())).await.expect(200);
        refused(&door.with_assertion(&id, &old).await, "client authentication failed");
    }

    async fn a_client_may_have_its_own_keys_at_an_address(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let (door, okta) = (TokenDoor::of(&gw), issuer(&gw).await);
        let id = client(&admin, json!({"key": "okta", "jwks_uri": okta.jwks_uri()})).await;
        let now = gw.gateway.sources.now().timestamp();
        let signed = |jti: &str| {
            okta.workload_token(&json!({"iss": id, "sub": id, "aud": door.url, "exp": now + 300, "jti": jti})).unwrap()
        };
        let first = signed("one");
        idp.with_token(&door.with_assertion(&id, &first).await.access_token()).get("/Users").await.expect(200);
        refused(&door.with_assertion(&id, &first).await, "jti");
        okta.rotate_keys().unwrap();
        gw.wait(Duration::minutes(2));
        door.with_assertion(&id, &signed("two")).await.expect(200);
    }

    async fn keys_that_cannot_be_had_are_no_wrong_proof(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, _, admin) = company(&gw, "acme").await;
        let (door, entra) = (TokenDoor::of(&gw), issuer(&gw).await);
        let id = client(&admin, federated(&entra)).await;
        let token = workload(&gw, &entra, |_| ());
        entra.shutdown().await;
        door.with_assertion(&id, &token).await.denied(503, "temporarily_unavailable", "jwks_uri");
    }

    async fn a_registration_names_one_way_of_proof_and_addresses_that_are_safe(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, _, admin) = company(&gw, "acme").await;
        let key = ClientKey::new(Alg::Es256);
        let mut private = key.jwks();
        private["keys"][0]["d"] = json!("c2VjcmV0");
        let whole = json!({"key": "e", "issuer": "https://login.test/t/v2.0", "jwks_uri": "https://login.test/keys", "subject": "s", "audience": "a"});
        let without = |field: &str| {
            let mut wish = whole.clone();
            wish.as_object_mut().unwrap().remove(field);
            wish
        };
        let with = |field: &str, value: &str| {
            let mut wish = whole.clone();
            wish[field] = json!(value);
            wish
        };
        for (field, wish) in [
            ("key", json!({"key": ""})), ("key", json!({"key": "a b"})), ("jwks", json!({"key": "k", "jwks": {"keys": []}})),
            ("jwks", json!({"key": "k", "jwks": private})), ("jwks", json!({"key": "k", "jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}})),
            ("jwks", json!({"key": "k", "jwks": key.jwks(), "jwks_uri": "https://idp.test/keys"})),
            ("jwks_uri", json!({"key": "k", "jwks_uri": "http://idp.test/keys"})), ("jwks_uri", json!({"key": "k", "jwks_uri": "http://192.0.2.1/keys"})),
            ("jwks_uri", json!({"key": "k", "jwks_uri": "file:///etc/passwd"})), ("jwks_uri", json!({"key": "k", "jwks_uri": "https://a:b@idp.test/"})),
            ("subject", without("subject")), ("audience", without("audience")), ("issuer", without("issuer")), ("jwks_uri", without("jwks_uri")),
            ("issuer", with("issuer", "http://login.test/t")), ("subject", with("subject", "a b")), ("jwks_uri", with("jwks_uri", "ftp://login.test")),
        ] {
            let refused = admin.call("POST", "/clients", Some(wish.clone())).await.expect(400).body;
            assert_eq!((&refused["code"], &refused["field"]), (&json!("bad_client"), &json!(field)), "{wish}: {refused}");
            assert!(refused["detail"].as_str().unwrap().contains(field), "{refused}");
        }
        let unknown = admin.call("POST", "/clients", Some(json!({"key": "k", "secret": "mine"}))).await.expect(400).body;
        assert!(unknown["code"] == "bad_request" && unknown["detail"].as_str().unwrap().contains("secret"), "{unknown}");
        assert_eq!(admin.get("/clients").await.body, json!({"clients": []}), "nothing was made");
        let id = client(&admin, whole).await;
        admin.call("POST", &format!("/clients/{id}/rotate"), None).await.expect(400);
    }
}
