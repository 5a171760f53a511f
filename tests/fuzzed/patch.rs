//! Bodies of PATCH.

use super::{GRAMMARS, is_a_refusal, is_a_stored_document, registry, sent, stored};
use doorward::protocol::scim::Document;
use doorward::protocol::scim::patch::PatchRequest;
use doorward::protocol::scim::profile::Profile;
use doorward::protocol::scim::resource::replace_resource;
use doorward::protocol::scim::schema::{RESOURCE_TYPES, ResourceType};
use serde_json::{Value, json};

/// A body changes a document into one that can be sent back as it is, or it is refused.
pub fn holds(input: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return };
    for kind in RESOURCE_TYPES {
        for profile in GRAMMARS {
            changes(&stored(kind), kind, profile, &body);
        }
    }
}

/// One document, one body.
pub fn changes(before: &Document, kind: ResourceType, profile: Profile, body: &Value) {
    let patched = PatchRequest::parse(body.clone(), kind, profile).and_then(|it| it.apply(registry(), before));
    let patched = match patched {
        Ok(patched) => patched,
        Err(refused) => return is_a_refusal(&refused),
    };
    is_a_stored_document(&patched.document);
    assert_eq!(patched.changed, patched.document != *before);
    assert!(kind == ResourceType::Group || patched.members.is_empty());
    // What was read can be written back and is the same.
    let again = replace_resource(kind, registry(), &patched.document, sent(kind, &patched.document), profile);
    match again {
        Ok(again) => assert_eq!(valued(again.document), valued(patched.document), "{profile}"),
        Err(refused) => panic!("{refused}: {:?} {profile}", patched.document),
    }
}

/// A list's elements that have a value: a PATCH may leave one without (`emails[type eq "other"].display`), which a PUT
/// that writes the whole list does not take.
fn valued(mut document: Document) -> Document {
    for attribute in document.values_mut() {
        if let Value::Array(elements) = attribute {
            elements.retain(|element| element.get("value").is_some());
        }
    }
    document.retain(|_, attribute| *attribute != json!([]));
    document
}
