//! `/Users` and `/Groups` (RFC 7644 §3).

use super::answer::{Answer, ScimFault};
use super::body;
use super::caller::ScimCaller;
use super::not_allowed;
use super::parameters::Parameters;
use crate::protocol::scim::discovery::list_response;
use crate::protocol::scim::projection::Projection;
use crate::protocol::scim::schema::ResourceType;
use crate::service::Gateway;
use crate::service::provisioning::{self, Changed, Precondition, Query, Wire};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;

pub(super) async fn go(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: Option<String>,
    parameters: Parameters,
    request: Request,
) -> Result<Answer, ScimFault> {
    let projection = parameters.projection()?;
    let method = request.method().clone();
    let Some(id) = id else {
        return match method {
            Method::GET | Method::HEAD => list(gw, who, kind, &parameters, &projection).await,
            Method::POST => create(gw, who, kind, &projection, request).await,
            _ => Err(not_allowed("GET, POST")),
        };
    };
    match method {
        Method::GET | Method::HEAD => get(gw, who, kind, &id, &projection, request.headers()).await,
        Method::PUT => replace(gw, who, kind, &id, &projection, request).await,
        Method::PATCH => patch(gw, who, kind, &id, &projection, request).await,
        Method::DELETE => delete(gw, who, kind, &id, request.headers()).await,
        _ => Err(not_allowed("GET, PUT, PATCH, DELETE")),
    }
}

fn limit(kind: ResourceType) -> usize {
    match kind {
        ResourceType::User => body::SMALL,
        ResourceType::Group => body::LARGE,
    }
}

async fn list(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    parameters: &Parameters,
    projection: &Projection,
) -> Result<Answer, ScimFault> {
    let (start_index, count) = parameters.page()?;
    let filter = parameters.get("filter").map(str::to_owned);
    let with_members = projection.wants("members");
    let query = Query { resource_type: kind, filter, start_index, count, with_members };
    let page = provisioning::list(gw, who, query).await?;
    let resources = page.resources.into_iter().map(|wire| Value::Object(projection.apply(wire.document))).collect();
    Ok(Answer::json(StatusCode::OK, list_response(page.total, start_index, resources)))
}

fn shown(status: StatusCode, wire: Wire, projection: &Projection) -> Answer {
    let document = projection.apply(wire.document.clone());
    Answer::resource(status, &wire, document)
}

fn changed(status: StatusCode, changed: Changed, projection: &Projection) -> Answer {
    let skipped = changed.skipped;
    shown(status, changed.wire, projection).skipping(&skipped)
}

async fn create(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    projection: &Projection,
    request: Request,
) -> Result<Answer, ScimFault> {
    let body = body::json(request, limit(kind)).await?;
    let made = match kind {
        ResourceType::User => provisioning::create_user(gw, who, body).await?,
        ResourceType::Group => provisioning::create_group(gw, who, body).await?,
    };
    Ok(changed(StatusCode::CREATED, made, projection))
}

async fn get(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: &str,
    projection: &Projection,
    headers: &HeaderMap,
) -> Result<Answer, ScimFault> {
    let wire = match kind {
        ResourceType::User => provisioning::get_user(gw, who, id).await?,
        ResourceType::Group => provisioning::get_group(gw, who, id, projection.wants("members")).await?,
    };
    if versions(headers, &header::IF_NONE_MATCH).is_some_and(|versions| versions.holds(wire.version)) {
        let etag = format!("W/\"{}\"", wire.version);
        return Ok(Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, etag));
    }
    Ok(shown(StatusCode::OK, wire, projection))
}

async fn replace(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: &str,
    projection: &Projection,
    request: Request,
) -> Result<Answer, ScimFault> {
    let precondition = versions(request.headers(), &header::IF_MATCH);
    let body = body::json(request, limit(kind)).await?;
    let done = match kind {
        ResourceType::User => provisioning::replace_user(gw, who, id, body, precondition).await?,
        ResourceType::Group => provisioning::replace_group(gw, who, id, body, precondition).await?,
    };
    Ok(changed(StatusCode::OK, done, projection))
}

async fn patch(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: &str,
    projection: &Projection,
    request: Request,
) -> Result<Answer, ScimFault> {
    let precondition = versions(request.headers(), &header::IF_MATCH);
    let body = body::json(request, limit(kind)).await?;
    match kind {
        ResourceType::User => {
            let done = provisioning::patch_user(gw, who, id, body, precondition).await?;
            Ok(changed(StatusCode::OK, done, projection))
        }
        ResourceType::Group => {
            let with_members = projection.wants("members");
            let (done, small) = provisioning::patch_group(gw, who, id, body, with_members, precondition).await?;
            if small || projection.is_asked() {
                return Ok(changed(StatusCode::OK, done, projection));
            }
            let etag = format!("W/\"{}\"", done.wire.version);
            Ok(Answer::empty(StatusCode::NO_CONTENT).with(header::ETAG, etag).skipping(&done.skipped))
        }
    }
}

async fn delete(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: &str,
    headers: &HeaderMap,
) -> Result<Answer, ScimFault> {
    let precondition = versions(headers, &header::IF_MATCH);
    match kind {
        ResourceType::User => provisioning::delete_user(gw, who, id, precondition).await?,
        ResourceType::Group => provisioning::delete_group(gw, who, id, precondition).await?,
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The versions that a conditional header names.
fn versions(headers: &HeaderMap, name: &header::HeaderName) -> Option<Precondition> {
    let text = headers.get(name)?.to_str().ok()?;
    if text.trim() == "*" {
        return Some(Precondition::Any);
    }
    let tag = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    Some(Precondition::These(text.split(',').map(tag).collect()))
}
