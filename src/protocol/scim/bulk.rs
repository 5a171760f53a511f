//! Bulk requests (RFC 7644 §3.7): operations, their references by `bulkId`, and the order that resolves them.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::normalise;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::RESOURCE_TYPES;
use crate::protocol::scim::schema::ResourceType;

mod graph;
mod references;

pub use graph::Step;
pub use graph::steps;
pub use references::resolve;

/// The URN of a BulkRequest.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The URN of a BulkResponse.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// How large a bulk request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    /// Operations.
    pub operations: usize,
    /// Bytes of the body.
    pub bytes: usize,
}

impl Default for BulkLimits {
    fn default() -> Self {
        Self { operations: 1000, bytes: 16 * 1024 * 1024 }
    }
}

impl BulkLimits {
    /// The refusal of a request above a limit; it names both.
    #[must_use]
    pub fn refusal(&self) -> ScimError {
        let (operations, bytes) = (self.operations, self.bytes);
        ScimError::plain(
            413,
            format!("The bulk request is too large: maxOperations is {operations}, maxPayloadSize {bytes} bytes."),
        )
    }
}

/// The method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Create.
    Post,
    /// Replace.
    Put,
    /// Change.
    Patch,
    /// Delete.
    Delete,
}

impl Method {
    /// The method as it stands in a message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// The method.
    pub method: Method,
    /// The kind of resource that the path names.
    pub kind: ResourceType,
    /// The id that the path names, perhaps `bulkId:x`; `None` for POST.
    pub id: Option<String>,
    /// The client's name for what a POST makes.
    pub bulk_id: Option<String>,
    /// The version that must be present, as in `If-Match`.
    pub version: Option<String>,
    /// The body.
    pub data: Value,
}

/// An operation that cannot be run, with what its answer needs.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkFault {
    /// The method as sent.
    pub method: String,
    /// The client's name, if it sent one.
    pub bulk_id: Option<String>,
    /// Why not.
    pub error: ScimError,
}

/// A bulk request: operations in the order sent, each good or faulty for itself.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many failures to stop; `None` goes on.
    pub fail_on_errors: Option<u64>,
    /// The operations.
    pub operations: Vec<Result<BulkOperation, BulkFault>>,
    /// The rewrites that the request needed.
    pub applied: Applied,
}

impl BulkRequest {
    /// Reads the body; its bytes were counted before.
    ///
    /// # Errors
    /// 413 above `limits.operations`, 400 `invalidSyntax` for a wrong structure, `invalidValue` for a bulkId used twice.
    pub fn parse(body: Value, limits: BulkLimits, profile: Profile) -> Result<Self, ScimError> {
        let mut applied = Applied::default();
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("The body is no JSON object; send a BulkRequest with Operations."));
        };
        let mut body = normalise::message(body, &["schemas", "Operations", "failOnErrors"], profile, &mut applied);
        if body.get("schemas").is_none() && !applied.allow(profile, Quirk::MissingSchemas) {
            return Err(ScimError::invalid_syntax(format!("schemas is missing; send [\"{BULK_REQUEST_URN}\"].")));
        }
        let fail_on_errors = match body.get("failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => Some(
                value
                    .as_u64()
                    .ok_or_else(|| ScimError::invalid_value("failOnErrors is no number; send one, 1 or more."))?,
            ),
        }
        .filter(|most| *most > 0);
        let Some(Value::Array(listed)) = body.swap_remove("Operations") else {
            return Err(ScimError::invalid_syntax("Operations is missing or no list; send at least one operation."));
        };
        if listed.len() > limits.operations {
            return Err(limits.refusal());
        }
        let operations: Vec<_> = listed.into_iter().map(|one| read_operation(one, profile, &mut applied)).collect();
        refuse_duplicates(&operations)?;
        Ok(Self { fail_on_errors, operations, applied })
    }
}

