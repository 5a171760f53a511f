//! Membership against a naive model: whatever is sent, both sides of it agree.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What should be: the members of each group, and who is there.
#[derive(Default)]
struct Model {
    users: Vec<String>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl Model {
    fn some_users(&self, dice: &mut StdRng) -> Vec<String> {
        self.users.iter().filter(|_| dice.random_bool(0.3)).cloned().collect()
    }

    fn group(&mut self, dice: &mut StdRng) -> (String, &mut BTreeSet<String>) {
        let ids: Vec<_> = self.groups.keys().cloned().collect();
        let id = ids.choose(dice).unwrap().clone();
        let members = self.groups.get_mut(&id).unwrap();
        (id, members)
    }
}

fn values(ids: &[String]) -> Value {
    ids.iter().map(|id| json!({"value": id})).collect()
}

/// One random change, on both sides.
async fn change(directory: &Directory, model: &mut Model, dice: &mut StdRng, turn: usize) {
    let some = model.some_users(dice);
    let kind = dice.random_range(0..8);
    if kind == 6 || model.users.is_empty() {
        model.users.push(directory.create_user(&format!("user{turn}@acme.test")).await.expect(201).id());
        return;
    }
    if kind == 7 {
        let gone = model.users.swap_remove(dice.random_range(0..model.users.len()));
        directory.call("DELETE", &format!("/Users/{gone}"), None).await.expect(204);
        model.groups.values_mut().for_each(|members| {
            members.remove(&gone);
        });
        return;
    }
    let (group, members) = model.group(dice);
    let path = format!("/Groups/{group}");
    let operation = match kind {
        0 => {
            members.extend(some.iter().cloned());
            json!({"op": "add", "path": "members", "value": values(&some)})
        }
        1 => {
            members.retain(|id| !some.contains(id));
            if some.is_empty() {
                return;
            }
            json!({"op": "Remove", "path": "members", "value": values(&some)})
        }
        2 => {
            *members = some.iter().cloned().collect();
            json!({"op": "replace", "path": "members", "value": values(&some)})
        }
        3 => {
            *members = some.iter().cloned().collect();
            let body = json!({"displayName": format!("group {group}"), "members": values(&some)});
            directory.call("PUT", &path, Some(body)).await.expect(200);
            return;
        }
        4 => {
            let Some(one) = some.first() else { return };
            members.remove(one);
            json!({"op": "remove", "path": format!("members[value eq \"{one}\"]")})
        }
        _ => {
            *members = some.iter().cloned().collect();
            json!({"op": "replace", "value": {"id": group, "members": values(&some)}})
        }
    };
    let reply = directory.patch(&path, json!([operation])).await;
    assert!(matches!(reply.status, 200 | 204), "turn {turn}: {operation} {}", reply.body);
}

fn ids(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

async fn compare(directory: &Directory, model: &Model, turn: usize) {
    let groups = directory.get("/Groups?count=1000").await.expect(200).body;
    let shown: BTreeMap<_, _> = groups["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["id"].as_str().unwrap().to_owned(), ids(&group["members"])))
        .collect();
    assert_eq!(shown, model.groups, "turn {turn}");
    let users = directory.get("/Users?count=1000").await.expect(200).body;
    assert_eq!(users["totalResults"], model.users.len(), "turn {turn}");
    for user in users["Resources"].as_array().unwrap() {
        let id = user["id"].as_str().unwrap();
        let expected = model.groups.iter().filter(|(_, members)| members.contains(id)).map(|(group, _)| group.clone());
        assert_eq!(ids(&user["groups"]), expected.collect(), "turn {turn}: {id}");
    }
}

on_both_engines! {
    async fn r016_members_and_groups_agree_with_a_naive_model_after_any_sequence(engine) {
        for seed in 0..3 {
            let gw = TestGateway::start(engine).await;
            let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
            let (mut dice, mut model) = (StdRng::seed_from_u64(seed), Model::default());
            for i in 0..3 {
                let group = okta.create_group(&format!("group{i}"), &[]).await.expect(201).id();
                model.groups.insert(group, BTreeSet::new());
            }
            for turn in 0..60 {
                change(&okta, &mut model, &mut dice, turn).await;
                if turn % 10 == 9 {
                    compare(&okta, &model, turn).await;
                }
            }
        }
    }
}
