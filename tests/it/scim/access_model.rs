//! Access against a naive model: whatever a directory and the rules go through, what a person may do is what a look at all
//! facts from scratch says, however large the change was and whether or not its mark has been settled.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, TestOrganization};
use crate::harness::thoroughness;
use doorward::base::ids::PersonId;
use doorward::domain::access::Access;
use doorward::domain::client::ClientScope;
use doorward::service::access;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ROLES: [&str; 4] = ["msp_admin", "msp_user", "billing_only", "end_client"];
/// Places where a role may hold; `-` is the panel itself.
const PLACES: [&str; 3] = ["north", "south", "-"];
const NAMES: [&str; 7] = ["g0", "g1", "g2", "team-north", "team-south", "team-elsewhere", "plain"];
/// More than are settled in one unit.
const CROWD: usize = 505;

/// Rules to choose from. One administrator stands apart from them, so that law 8 refuses nothing here.
fn rules() -> Vec<Value> {
    vec![
        json!({"group": "g0", "role": "msp_user", "clients": ["north"]}),
        json!({"group": "g1", "role": "msp_user", "clients": ["north", "south"]}),
        json!({"group": "g0", "role": "msp_admin"}),
        json!({"group": "g2", "role": "billing_only"}),
        json!({"group": "g2", "role": "end_client", "clients": ["south"]}),
        json!({"pattern": "team-{client}", "role": "msp_user", "clients": ["{client}"]}),
        json!({"pattern": "team-{client}", "role": "end_client", "clients": ["{client}"]}),
        json!({"group": "g1", "role": "msp_user", "clients": ["north"], "deny": true}),
        json!({"group": "g2", "role": "msp_admin", "clients": ["south"], "deny": true}),
        json!({"pattern": "team-{client}", "role": "msp_user", "clients": ["{client}"], "deny": true}),
    ]
}

/// What there is.
#[derive(Default)]
struct Model {
    users: BTreeMap<String, Person>,
    groups: BTreeMap<String, (String, BTreeSet<String>)>,
    rules: Vec<Value>,
    crowd: Vec<String>,
}

/// Somebody that the directory has.
struct Person {
    id: PersonId,
    email: String,
    active: bool,
}

impl Model {
    /// (role, place) pairs that a rule names for members of these groups; `*` is every client.
    fn named(rule: &Value, groups: &BTreeSet<&str>) -> BTreeSet<(String, String)> {
        let role = rule["role"].as_str().unwrap();
        let mut pairs = BTreeSet::new();
        for group in groups {
            let captured = match (rule["group"].as_str(), group.strip_prefix("team-")) {
                (Some(name), _) if name == *group => "",
                (None, Some(rest)) => rest,
                _ => continue,
            };
            match rule["clients"].as_array() {
                None if role == "billing_only" => _ = pairs.insert((role.to_owned(), "-".to_owned())),
                None => _ = pairs.insert((role.to_owned(), "*".to_owned())),
                Some(list) => {
                    let clients = list.iter().map(|client| client.as_str().unwrap().replace("{client}", captured));
                    let there = clients.filter(|client| PLACES[..2].contains(&client.as_str()));
                    pairs.extend(there.map(|client| (role.to_owned(), client)));
                }
            }
        }
        pairs
    }

    /// The highest role of a User in a place.
    fn holds(&self, user: &str, place: &str) -> Option<&'static str> {
        let inside = |(name, members): &'_ &(String, BTreeSet<String>)| members.contains(user) && !name.is_empty();
        let groups: BTreeSet<&str> = self.groups.values().filter(inside).map(|(name, _)| name.as_str()).collect();
        let of = |deny: bool| {
            let rules = self.rules.iter().filter(move |rule| (rule["deny"] == true) == deny);
            rules.flat_map(|rule| Self::named(rule, &groups)).collect::<BTreeSet<_>>()
        };
        let (given, denied) = (of(false), of(true));
        let has = |of: &BTreeSet<(String, String)>, role: &str, place: &str| {
            of.contains(&(role.to_owned(), place.to_owned()))
        };
        ROLES.into_iter().find(|role| {
            let cut = denied.iter().any(|(denied, _)| denied == role);
            let everywhere = has(&given, role, "*") && (place != "-" || !cut);
            (has(&given, role, place) || everywhere) && (place == "-" || !has(&denied, role, place))
        })
    }

    fn role(&self, user: &str) -> Option<&'static str> {
        let held: Vec<_> = PLACES.iter().filter_map(|place| self.holds(user, place)).collect();
        ROLES.into_iter().find(|role| held.contains(role))
    }

    fn some_users(&self, dice: &mut StdRng) -> BTreeSet<String> {
        self.users.keys().filter(|_| dice.random_bool(0.4)).cloned().collect()
    }
}

