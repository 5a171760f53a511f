//! What another unit of work does while one waits: on PostgreSQL alone, SQLite runs one after another. A test holds a
//! unit open, sees the others wait for it, and goes on.

use crate::harness::database::Engine;
use crate::harness::facts::lena;
use crate::harness::gateway::{Directory, TestGateway, TestOrganization, usual_rules};
use crate::harness::world::World;
use doorward::base::ids::{OrgNo, PersonId, ResourceId, RuleId};
use doorward::domain::client::ClientScope;
use doorward::domain::grant::ManualGrant;
use doorward::domain::person::Origin;
use doorward::lab::browser::Browser;
use doorward::service::Memory;
use doorward::service::access::{self, Ground, GroundError};
use doorward::service::console::apply::apply;
use doorward::store::people::{self, DELETED, PersonRow};
use doorward::store::resources::{self, Kind};
use doorward::store::{Done, StoreError, Tx, directories, organizations, seats, standing};
use serde_json::{Value, json};
use std::path::Path;
use tokio::task::JoinHandle;

/// A call that is on its way; its status.
fn calls(directory: &Directory, method: &str, path: String, body: Option<Value>) -> JoinHandle<u16> {
    let (directory, method) = (directory.clone(), method.to_owned());
    tokio::spawn(async move { directory.call(&method, &path, body).await.status })
}

fn patches(directory: &Directory, path: String, operations: &Value) -> JoinHandle<u16> {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    calls(directory, "PATCH", path, Some(body))
}

/// A sign-in through OpenID that is on its way; the status of its last page.
fn signs_in(world: &World) -> JoinHandle<u16> {
    let (mut browser, url): (Browser, _) = (world.browser(), world.login_url(1));
    tokio::spawn(async move {
        browser.open(&url).await.unwrap();
        browser.settle().await.unwrap().status
    })
}

/// The role of somebody as another instance of the program reads it: what this one remembers of the rules stays.
async fn role_elsewhere(gw: &TestGateway, acme: &TestOrganization<'_>, user: &str) -> Option<String> {
    let other = gw.gateway.altered(|shared| shared.memory = Memory::default());
    access::current(&other, acme.org, acme.person(user).await).await.unwrap().access.role
}

/// Holds a resource of the first directory.
async fn hold(tx: &mut Tx, kind: Kind, id: ResourceId) -> Result<(), StoreError> {
    let src = directories::list(tx).await?[0].src;
    resources::lock(tx, src, kind, id).await?.expect("it is there");
    Ok(())
}

async fn hold_person(tx: &mut Tx, id: PersonId) -> Result<(), StoreError> {
    people::lock(tx, id).await?.expect("they are there");
    Ok(())
}

/// A person of ours with this e-mail and no access yet.
async fn local(acme: &TestOrganization<'_>, gw: &TestGateway, email: &str) -> PersonId {
    let gateway = gw.gateway.clone();
    let (id, now) = (PersonId::mint(&gateway.sources), gateway.sources.now());
    let person = lena(id, email);
    let store = gateway.store.clone();
    store
        .write::<_, GroundError, _>(acme.org, async move |tx| {
            people::insert(tx, &person, now).await?;
            let ground = Ground::load(tx, &gateway).await?;
            Ok(Done::of(()).and_all(access::settle(tx, &gateway, &ground, id, "made").await?))
        })
        .await
        .unwrap();
    id
}