fn refuse_duplicates(operations: &[Result<BulkOperation, BulkFault>]) -> Result<(), ScimError> {
    let mut seen = HashMap::new();
    for operation in operations.iter().flatten().filter(|operation| operation.method == Method::Post) {
        if let Some(id) = &operation.bulk_id
            && seen.insert(id, ()).is_some()
        {
            return Err(ScimError::invalid_value(format!("The bulkId {id:?} is used twice; give each POST its own.")));
        }
    }
    Ok(())
}

fn read_operation(body: Value, profile: Profile, applied: &mut Applied) -> Result<BulkOperation, BulkFault> {
    let body = match body {
        Value::Object(body) => {
            normalise::message(body, &["method", "path", "bulkId", "version", "data"], profile, applied)
        }
        _ => Default::default(),
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let (method, bulk_id) = (text("method").unwrap_or_default(), text("bulkId").filter(|id| !id.is_empty()));
    let fault = |error| BulkFault { method: method.clone(), bulk_id: bulk_id.clone(), error };
    let kind_of_method = match method.to_ascii_uppercase().as_str() {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => {
            return Err(fault(ScimError::invalid_syntax(
                "method is missing or unknown; send POST, PUT, PATCH or DELETE.",
            )));
        }
    };
    let path = text("path").unwrap_or_default();
    let (kind, id) = target(&path).ok_or_else(|| {
        fault(ScimError::invalid_value("path is no resource; send /Users, /Groups, or one of these with an id."))
    })?;
    match (kind_of_method, &id, &bulk_id) {
        (Method::Post, Some(_), _) => {
            return Err(fault(ScimError::invalid_value("A POST goes to /Users or /Groups, without an id.")));
        }
        (Method::Post, None, None) => {
            return Err(fault(ScimError::invalid_value("A POST needs a bulkId; send one of your own choice.")));
        }
        (Method::Put | Method::Patch | Method::Delete, None, _) => {
            return Err(fault(ScimError::invalid_value("path names no resource; send /Users/{id} or /Groups/{id}.")));
        }
        _ => {}
    }
    let data = body.get("data").cloned().unwrap_or_default();
    if kind_of_method != Method::Delete && !data.is_object() {
        return Err(fault(ScimError::invalid_syntax("data is missing or no object; send the body of the request.")));
    }
    Ok(BulkOperation { method: kind_of_method, kind, id, bulk_id, version: text("version"), data })
}

/// `/Users/{id}`; an absolute address and a base path before it are tolerated, `/Bulk` and others are not.
fn target(path: &str) -> Option<(ResourceType, Option<String>)> {
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let (last, before) = (segments.next()?, segments.next());
    let kind_of = |text: &str| RESOURCE_TYPES.into_iter().find(|kind| kind.endpoint()[1..].eq_ignore_ascii_case(text));
    if let Some(kind) = kind_of(last) {
        return Some((kind, None));
    }
    let kind = kind_of(before?)?;
    (!last.is_empty() && !last.starts_with('.')).then(|| (kind, Some(last.to_owned())))
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOutcome {
    /// The method as sent.
    pub method: String,
    /// The client's name, if it sent one.
    pub bulk_id: Option<String>,
    /// The new version's tag, where there is one.
    pub version: Option<String>,
    /// The absolute address; absent for a failed POST alone.
    pub location: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// Why it failed, if it did.
    pub error: Option<ScimError>,
}

impl BulkOutcome {
    fn to_json(&self) -> Value {
        let mut body = json!({ "method": self.method, "status": self.status.to_string() });
        for (name, value) in [("bulkId", &self.bulk_id), ("version", &self.version), ("location", &self.location)] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        if let Some(error) = &self.error {
            body["response"] = error.to_json();
        }
        body
    }
}

/// A BulkResponse, outcomes in the order of the request.
#[must_use]
pub fn bulk_response(outcomes: &[BulkOutcome]) -> Value {
    json!({
        "schemas": [BULK_RESPONSE_URN],
        "Operations": outcomes.iter().map(BulkOutcome::to_json).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
