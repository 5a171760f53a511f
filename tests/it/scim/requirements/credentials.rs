//! 25 and 95: the credentials of a directory, and OAuth as IPSIE wants it.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::TestGateway;
use crate::harness::token_door::{ClientKey, ForeignKey, TokenDoor, company};
use chrono::Duration;
use doorward::protocol::jose::Alg;
use serde_json::{Value, json};

on_both_engines! {
    async fn r025_several_tokens_live_side_by_side_end_when_they_should_and_say_when_they_were_used(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let short = admin.call("POST", "/tokens", Some(json!({"label": "Okta", "expires_days": 20}))).await.expect(201).body;
        let other = idp.with_token(short["token"].as_str().unwrap());
        for token in [&idp, &other] {
            token.get("/Users?count=0").await.expect(200);
        }
        let listed = admin.get("/tokens").await.expect(200).body;
        let of = |listed: &Value, id: &Value| listed["tokens"].as_array().unwrap().iter().find(|t| t["id"] == *id).unwrap().clone();
        let seen = of(&listed, &short["token_id"]);
        assert_eq!((&seen["label"], &seen["state"], &seen["until"]), (&json!("Okta"), &json!("live"), &short["until"]));
        assert_eq!(seen["used"], json!(gw.gateway.sources.now()), "{seen}");
        assert!(!listed.to_string().contains(short["token"].as_str().unwrap()));
        gw.wait(Duration::days(6) + Duration::seconds(1));
        assert_eq!(of(&admin.get("/tokens").await.body, &short["token_id"])["state"], "ends_soon");
        other.get("/Users?count=0").await.expect(200);
        gw.wait(Duration::days(14));
        other.get("/Users?count=0").await.refused(401, "");
        assert!(other.get("/Users").await.header("www-authenticate").contains("Bearer"));
        idp.get("/Users?count=0").await.expect(200);
        assert_eq!(of(&admin.get("/tokens").await.body, &short["token_id"])["state"], "ended");
    }

    async fn r025_bearer_basic_and_a_bare_value_prove_the_same_token(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let made = admin.call("POST", "/clients", Some(json!({"key": "ping"}))).await.expect(201).body;
        let door = TokenDoor::of(&gw);
        let token = door.with_basic(made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap()).await;
        let basic = |token: &str| {
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            format!("Basic {}", STANDARD.encode(format!("whoever:{token}")))
        };
        for token in [idp.token.clone(), token.access_token()] {
            for value in [format!("Bearer {token}"), format!("bearer  {token}"), basic(&token), token.clone()] {
                let address = format!("{}/Users?count=0", idp.base);
                let answer = reqwest::Client::new().get(address).header("authorization", &value).send().await.unwrap();
                assert_eq!(answer.status(), 200);
            }
        }
    }

    async fn r025_an_oauth_client_gets_a_token_by_secret_or_assertion(engine) {
        let gw = TestGateway::start(engine).await;
        let (org, idp, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let by_secret = admin.call("POST", "/clients", Some(json!({"key": "ping"}))).await.expect(201).body;
        assert_eq!(by_secret["token_url"], door.url);
        let (id, secret) = (by_secret["client_id"].as_str().unwrap(), by_secret["client_secret"].as_str().unwrap());
        let key = ClientKey::new(Alg::Es256);
        let by_key = admin.call("POST", "/clients", Some(json!({"key": "okta", "jwks": key.jwks()}))).await.expect(201).body;
        assert!(by_key.get("client_secret").is_none());
        let signer = by_key["client_id"].as_str().unwrap();
        let answers = [
            door.with_secret(id, secret).await,
            door.with_basic(id, secret).await,
            door.credentials(&[("client_id", id), ("client_secret", secret), ("scope", "scim")]).await,
            door.with_assertion(signer, &key.assertion(&gw, signer, "one", |_| ())).await,
        ];
        for answer in &answers {
            assert_eq!(answer.header("cache-control"), "no-store");
            let told = (&answer.body["token_type"], &answer.body["expires_in"], &answer.body["scope"]);
            assert_eq!(told, (&json!("Bearer"), &json!(3600), &json!("scim")), "{}", answer.body);
            idp.with_token(&answer.access_token()).get("/Users?count=0").await.expect(200);
        }
        // Each token and each client has an event, and the log says which client called.
        let events = org.deeds(by_secret["id"].as_str().unwrap()).await;
        assert_eq!(events, ["directory_client_created"]);
        let issued: Vec<_> = org.events().await.into_iter().filter(|e| e.deed == "token_created" && e.body.contains("dcl-")).collect();
        assert_eq!(issued.len(), 2, "one for each client: within a minute the same proof gets the same token");
        gw.logged().await;
        let log = admin.get("/log?limit=1").await.expect(200).body;
        assert_eq!(log["entries"][0]["caller"], json!({"kind": "client", "id": by_key["id"], "label": "okta"}), "{log}");
        gw.wait(Duration::minutes(61));
        for answer in &answers {
            idp.with_token(&answer.access_token()).get("/Users?count=0").await.refused(401, "");
        }
    }

    async fn r095_an_assertion_is_signed_by_any_algorithm_that_the_metadata_name_and_by_that_key_alone(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let keys = [("rsa-pss", ForeignKey::ps256()), ("ed25519", ForeignKey::ed_dsa())];
        for (name, key) in &keys {
            let made = admin.call("POST", "/clients", Some(json!({"key": name, "jwks": key.jwks()}))).await.expect(201).body;
            let id = made["client_id"].as_str().unwrap();
            let token = door.with_assertion(id, &key.assertion(&gw, id, name)).await.access_token();
            idp.with_token(&token).get("/Users?count=0").await.expect(200);
            let other = keys.iter().find(|(other, _)| other != name).map(|(_, key)| key).unwrap();
            door.with_assertion(id, &other.assertion(&gw, id, "of another")).await.denied(401, "invalid_client", "");
        }
    }

    async fn r095_client_credentials_by_signed_assertion_with_the_scope_scim_and_metadata_that_say_so(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp, admin) = company(&gw, "acme").await;
        let door = TokenDoor::of(&gw);
        let metadata: Value = reqwest::get(format!("{}/.well-known/oauth-authorization-server/scim", gw.base)).await.unwrap().json().await.unwrap();
        assert_eq!(metadata["issuer"], format!("{}/scim", gw.base));
        assert_eq!(metadata["token_endpoint"], door.url);
        assert_eq!(metadata["grant_types_supported"], json!(["client_credentials"]));
        assert_eq!(metadata["scopes_supported"], json!(["scim"]));
        assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]));
        assert_eq!(metadata["token_endpoint_auth_signing_alg_values_supported"], json!(["RS256", "PS256", "ES256", "EdDSA"]));
        let openid: Value = reqwest::get(format!("{}/.well-known/openid-configuration", gw.base)).await.unwrap().json().await.unwrap();
        assert_eq!(openid["issuer"], gw.base, "the OpenID Provider is another thing");
        let schemes = idp.get("/ServiceProviderConfig").await.expect(200).body["authenticationSchemes"].clone();
        assert!(schemes.as_array().unwrap().iter().any(|scheme| scheme["type"] == "oauth2"), "{schemes}");
        let issuer = metadata["issuer"].as_str().unwrap();
        for (number, alg) in [Alg::Rs256, Alg::Es256].into_iter().enumerate() {
            let key = ClientKey::new(alg);
            let made = admin.call("POST", "/clients", Some(json!({"key": format!("okta{number}"), "jwks": key.jwks()}))).await.expect(201).body;
            let id = made["client_id"].as_str().unwrap();
            let to_issuer = key.assertion(&gw, id, "one", |claims| claims["aud"] = json!([issuer]));
            // The assertion says who it is: client_id may be left out (RFC 7521 §4.2).
            let proof = [("client_assertion_type", crate::harness::token_door::JWT_BEARER), ("client_assertion", to_issuer.as_str())];
            let token = door.credentials(&[&proof[..], &[("scope", "scim")]].concat()).await.access_token();
            idp.with_token(&token).get("/Users?count=0").await.expect(200);
            for scope in ["openid", "scim users", "https://acme.test/.default"] {
                let next = key.assertion(&gw, id, scope, |_| ());
                let proof = [("client_assertion_type", crate::harness::token_door::JWT_BEARER), ("client_assertion", next.as_str())];
                door.credentials(&[&proof[..], &[("scope", scope)]].concat()).await.denied(400, "invalid_scope", "scope=scim");
            }
        }
    }
}
