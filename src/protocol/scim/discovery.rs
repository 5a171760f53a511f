//! What the server says of itself (RFC 7643 §5 to §7): the schemas are read off the registry that is enforced.

use crate::protocol::scim::schema::{Attribute, RESOURCE_TYPES, Registry, ResourceType, Schema};
use serde_json::{Value, json};

/// The URN of a ListResponse.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Resources on a page when the client names no count.
pub const DEFAULT_PAGE: i64 = 100;
/// Resources on a page at most.
pub const MAX_PAGE: i64 = 1000;

/// `/ServiceProviderConfig`: exactly what is there.
#[must_use]
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MAX_PAGE},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": true},
        "authenticationSchemes": [
            {"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
             "description": "A token of this directory, sent as Authorization: Bearer.",
             "specUri": "https://www.rfc-editor.org/info/rfc6750"},
            {"type": "httpbasic", "name": "Basic", "primary": false,
             "description": "Any user name, a token of this directory as the password.",
             "specUri": "https://www.rfc-editor.org/info/rfc7617"},
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig")},
    })
}

/// The resource types, one or all.
#[must_use]
pub fn resource_type(base: &str, registry: &Registry, kind: ResourceType) -> Value {
    let extensions: Vec<_> =
        registry.extensions(kind).map(|schema| json!({"schema": schema.id, "required": false})).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name(),
        "name": kind.name(),
        "endpoint": kind.endpoint(),
        "schema": kind.urn(),
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", kind.name())},
    })
}

/// Every resource type, as a list.
#[must_use]
pub fn resource_types(base: &str, registry: &Registry) -> Value {
    list(RESOURCE_TYPES.iter().map(|kind| resource_type(base, registry, *kind)).collect())
}

/// Every schema, as a list.
#[must_use]
pub fn schemas(base: &str, registry: &Registry) -> Value {
    list(registry.schemas().map(|one| schema(base, one)).collect())
}

/// One schema.
#[must_use]
pub fn schema(base: &str, schema: &Schema) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.id)},
    })
}

fn attribute(attribute: &Attribute) -> Value {
    let mut out = json!({
        "name": attribute.name,
        "type": attribute.kind.name(),
        "multiValued": attribute.multi_valued,
        "description": attribute.description,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": attribute.mutability.name(),
        "returned": attribute.returned.name(),
        "uniqueness": attribute.uniqueness.name(),
    });
    if !attribute.canonical_values.is_empty() {
        out["canonicalValues"] = json!(attribute.canonical_values);
    }
    if !attribute.reference_types.is_empty() {
        out["referenceTypes"] = json!(attribute.reference_types);
    }
    if !attribute.sub_attributes.is_empty() {
        out["subAttributes"] = attribute.sub_attributes.iter().map(self::attribute).collect();
    }
    out
}

/// A whole list on one page.
fn list(resources: Vec<Value>) -> Value {
    let n = i64::try_from(resources.len()).unwrap_or(i64::MAX);
    list_response(n, 1, resources)
}

/// A ListResponse (RFC 7644 §3.4.2): counters are numbers, `itemsPerPage` is what this page holds.
#[must_use]
pub fn list_response(total: i64, start_index: i64, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_URN],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}
