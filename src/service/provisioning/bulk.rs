//! Bulk requests (RFC 7644 §3.7): each operation goes through its own use case, and is kept or refused for itself.

use super::together::{self, Broken};
use super::{Changed, DirectoryCaller, ProvisionError};
use super::{create_group, create_user, delete_group, delete_user};
use super::{patch_group, patch_user, replace_group, replace_user};
use crate::base::class::Class;
use crate::base::ids::ResourceId;
use crate::protocol::scim::bulk::{self as message, BulkFault, BulkOperation, BulkOutcome, BulkRequest, Method, Step};
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use std::collections::HashMap;

/// What a request came to.
#[derive(Debug)]
pub struct Bulk {
    /// The outcome of each operation, in the order of the request.
    pub outcomes: Vec<BulkOutcome>,
    /// What was not applied, over all operations.
    pub skipped: Vec<String>,
    /// The dialect rewrites that the request and its operations needed.
    pub applied: Applied,
}

/// A request on its way.
struct Run<'a> {
    gw: &'a Gateway,
    who: &'a DirectoryCaller,
    /// The ids behind the client's names.
    ids: HashMap<String, String>,
    outcomes: Vec<(usize, BulkOutcome)>,
    skipped: Vec<String>,
    applied: Applied,
    failures: u64,
}

/// What an operation came to.
struct Success {
    status: u16,
    location: String,
    version: Option<String>,
}

/// Runs a request: what a reference needs comes first, and what refers to each other is made together. It stops after
/// as many failures as the client allows; the outcomes are in the order of the request.
pub async fn bulk(gw: &Gateway, who: &DirectoryCaller, request: BulkRequest) -> Bulk {
    let most = request.fail_on_errors.unwrap_or(u64::MAX);
    let (outcomes, skipped, applied) = (Vec::new(), Vec::new(), request.applied);
    let mut run = Run { gw, who, ids: HashMap::new(), outcomes, skipped, applied, failures: 0 };
    for step in message::steps(&request.operations) {
        match step {
            Step::One(at) => run.one(at, &request.operations[at]).await,
            Step::Cycle(places) => run.cycle(&places, &request.operations).await,
        }
        if run.failures >= most {
            break;
        }
    }
    let mut outcomes = run.outcomes;
    outcomes.sort_by_key(|(at, _)| *at);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Bulk { outcomes, skipped: run.skipped, applied: run.applied }
}

