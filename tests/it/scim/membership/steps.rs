//! The calls of the model: each is drawn, sent, and taken by the model from its words alone.

use super::{Group, Model, User};
use crate::harness::gateway::{Directory, Reply};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One call.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A new User.
    Create,
    RenameUser(String),
    /// PATCH or PUT of `active`.
    SetActive(String, bool),
    DeleteUser(String),
    /// POST with the externalId of somebody inactive.
    Restore(String),
    /// POST with the externalId of somebody deleted.
    Unearth(String),
    NewGroup(BTreeSet<String>),
    /// Perhaps to the name that it has.
    Rename(String, u32),
    Add(String, BTreeSet<String>),
    /// Entra's removal by value array.
    RemoveListed(String, BTreeSet<String>),
    /// Okta's removal by filter, one operation each.
    RemoveEach(String, BTreeSet<String>),
    /// One filter over several.
    RemoveAny(String, BTreeSet<String>),
    /// `members[type eq "Group"]`.
    RemoveGroups(String),
    RemoveAll(String),
    Replace(String, BTreeSet<String>),
    /// Without a path.
    ReplaceWhole(String, BTreeSet<String>),
    /// A removal, an addition and a rename in one PATCH.
    Mixed(String, BTreeSet<String>, BTreeSet<String>, u32),
    /// The same, with a fault in the last operation.
    Refused(String, BTreeSet<String>),
    Put(String, BTreeSet<String>),
    /// PUT that does not name members.
    PutName(String, u32),
    DeleteGroup(String),
}

fn one<'a>(dice: &mut StdRng, of: impl Iterator<Item = &'a String>) -> Option<String> {
    of.choose(dice).cloned()
}

/// Some of everything, perhaps nothing; a group is never its own member.
fn some(dice: &mut StdRng, model: &Model, but: &str) -> BTreeSet<String> {
    let chance = [0.0, 0.2, 0.5][dice.random_range(0..3)];
    let all = model.users.keys().chain(model.groups.keys()).filter(|id| *id != but);
    all.filter(|_| dice.random_bool(chance)).cloned().collect()
}

fn values(ids: &BTreeSet<String>) -> Value {
    ids.iter().map(|id| json!({"value": id})).collect()
}

fn name_of(number: u32) -> String {
    // Few names, so that some meet again; one is mapped to a role.
    ["panel-north-users", "engineers", "sales", "all"][number as usize % 4].to_owned()
}

impl Step {
    pub(super) fn draw(dice: &mut StdRng, model: &Model) -> Self {
        let step = match dice.random_range(0..10) {
            0..=2 => Self::draw_user(dice, model),
            _ => Self::draw_group(dice, model),
        };
        step.unwrap_or(if dice.random_bool(0.7) { Self::Create } else { Self::NewGroup(some(dice, model, "")) })
    }

    fn draw_user(dice: &mut StdRng, model: &Model) -> Option<Self> {
        let user = one(dice, model.users.keys());
        let inactive = one(dice, model.users.iter().filter(|(_, user)| !user.active).map(|(id, _)| id));
        Some(match dice.random_range(0..7) {
            0 => Self::RenameUser(user?),
            1 => Self::SetActive(user?, false),
            2 => Self::SetActive(user?, dice.random_bool(0.7)),
            3 => Self::DeleteUser(user?),
            4 => Self::Restore(inactive?),
            5 => Self::Unearth(one(dice, model.gone.keys())?),
            _ => Self::Create,
        })
    }

    fn draw_group(dice: &mut StdRng, model: &Model) -> Option<Self> {
        let group = one(dice, model.groups.keys())?;
        let (these, those, number) = (some(dice, model, &group), some(dice, model, &group), dice.random_range(0..4));
        let few = model.groups.len() < 3;
        Some(match dice.random_range(0..15) {
            0 if few => Self::NewGroup(those),
            0 => Self::DeleteGroup(group),
            1 => Self::Rename(group, number),
            2 | 3 => Self::Add(group, these),
            4 => Self::RemoveListed(group, these),
            5 => Self::RemoveEach(group, these),
            6 => Self::RemoveAny(group, these),
            7 => Self::RemoveGroups(group),
            8 => Self::RemoveAll(group),
            9 => Self::Replace(group, these),
            10 => Self::ReplaceWhole(group, these),
            11 => Self::Mixed(group, these, those, number),
            12 => Self::Refused(group, these),
            13 => Self::Put(group, these),
            _ => Self::PutName(group, number),
        })
    }

