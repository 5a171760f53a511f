//! PATCH (RFC 7644 §3.5.2): the operations in order on a working copy, all of them or none.
//!
//! Owns the case table of add, replace and remove. Hands on the new document, an ordered list of membership changes,
//! and the names of what was not applied. Must not know who is a member: that is the caller's to look up.

mod apply;
mod members;
mod multi;
mod single;

use serde_json::Value;

use crate::protocol::scim::Document;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::member::MemberChange;
use crate::protocol::scim::normalise;
use crate::protocol::scim::patch::apply::Engine;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::resource;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::value::refuse_nul;

/// The URN of a PATCH body.
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The most operations in one PATCH.
pub const MAX_OPERATIONS: usize = 5000;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Adds to a list, sets a single value.
    Add,
    /// Replaces.
    Replace,
    /// Unassigns.
    Remove,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub op: Op,
    /// The path as sent; `None` means the resource itself.
    pub path: Option<String>,
    /// The value; `None` where the key is absent, which is not the same as `null`.
    pub value: Option<Value>,
}

/// A PATCH body.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    /// The operations, in order.
    pub operations: Vec<Operation>,
    kind: ResourceType,
    profile: Profile,
    applied: Applied,
}

/// What a PATCH comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Patched {
    /// The document from now on.
    pub document: Document,
    /// Whether the document differs from before; membership changes are the caller's to compare.
    pub changed: bool,
    /// The paths that were not applied, as the client wrote them: for `Scim-Skipped` and the log.
    pub skipped: Vec<String>,
    /// The changes of membership, in order.
    pub members: Vec<MemberChange>,
    /// The rewrites that the request needed.
    pub applied: Applied,
}

impl PatchRequest {
    /// Reads a PATCH body.
    ///
    /// # Errors
    /// 400 `invalidSyntax` for a wrong structure.
    pub fn parse(body: Value, kind: ResourceType, profile: Profile) -> Result<Self, ScimError> {
        refuse_nul(&body)?;
        let mut applied = Applied::default();
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("The body is no JSON object; send a PatchOp with Operations."));
        };
        let mut body = normalise::message(body, &["schemas", "Operations"], profile, &mut applied);
        check_schemas(body.get("schemas"), profile, &mut applied)?;
        let Some(Value::Array(listed)) = body.swap_remove("Operations") else {
            return Err(ScimError::invalid_syntax("Operations is missing or no list; send at least one operation."));
        };
        if listed.is_empty() {
            return Err(ScimError::invalid_syntax("Operations is empty; send at least one operation."));
        }
        if listed.len() > MAX_OPERATIONS {
            return Err(ScimError::too_many(format!("A PATCH has {MAX_OPERATIONS} operations at most; send several.")));
        }
        let mut operations = Vec::with_capacity(listed.len());
        for one in listed {
            operations.push(read_operation(one, profile, &mut applied)?);
        }
        Ok(Self { operations, kind, profile, applied })
    }

    /// Whether an operation names this attribute of the resource, by path or as a key of its value. A hint: what it comes
    /// to is known when it is applied.
    #[must_use]
    pub fn names(&self, attribute: &str) -> bool {
        let is = |text: &str| text.rsplit(':').next().is_some_and(|name| name.eq_ignore_ascii_case(attribute));
        self.operations.iter().any(|operation| match (&operation.path, &operation.value) {
            (Some(path), _) => is(path),
            (None, Some(Value::Object(fields))) => fields.keys().any(|key| is(key)),
            (None, _) => false,
        })
    }

    /// Applies the operations to a stored document; on any error nothing has happened.
    ///
    /// # Errors
    /// The refusal of the first operation that cannot be applied, or 400 `invalidPath` where every path is unknown.
    pub fn apply(&self, registry: &Registry, current: &Document) -> Result<Patched, ScimError> {
        let mut engine = Engine::new(registry, self.kind, self.profile, current.clone(), self.applied.clone());
        for operation in &self.operations {
            engine.run(operation)?;
        }
        let patched = engine.finish()?;
        resource::require(registry, self.kind, &patched.document)?;
        Ok(Patched { changed: patched.document != *current, ..patched })
    }
}

fn check_schemas(schemas: Option<&Value>, profile: Profile, applied: &mut Applied) -> Result<(), ScimError> {
    match schemas {
        Some(Value::Array(urns)) => {
            let named = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_URN));
            if urns.iter().any(named) || applied.allow(profile, Quirk::MissingSchemas) {
                return Ok(());
            }
        }
        None | Some(Value::Null) if applied.allow(profile, Quirk::MissingSchemas) => return Ok(()),
        _ => {}
    }
    Err(ScimError::invalid_syntax(format!("schemas does not name the message; send [\"{PATCH_URN}\"].")))
}

fn read_operation(body: Value, profile: Profile, applied: &mut Applied) -> Result<Operation, ScimError> {
    let Value::Object(body) = body else {
        return Err(ScimError::invalid_syntax("An operation is no JSON object; send op, path and value."));
    };
    let mut body = normalise::operation(body, profile, applied);
    let op = match body.get("op").and_then(Value::as_str) {
        Some("add") => Op::Add,
        Some("replace") => Op::Replace,
        Some("remove") => Op::Remove,
        _ => return Err(ScimError::invalid_syntax("op is missing or unknown; send add, replace or remove.")),
    };
    let path = match body.swap_remove("path") {
        None => None,
        Some(Value::String(path)) => Some(path),
        Some(_) => return Err(ScimError::invalid_path("path is no text; send an attribute path.")),
    };
    if path.is_none() && profile == Profile::InteropStrict {
        return Err(ScimError::invalid_syntax(
            "path is missing; the interoperability profile wants one in every operation.",
        ));
    }
    Ok(Operation { op, path, value: body.swap_remove("value") })
}

#[cfg(test)]
mod tests;
