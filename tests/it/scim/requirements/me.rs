//! 90: `/Me`, for a person and for a directory.

use super::{USER, directory};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway};
use crate::harness::world::World;
use doorward::domain::directory::DirectorySettings;
use doorward::protocol::scim::profile::Profile;
use serde_json::{Value, json};

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The access token that the panel gets when a person of the company's IdP signs in, with these scopes.
async fn access_token(world: &World, email: &str, scope: &str) -> String {
    world.idp.sign_in(email).unwrap();
    let mut browser = world.browser();
    browser.open(&world.login_url(1)).await.unwrap();
    let (app, callback) = (&world.made["apps"][0], world.panel.callback_url());
    let client_id = app["client_id"].as_str().unwrap();
    let mut url: url::Url = world.at("/oauth2/authorize").parse().unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", &callback),
        ("scope", scope),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let sent = browser.fetch(url.as_str()).await.unwrap().redirect().expect("the panel gets an answer");
    let code = sent.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &callback),
        ("code_verifier", VERIFIER),
    ];
    let request = reqwest::Client::new().post(world.at("/oauth2/token")).form(&form);
    let reply = request.basic_auth(client_id, app["client_secret"].as_str()).send().await.unwrap();
    let body: Value = reply.json().await.unwrap();
    body["access_token"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

/// Ada with a role, pushed by the directory.
async fn ada(idp: &Directory) -> String {
    let id = idp.create_user("ada@acme.test").await.expect(201).id();
    idp.create_group("panel-north-users", &[&id]).await.expect(201);
    id
}

on_both_engines! {
    async fn r090_a_directory_is_no_person(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for method in ["GET", "PUT", "PATCH", "POST", "DELETE"] {
            idp.call(method, "/Me", None).await.refused(501, "");
        }
        idp.with_token("wrong").get("/Me").await.refused(401, "");
    }

    async fn r090_a_person_reads_what_the_directory_pushed_of_them_and_no_more(engine) {
        let world = World::start(engine, true).await;
        let idp = world.directory();
        let id = ada(&idp).await;
        let me = idp.with_token(&access_token(&world, "ada@acme.test", "openid scim:me").await);
        let got = me.get("/Me").await.expect(200);
        assert_eq!((&got.body["id"], &got.body["userName"]), (&json!(id), &json!("ada@acme.test")));
        assert_eq!(got.header("location"), format!("{}/Users/{id}", idp.base));
        assert_eq!(got.body, idp.get(&format!("/Users/{id}")).await.expect(200).body);
        let own = "urn:ietf:params:scim:schemas:extension:doorward:2.0:User";
        let asked = me.get(&format!("/Me?attributes=userName,{own}:role")).await.expect(200).body;
        assert_eq!((&asked["schemas"], &asked[own]), (&json!([USER, own]), &json!({"role": "msp_user"})));
        let tag = got.header("etag").to_owned();
        me.raw("GET", "/Me", &[("if-none-match", &tag)], "").await.expect(304);
        me.raw("HEAD", "/Me", &[], "").await.expect(200);
        for method in ["PUT", "PATCH", "POST", "DELETE"] {
            let refused = me.call(method, "/Me", None).await;
            assert_eq!(refused.refused(405, "").header("allow"), "GET");
        }
        for path in ["/Users", &format!("/Users/{id}"), "/Groups", "/Schemas", "/ServiceProviderConfig", "/", "/Me/x"] {
            me.get(path).await.refused(401, "");
        }
    }

    async fn r090_a_token_without_the_scope_is_told_which_one(engine) {
        let world = World::start(engine, true).await;
        let idp = world.directory();
        ada(&idp).await;
        let me = idp.with_token(&access_token(&world, "ada@acme.test", "openid profile email").await);
        let refused = me.get("/Me").await;
        refused.refused(403, "");
        assert!(refused.header("www-authenticate").contains("insufficient_scope"), "{:?}", refused.headers);
        assert!(refused.body["detail"].as_str().unwrap().contains("scim:me"), "{}", refused.body);
    }

    async fn r090_a_dead_token_and_a_neighbours_directory_prove_nothing(engine) {
        let world = World::start(engine, true).await;
        let idp = world.directory();
        let id = ada(&idp).await;
        let me = idp.with_token(&access_token(&world, "ada@acme.test", "openid scim:me").await);
        me.get("/Me").await.expect(200);
        let theirs = directory(&world.gw, "zeta", "auto").await;
        let refused = theirs.with_token(&me.token).get("/Me").await;
        refused.refused(401, "");
        let unknown = Directory::new(&format!("{}/scim/v2/dir-{}", world.gw.base, "0".repeat(32)), &me.token);
        assert_eq!(unknown.get("/Me").await.refused(401, "").body, refused.body, "a neighbour's is as one that is not there");
        let off = |active: bool| json!([{"op": "replace", "path": "active", "value": active}]);
        idp.patch(&format!("/Users/{id}"), off(false)).await.expect(200);
        me.get("/Me").await.refused(401, "");
        idp.patch(&format!("/Users/{id}"), off(true)).await.expect(200);
        me.get("/Me").await.refused(401, "");
    }

    async fn r090_a_person_whom_the_directory_does_not_have_is_not_found(engine) {
        let world = World::start(engine, true).await;
        let idp = world.directory();
        ada(&idp).await;
        let token = access_token(&world, "ada@acme.test", "openid scim:me").await;
        let gw = &world.gw.gateway;
        let made = doorward::service::console::directories::add(gw, "acme", "second", Profile::Auto, DirectorySettings::default()).await.unwrap();
        let second = Directory::new(&gw.urls.scim(made.directory), &token);
        second.get("/Me").await.refused(404, "");
    }
}