/// The highest role in a place, by the product.
fn held<'a>(access: &'a Access, place: &str) -> Option<&'a str> {
    let here = |clients: &ClientScope| match place {
        "-" => *clients == ClientScope::All || *clients == ClientScope::nothing(),
        client => clients.reaches(client),
    };
    access.grants.iter().find(|grant| here(&grant.clients)).map(|grant| grant.role.as_str())
}

fn values<'a>(ids: impl IntoIterator<Item = &'a String>) -> Value {
    ids.into_iter().map(|id| json!({"value": id})).collect()
}

/// Everything that one sequence is played with.
struct Stage<'a> {
    gw: &'a TestGateway,
    acme: &'a TestOrganization<'a>,
    okta: &'a Directory,
    model: Model,
    dice: StdRng,
}

impl Stage<'_> {
    async fn person(&self, user: &str, email: String) -> Person {
        Person { id: self.acme.person(user).await, email, active: true }
    }

    async fn new_user(&mut self, turn: usize) {
        let email = format!("user{turn}@acme.test");
        let id = self.okta.create_user(&email).await.expect(201).id();
        let person = self.person(&id, email).await;
        self.model.users.insert(id, person);
    }

    async fn new_group(&mut self, turn: usize, members: BTreeSet<String>) {
        let name = (*NAMES.choose(&mut self.dice).unwrap()).to_owned();
        let body = json!({"displayName": name, "externalId": format!("x{turn}"), "members": values(&members)});
        let id = self.okta.call("POST", "/Groups", Some(body)).await.expect(201).id();
        self.model.groups.insert(id, (name, members));
    }

    /// A group of more people than are settled at once.
    async fn gather(&mut self) {
        let operation = |n: usize| {
            let data = json!({"userName": format!("crowd{n}@acme.test"), "emails": [{"value": format!("crowd{n}@acme.test")}]});
            json!({"method": "POST", "path": "/Users", "bulkId": format!("c{n}"), "data": data})
        };
        let body = json!({"Operations": (0..CROWD).map(operation).collect::<Vec<_>>()});
        let made = self.okta.call("POST", "/Bulk", Some(body)).await.expect(200).body;
        let id = |one: &Value| one["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        self.model.crowd = made["Operations"].as_array().unwrap().iter().map(id).collect();
        assert_eq!(self.model.crowd.len(), CROWD);
        let members = self.model.crowd.iter().cloned().collect();
        self.new_group(1_000_000, members).await;
    }

    async fn change_user(&mut self, turn: usize) {
        let ids: Vec<_> = self.model.users.keys().cloned().collect();
        let Some(id) = ids.choose(&mut self.dice).cloned() else { return self.new_user(turn).await };
        let path = format!("/Users/{id}");
        if self.dice.random_bool(0.3) {
            self.okta.call("DELETE", &path, None).await.expect(204);
            self.model.users.remove(&id);
            self.model.groups.values_mut().for_each(|(_, members)| _ = members.remove(&id));
        } else {
            let active = self.dice.random_bool(0.6);
            self.okta.patch(&path, json!([{"op": "replace", "value": {"active": active}}])).await.expect(200);
            self.model.users.entry(id).and_modify(|person| person.active = active);
        }
    }

    async fn change_group(&mut self, turn: usize) {
        let mut some = self.model.some_users(&mut self.dice);
        let ids: Vec<_> = self.model.groups.keys().cloned().collect();
        let Some(id) = ids.choose(&mut self.dice).cloned() else { return self.new_group(turn, some).await };
        let path = format!("/Groups/{id}");
        let kind = self.dice.random_range(0..6);
        if kind == 5 && ids.len() > 2 {
            self.okta.call("DELETE", &path, None).await.expect(204);
            self.model.groups.remove(&id);
            return;
        }
        if self.dice.random_bool(0.3) {
            // All of the crowd come or go with the others.
            some.extend(self.model.crowd.iter().cloned());
        }
        let (name, members) = self.model.groups.get_mut(&id).unwrap();
        let operation = match kind {
            0 => {
                members.extend(some.iter().cloned());
                json!({"op": "add", "path": "members", "value": values(&some)})
            }
            1 if !some.is_empty() => {
                members.retain(|id| !some.contains(id));
                json!({"op": "Remove", "path": "members", "value": values(&some)})
            }
            2 => {
                members.clone_from(&some);
                json!({"op": "replace", "path": "members", "value": values(&some)})
            }
            3 => {
                members.clear();
                json!({"op": "remove", "path": "members"})
            }
            _ => {
                *name = (*NAMES.choose(&mut self.dice).unwrap()).to_owned();
                json!({"op": "replace", "value": {"id": id, "displayName": name}})
            }
        };
        let reply = self.okta.patch(&path, json!([operation])).await;
        assert!(matches!(reply.status, 200 | 204), "{}", reply.body);
    }

    /// Other rules come into force, behind a mark.
    async fn change_rules(&mut self) {
        self.model.rules = rules().into_iter().filter(|_| self.dice.random_bool(0.6)).collect();
        let mut all = self.model.rules.clone();
        all.push(json!({"group": "root", "role": "msp_admin"}));
        self.acme.replace_rules_with_a_mark(Value::Array(all)).await;
    }

    async fn turn(&mut self, turn: usize) {
        // Ids sort by the time at which they are made: a seed gives the same sequence on both engines.
        self.gw.wait(chrono::Duration::seconds(1));
        match self.dice.random_range(0..10) {
            0 => self.new_user(turn).await,
            1 => self.change_user(turn).await,
            2 => {
                let some = self.model.some_users(&mut self.dice);
                self.new_group(turn, some).await;
            }
            3 => self.change_rules().await,
            4 => _ = doorward::jobs::settling::run_once(&self.gw.gateway).await.unwrap(),
            _ => self.change_group(turn).await,
        }
    }

    /// Everybody of the model and some of the crowd, one by one or together.
    async fn compare(&mut self, told: &str) {
        let gw = &self.gw.gateway;
        let one_by_one = self.dice.random_bool(0.5);
        let people: Vec<PersonId> = self.model.users.values().map(|person| person.id).collect();
        let together = access::claims_of(gw, self.acme.org, if one_by_one { &[] } else { &people }).await.unwrap();
        for (user, person) in &self.model.users {
            let expected = self.model.role(user);
            if let Some(claims) = together.get(&person.id) {
                assert_eq!(claims.panel_access, person.active && expected.is_some(), "{told}: {}", person.email);
                assert!(!person.active || claims.role.as_deref() == expected, "{told}: {claims:?}, not {expected:?}");
            } else if person.active {
                let current = access::current(gw, self.acme.org, person.id).await.unwrap();
                for place in PLACES {
                    let expected = self.model.holds(user, place);
                    assert_eq!(held(&current.access, place), expected, "{told}: {} in {place}", person.email);
                }
            }
        }
        let sample: Vec<String> = self.model.crowd.choose_multiple(&mut self.dice, 3).cloned().collect();
        for user in sample {
            let current = access::current(gw, self.acme.org, self.acme.person(&user).await).await.unwrap();
            assert_eq!(current.access.role.as_deref(), self.model.role(&user), "{told}: one of the crowd");
        }
    }

    /// The same as the management API shows it, of everybody.
    async fn compare_lists(&self, told: &str) {
        let api = self.gw.directories_api("acme", self.acme.org).await;
        let base = api.base.replace("/directories", "/users");
        let api = Directory::new(&base, &api.token);
        let mut shown = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = api.get(&format!("?limit=200{after}")).await.expect(200).body;
            for person in page["users"].as_array().unwrap() {
                shown.insert(person["email"].as_str().unwrap().to_owned(), person["role"].clone());
            }
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        for (user, person) in self.model.users.iter().filter(|(_, person)| person.active) {
            assert_eq!(shown[&person.email], json!(self.model.role(user)), "{told}: {}", person.email);
        }
        for (n, user) in self.model.crowd.iter().enumerate() {
            assert_eq!(shown[&format!("crowd{n}@acme.test")], json!(self.model.role(user)), "{told}: crowd {n}");
        }
    }
}

