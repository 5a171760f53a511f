//! 34 and 3.1.3: who comes back, as whom, and with what. Nobody is ever taken over.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, Reply, TestGateway, usual_rules};
use crate::harness::world::World;
use doorward::base::token::reveal;
use doorward::lab::idp::person::Person;
use doorward::service::console::tokens;
use doorward::store::members::{self, MemberRow};
use doorward::store::resources::Kind;
use doorward::store::{Done, StoreError};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn post(directory: &Directory, user_name: &str, external_id: &str) -> Reply {
    let body = json!({"userName": user_name, "externalId": external_id,
                      "emails": [{"value": user_name, "type": "work", "primary": true}]});
    directory.call("POST", "/Users", Some(body)).await
}

async fn deactivate(directory: &Directory, id: &str) {
    directory.patch(&format!("/Users/{id}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
}

/// Signs in through OpenID with the IdP's current person; the status of the last page.
async fn sign_in(world: &World) -> u16 {
    let mut browser = world.browser();
    browser.open(&world.login_url(1)).await.unwrap();
    browser.settle().await.unwrap().status
}

/// A call of the management API.
async fn api(world: &World, method: &str, path: &str) -> (u16, Value) {
    let gw = &world.gw.gateway;
    let org = gw.store.slug_entry("acme").await.unwrap().unwrap();
    let (_, token) = tokens::create(gw, org, "test").await.unwrap();
    let reply = reqwest::Client::new()
        .request(method.parse().unwrap(), world.at(&format!("/api/v1/organizations/acme/users/{path}")))
        .bearer_auth(reveal(&token))
        .send()
        .await
        .unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

async fn person(world: &World, email: &str) -> String {
    doorward::service::console::find::person(&world.gw.gateway, "acme", email).await.unwrap().1.to_string()
}

async fn deeds(world: &World, target: &str) -> Vec<String> {
    let gw = &world.gw.gateway;
    let org = gw.store.slug_entry("acme").await.unwrap().unwrap();
    let events = gw
        .store
        .read::<_, doorward::store::StoreError, _>(org, async |tx| doorward::store::audit::newest(tx, 200).await)
        .await
        .unwrap();
    events.into_iter().filter(|event| event.target.as_deref() == Some(target)).map(|event| event.deed).collect()
}

on_both_engines! {
    async fn r034_an_inactive_user_comes_back_in_place_with_what_it_had(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let first = post(&okta, "ada@acme.test", "a").await.expect(201);
        let ada = first.id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        acme.grant_by_hand(&ada, "msp_user").await;
        deactivate(&okta, &ada).await;
        let back = post(&okta, "ada@acme.test", "a").await.expect(201);
        assert_eq!((back.id(), &back.body["active"]), (ada.clone(), &json!(true)));
        assert_eq!(back.headers["location"], first.headers["location"]);
        assert_eq!(back.body["meta"]["created"], first.body["meta"]["created"]);
        assert_eq!(back.body["groups"][0]["display"], "panel-north-users");
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
        assert!(acme.deeds(&acme.person(&ada).await.to_string()).await.iter().all(|deed| deed != "person_set_aside"));
        assert!(acme.deeds(&ada).await.contains(&"user_restored".to_owned()));
    }

    async fn r034_an_inactive_user_may_come_back_inactive_and_a_name_in_other_case_is_its_own(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = post(&okta, "ada@acme.test", "a").await.expect(201).id();
        acme.grant_by_hand(&ada, "msp_user").await;
        deactivate(&okta, &ada).await;
        let body = json!({"userName": "ADA@acme.test", "externalId": "a", "active": false});
        let back = okta.call("POST", "/Users", Some(body)).await.expect(201);
        assert_eq!((back.id(), &back.body["active"], &back.body["userName"]), (ada.clone(), &json!(false), &json!("ADA@acme.test")));
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"), "nothing was set aside");
    }

    async fn r034_active_taken_or_known_by_name_alone_is_a_conflict_that_changes_nothing(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        post(&okta, "ada@acme.test", "a").await.expect(201);
        let bob = post(&okta, "bob@acme.test", "b").await.expect(201).id();
        let cleo = post(&okta, "cleo@acme.test", "c").await.expect(201).id();
        deactivate(&okta, &bob).await;
        deactivate(&okta, &cleo).await;
        let all = okta.get("/Users").await.expect(200).body;
        let events = acme.events().await.len();
        for (name, ext, why) in [
            ("ada@acme.test", "a", "active"),
            ("ada9@acme.test", "a", "active, under another name"),
            ("ada@acme.test", "b", "inactive, but the name is an active one's"),
            ("cleo@acme.test", "b", "inactive, but the name is an inactive one's"),
            ("bob@acme.test", "unknown", "only the name matches"),
            ("BOB@acme.test", "B", "externalId is case-sensitive, so only the name matches"),
        ] {
            let reply = post(&okta, name, ext).await;
            assert_eq!((reply.status, &reply.body["scimType"]), (409, &json!("uniqueness")), "{why}");
        }
        let body = json!({"userName": "bob@acme.test"});
        okta.call("POST", "/Users", Some(body)).await.expect(409);
        assert_eq!(okta.get("/Users").await.expect(200).body, all);
        assert_eq!(acme.events().await.len(), events);
    }

    async fn r034_a_tombstone_comes_back_with_id_and_history_and_nothing_else(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let first = post(&okta, "ada@acme.test", "a").await.expect(201);
        let ada = first.id();
        let person = acme.person(&ada).await;
        let group = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        acme.grant_by_hand(&ada, "msp_admin").await;
        let other = okta.create_user("other@acme.test").await.expect(201).id();
        acme.grant_by_hand(&other, "msp_admin").await;
        gw.wait(chrono::Duration::hours(1));
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        // Somebody else's tombstone is nobody's here.
        let entra = acme.directory("entra", "auto").await;
        let stranger = post(&entra, "ada@acme.test", "a").await.expect(201);
        assert_ne!(stranger.id(), ada);
        assert_ne!(acme.person(&stranger.id()).await, person);
        gw.wait(chrono::Duration::hours(1));
        let back = post(&okta, "ada@acme.test", "a").await.expect(201);
        assert_eq!((back.id(), acme.person(&ada).await), (ada.clone(), person));
        assert_eq!(back.body["meta"]["created"], first.body["meta"]["created"]);
        assert_ne!(back.headers["etag"], first.headers["etag"], "a version is never given twice");
        assert!(back.body.get("groups").is_none());
        assert_eq!(okta.get(&format!("/Groups/{group}")).await.expect(200).body["members"], json!([]));
        assert_eq!(acme.access(&ada).await.0, None);
        assert_eq!(acme.deeds(&ada).await, ["user_restored", "user_deleted", "user_provisioned"]);
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        assert_eq!(post(&okta, "ada@acme.test", "a").await.expect(201).id(), ada, "and again");
    }

    async fn r034_rfc_strict_never_restores(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let strict = acme.directory("strict", "rfc-strict").await;
        let body = |name: &str| json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "externalId": "a"});
        let ada = strict.call("POST", "/Users", Some(body("ada@acme.test"))).await.expect(201).id();
        let person = acme.person(&ada).await;
        strict.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        strict.call("POST", "/Users", Some(body("ada@acme.test"))).await.expect(409);
        strict.call("POST", "/Users", Some(body("ada2@acme.test"))).await.expect(409);
        strict.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        let other = strict.call("POST", "/Users", Some(body("ada@acme.test"))).await.expect(201).id();
        assert_ne!((other.clone(), acme.person(&other).await), (ada, person));
    }

    async fn r034_two_at_once_restore_once(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = post(&okta, "ada@acme.test", "a").await.expect(201).id();
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        let replies = futures::future::join_all((0..6).map(|_| post(&okta, "ada@acme.test", "a"))).await;
        let made: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
        assert!(made.len() == 1 && made[0].id() == ada, "{replies:?}");
        assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 409)), "{replies:?}");
        assert_eq!(okta.get("/Users").await.expect(200).body["totalResults"], 1);
    }

    async fn r034_a_membership_that_came_while_the_user_was_deleted_does_not_come_back_with_it(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = post(&okta, "ada@acme.test", "a").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        // What a unit leaves that saw the User and ended after the deletion.
        let (to, who) = (group.parse().unwrap(), ada.parse().unwrap());
        let member = MemberRow { id: who, kind: Kind::User, display: None };
        gw.gateway.store.write::<_, StoreError, _>(acme.org, async move |tx| {
            Ok(Done::of(members::add(tx, to, std::slice::from_ref(&member)).await?))
        }).await.unwrap();
        let back = post(&okta, "ada@acme.test", "a").await.expect(201);
        assert_eq!((back.id(), back.body.get("groups")), (ada.clone(), None));
        assert_eq!(acme.access(&ada).await.0, None);
        assert_eq!(okta.get(&format!("/Groups/{group}")).await.expect(200).body["members"], json!([]));
    }

    async fn r034_who_comes_back_inactive_or_under_another_email_loses_the_credentials_that_another_directory_kept(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
        let inactive = json!({"userName": "ada@acme.test", "externalId": "ext-ada@acme.test", "active": false,
                              "emails": [{"value": "ada@acme.test", "primary": true}]});
        let moved = json!({"userName": "bob@acme.test", "externalId": "ext-bob@acme.test",
                           "emails": [{"value": "robert@acme.test", "primary": true}]});
        let same = json!({"userName": "cleo@acme.test", "externalId": "ext-cleo@acme.test",
                          "emails": [{"value": "cleo@acme.test", "primary": true}]});
        for (name, back, ends) in [("ada", inactive, true), ("bob", moved, true), ("cleo", same, false)] {
            let (one, other) = acme.shared(&okta, &entra, &format!("{name}@acme.test")).await;
            okta.call("DELETE", &format!("/Users/{one}"), None).await.expect(204);
            let before = acme.person_row(&other).await;
            assert_eq!(before.state, "active", "{name}: the other directory has them");
            assert_eq!(okta.call("POST", "/Users", Some(back)).await.expect(201).id(), one);
            assert_eq!(acme.person_row(&one).await.epoch > before.epoch, ends, "{name}");
        }
    }
}