async fn person_of(gw: &TestGateway, org: OrgNo, id: PersonId) -> PersonRow {
    let read = async move |tx: &mut Tx| people::get(tx, id).await;
    gw.gateway.store.read::<_, StoreError, _>(org, read).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_6_a_rule_that_is_made_while_a_group_changes_is_right_for_who_comes_and_who_goes() {
    for change in ["leaves", "the group goes", "comes"] {
        let gw = TestGateway::start(Engine::Postgres).await;
        let acme = gw.organization("acme", None, json!([])).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let members = if change == "comes" { vec![] } else { vec![ada.as_str()] };
        let group = okta.create_group("crew", &members).await.expect(201).id();
        let (path, id) = (format!("/Groups/{group}"), group.parse().unwrap());
        let open = gw.open_unit(acme.org, move |tx| Box::pin(hold(tx, Kind::Group, id))).await;
        // It has read that no rule speaks of the group, and waits for it.
        let call = match change {
            "leaves" => patches(&okta, path, &json!([{"op": "remove", "path": "members", "value": [{"value": ada}]}])),
            "comes" => patches(&okta, path, &json!([{"op": "add", "path": "members", "value": [{"value": ada}]}])),
            _ => calls(&okta, "DELETE", path, None),
        };
        gw.waiting(1).await;
        let rule = json!([{"group": "crew", "role": "msp_user", "clients": ["north"]}]);
        acme.replace_rules_with_a_mark(rule).await;
        let role = async || role_elsewhere(&gw, &acme, &ada).await;
        assert_eq!(role().await.is_some(), change != "comes", "{change}: derived under the rule, as things are kept");
        open.commit().await;
        assert!(matches!(call.await.unwrap(), 200 | 204), "{change}");
        assert_eq!(role().await.is_some(), change == "comes", "{change}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_6_a_rule_that_asks_for_an_attribute_is_right_for_one_that_changes_meanwhile() {
    for (attribute, value) in [("title", "Boss"), ("name.givenName", "Augusta")] {
        let gw = TestGateway::start(Engine::Postgres).await;
        let acme = gw.organization("acme", None, json!([])).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let id = ada.parse().unwrap();
        let open = gw.open_unit(acme.org, move |tx| Box::pin(hold(tx, Kind::User, id))).await;
        let change = json!([{"op": "replace", "path": attribute, "value": value}]);
        let call = patches(&okta, format!("/Users/{ada}"), &change);
        gw.waiting(1).await;
        let rule = json!([{"attribute": attribute, "one_of": [value], "role": "msp_user", "clients": ["north"]}]);
        acme.replace_rules_with_a_mark(rule).await;
        assert_eq!(role_elsewhere(&gw, &acme, &ada).await, None);
        open.commit().await;
        assert_eq!(call.await.unwrap(), 200);
        assert_eq!(role_elsewhere(&gw, &acme, &ada).await.as_deref(), Some("msp_user"), "{attribute}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_6_a_rule_waits_for_a_unit_that_settles_nobody_and_such_a_unit_waits_for_no_rule() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", None, json!([])).await;
    let okta = acme.directory("okta", "auto").await;
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    let group = okta.create_group("crew", &[]).await.expect(201).id();
    let settles_nobody = async |tx: &mut Tx| {
        let facts = standing::get(tx).await?.facts;
        assert!(standing::stays(tx, facts).await?);
        assert!(!standing::stays(tx, facts - 1).await?);
        Ok(())
    };
    let open = gw.open_unit(acme.org, move |tx| Box::pin(settles_nobody(tx))).await;
    let rules = acme.replace_rules_with_a_mark(usual_rules());
    tokio::join!(rules, async {
        gw.waiting(1).await;
        open.commit().await;
    });
    // Whoever makes a rule holds the guard, and then people. Nobody who may hold a person waits for the guard.
    let open = gw.open_unit(acme.org, |tx| Box::pin(organizations::lock_guard(tx))).await;
    let user = format!("/Users/{ada}");
    okta.patch(&user, json!([{"op": "replace", "path": "title", "value": "Boss"}])).await.expect(200);
    okta.patch(&user, json!([{"op": "replace", "path": "name.givenName", "value": "Augusta"}])).await.expect(200);
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
    okta.patch(&format!("/Groups/{group}"), add).await.expect(200);
    okta.create_group("club", &[&ada]).await.expect(201);
    open.commit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_4_a_sign_in_that_waits_while_its_link_is_set_aside_comes_to_nothing() {
    let world = World::start(Engine::Postgres, true).await;
    let okta = world.directory();
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    world.idp.sign_in("ada@acme.test").unwrap();
    assert_eq!(signs_in(&world).await.unwrap(), 200, "linked");
    let (org, person) =
        doorward::service::console::find::person(&world.gw.gateway, "acme", "ada@acme.test").await.unwrap();
    let open = world.gw.open_unit(org, move |tx| Box::pin(hold_person(tx, person))).await;
    let other = json!([{"op": "replace", "path": "externalId", "value": "another-human"}]);
    let push = patches(&okta, format!("/Users/{ada}"), &other);
    world.gw.waiting(1).await;
    let sign_in = signs_in(&world);
    world.gw.waiting(2).await;
    open.commit().await;
    assert_eq!((push.await.unwrap(), sign_in.await.unwrap()), (200, 403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_4_a_first_sign_in_that_waits_while_another_human_takes_the_place_links_nobody() {
    let world = World::start(Engine::Postgres, true).await;
    let okta = world.directory();
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    world.idp.sign_in("ada@acme.test").unwrap();
    let (org, person) =
        doorward::service::console::find::person(&world.gw.gateway, "acme", "ada@acme.test").await.unwrap();
    let open = world.gw.open_unit(org, move |tx| Box::pin(hold_person(tx, person))).await;
    let cleo = json!({"userName": "cleo@acme.test", "externalId": "cleo", "active": true,
                      "emails": [{"value": "cleo@acme.test", "primary": true}]});
    let push = calls(&okta, "PUT", format!("/Users/{ada}"), Some(cleo));
    world.gw.waiting(1).await;
    let sign_in = signs_in(&world);
    world.gw.waiting(2).await;
    open.commit().await;
    assert_eq!((push.await.unwrap(), sign_in.await.unwrap()), (200, 403));
    let linked = async move |tx: &mut Tx| people::links(tx, person).await;
    assert!(world.gw.gateway.store.read::<_, StoreError, _>(org, linked).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_4_of_two_directories_that_push_a_local_person_at_the_same_moment_one_adopts() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
    let lena = local(&acme, &gw, "lena@acme.test").await;
    let open = gw.open_unit(acme.org, move |tx| Box::pin(hold_person(tx, lena))).await;
    let pushes = [okta.clone(), entra.clone()]
        .map(|idp| tokio::spawn(async move { idp.create_user("lena@acme.test").await.expect(201).id() }));
    gw.waiting(2).await;
    open.commit().await;
    let mut people = Vec::new();
    for push in pushes {
        people.push(acme.person(&push.await.unwrap()).await);
    }
    assert_ne!(people[0], people[1], "each has a person of its own");
    assert!(people.contains(&lena), "one of them is Lena");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_7_who_becomes_an_administrator_while_a_push_waits_is_only_proposed() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let lena = local(&acme, &gw, "lena@acme.test").await;
    let grant = serde_json::to_string(&ManualGrant::new("msp_admin", ClientScope::All)).unwrap();
    let now = gw.gateway.sources.now();
    let open = gw
        .open_unit(acme.org, move |tx| {
            let grant = grant.clone();
            Box::pin(async move {
                hold_person(tx, lena).await?;
                people::set_manual_grants(tx, lena, &[grant]).await?;
                doorward::store::access::mark_all(tx, now).await
            })
        })
        .await;
    let push = tokio::spawn({
        let okta = okta.clone();
        async move { okta.create_user("lena@acme.test").await.status }
    });
    gw.waiting(1).await;
    open.commit().await;
    assert_eq!(push.await.unwrap(), 201);
    let row = person_of(&gw, acme.org, lena).await;
    assert_eq!((row.origin.as_str(), row.epoch), (Origin::Local.as_str(), 1), "nobody took her over");
}

/// A file to apply, in which Lena is called so.
fn file(name: &str) -> String {
    format!(
        "[[organization]]\nslug = \"acme\"\nname = \"Acme\"\npanel = \"msp\"\n\
         owner = {{ email = \"olive@acme.test\", name = \"Olive\" }}\n\
         person = [{{ email = \"lena@acme.test\", name = \"{name}\" }}]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_5_apply_undoes_no_lock_that_comes_while_it_waits() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let applies = |name: &str| {
        let (gateway, file) = (gw.gateway.clone(), file(name));
        tokio::spawn(async move { apply(&gateway, &file, Path::new("."), &|_| None, false).await.unwrap() })
    };
    applies("Lena").await.unwrap();
    let (org, lena) = doorward::service::console::find::person(&gw.gateway, "acme", "lena@acme.test").await.unwrap();
    let now = gw.gateway.sources.now();
    let open = gw
        .open_unit(org, move |tx| {
            Box::pin(async move {
                let mut row = people::lock(tx, lena).await?.expect("she is there");
                (row.locked, row.epoch) = (true, row.epoch + 1);
                people::update(tx, &row, now).await
            })
        })
        .await;
    let applied = applies("Lena Local");
    gw.waiting(1).await;
    open.commit().await;
    applied.await.unwrap();
    let row = person_of(&gw, org, lena).await;
    assert_eq!((row.name.as_str(), row.locked, row.epoch), ("Lena Local", true, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_8_who_administers_is_asked_by_the_rules_that_come_while_it_waits() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let admins = json!({"group": "panel-admins", "role": "msp_admin"});
    let both = json!([admins, {"group": "keys", "role": "msp_admin"}]);
    let acme = gw.organization("acme", None, both).await;
    let okta = acme.directory("okta", "auto").await;
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    let bob = okta.create_user("bob@acme.test").await.expect(201).id();
    okta.create_group("panel-admins", &[&ada]).await.expect(201);
    okta.create_group("keys", &[&bob]).await.expect(201);
    let (rules, now) = ([(RuleId::mint(&gw.gateway.sources), admins.to_string())], gw.gateway.sources.now());
    let open = gw
        .open_unit(acme.org, move |tx| {
            let rules = rules.clone();
            Box::pin(async move {
                organizations::replace_rules(tx, &rules).await?;
                doorward::store::access::mark_all(tx, now).await
            })
        })
        .await;
    let call = patches(&okta, format!("/Users/{ada}"), &json!([{"op": "replace", "path": "active", "value": false}]));
    gw.waiting(1).await;
    open.commit().await;
    assert_eq!(call.await.unwrap(), 409, "Bob can administer no more");
    assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_admin"));
    assert_eq!(acme.access(&bob).await.0, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_5_who_is_deleted_by_two_directories_at_the_same_moment_is_gone() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
    let (one, other) = acme.shared(&okta, &entra, "ada@acme.test").await;
    let ada = acme.person(&one).await;
    let open = gw.open_unit(acme.org, move |tx| Box::pin(hold_person(tx, ada))).await;
    let deletions = [
        calls(&okta, "DELETE", format!("/Users/{one}"), None),
        calls(&entra, "DELETE", format!("/Users/{other}"), None),
    ];
    gw.waiting(2).await;
    open.commit().await;
    for deletion in deletions {
        assert_eq!(deletion.await.unwrap(), 204);
    }
    assert_eq!(person_of(&gw, acme.org, ada).await.state, DELETED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r034_a_user_that_is_deleted_while_its_return_waits_comes_back_under_its_id() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    let id = ada.parse().unwrap();
    let open = gw.open_unit(acme.org, move |tx| Box::pin(hold(tx, Kind::User, id))).await;
    let deletion = calls(&okta, "DELETE", format!("/Users/{ada}"), None);
    gw.waiting(1).await;
    let back = tokio::spawn({
        let okta = okta.clone();
        async move { okta.create_user("ada@acme.test").await.expect(201).id() }
    });
    gw.waiting(2).await;
    open.commit().await;
    assert_eq!((deletion.await.unwrap(), back.await.unwrap()), (204, ada));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_groups_of_one_name_that_are_pushed_at_the_same_moment_one_is_refused() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let claim = async |tx: &mut Tx| {
        let src = directories::list(tx).await?[0].src;
        resources::claim_group_name(tx, src, "panel-north-users").await
    };
    let open = gw.open_unit(acme.org, move |tx| Box::pin(claim(tx))).await;
    let group = |name: &str| {
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name});
        calls(&okta, "POST", "/Groups".to_owned(), Some(body))
    };
    let (one, other) = (group("panel-north-users"), group("Panel-North-Users"));
    gw.waiting(2).await;
    assert_eq!(group("panel-south-users").await.unwrap(), 201, "another name waits for nobody");
    open.commit().await;
    let mut statuses = [one.await.unwrap(), other.await.unwrap()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_9_a_seat_that_is_freed_while_the_limit_changes_is_free() {
    let gw = TestGateway::start(Engine::Postgres).await;
    let acme = gw.organization("acme", Some(2), usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    let ada = okta.create_user("ada@acme.test").await.expect(201).id();
    okta.create_group("panel-north-users", &[&ada]).await.expect(201);
    assert_eq!(acme.access(&ada).await.2, "Held");
    let open = gw.open_unit(acme.org, |tx| Box::pin(seats::set_limit(tx, Some(5)))).await;
    let call = patches(&okta, format!("/Users/{ada}"), &json!([{"op": "replace", "path": "active", "value": false}]));
    gw.waiting(1).await;
    open.commit().await;
    assert_eq!(call.await.unwrap(), 200);
    let take = async |tx: &mut Tx| Ok(Done::of(seats::take(tx, 100).await?));
    assert_eq!(gw.gateway.store.write::<_, StoreError, _>(acme.org, take).await.unwrap(), 5);
}