async fn sequence(gw: &TestGateway, seed: u64, turns: usize, crowd: bool) {
    let acme = gw.organization("acme", None, json!([])).await;
    let okta = acme.directory("okta", "auto").await;
    let (model, dice) = (Model::default(), StdRng::seed_from_u64(seed));
    let mut stage = Stage { gw, acme: &acme, okta: &okta, model, dice };
    stage.change_rules().await;
    let root = okta.create_user("root@acme.test").await.expect(201).id();
    okta.create_group("root", &[&root]).await.expect(201);
    if crowd {
        stage.gather().await;
    }
    for first in 0..4 {
        gw.wait(chrono::Duration::seconds(1));
        stage.new_user(1000 + first).await;
    }
    let (mut given, mut crowds) = (0, 0);
    for turn in 0..turns {
        stage.turn(turn).await;
        stage.compare(&format!("seed {seed}, turn {turn}")).await;
        given += stage.model.users.keys().filter(|user| stage.model.role(user).is_some()).count();
        crowds += usize::from(stage.model.crowd.first().is_some_and(|user| stage.model.role(user).is_some()));
    }
    assert!(given >= 10 && (!crowd || crowds > 0), "seed {seed} says nothing: {given} {crowds}");
    stage.compare_lists(&format!("seed {seed}, at the end")).await;
}

on_both_engines! {
    async fn access_agrees_with_a_naive_model_after_any_sequence(engine) {
        for seed in 0..(3 * thoroughness() as u64) {
            sequence(&TestGateway::start(engine).await, seed, 60, false).await;
        }
    }

    async fn access_agrees_with_a_naive_model_where_changes_concern_more_than_are_settled_at_once(engine) {
        for seed in 100..(100 + thoroughness() as u64) {
            sequence(&TestGateway::start(engine).await, seed, 30, true).await;
        }
    }
}
