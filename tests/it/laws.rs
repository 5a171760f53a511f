//! Laws that the stories elsewhere do not cover, each broken once on purpose to see its test fail.

use crate::harness::database::{Engine, TestDatabase, on_both_engines};
use crate::harness::gateway::IdpScimClient;
use crate::harness::program::{Program, command};
use crate::harness::world::World;
use doorward::lab::idp::person::GroupsClaim;
use doorward::store::{StoreError, audit, people};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

on_both_engines! {
    async fn law_7_a_push_with_the_owners_email_is_only_proposed(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let pushed = okta.create_user("olive@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&pushed]).await.expect(201);
        let mut browser = world.browser();
        let olive = [("email", "olive@acme.test"), ("password", "olive-secret")];
        assert_eq!(browser.post_form(&world.at("/login"), &olive).await.unwrap().status, 303, "still the owner's password");
        let removal = json!([{"op": "replace", "value": {"active": false}}]);
        okta.patch(&format!("/Users/{pushed}"), removal).await.expect(200);
        okta.call("DELETE", &format!("/Users/{pushed}"), None).await.expect(204);
        let account = browser.get(&world.at("/account")).await.unwrap();
        assert!(account.status == 200 && account.text().contains("owner"), "{} {}", account.status, account.text());
    }

    async fn law_4_a_sign_in_with_the_owners_email_links_nobody(engine) {
        let world = World::start(engine, false).await;
        world.idp.put_person(doorward::lab::idp::person::Person::new("olive@acme.test", "Olive", "Stranger"));
        world.idp.sign_in("olive@acme.test").unwrap();
        for connection in [0, 1] {
            let mut browser = world.browser();
            browser.open(&world.login_url(connection)).await.unwrap();
            assert_eq!(browser.settle().await.unwrap().status, 403);
        }
    }

    async fn law_4_an_email_outside_the_proved_domains_makes_nobody(engine) {
        let world = World::start(engine, false).await;
        world.idp.put_person(doorward::lab::idp::person::Person::new("eve@evil.test", "Eve", "Stranger"));
        world.idp.sign_in("eve@evil.test").unwrap();
        for connection in [0, 1] {
            let mut browser = world.browser();
            browser.open(&world.login_url(connection)).await.unwrap();
            assert_eq!(browser.settle().await.unwrap().status, 403);
        }
    }

    async fn law_5_a_lock_ends_everything_and_a_link_works_once_and_only_for_its_epoch(engine) {
        use doorward::service::login::mailed;
        use doorward::domain::audit::Actor;
        let world = World::start(engine, true).await;
        let gw = &world.gw.gateway;
        let (org, lena) = doorward::service::console::find::person(gw, "acme", "lena@acme.test").await.unwrap();
        let link = async || {
            let link = mailed::reset(gw, org, lena, &Actor::Operator).await.unwrap();
            doorward::base::token::reveal(&link).to_owned()
        };
        let mut browser = world.browser();
        let (first, second) = (link().await, link().await);
        assert_eq!(browser.get(&first).await.unwrap().status, 404, "a newer link takes its place");
        assert_eq!(browser.get(&second).await.unwrap().status, 200, "looking uses nothing up");
        assert_eq!(browser.post_form(&second, &[("password", "short")]).await.unwrap().status, 400);
        assert_eq!(browser.post_form(&second, &[("password", "a-new-secret")]).await.unwrap().status, 200);
        assert_eq!(browser.post_form(&second, &[("password", "another-secret")]).await.unwrap().status, 404, "used up");
        let third = link().await;
        let sign_in = [("email", "lena@acme.test"), ("password", "a-new-secret")];
        assert_eq!(browser.post_form(&world.at("/login"), &sign_in).await.unwrap().status, 303);
        let patch = doorward::service::console::users::UserPatch { locked: Some(true), ..Default::default() };
        doorward::service::console::users::patch(gw, &Actor::Operator, org, "acme", lena, patch).await.unwrap();
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 303);
        assert_eq!(browser.post_form(&third, &[("password", "another-secret")]).await.unwrap().status, 404);
        assert_eq!(browser.post_form(&world.at("/login"), &sign_in).await.unwrap().status, 401);
    }

    async fn law_5_a_credential_of_an_earlier_epoch_is_dead_though_its_row_is_left(engine) {
        let world = World::start(engine, true).await;
        world.directory().create_user("ada@acme.test").await.expect(201);
        let group = world.directory();
        let ada = group.get("/Users").await.body["Resources"][0]["id"].as_str().unwrap().to_owned();
        group.create_group("panel-north-users", &[&ada]).await.expect(201);
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        browser.open(&world.login_url(0)).await.unwrap();
        browser.settle().await.unwrap();
        browser.open(&format!("{}/login", world.panel.base_url())).await.unwrap();
        let whoami = format!("{}/whoami", world.panel.base_url());
        assert_eq!(browser.fetch(&whoami).await.unwrap().status, 200);
        assert_eq!(browser.fetch(&world.at("/auth/verify")).await.unwrap().status, 200);
        let gw = &world.gw.gateway;
        let (org, person) = doorward::service::console::find::person(gw, "acme", "ada@acme.test").await.unwrap();
        let now = gw.sources.now();
        gw.store
            .write::<_, StoreError, _>(org, async move |tx| {
                let mut row = people::lock(tx, person).await?.unwrap();
                row.epoch += 1;
                people::update(tx, &row, now).await?;
                Ok(doorward::store::Done::of(()))
            })
            .await
            .unwrap();
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 303);
        assert_eq!(browser.fetch(&world.at("/auth/verify")).await.unwrap().status, 401);
        assert_eq!(browser.fetch(&whoami).await.unwrap().status, 401);
    }

    async fn law_5_a_deactivation_moves_the_epoch_so_that_nothing_older_lives_again_with_the_person(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let gw = &world.gw.gateway;
        let (org, person) = doorward::service::console::find::person(gw, "acme", "ada@acme.test").await.unwrap();
        let epoch = async || {
            let read = async move |tx: &mut doorward::store::Tx| people::get(tx, person).await;
            gw.store.read::<_, StoreError, _>(org, read).await.unwrap().unwrap().epoch
        };
        let before = epoch().await;
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "path": "title", "value": "Countess"}])).await.expect(200);
        assert_eq!(epoch().await, before, "a change that ends nothing");
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        let inactive = epoch().await;
        assert!(inactive > before);
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        assert!(epoch().await >= inactive, "what was made before the deactivation stays dead");
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        assert!(epoch().await > inactive);
    }

    async fn law_5_a_sign_in_that_read_active_before_the_deactivation_commits_no_session(engine) {
        use doorward::base::token::TokenKind;
        use doorward::store::sessions::{self, SessionRow};
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let gw = &world.gw.gateway;
        let (org, person) = doorward::service::console::find::person(gw, "acme", "ada@acme.test").await.unwrap();
        let now = gw.sources.now();
        // What the sign-in has in hand when it read the person, and writes a moment later.
        let begun = |epoch: i64| SessionRow {
            hash: gw.mint.mint(&gw.sources, TokenKind::Session, org).hash,
            id: doorward::base::ids::SessionId::mint(&gw.sources),
            person,
            epoch,
            con: None,
            subject: None,
            idp_session: None,
            auth_time: now,
            amr: "[]".into(),
            created: now,
            until: now + chrono::Duration::hours(1),
        };
        let commit = async |row: SessionRow| {
            let insert = async move |tx: &mut doorward::store::Tx| {
                Ok(doorward::store::Done::of(sessions::insert(tx, &row).await?))
            };
            gw.store.write::<_, StoreError, _>(org, insert).await.unwrap()
        };
        let read = async move |tx: &mut doorward::store::Tx| people::get(tx, person).await;
        let epoch = gw.store.read::<_, StoreError, _>(org, read).await.unwrap().unwrap().epoch;
        assert!(commit(begun(epoch)).await, "nothing has happened meanwhile");
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        assert!(!commit(begun(epoch)).await, "deactivated meanwhile");
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        assert!(!commit(begun(epoch)).await, "and what was begun before stays dead after the return");
    }

    async fn law_11_an_absent_groups_claim_keeps_and_an_empty_one_takes(engine) {
        let world = World::start(engine, false).await;
        world.idp.sign_in("ada@acme.test").unwrap();
        for (claim, role) in [
            (GroupsClaim::Present, "msp_user"),
            (GroupsClaim::Absent, "msp_user"),
            (GroupsClaim::Empty, "none yet"),
        ] {
            world.idp.oidc(|knobs| knobs.groups = claim);
            let mut browser = world.browser();
            let account = browser.open(&world.login_url(1)).await.unwrap();
            assert!(account.status == 200 && account.text().contains(role), "{} {}", account.status, account.text());
        }
    }

    async fn law_2_what_was_done_stands_in_the_audit_with_its_change(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_user("ada@acme.test").await.expect(409);
        world.gw.wait(chrono::Duration::seconds(1));
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        let gw = &world.gw.gateway;
        let org = gw.store.slug_entry("acme").await.unwrap().unwrap();
        let events = gw.store.read::<_, StoreError, _>(org, async |tx| audit::newest(tx, 50).await).await.unwrap();
        let none = doorward::base::ids::OrgNo(0);
        let own = gw.store.read::<_, StoreError, _>(none, async |tx| audit::newest(tx, 9).await).await.unwrap();
        assert_eq!(own.iter().map(|event| event.deed.as_str()).collect::<Vec<_>>(), ["app_created"]);
        let of_ada = events.iter().filter(|event| event.target.as_deref() == Some(&ada));
        assert_eq!(of_ada.map(|event| event.deed.as_str()).collect::<Vec<_>>(), ["user_deactivated", "user_provisioned"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_13_no_secret_rests_in_clear() {
    let world = World::start(Engine::Sqlite, true).await;
    let mut browser = world.browser();
    browser.post_form(&world.at("/login"), &[("email", "lena@acme.test"), ("password", "lena-secret")]).await.unwrap();
    let cookie = browser.cookie(&world.at("/"), "doorward").unwrap();
    let organization = &world.made["organizations"][0];
    let file = world.gw.database_file();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend(std::fs::read(format!("{}-wal", file.display())).unwrap_or_default());
    let secrets: Vec<&str> = vec![
        organization["directories"][0]["token"].as_str().unwrap(),
        world.made["apps"][0]["client_secret"].as_str().unwrap(),
        "oidc-secret",
        "lena-secret",
        &cookie,
    ];
    for secret in secrets {
        let secret = &secret[..secret.len().min(24)]; // a part of it would be bad enough
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "a secret stands in the file");
    }
    assert!(
        bytes.windows(14).any(|window| window == b"lena@acme.test"),
        "the file that was looked at is the right one"
    );
}

/// Creates users until the server is gone; remembers each that was acknowledged.
async fn hammer(
    okta: IdpScimClient,
    writer: u32,
    acknowledged: Arc<Mutex<Vec<String>>>,
    enough: Arc<Mutex<Option<tokio::sync::oneshot::Sender<()>>>>,
) {
    for i in 0..2000 {
        let Some(reply) = okta.try_create_user(&format!("user{writer}-{i}@acme.test")).await else { return };
        let count = {
            let mut list = acknowledged.lock().unwrap();
            list.push(reply.expect(201).id());
            list.len()
        };
        if count >= 20
            && let Some(enough) = enough.lock().unwrap().take()
        {
            enough.send(()).unwrap();
        }
    }
    panic!("nobody killed the server");
}

on_both_engines! {
    async fn a_killed_server_loses_nothing_that_it_has_acknowledged(engine) {
        let database = TestDatabase::new(engine).await;
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/example.toml");
        let out = command(&database).args(["apply", example, "--json"]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let made: Value = serde_json::from_slice(&out.stdout).unwrap();
        let directory = &made["organizations"][0]["directories"][0];
        let (id, token) = (directory["id"].as_str().unwrap(), directory["token"].as_str().unwrap());
        let mut program = Program::serve(&database);
        let okta = IdpScimClient::new(&format!("{}/scim/v2/{id}", program.base), token);
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let (enough, reached) = tokio::sync::oneshot::channel::<()>();
        let enough = Arc::new(Mutex::new(Some(enough)));
        let writers: Vec<_> = (0..4).map(|n| tokio::spawn(hammer(okta.clone(), n, acknowledged.clone(), enough.clone()))).collect();
        reached.await.unwrap();
        program.kill(); // while four writers go on writing
        for writer in writers {
            writer.await.unwrap();
        }
        let acknowledged = acknowledged.lock().unwrap().clone();
        assert!(acknowledged.len() >= 20);
        let again = Program::serve(&database);
        let okta = IdpScimClient::new(&format!("{}/scim/v2/{id}", again.base), token);
        for id in &acknowledged {
            okta.get(&format!("/Users/{id}")).await.expect(200);
        }
        let total = okta.get("/Users?count=0").await.expect(200).body["totalResults"].as_u64().unwrap();
        let (least, most) = (acknowledged.len() as u64, acknowledged.len() as u64 + 4);
        assert!((least..=most).contains(&total), "{total} users for {least} acknowledged and 4 in flight");
    }

    async fn a_deactivated_person_keeps_no_row_of_a_credential(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        browser.open(&world.login_url(0)).await.unwrap();
        browser.settle().await.unwrap();
        let gw = &world.gw.gateway;
        let org = gw.store.slug_entry("acme").await.unwrap().unwrap();
        let epoch = async || {
            let found = gw.store.read::<_, StoreError, _>(org, async |tx| people::by_key(tx, "ada@acme.test").await).await;
            found.unwrap()[0].epoch
        };
        let before = epoch().await;
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "Replace", "path": "active", "value": "False"}])).await.expect(200);
        assert!(epoch().await > before);
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "Replace", "path": "active", "value": "True"}])).await.expect(200);
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 303, "a reactivation brings no session back");
    }
}
