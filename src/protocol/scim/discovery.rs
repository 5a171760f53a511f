//! Discovery documents (RFC 7643 §5 to §7, RFC 9865 §4, RFC 9967): what the server does and enforces.

use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::bulk::BulkLimits;
use crate::protocol::scim::catalogue::CATALOGUES;
use crate::protocol::scim::catalogue::Dialect;
use crate::protocol::scim::list::ListPage;
use crate::protocol::scim::list::PageLimits;
use crate::protocol::scim::list::list_response;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Extension;
use crate::protocol::scim::schema::RESOURCE_TYPES;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Schema;

const CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
pub(crate) const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What a directory offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// The limits of a page.
    pub pages: PageLimits,
    /// The limits of a bulk request; `None`: there is no `/Bulk`.
    pub bulk: Option<BulkLimits>,
    /// Whether lists are sorted.
    pub sort: bool,
    /// How long a cursor holds, in seconds; `None`: pages by index alone.
    pub cursor_timeout: Option<u64>,
    /// Whether there is a token endpoint for directories.
    pub oauth: bool,
    /// Where the guide is.
    pub documentation: Option<String>,
    /// The event URIs that are sent; `None` leaves `securityEvents` out (some clients refuse unknown fields).
    pub security_events: Option<Vec<String>>,
    /// Whether the directory has the profile `interop-strict`.
    pub interop: bool,
    /// `RolesAndEntitlements`, where the directory lists them in the draft's dialect.
    pub roles: Option<Value>,
}

pub(crate) fn address(base: &str, path: &str) -> String {
    format!("{}/{path}", base.trim_end_matches('/'))
}

/// `/ServiceProviderConfig`.
#[must_use]
pub fn service_provider_config(base: &str, features: &Features) -> Value {
    let mut config = json!({
        "schemas": [CONFIG_URN],
        "patch": { "supported": true },
        "bulk": {
            "supported": features.bulk.is_some(),
            "maxOperations": features.bulk.map_or(0, |bulk| bulk.operations),
            "maxPayloadSize": features.bulk.map_or(0, |bulk| bulk.bytes),
        },
        "filter": { "supported": true, "maxResults": features.pages.max },
        "changePassword": { "supported": false },
        "sort": { "supported": features.sort },
        "etag": { "supported": true },
        "pagination": {
            "cursor": features.cursor_timeout.is_some(),
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": features.pages.default,
            "maxPageSize": features.pages.max,
        },
        "authenticationSchemes": authentication_schemes(features.oauth),
        "meta": { "resourceType": "ServiceProviderConfig", "location": address(base, "ServiceProviderConfig") },
    });
    if let Some(seconds) = features.cursor_timeout {
        config["pagination"]["cursorTimeout"] = json!(seconds);
    }
    if let Some(documentation) = &features.documentation {
        config["documentationUri"] = json!(documentation);
    }
    if let Some(uris) = &features.security_events {
        config["securityEvents"] = json!({ "asyncRequest": "none", "eventUris": uris });
    }
    if let Some(roles) = &features.roles {
        config["RolesAndEntitlements"] = roles.clone();
    }
    if features.interop {
        config["interopProfileConformant"] = json!(true);
    }
    config
}

fn authentication_schemes(oauth: bool) -> Value {
    let mut schemes = vec![
        json!({
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token of this directory in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }),
        json!({
            "type": "httpbasic",
            "name": "HTTP Basic",
            "description": "Any user name, a token of this directory as password.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc7617",
            "primary": false,
        }),
    ];
    if oauth {
        schemes.push(json!({
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": "A token from the token endpoint, by client secret or signed assertion; scope scim.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6749",
            "primary": false,
        }));
    }
    Value::Array(schemes)
}

/// One of `/ResourceTypes`. Doorward's own extension is not among its extensions: no client can write it, and clients
/// that are built from this list try to.
#[must_use]
pub fn resource_type(base: &str, registry: &Registry, kind: ResourceType) -> Value {
    let extensions = registry.extensions(kind).filter(|schema| !Registry::is_derived(&schema.id));
    let extensions: Vec<_> = extensions.map(|schema| json!({ "schema": schema.id, "required": false })).collect();
    json!({
        "schemas": [RESOURCE_TYPE_URN],
        "id": kind.name(),
        "name": kind.name(),
        "endpoint": kind.endpoint(),
        "description": registry.base(kind).description,
        "schema": kind.urn(),
        "schemaExtensions": extensions,
        "meta": { "resourceType": "ResourceType", "location": address(base, &format!("ResourceTypes/{}", kind.name())) },
    })
}

/// `/ResourceTypes`.
#[must_use]
pub fn resource_types(base: &str, registry: &Registry, lists: Option<Dialect>) -> Value {
    let kinds = RESOURCE_TYPES.into_iter().map(|kind| resource_type(base, registry, kind));
    let lists = lists.into_iter().flat_map(|dialect| CATALOGUES.map(|one| one.resource_type(base, dialect)));
    whole_list(kinds.chain(lists).collect())
}

/// `/ResourceTypes/{id}`, if there is such a type.
#[must_use]
pub fn resource_type_by_id(base: &str, registry: &Registry, id: &str, lists: Option<Dialect>) -> Option<Value> {
    if let Some(kind) = RESOURCE_TYPES.into_iter().find(|kind| kind.name() == id) {
        return Some(resource_type(base, registry, kind));
    }
    let list = CATALOGUES.into_iter().find(|one| one.name() == id)?;
    Some(list.resource_type(base, lists?))
}

