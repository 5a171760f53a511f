//! What is left to the settling job: people behind a mark, seats for those who wait, memberships of groups that are gone.

use crate::harness::database::{Engine, on_both_engines};
use crate::harness::gateway::{Directory, TestGateway, TestOrganization, usual_rules};
use doorward::base::ids::{PersonId, ResourceId, RuleId};
use doorward::jobs::settling::run_once;
use doorward::service::Gateway;
use doorward::service::access::{self, Ground, settle_behind};
use doorward::store::access::{Seat, clear_marks, mark_all};
use doorward::store::members::MemberRow;
use doorward::store::resources::Kind;
use doorward::store::{Done, StoreError, Tx, members, organizations, people, seats};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::time::Duration;

/// Rules by which the groups `one`, `two` and `three` give a role with a seat; `two` gives this one.
fn rules(two: &str) -> Value {
    let users = |group: &str| json!({"group": group, "role": "msp_user", "clients": ["north"]});
    let two = if two == "msp_user" { users("two") } else { json!({"group": "two", "role": two}) };
    json!([users("one"), two, users("three")])
}

/// Ada, Bob and Cleo, a minute apart in the groups `one`, `two` and `three`: Ada has the only seat.
async fn three_and_one_seat(gw: &TestGateway) -> (TestOrganization<'_>, Directory, [String; 3]) {
    let acme = gw.organization("acme", Some(1), rules("msp_user")).await;
    let okta = acme.directory("okta", "auto").await;
    let mut people = Vec::new();
    for group in ["one", "two", "three"] {
        gw.wait(chrono::Duration::minutes(1));
        let user = okta.create_user(&format!("{group}@acme.test")).await.expect(201).id();
        okta.create_group(group, &[&user]).await.expect(201);
        people.push(user);
    }
    assert_eq!(seats_of(&acme, &people).await, [Seat::Held, Seat::Waiting, Seat::Waiting]);
    (acme, okta, people.try_into().unwrap())
}

