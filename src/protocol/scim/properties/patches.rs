use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::any_json;
use crate::protocol::scim::Document;
use crate::protocol::scim::bulk::BulkLimits;
use crate::protocol::scim::bulk::BulkRequest;
use crate::protocol::scim::bulk::steps;
use crate::protocol::scim::list::ListRequest;
use crate::protocol::scim::list::PageLimits;
use crate::protocol::scim::patch::PATCH_URN;
use crate::protocol::scim::patch::PatchRequest;
use crate::protocol::scim::patch::Patched;
use crate::protocol::scim::profile::PROFILES;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::resource::read_resource;
use crate::protocol::scim::resource::replace_resource;
use crate::protocol::scim::schema::RESOURCE_TYPES;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;

/// One operation of the model: what it sends, and what it does to a title and to numbers by type.
#[derive(Debug, Clone)]
enum Step {
    SetTitle(&'static str),
    DropTitle,
    SetPhone(&'static str, &'static str),
    DropPhone(&'static str),
    DropListed(&'static str),
    ClearPhones,
    ReplacePhones(Vec<(&'static str, &'static str)>),
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop::sample::select(vec!["work", "home", "mobile"]);
    let number = prop::sample::select(vec!["1", "2", "3"]);
    prop_oneof![
        number.clone().prop_map(Step::SetTitle),
        Just(Step::DropTitle),
        (kind.clone(), number.clone()).prop_map(|(kind, number)| Step::SetPhone(kind, number)),
        kind.clone().prop_map(Step::DropPhone),
        number.clone().prop_map(Step::DropListed),
        Just(Step::ClearPhones),
        prop::collection::btree_map(kind, number, 0..3)
            .prop_map(|phones| Step::ReplacePhones(phones.into_iter().collect())),
    ]
}

fn operation(step: &Step) -> Value {
    match step {
        Step::SetTitle(title) => json!({ "op": "Replace", "value": { "title": title } }),
        Step::DropTitle => json!({ "op": "remove", "path": "title" }),
        Step::SetPhone(kind, number) => {
            json!({ "op": "Add", "path": format!("phoneNumbers[type eq \"{kind}\"].value"), "value": number })
        }
        Step::DropPhone(kind) => json!({ "op": "remove", "path": format!("phoneNumbers[type eq \"{kind}\"]") }),
        Step::DropListed(number) => json!({ "op": "remove", "path": "phoneNumbers", "value": [{ "value": number }] }),
        Step::ClearPhones => json!({ "op": "remove", "path": "phoneNumbers" }),
        Step::ReplacePhones(phones) => json!({ "op": "replace", "path": "phoneNumbers", "value": elements(phones) }),
    }
}

fn elements(phones: &[(&'static str, &'static str)]) -> Value {
    phones.iter().map(|(kind, number)| json!({ "type": kind, "value": number })).collect()
}

#[derive(Default)]
struct Model {
    title: Option<&'static str>,
    phones: Vec<(&'static str, &'static str)>,
}

impl Model {
    fn take(&mut self, step: &Step) {
        match step {
            Step::SetTitle(title) => self.title = Some(title),
            Step::DropTitle => self.title = None,
            Step::SetPhone(kind, number) => match self.phones.iter_mut().find(|(known, _)| known == kind) {
                Some((_, known)) => *known = number,
                None => self.phones.push((kind, number)),
            },
            Step::DropPhone(kind) => self.phones.retain(|(known, _)| known != kind),
            Step::DropListed(number) => self.phones.retain(|(_, known)| known != number),
            Step::ClearPhones => self.phones.clear(),
            Step::ReplacePhones(phones) => self.phones.clone_from(phones),
        }
    }

    fn document(&self) -> Value {
        let mut document = json!({ "userName": "a" });
        if let Some(title) = self.title {
            document["title"] = json!(title);
        }
        if !self.phones.is_empty() {
            let mut phones = self.phones.clone();
            phones.sort_unstable();
            document["phoneNumbers"] = elements(&phones);
        }
        document
    }
}

/// Order of elements has no meaning: both sides are compared in one order.
fn sorted(mut document: Document) -> Value {
    if let Some(Value::Array(items)) = document.get_mut("phoneNumbers") {
        items.sort_by_key(|item| item["type"].to_string());
    }
    Value::Object(document)
}

fn apply(kind: ResourceType, profile: Profile, start: &Value, operations: Value) -> Option<Patched> {
    let body = json!({ "schemas": [PATCH_URN], "Operations": operations });
    let request = PatchRequest::parse(body, kind, profile).ok()?;
    request.apply(Registry::standard(), start.as_object()?).ok()
}

proptest! {
    #[test]
    fn patch_agrees_with_a_naive_model(steps in prop::collection::vec(step(), 1..8)) {
        let mut model = Model::default();
        steps.iter().for_each(|step| model.take(step));
        let operations = steps.iter().map(operation).collect();
        let patched = apply(ResourceType::User, Profile::Auto, &json!({ "userName": "a" }), operations);
        let patched = patched.ok_or_else(|| TestCaseError::fail("refused"))?;
        prop_assert_eq!(patched.changed, patched.document != *json!({ "userName": "a" }).as_object().unwrap());
        prop_assert_eq!(sorted(patched.document), model.document());
    }

    #[test]
    fn a_patch_applied_twice_changes_nothing_the_second_time(kind in "work|home", number in "[1-3]", title in "[a-c]") {
        let operations = json!([
            { "op": "replace", "path": format!("phoneNumbers[type eq \"{kind}\"].value"), "value": number },
            { "op": "add", "value": { "title": title, "emails": [{ "value": "a@x", "primary": true }] } }
        ]);
        let first = apply(ResourceType::User, Profile::Auto, &json!({ "userName": "a" }), operations.clone());
        let first = first.ok_or_else(|| TestCaseError::fail("refused"))?;
        let second = apply(ResourceType::User, Profile::Auto, &Value::Object(first.document), operations);
        prop_assert_eq!(second.map(|patched| patched.changed), Some(false));
    }

    #[test]
    fn no_body_brings_anything_down_and_no_document_holds_what_it_must_not(body in any_json(), other in any_json()) {
        let registry = Registry::standard();
        let start = json!({ "userName": "a", "displayName": "b", "emails": [{ "type": "work", "value": "w" }] });
        for profile in PROFILES {
            for kind in RESOURCE_TYPES {
                let operations = json!([{ "op": "add", "value": body }, { "op": "replace", "path": "emails", "value": other }]);
                let mut documents: Vec<Document> = Vec::new();
                documents.extend(apply(kind, profile, &start, operations).map(|patched| patched.document));
                documents.extend(apply(kind, profile, &start, json!([body])).map(|patched| patched.document));
                documents.extend(read_resource(kind, registry, body.clone(), profile).ok().map(|new| new.document));
                let old = start.as_object().unwrap();
                let put = replace_resource(kind, registry, old, body.clone(), profile);
                documents.extend(put.ok().map(|new| new.document));
                for document in documents {
                    for never in ["id", "meta", "schemas", "groups", "members", "password"] {
                        prop_assert!(!document.contains_key(never), "{never} in {document:?}");
                    }
                    prop_assert!(document.values().all(|value| !value.is_null() && *value != json!([])), "{document:?}");
                }
            }
            let _ = ListRequest::from_search(body.clone(), PageLimits::default(), profile);
            if let Ok(bulk) = BulkRequest::parse(json!({ "Operations": [body, other] }), BulkLimits::default(), profile) {
                prop_assert!(!steps(&bulk.operations).is_empty());
            }
        }
    }
}