    /// Sends the call and takes it; groups whose version moves although they are what they were before.
    pub(super) async fn take(
        &self,
        directory: &Directory,
        model: &mut Model,
        turn: u32,
        told: &str,
    ) -> BTreeSet<String> {
        if self.take_user(directory, model, turn).await {
            return BTreeSet::new();
        }
        let Some((id, operations)) = self.operations() else {
            self.take_other(directory, model, turn).await;
            return BTreeSet::new();
        };
        let reply = directory.patch(&format!("/Groups/{id}"), operations).await;
        if matches!(self, Self::Refused(..)) {
            assert_eq!(reply.status, 400, "{told}: {}", reply.body);
            return BTreeSet::new();
        }
        assert!(matches!(reply.status, 200 | 204), "{told}: {}", reply.body);
        let mut group = model.groups[&id].clone();
        let was = group.clone();
        let touched = self.change(&mut group, model);
        model.groups.insert(id.clone(), group.clone());
        if touched && group == was { BTreeSet::from([id]) } else { BTreeSet::new() }
    }

    /// The operations of a PATCH of a group.
    fn operations(&self) -> Option<(String, Value)> {
        let filters = |ids: &BTreeSet<String>, joint: &str| {
            let terms: Vec<String> = ids.iter().map(|id| format!("value eq \"{id}\"")).collect();
            format!("members[{}]", terms.join(joint))
        };
        let each = |ids: &BTreeSet<String>| -> Vec<Value> {
            let path = |id: &String| format!("members[value eq \"{id}\"]");
            ids.iter().map(|id| json!({"op": "remove", "path": path(id)})).collect()
        };
        // A PATCH needs an operation, and a value array that is empty would mean everybody to some.
        let nothing = |id: &String| json!([{"op": "replace", "value": {"id": id}}]);
        let (id, operations) = match self {
            Self::Rename(id, number) => {
                (id, json!([{"op": "replace", "value": {"id": id, "displayName": name_of(*number)}}]))
            }
            Self::RemoveListed(id, ids) | Self::RemoveEach(id, ids) | Self::RemoveAny(id, ids) if ids.is_empty() => {
                (id, nothing(id))
            }
            Self::Add(id, ids) => (id, json!([{"op": "Add", "path": "members", "value": values(ids)}])),
            Self::RemoveListed(id, ids) => (id, json!([{"op": "Remove", "path": "members", "value": values(ids)}])),
            Self::RemoveEach(id, ids) => (id, Value::Array(each(ids))),
            Self::RemoveAny(id, ids) => (id, json!([{"op": "remove", "path": filters(ids, " or ")}])),
            Self::RemoveGroups(id) => (id, json!([{"op": "remove", "path": "members[type eq \"Group\"]"}])),
            Self::RemoveAll(id) => (id, json!([{"op": "remove", "path": "members"}])),
            Self::Replace(id, ids) => (id, json!([{"op": "replace", "path": "members", "value": values(ids)}])),
            Self::ReplaceWhole(id, ids) => {
                (id, json!([{"op": "replace", "value": {"id": id, "members": values(ids)}}]))
            }
            Self::Mixed(id, out, into, number) => {
                let mut all = each(out);
                all.push(json!({"op": "add", "path": "members", "value": values(into)}));
                all.push(json!({"op": "replace", "path": "displayName", "value": name_of(*number)}));
                (id, Value::Array(all))
            }
            Self::Refused(id, ids) => {
                let add = json!({"op": "add", "path": "members", "value": values(ids)});
                (id, json!([add, {"op": "remove", "path": "members"}, {"op": "remove", "path": "displayName"}]))
            }
            _ => return None,
        };
        Some((id.clone(), operations))
    }