fn refs(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

/// The seats as they are kept: nobody is settled by looking.
async fn seats_of(of: &TestOrganization<'_>, users: &[String]) -> Vec<Seat> {
    let mut seats = Vec::new();
    for user in users {
        seats.push(of.kept(user).await.0);
    }
    seats
}

on_both_engines! {
    async fn a_mark_goes_when_no_unit_of_work_can_be_older_and_a_younger_one_stays(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        let marks = async || gw.contents().await["wide"].len();
        // Units follow each other on SQLite: none that begins behind a mark can be older.
        let stays = usize::from(engine == Engine::Postgres);
        acme.replace_rules_with_a_mark(json!([])).await;
        gw.wait(chrono::Duration::minutes(1));
        assert_eq!((run_once(&gw.gateway).await.unwrap(), marks().await), (1, stays), "a unit may have begun before it");
        gw.wait(chrono::Duration::minutes(10));
        acme.replace_rules_with_a_mark(usual_rules()).await;
        assert_eq!((run_once(&gw.gateway).await.unwrap(), marks().await), (1, stays), "the older one is gone");
        assert_eq!(gw.gateway.store.marked_organizations().await.unwrap().len(), stays);
        gw.wait(chrono::Duration::minutes(11));
        assert_eq!((run_once(&gw.gateway).await.unwrap(), marks().await), (0, 0));
        // What is derived from now on stands under no mark; a new mark is seen all the same.
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        acme.replace_rules_with_a_mark(json!([])).await;
        assert!(acme.kept(&ada).await.1 && acme.kept(&bob).await.1);
        assert_eq!(run_once(&gw.gateway).await.unwrap(), 2);
        assert_eq!(acme.access(&ada).await.0, None);
    }

    async fn an_organization_that_cannot_be_settled_keeps_no_other_from_it(engine) {
        let gw = TestGateway::start(engine).await;
        let (mut all, mut ada) = (Vec::new(), Vec::new());
        for slug in ["acme", "broken", "zeta"] {
            let organization = gw.organization(slug, None, usual_rules()).await;
            let okta = organization.directory("okta", "auto").await;
            ada.push(okta.create_user(&format!("ada@{slug}.test")).await.expect(201).id());
            okta.create_group("panel-north-users", &[&ada[ada.len() - 1]]).await.expect(201);
            all.push(organization);
        }
        for organization in &all {
            organization.replace_rules_with_a_mark(json!([])).await;
        }
        let (rule, now) = (RuleId::mint(&gw.gateway.sources), gw.gateway.sources.now());
        let broken = async move |tx: &mut Tx| {
            organizations::replace_rules(tx, &[(rule, "no rule".to_owned())]).await?;
            Ok(Done::of(mark_all(tx, now).await?))
        };
        gw.gateway.store.write::<_, StoreError, _>(all[1].org, broken).await.unwrap();
        assert!(run_once(&gw.gateway).await.is_err(), "it is told");
        let mut marked = Vec::new();
        for (organization, ada) in all.iter().zip(&ada) {
            marked.push(organization.kept(ada).await.1);
        }
        assert_eq!(marked, [false, true, false]);
    }

    async fn every_seat_that_a_large_change_frees_goes_to_somebody_who_waits(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", Some(70), usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let first = okta.create_users("first", 70).await;
        let second = okta.create_users("second", 80).await;
        let group = okta.create_group("panel-north-users", &refs(&first)).await.expect(201).id();
        okta.create_group("panel-south-users", &refs(&second)).await.expect(201);
        let held = async || seats_of(&acme, &second).await.iter().filter(|seat| **seat == Seat::Held).count();
        assert_eq!(held().await, 0);
        okta.call("DELETE", &format!("/Groups/{group}"), None).await.expect(204);
        assert!((1..70).contains(&held().await), "some follow in the unit itself");
        run_once(&gw.gateway).await.unwrap();
        assert_eq!(held().await, 70);
    }

    async fn a_free_seat_beside_somebody_who_waits_is_handed_on(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, _, people) = three_and_one_seat(&gw).await;
        // As when a seat was given back while somebody who found none was about to wait.
        let raise = async |tx: &mut Tx| Ok(Done::of(seats::set_limit(tx, Some(2)).await?));
        gw.gateway.store.write::<_, StoreError, _>(acme.org, raise).await.unwrap();
        for _ in 0..2 {
            run_once(&gw.gateway).await.unwrap();
            assert_eq!(seats_of(&acme, &people).await, [Seat::Held, Seat::Held, Seat::Waiting]);
        }
    }

    async fn who_waits_and_wants_no_seat_any_more_uses_up_none(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta, people) = three_and_one_seat(&gw).await;
        acme.replace_rules_with_a_mark(rules("billing_only")).await;
        okta.patch(&format!("/Users/{}", people[0]), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        assert_eq!(seats_of(&acme, &people).await, [Seat::None, Seat::None, Seat::Held]);
    }

    async fn the_memberships_of_a_large_group_that_is_gone_are_taken_away_behind_the_answer(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        let other = okta.create_group("panel-south-users", &[&ada]).await.expect(201).id();
        // Two thousand more, whose ids come before Ada's: hers is among what is left.
        let id: ResourceId = group.parse().unwrap();
        let crowd: Vec<MemberRow> = (0..2000_u128)
            .map(|n| MemberRow { id: ResourceId(n.to_be_bytes()), kind: Kind::User, display: None })
            .collect();
        let join = async move |tx: &mut Tx| Ok(Done::of(members::add(tx, id, &crowd).await?.len()));
        assert_eq!(gw.gateway.store.write::<_, StoreError, _>(acme.org, join).await.unwrap(), 2000);
        okta.call("DELETE", &format!("/Groups/{group}"), None).await.expect(204);
        let left = async || (gw.contents().await["member"].len(), gw.contents().await["leftover"].len());
        assert_eq!(left().await, (1002, 1));
        // What is left is nobody's.
        let shown = okta.get(&format!("/Users/{ada}")).await.expect(200).body;
        assert_eq!((shown["groups"].as_array().unwrap().len(), &shown["groups"][0]["value"]), (1, &json!(other)));
        run_once(&gw.gateway).await.unwrap();
        assert_eq!(acme.access(&ada).await.1, "south");
        assert_eq!(left().await, (1, 0), "only the membership of the group that is there");
    }
}

/// Two instances settle behind the same mark: one of them takes it away while the other is on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_job_comes_to_its_end_though_another_instance_has_taken_the_mark_away() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let ada = acme.person(&okta.create_user("ada@acme.test").await.expect(201).id()).await;
    let bob = acme.person(&okta.create_user("bob@acme.test").await.expect(201).id()).await;
    let (first, last) = if ada < bob { (ada, bob) } else { (bob, ada) };
    acme.replace_rules_with_a_mark(json!([])).await;
    // Only the first is behind the mark.
    access::current(&gw.gateway, acme.org, last).await.unwrap();
    let gateway = gw.gateway.clone();
    let other = gw.open_unit(acme.org, move |tx| take_the_marks_away(gateway.clone(), tx, first, last)).await;
    let (gateway, org) = (gw.gateway.clone(), acme.org);
    let job = tokio::spawn(async move { settle_behind(&gateway, org).await });
    gw.waiting(1).await;
    other.commit().await;
    let ended = tokio::time::timeout(Duration::from_secs(30), job).await;
    assert_eq!(ended.expect("it ends").unwrap().unwrap(), 1);
}

/// The other instance: holds the first, takes the marks away and settles the last under none.
fn take_the_marks_away(
    gw: Gateway,
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
) -> BoxFuture<'_, Result<(), StoreError>> {
    Box::pin(async move {
        people::lock(tx, first).await?;
        clear_marks(tx, i64::MAX, gw.sources.now() + chrono::Duration::hours(1)).await?;
        let ground = Ground::fresh(tx, &gw).await.unwrap();
        access::settle(tx, &gw, &ground, last, "other").await.unwrap();
        Ok(())
    })
}
