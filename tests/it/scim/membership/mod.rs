//! Membership against a naive model: whatever sequence is sent, both sides of it agree after every call, and the version
//! of a group moves exactly when something of it did.

mod steps;

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use crate::harness::thoroughness;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use steps::Step;

/// Somebody of the model.
#[derive(Debug, Clone, PartialEq)]
struct User {
    name: String,
    ext: String,
    active: bool,
}

/// A group of the model; members are users and groups.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    name: String,
    members: BTreeSet<String>,
}

/// What should be there, by id.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, Group>,
    /// Who was deleted.
    gone: BTreeMap<String, User>,
}

impl Model {
    fn groups_of(&self, id: &str) -> BTreeSet<String> {
        let of = |(group, it): (&String, &Group)| it.members.contains(id).then(|| group.clone());
        self.groups.iter().filter_map(of).collect()
    }

    /// Takes something out of every group; it is no member of anything any more.
    fn leave_all(&mut self, id: &str) {
        self.groups.values_mut().for_each(|group| _ = group.members.remove(id));
    }
}

fn ids(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

fn listed(page: &Value) -> impl Iterator<Item = (String, &Value)> {
    page["Resources"].as_array().into_iter().flatten().map(|one| (one["id"].as_str().unwrap().to_owned(), one))
}

/// The versions of all groups, once both lists are as the model has them.
async fn compare(directory: &Directory, model: &Model, told: &str) -> BTreeMap<String, String> {
    let page = directory.get("/Groups?count=1000").await.expect(200).body;
    let group =
        |one: &Value| Group { name: one["displayName"].as_str().unwrap().to_owned(), members: ids(&one["members"]) };
    let shown: BTreeMap<_, _> = listed(&page).map(|(id, one)| (id, group(one))).collect();
    assert_eq!(shown, model.groups, "{told}");
    let users = directory.get("/Users?count=1000").await.expect(200).body;
    let user = |one: &Value| User {
        name: one["userName"].as_str().unwrap().to_owned(),
        ext: one["externalId"].as_str().unwrap().to_owned(),
        active: one["active"].as_bool().unwrap(),
    };
    let shown: BTreeMap<_, _> = listed(&users).map(|(id, one)| (id, user(one))).collect();
    assert_eq!(shown, model.users, "{told}");
    for (id, one) in listed(&users) {
        assert_eq!(ids(&one["groups"]), model.groups_of(&id), "{told}: {id}");
    }
    listed(&page).map(|(id, one)| (id, one["meta"]["version"].as_str().unwrap().to_owned())).collect()
}

/// What is asked by a member is found by it.
async fn compare_searches(directory: &Directory, model: &Model, told: &str) {
    for id in model.users.keys().chain(model.groups.keys()) {
        for filter in [
            format!("members eq \"{id}\""),
            format!("members[value eq \"{id}\"]"),
            format!("not (not (members.value eq \"{id}\"))"),
        ] {
            let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
            let found = directory.get(&format!("/Groups?count=1000&filter={filter}")).await.expect(200).body;
            let found: BTreeSet<_> = listed(&found).map(|(id, _)| id).collect();
            assert_eq!(found, model.groups_of(id), "{told}: {filter}");
        }
    }
    for (id, group) in &model.groups {
        let filter = format!("/Users?count=1000&filter=groups.value%20eq%20%22{id}%22");
        let found = directory.get(&filter).await.expect(200).body;
        let found: BTreeSet<_> = listed(&found).map(|(id, _)| id).collect();
        let people = group.members.iter().filter(|id| model.users.contains_key(*id)).cloned();
        assert_eq!(found, people.collect(), "{told}: {id}");
    }
}

/// The groups in which the two models differ: their versions must have moved, and no others.
fn moved(before: &Model, after: &Model) -> BTreeSet<String> {
    let differs = |(id, group): (&String, &Group)| (before.groups.get(id) != Some(group)).then(|| id.clone());
    after.groups.iter().filter_map(differs).collect()
}

async fn sequence(gw: &TestGateway, directory: &Directory, seed: u64) {
    let (mut dice, mut model) = (StdRng::seed_from_u64(seed), Model::default());
    let mut versions = BTreeMap::new();
    for turn in 0..60 {
        // Ids sort by the time at which they are made: a seed gives the same sequence on both engines.
        gw.wait(chrono::Duration::seconds(1));
        let step = Step::draw(&mut dice, &model);
        let told = format!("seed {seed}, turn {turn}: {step:?}");
        let before = model.clone();
        let touched = step.take(directory, &mut model, turn, &told).await;
        let now = compare(directory, &model, &told).await;
        let mut expected = moved(&before, &model);
        expected.extend(touched);
        let differs = |(id, version): (&String, &String)| (versions.get(id) != Some(version)).then(|| id.clone());
        let found: BTreeSet<_> = now.iter().filter_map(differs).collect();
        assert_eq!(found, expected, "{told}: whose version moved");
        versions = now;
        if turn % 15 == 14 {
            compare_searches(directory, &model, &told).await;
        }
    }
}

on_both_engines! {
    async fn r016_r071_r085_members_groups_and_versions_agree_with_a_naive_model_after_any_sequence(engine) {
        for seed in 0..(3 * thoroughness() as u64) {
            let gw = TestGateway::start(engine).await;
            let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
            sequence(&gw, &okta, seed).await;
        }
    }
}
