//! `/Bulk` (RFC 7644 §3.7).

use super::answer::{Answer, ScimFault};
use super::body;
use super::caller::ScimCaller;
use super::incoming::Incoming;
use super::not_allowed;
use crate::protocol::scim::bulk::{BulkLimits, BulkRequest, bulk_response};
use crate::service::Gateway;
use crate::service::provisioning;
use axum::http::{Method, StatusCode};

pub(super) async fn go(gw: &Gateway, who: &ScimCaller, call: Incoming<'_>) -> Result<Answer, ScimFault> {
    if call.method() != Method::POST {
        return Err(not_allowed("POST"));
    }
    let limits = BulkLimits::default();
    let body = body::json_or(call, limits.bytes, || limits.refusal().into()).await?;
    let asked = BulkRequest::parse(body, limits, who.profile)?;
    let done = provisioning::bulk(gw, who, asked).await;
    let answer = Answer::json(StatusCode::OK, bulk_response(&done.outcomes));
    Ok(answer.skipping(done.skipped).noting(&done.applied))
}