impl Run<'_> {
    async fn one(&mut self, at: usize, operation: &Result<BulkOperation, BulkFault>) {
        match operation {
            Err(fault) => self.faulty(at, fault),
            Ok(operation) => {
                let given = self.mint(operation);
                let done = self.carry_out(at, operation.clone(), given).await;
                self.tell(at, operation, done);
            }
        }
    }

    /// Operations that refer to each other are made together, or none of them is.
    async fn cycle(&mut self, places: &[usize], operations: &[Result<BulkOperation, BulkFault>]) {
        let circle: Vec<_> = places.iter().filter_map(|at| Some((*at, operations[*at].as_ref().ok()?))).collect();
        match together::create(self.gw, self.who, &circle, &self.ids).await {
            Ok(made) => {
                for ((at, operation), changed) in circle.into_iter().zip(made) {
                    self.skipped.extend(changed.skipped);
                    self.applied.extend(&changed.applied);
                    let done = Success {
                        status: 201,
                        location: changed.wire.stored.head.location,
                        version: Some(changed.wire.stored.head.version.to_string()),
                    };
                    self.named(operation, &done);
                    self.tell(at, operation, Ok(done));
                }
            }
            Err(Broken { at: broken, error }) => {
                let refusal = told(&error);
                for (place, (at, operation)) in circle.into_iter().enumerate() {
                    let refused = if broken.is_none_or(|broken| broken == place) {
                        refusal.clone()
                    } else {
                        ScimError::plain(
                            409,
                            "This operation refers to one that was refused and is referred to by it; neither was done. \
                             See the outcomes of the others.",
                        )
                    };
                    self.tell(at, operation, Err(refused));
                }
            }
        }
    }

    /// What the client's name for a new resource means from now on.
    fn named(&mut self, operation: &BulkOperation, done: &Success) {
        if let Some(name) = &operation.bulk_id {
            let id = done.location.rsplit('/').next().unwrap_or_default();
            self.ids.insert(name.clone(), id.to_owned());
        }
    }

    /// A POST's id is known before it runs, so that references to it resolve.
    fn mint(&mut self, operation: &BulkOperation) -> Option<ResourceId> {
        let name = operation.bulk_id.as_ref().filter(|_| operation.method == Method::Post)?;
        let id = ResourceId::mint(&self.gw.sources);
        self.ids.insert(name.clone(), id.to_string());
        Some(id)
    }

    fn resolved(&self, mut operation: BulkOperation) -> Result<BulkOperation, ScimError> {
        message::resolve(&mut operation, &self.ids).map_err(|name| ScimError::unresolved(&name))?;
        Ok(operation)
    }

    async fn carry_out(
        &mut self,
        at: usize,
        operation: BulkOperation,
        given: Option<ResourceId>,
    ) -> Result<Success, ScimError> {
        let name = operation.bulk_id.clone().filter(|_| operation.method == Method::Post);
        let done = match self.resolved(operation) {
            Ok(operation) => self.go(at, operation, given).await.map_err(|e| told(&e)),
            Err(refusal) => Err(refusal),
        };
        if let Some(name) = name {
            // A restored resource has its old id; what was not made has none.
            match &done {
                Ok(done) => {
                    let id = done.location.rsplit('/').next().unwrap_or_default();
                    self.ids.insert(name, id.to_owned());
                }
                Err(_) => drop(self.ids.remove(&name)),
            }
        }
        done
    }

    async fn go(
        &mut self,
        at: usize,
        operation: BulkOperation,
        given: Option<ResourceId>,
    ) -> Result<Success, ProvisionError> {
        let (gw, who) = (self.gw, &self.who.at(at));
        let id = operation.id.clone().unwrap_or_default();
        let (data, version) = (operation.data, operation.version);
        let changed = match (operation.method, operation.kind) {
            (Method::Post, ResourceType::User) => create_user(gw, who, data, given).await?,
            (Method::Post, ResourceType::Group) => create_group(gw, who, data, given).await?,
            (Method::Put, ResourceType::User) => replace_user(gw, who, &id, data, version).await?,
            (Method::Put, ResourceType::Group) => replace_group(gw, who, &id, data, version).await?,
            (Method::Patch, ResourceType::User) => patch_user(gw, who, &id, data, version).await?,
            (Method::Patch, ResourceType::Group) => patch_group(gw, who, &id, data, false, version).await?.0,
            (Method::Delete, kind) => {
                match kind {
                    ResourceType::User => delete_user(gw, who, &id, version).await?,
                    ResourceType::Group => delete_group(gw, who, &id, version).await?,
                }
                return Ok(Success { status: 204, location: self.location(kind, &id), version: None });
            }
        };
        let Changed { wire, skipped, applied } = changed;
        self.skipped.extend(skipped);
        self.applied.extend(&applied);
        let status = if operation.method == Method::Post { 201 } else { 200 };
        let head = wire.stored.head;
        Ok(Success { status, location: head.location, version: Some(head.version.to_string()) })
    }

    fn location(&self, kind: ResourceType, id: &str) -> String {
        format!("{}{}/{id}", self.gw.urls.scim(self.who.directory.id), kind.endpoint())
    }

    fn faulty(&mut self, at: usize, fault: &BulkFault) {
        self.failures += 1;
        let outcome = BulkOutcome {
            method: fault.method.clone(),
            bulk_id: fault.bulk_id.clone(),
            version: None,
            location: None,
            status: fault.error.status,
            error: Some(fault.error.clone()),
        };
        self.outcomes.push((at, outcome));
    }

    fn tell(&mut self, at: usize, operation: &BulkOperation, done: Result<Success, ScimError>) {
        let (method, bulk_id) = (operation.method.name().to_owned(), operation.bulk_id.clone());
        let outcome = match done {
            Ok(Success { status, location, version }) => {
                BulkOutcome { method, bulk_id, version, location: Some(location), status, error: None }
            }
            Err(error) => {
                self.failures += 1;
                let id = operation.id.as_ref().map(|id| match id.strip_prefix("bulkId:") {
                    Some(name) => self.ids.get(name).unwrap_or(id),
                    None => id,
                });
                let location = id.map(|id| self.location(operation.kind, id));
                BulkOutcome { method, bulk_id, version: None, location, status: error.status, error: Some(error) }
            }
        };
        self.outcomes.push((at, outcome));
    }
}

/// A refusal as the outcome carries it; a fault of ours goes to the log.
fn told(error: &ProvisionError) -> ScimError {
    error.scim().unwrap_or_else(|| {
        if error.class() == Class::Busy {
            return ScimError::plain(503, "Too much at once; come again in a second.");
        }
        tracing::error!(%error, "a bulk operation failed");
        ScimError::plain(500, "The operation failed and nothing was changed; the log has the cause.")
    })
}