/// `/Schemas`, as the profile enforces them.
#[must_use]
pub fn schemas(base: &str, registry: &Registry, profile: Profile, lists: Option<Dialect>) -> Value {
    let lists: Vec<_> = lists.into_iter().flat_map(|dialect| CATALOGUES.map(|one| one.schema(dialect))).collect();
    whole_list(registry.schemas().chain(&lists).map(|schema| schema_document(base, schema, profile)).collect())
}

/// `/Schemas/{urn}`, if there is such a schema.
#[must_use]
pub fn schema_by_id(
    base: &str,
    registry: &Registry,
    urn: &str,
    profile: Profile,
    lists: Option<Dialect>,
) -> Option<Value> {
    if let Some(schema) = registry.schema(urn) {
        return Some(schema_document(base, schema, profile));
    }
    let dialect = lists?;
    let list = CATALOGUES.into_iter().find(|one| one.urn(dialect).eq_ignore_ascii_case(urn))?;
    Some(schema_document(base, &list.schema(dialect), profile))
}

fn whole_list(resources: Vec<Value>) -> Value {
    let total = u64::try_from(resources.len()).ok();
    list_response(resources, &ListPage { total, start_index: 1, ..ListPage::default() })
}

/// An organization's own schema as it is declared (RFC 7643 §7), with the kind of resource that it extends.
#[must_use]
pub fn declaration(extension: &Extension) -> Value {
    let schema = &extension.schema;
    json!({
        "schemas": [SCHEMA_URN],
        "id": schema.id,
        "resource": extension.kind.name(),
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute_document).collect::<Vec<_>>(),
    })
}

fn schema_document(base: &str, schema: &Schema, profile: Profile) -> Value {
    let attributes = schema.attributes.iter().map(|attribute| {
        let mut document = attribute_document(attribute);
        document["required"] = json!(attribute.required || is_always_there(schema, attribute, profile));
        document
    });
    json!({
        "schemas": [SCHEMA_URN],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": attributes.collect::<Vec<_>>(),
        "meta": { "resourceType": "Schema", "location": address(base, &format!("Schemas/{}", schema.id)) },
    })
}

/// Whether a User always has the attribute, so that no PATCH can remove it (3.1.4): `active` is filled in where a POST
/// leaves it out and kept where a PUT does. `rfc-strict` lets a PUT clear it on the wire.
fn is_always_there(schema: &Schema, attribute: &Attribute, profile: Profile) -> bool {
    schema.id == ResourceType::User.urn() && attribute.name == "active" && profile != Profile::RfcStrict
}

fn attribute_document(attribute: &Attribute) -> Value {
    let mut document = json!({
        "name": attribute.name,
        "type": attribute.kind.name(),
        "multiValued": attribute.multi_valued,
        "description": attribute.description,
        "required": attribute.required,
        "mutability": attribute.mutability.name(),
        "returned": attribute.returned.name(),
        "uniqueness": attribute.uniqueness.name(),
    });
    if !attribute.is_complex() {
        document["caseExact"] = json!(attribute.case_exact);
    }
    if !attribute.canonical_values.is_empty() {
        document["canonicalValues"] = json!(attribute.canonical_values);
    }
    if attribute.kind == AttributeType::Reference {
        document["referenceTypes"] = json!(attribute.reference_types);
    }
    if attribute.is_complex() {
        document["subAttributes"] = attribute.sub_attributes.iter().map(attribute_document).collect();
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::scim::schema::ENTERPRISE_URN;

    #[test]
    fn r089_optional_features_are_told_only_where_they_are_on() {
        let plain = service_provider_config("https://x.test/scim/v2/d/", &Features::default());
        assert_eq!(plain["pagination"]["defaultPaginationMethod"], json!("index"));
        assert_eq!(plain["meta"]["location"], json!("https://x.test/scim/v2/d/ServiceProviderConfig"));
        assert!(plain.get("securityEvents").is_none() && plain.get("interopProfileConformant").is_none());
        let all = Features { security_events: Some(vec!["urn:x".into()]), interop: true, ..Features::default() };
        let all = service_provider_config("https://x.test", &all);
        assert_eq!(all["securityEvents"], json!({ "asyncRequest": "none", "eventUris": ["urn:x"] }));
        assert_eq!(all["interopProfileConformant"], json!(true));
    }

    #[test]
    fn r088_schemas_and_types_are_lists_and_single_documents() {
        let registry = Registry::standard();
        let list = schemas("https://x.test", registry, Profile::Auto, None);
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(4), &json!(1)));
        let user = schema_by_id("https://x.test", registry, ResourceType::User.urn(), Profile::Auto, None).unwrap();
        let names: Vec<_> = user["attributes"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert!(names.contains(&json!("userName")) && !names.contains(&json!("id")));
        assert!(schema_by_id("https://x.test", registry, "urn:none", Profile::Auto, None).is_none());
        let user = resource_type_by_id("https://x.test", registry, "User", None).unwrap();
        let written = json!([{ "schema": ENTERPRISE_URN, "required": false }]);
        assert_eq!(user["schemaExtensions"], written, "what a client may write");
        assert!(resource_type_by_id("https://x.test", registry, "Device", None).is_none());
        assert_eq!(resource_types("https://x.test", registry, None)["itemsPerPage"], json!(2));
    }

    #[test]
    fn r088_what_no_patch_can_remove_is_told_as_required() {
        let required = |profile| {
            let user =
                schema_by_id("https://x.test", Registry::standard(), ResourceType::User.urn(), profile, None).unwrap();
            let attributes = user["attributes"].as_array().unwrap().iter();
            let required = attributes.filter(|one| one["required"] == json!(true)).map(|one| one["name"].clone());
            Value::Array(required.collect())
        };
        assert_eq!(required(Profile::Auto), json!(["userName", "active"]));
        assert_eq!(required(Profile::RfcStrict), json!(["userName"]));
    }
}