on_both_engines! {
    async fn r034_a_replaced_external_id_sets_links_and_grants_aside_until_an_admin_speaks(engine) {
        for verb in ["PATCH", "PUT", "restore"] {
            let world = World::start(engine, true).await;
            let okta = world.directory();
            let ada = post(&okta, "ada@acme.test", "00uada").await.expect(201).id();
            okta.create_group("panel-north-users", &[&ada]).await.expect(201);
            world.idp.sign_in("ada@acme.test").unwrap();
            let mut open = world.browser();
            open.open(&world.login_url(1)).await.unwrap();
            assert_eq!(open.settle().await.unwrap().status, 200);
            let id = person(&world, "ada@acme.test").await;
            let path = format!("/Users/{ada}");
            let email = match verb {
                "PATCH" => {
                    okta.patch(&path, json!([{"op": "replace", "path": "externalId", "value": "00uother"}])).await.expect(200);
                    "ada@acme.test"
                }
                "PUT" => {
                    let body = json!({"userName": "ada@acme.test", "externalId": "00uother", "active": true,
                                      "emails": [{"value": "ada@acme.test", "primary": true}]});
                    okta.call("PUT", &path, Some(body)).await.expect(200);
                    "ada@acme.test"
                }
                _ => {
                    deactivate(&okta, &ada).await;
                    assert_eq!(post(&okta, "ada2@acme.test", "00uada").await.expect(201).id(), ada);
                    "ada2@acme.test"
                }
            };
            assert_eq!(person(&world, email).await, id, "{verb}: the same person");
            assert_eq!(open.get(&world.at("/account")).await.unwrap().status, 303, "{verb}: the session is dead");
            assert_eq!(sign_in(&world).await, 403, "{verb}: the old link waits");
            assert!(deeds(&world, &id).await.contains(&"person_set_aside".to_owned()), "{verb}");
            let (status, waits) = api(&world, "GET", &format!("{id}/aside")).await;
            assert_eq!((status, &waits["links"], &waits["grants"]), (200, &json!(1), &json!(0)), "{verb}");
            let (status, back) = api(&world, "POST", &format!("{id}/aside/give-back")).await;
            assert_eq!((status, &back["links"]), (200, &json!(1)), "{verb}: {back}");
            assert_eq!(sign_in(&world).await, 200, "{verb}: the admin said that it is the same human");
            assert_eq!(open.get(&world.at("/account")).await.unwrap().status, 303, "{verb}: no session comes back");
            let (status, problem) = api(&world, "POST", &format!("{id}/aside/give-back")).await;
            assert_eq!((status, &problem["code"]), (409, &json!("nothing_aside")), "{verb}");
            assert!(deeds(&world, &id).await.contains(&"person_given_back".to_owned()), "{verb}");
        }
    }

    async fn r034_another_human_signs_in_beside_what_waits_and_gets_nothing_of_it(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let john = post(&okta, "john@acme.test", "john").await.expect(201).id();
        world.idp.put_person(Person::new("john@acme.test", "John", "Old"));
        world.idp.sign_in("john@acme.test").unwrap();
        assert_eq!(sign_in(&world).await, 200);
        let id = person(&world, "john@acme.test").await;
        // The old John leaves; his nickname goes to another human.
        deactivate(&okta, &john).await;
        assert_eq!(post(&okta, "john.new@acme.test", "john").await.expect(201).id(), john);
        assert_eq!(sign_in(&world).await, 403, "the old one stays out");
        world.idp.put_person(Person::new("john.new@acme.test", "John", "New"));
        world.idp.sign_in("john.new@acme.test").unwrap();
        assert_eq!(sign_in(&world).await, 200, "the new one comes in by the connection's match");
        let (_, back) = api(&world, "POST", &format!("{id}/aside/give-back")).await;
        assert_eq!((&back["links"], &back["outdated_links"]), (&json!(0), &json!(1)), "the old link cannot share the person");
        world.idp.sign_in("john@acme.test").unwrap();
        assert_eq!(sign_in(&world).await, 403);
    }

    async fn r034_an_admin_throws_away_what_waits(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = post(&okta, "ada@acme.test", "00uada").await.expect(201).id();
        world.idp.sign_in("ada@acme.test").unwrap();
        assert_eq!(sign_in(&world).await, 200);
        let id = person(&world, "ada@acme.test").await;
        let change = json!([{"op": "replace", "path": "externalId", "value": "other"}]);
        okta.patch(&format!("/Users/{ada}"), change).await.expect(200);
        let (status, gone) = api(&world, "POST", &format!("{id}/aside/discard")).await;
        assert_eq!((status, &gone["links"]), (200, &json!(1)));
        assert!(deeds(&world, &id).await.contains(&"person_aside_discarded".to_owned()));
        let (_, waits) = api(&world, "GET", &format!("{id}/aside")).await;
        assert_eq!(waits["links"], 0);
        let stranger = "usr-00000000000000000000000000000000";
        assert_eq!(api(&world, "POST", &format!("{stranger}/aside/discard")).await.0, 404);
    }

    async fn r034_grants_by_hand_wait_and_mapped_access_stays(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = post(&okta, "ada@acme.test", "a").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        acme.grant_by_hand(&ada, "msp_admin").await;
        let other = okta.create_user("other@acme.test").await.expect(201).id();
        acme.grant_by_hand(&other, "msp_admin").await;
        let before = acme.person_row(&ada).await.epoch;
        let path = format!("/Users/{ada}");
        okta.patch(&path, json!([{"op": "remove", "path": "externalId"}])).await.expect(200);
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"), "taking the externalId away counts as another");
        assert!(acme.person_row(&ada).await.epoch > before);
        okta.patch(&path, json!([{"op": "add", "path": "externalId", "value": "b"}])).await.expect(200);
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
        let person = acme.person(&ada).await;
        let by = doorward::domain::audit::Actor::Operator;
        let back = doorward::service::console::aside::give_back(&gw.gateway, &by, acme.org, "acme", person).await.unwrap();
        assert_eq!(back.grants, 1);
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_admin"));
    }

    async fn r034_whatever_two_directories_send_nobody_is_taken_over(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let zeta = gw.organization("zeta", None, usual_rules()).await;
        let idps = [acme.directory("one", "auto").await, acme.directory("two", "auto").await, zeta.directory("one", "auto").await];
        let mut dice = StdRng::seed_from_u64(0x5c1);
        // (directory, id) → the externalId that it stands for; a person belongs to one of these for ever.
        let mut known: BTreeMap<(usize, String), String> = BTreeMap::new();
        let mut people = BTreeMap::new();
        for turn in 0..120 {
            let at = dice.random_range(0..3_usize);
            let (idp, org) = (&idps[at], if at == 2 { &zeta } else { &acme });
            let (name, ext) = (*["a", "b", "c"].choose(&mut dice).unwrap(), *["x", "y", "z"].choose(&mut dice).unwrap());
            if dice.random_bool(0.5) {
                let reply = post(idp, &format!("{name}@{}.test", if at == 2 { "zeta" } else { "acme" }), ext).await;
                if reply.status == 201 {
                    let person = org.person(&reply.id()).await;
                    let stands_for = known.entry((at, reply.id())).or_insert_with(|| ext.to_owned());
                    assert_eq!(stands_for, ext, "turn {turn}: an id comes back for its own externalId alone");
                    let owner = people.entry((at == 2, person)).or_insert((at, ext));
                    assert_eq!(*owner, (at, ext), "turn {turn}: a person is one directory's and one externalId's");
                } else {
                    assert_eq!(reply.status, 409, "turn {turn}: {}", reply.body);
                }
            } else {
                let ids: Vec<_> = known.keys().filter(|(of, _)| *of == at).map(|(_, id)| id.clone()).collect();
                let Some(id) = ids.choose(&mut dice) else { continue };
                let path = format!("/Users/{id}");
                let reply = if dice.random_bool(0.4) {
                    idp.call("DELETE", &path, None).await
                } else {
                    idp.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await
                };
                assert!(matches!(reply.status, 200 | 204 | 404), "turn {turn}: {}", reply.body);
                for (other, foreign) in idps.iter().enumerate().filter(|(other, _)| *other != at) {
                    assert_eq!(foreign.get(&path).await.status, 404, "turn {turn}: {other} sees it");
                }
            }
        }
        assert!(known.len() >= 9, "{known:?}");
    }
}
