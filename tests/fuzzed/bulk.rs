//! Bodies of bulk requests.

use super::{GRAMMARS, is_a_refusal, is_a_stored_document, patch, registry, stored};
use doorward::protocol::scim::bulk::{BulkLimits, BulkOperation, BulkOutcome, BulkRequest, Method, Step};
use doorward::protocol::scim::bulk::{bulk_response, resolve, steps};
use doorward::protocol::scim::profile::Profile;
use doorward::protocol::scim::resource::{NewResource, read_resource, replace_resource};
use serde_json::Value;
use std::collections::HashMap;

/// A body is operations that each run once, with every reference resolved or named, or it is refused.
pub fn holds(input: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return };
    for profile in GRAMMARS {
        match BulkRequest::parse(body.clone(), BulkLimits::default(), profile) {
            Ok(request) => runs(&request, profile),
            Err(refused) => is_a_refusal(&refused),
        }
    }
}

fn runs(request: &BulkRequest, profile: Profile) {
    let mut order: Vec<usize> = Vec::new();
    for step in steps(&request.operations) {
        match step {
            Step::One(at) => order.push(at),
            Step::Cycle(places) => {
                assert!(!places.is_empty() && places.iter().all(|at| request.operations[*at].is_ok()));
                order.extend(places);
            }
        }
    }
    order.sort_unstable();
    assert_eq!(order, (0..request.operations.len()).collect::<Vec<_>>(), "each operation has its turn, once");
    let names = request.operations.iter().flatten().filter_map(|operation| operation.bulk_id.clone());
    let ids: HashMap<String, String> = names.enumerate().map(|(at, name)| (name, format!("id-{at}"))).collect();
    let mut outcomes = Vec::new();
    for operation in &request.operations {
        match operation {
            Ok(operation) => carried_out(operation.clone(), &ids, profile),
            Err(fault) => {
                is_a_refusal(&fault.error);
                outcomes.push(BulkOutcome {
                    method: fault.method.clone(),
                    bulk_id: fault.bulk_id.clone(),
                    version: None,
                    location: None,
                    status: fault.error.status,
                    error: Some(fault.error.clone()),
                });
            }
        }
    }
    assert_eq!(bulk_response(&outcomes)["Operations"].as_array().map(Vec::len), Some(outcomes.len()));
}

fn carried_out(mut operation: BulkOperation, ids: &HashMap<String, String>, profile: Profile) {
    if let Err(missing) = resolve(&mut operation, ids) {
        assert!(!ids.contains_key(&missing), "{missing} is known");
        return;
    }
    assert_eq!(resolve(&mut operation.clone(), &HashMap::new()), Ok(()), "no reference is left: {operation:?}");
    let BulkOperation { method, kind, data, .. } = operation;
    let read = match method {
        Method::Post => read_resource(kind, registry(), data, profile),
        Method::Put => replace_resource(kind, registry(), &stored(kind), data, profile),
        Method::Patch => return patch::changes(&stored(kind), kind, profile, &data),
        Method::Delete => return,
    };
    match read {
        Ok(NewResource { document, .. }) => is_a_stored_document(&document),
        Err(refused) => is_a_refusal(&refused),
    }
}
