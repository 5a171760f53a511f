//! What holds for any input of the SCIM grammar, however broken: one function for each kind of input, which panics where
//! it does not hold.
//!
//! `cargo test` calls them with every file of `tests/corpus`, the fuzz targets of `fuzz` with what they make up.

pub mod bulk;
pub mod filter;
pub mod patch;
pub mod path;

use doorward::protocol::scim::Document;
use doorward::protocol::scim::error::ScimError;
use doorward::protocol::scim::profile::Profile;
use doorward::protocol::scim::schema::{Registry, ResourceType};
use serde_json::{Value, json};

/// Profiles that differ in their grammar: tolerant, tolerant with another PUT, to the letter.
pub const GRAMMARS: [Profile; 3] = [Profile::Auto, Profile::Ping, Profile::RfcStrict];

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The longest detail of a refusal, in bytes: it may quote what was sent, but not all of it.
const DETAIL: usize = 2048;

/// A refusal tells what is wrong, in bounded words.
pub fn is_a_refusal(error: &ScimError) {
    assert!((400..500).contains(&error.status), "{error:?}");
    assert!(!error.detail.trim().is_empty() && error.detail.len() <= DETAIL, "{error:?}");
    assert!(error.scim_type.is_none() || matches!(error.status, 400 | 409), "{error:?}");
    assert_eq!(error.to_json()["status"], error.status.to_string());
}

/// A stored document holds nothing that is made when it is shown, and nothing empty.
pub fn is_a_stored_document(document: &Document) {
    for never in ["id", "meta", "schemas", "groups", "members", "password"] {
        assert!(!document.contains_key(never), "{never} in {document:?}");
    }
    assert!(document.values().all(|value| !value.is_null() && *value != json!([])), "{document:?}");
}

/// Somebody or something to begin with.
pub fn stored(kind: ResourceType) -> Document {
    let document = match kind {
        ResourceType::User => json!({
            "userName": "ada@acme.test", "externalId": "00uAda", "displayName": "Ada Byron", "title": "Countess", "active": true,
            "name": {"givenName": "Ada", "familyName": "Byron"},
            "emails": [
                {"value": "ada@acme.test", "type": "work", "primary": true},
                {"value": "ada@home.test", "type": "home"},
            ],
            "phoneNumbers": [{"value": "1", "type": "mobile"}],
            ENTERPRISE: {"department": "R&D", "manager": {"value": "m1"}},
        }),
        ResourceType::Group => json!({"displayName": "Engineers", "externalId": "g1"}),
    };
    match document {
        Value::Object(document) => document,
        other => panic!("no object: {other}"),
    }
}

/// A stored document as a client that has read it sends it back.
pub fn sent(kind: ResourceType, document: &Document) -> Value {
    let core = match kind {
        ResourceType::User => USER,
        ResourceType::Group => GROUP,
    };
    let mut body = document.clone();
    let extensions = document.keys().filter(|key| key.starts_with("urn:")).map(|key| json!(key));
    let schemas: Vec<Value> = std::iter::once(json!(core)).chain(extensions).collect();
    body.insert("schemas".to_owned(), Value::Array(schemas));
    Value::Object(body)
}

/// The schemas.
pub fn registry() -> &'static Registry {
    Registry::standard()
}