    /// What a PATCH makes of a group; whether it did anything, even if another operation undid it.
    fn change(&self, group: &mut Group, model: &Model) -> bool {
        let was = group.clone();
        let mut between = false;
        match self {
            Self::Rename(_, number) => group.name = name_of(*number),
            Self::Add(_, ids) => group.members.extend(ids.iter().cloned()),
            Self::RemoveListed(_, ids) | Self::RemoveEach(_, ids) | Self::RemoveAny(_, ids) => {
                group.members.retain(|id| !ids.contains(id));
            }
            Self::RemoveGroups(_) => group.members.retain(|id| model.users.contains_key(id)),
            Self::RemoveAll(_) => group.members.clear(),
            Self::Replace(_, ids) | Self::ReplaceWhole(_, ids) => group.members.clone_from(ids),
            Self::Mixed(_, out, into, number) => {
                group.members.retain(|id| !out.contains(id));
                between = *group != was;
                group.members.extend(into.iter().cloned());
                group.name = name_of(*number);
            }
            other => panic!("{other:?} is no PATCH of a group"),
        }
        between || *group != was
    }

    /// The calls on Users; whether it was one.
    async fn take_user(&self, directory: &Directory, model: &mut Model, turn: u32) -> bool {
        let user = |name: String, ext: String| User { name, ext, active: true };
        match self {
            Self::Create => {
                let new = user(format!("u{turn}@acme.test"), format!("x{turn}"));
                let id = post(directory, &new).await.expect(201).id();
                model.users.insert(id, new);
            }
            Self::RenameUser(id) => {
                let name = format!("renamed{turn}@acme.test");
                let operations = json!([{"op": "replace", "path": "userName", "value": name}]);
                directory.patch(&format!("/Users/{id}"), operations).await.expect(200);
                model.users.entry(id.clone()).and_modify(|user| user.name = name);
            }
            Self::SetActive(id, active) => {
                let value = if *active { "True" } else { "False" };
                let operations = json!([{"op": "Replace", "path": "active", "value": value}]);
                directory.patch(&format!("/Users/{id}"), operations).await.expect(200);
                model.users.entry(id.clone()).and_modify(|user| user.active = *active);
            }
            Self::DeleteUser(id) => {
                directory.call("DELETE", &format!("/Users/{id}"), None).await.expect(204);
                model.leave_all(id);
                model.gone.extend(model.users.remove(id).map(|user| (id.clone(), user)));
            }
            Self::Restore(id) => {
                let back = User { active: true, ..model.users[id].clone() };
                assert_eq!(post(directory, &back).await.expect(201).id(), *id, "who is inactive keeps the id");
                model.users.insert(id.clone(), back);
            }
            Self::Unearth(id) => {
                let back = User { active: true, ..model.gone.remove(id).unwrap() };
                assert_eq!(post(directory, &back).await.expect(201).id(), *id, "who was deleted has the id again");
                model.users.insert(id.clone(), back);
            }
            _ => return false,
        }
        true
    }

    /// The calls on Groups that are no PATCH.
    async fn take_other(&self, directory: &Directory, model: &mut Model, turn: u32) {
        match self {
            Self::NewGroup(ids) => {
                let name = format!("group{turn}");
                let list: Vec<&str> = ids.iter().map(String::as_str).collect();
                let id = directory.create_group(&name, &list).await.expect(201).id();
                model.groups.insert(id, Group { name, members: ids.clone() });
            }
            Self::Put(id, ids) => {
                let group = model.groups.get_mut(id).unwrap();
                let body = json!({"displayName": group.name, "members": values(ids)});
                directory.call("PUT", &format!("/Groups/{id}"), Some(body)).await.expect(200);
                group.members.clone_from(ids);
            }
            Self::PutName(id, number) => {
                let body = json!({"displayName": name_of(*number)});
                directory.call("PUT", &format!("/Groups/{id}"), Some(body)).await.expect(200);
                model.groups.entry(id.clone()).and_modify(|group| group.name = name_of(*number));
            }
            Self::DeleteGroup(id) => {
                directory.call("DELETE", &format!("/Groups/{id}"), None).await.expect(204);
                model.groups.remove(id);
                model.leave_all(id);
            }
            other => panic!("{other:?} is taken elsewhere"),
        }
    }
}

async fn post(directory: &Directory, user: &User) -> Reply {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user.name, "externalId": user.ext,
        "active": true,
    });
    directory.call("POST", "/Users", Some(body)).await
}
