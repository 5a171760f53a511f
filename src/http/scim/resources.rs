//! `/Users` and `/Groups` (RFC 7644 §3).

use super::answer::{Answer, ScimFault};
use super::body;
use super::caller::ScimCaller;
use super::incoming::Incoming;
use super::not_allowed;
use super::parameters;
use super::search;
use crate::protocol::scim::projection::Projection;
use crate::protocol::scim::schema::{DOORWARD_URN, ResourceType};
use crate::service::Gateway;
use crate::service::provisioning::{self, Changed, Wire};
use axum::http::{HeaderMap, Method, StatusCode, header};

pub(super) async fn go(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: Option<&str>,
    call: Incoming<'_>,
) -> Result<Answer, ScimFault> {
    let query = call.query();
    let mut asked = match (call.method(), &id) {
        (&Method::GET | &Method::HEAD, None) => parameters::read(query, who.profile)?,
        _ => parameters::read_for_one(query, who.profile)?,
    };
    let mut projection = parameters::projection(&mut asked, kind, who)?;
    let applied = asked.applied.clone();
    let answer = match (call.method().as_str(), id) {
        ("GET" | "HEAD", None) => search::answer(gw, who, vec![kind], asked).await,
        ("POST", None) => create(gw, who, kind, &mut projection, call).await,
        (_, None) => Err(not_allowed("GET, POST")),
        ("GET" | "HEAD", Some(id)) => get(gw, who, kind, id, &projection, call.headers()).await,
        ("PUT", Some(id)) => replace(gw, who, kind, id, &mut projection, call).await,
        ("PATCH", Some(id)) => patch(gw, who, kind, id, &mut projection, call).await,
        ("DELETE", Some(id)) => delete(gw, who, kind, id, call.headers()).await,
        (_, Some(_)) => Err(not_allowed("GET, PUT, PATCH, DELETE")),
    };
    answer.map(|answer| answer.noting(&applied))
}

fn limit(kind: ResourceType) -> usize {
    match kind {
        ResourceType::User => body::SMALL,
        ResourceType::Group => body::LARGE,
    }
}

/// A resource as the projection shows it; what is derived is read only where it is asked for.
async fn shown(
    gw: &Gateway,
    who: &ScimCaller,
    status: StatusCode,
    wire: Wire,
    projection: &Projection,
) -> Result<Answer, ScimFault> {
    let mut one = [wire];
    if projection.asks_for(DOORWARD_URN) {
        provisioning::show_access(gw, who, &mut one).await?;
    }
    let [Wire { stored, .. }] = one;
    let (location, version) = (stored.head.location.clone(), stored.head.version.to_string());
    let text = projection.show(stored, &who.registry)?.into_text();
    Ok(Answer::text(status, text).with(header::LOCATION, location).with(header::ETAG, version))
}

async fn changed(
    gw: &Gateway,
    who: &ScimCaller,
    status: StatusCode,
    changed: Changed,
    projection: &Projection,
) -> Result<Answer, ScimFault> {
    let answer = shown(gw, who, status, changed.wire, projection).await?;
    Ok(answer.skipping(changed.skipped).noting(&changed.applied))
}

async fn create(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    projection: &mut Projection,
    call: Incoming<'_>,
) -> Result<Answer, ScimFault> {
    let body = body::json(call, limit(kind)).await?;
    projection.note_written(&body, &who.registry, who.profile);
    let made = match kind {
        ResourceType::User => provisioning::create_user(gw, who, body, None).await?,
        ResourceType::Group => provisioning::create_group(gw, who, body, None).await?,
    };
    changed(gw, who, StatusCode::CREATED, made, projection).await
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
    found(gw, who, wire, projection, headers).await
}

/// One resource that was read, or 304 where the client has it already.
pub(super) async fn found(
    gw: &Gateway,
    who: &ScimCaller,
    wire: Wire,
    projection: &Projection,
    headers: &HeaderMap,
) -> Result<Answer, ScimFault> {
    // What is derived moves without the version: whoever asks for it is answered in full.
    if !projection.asks_for(DOORWARD_URN)
        && wire.stored.head.version.if_none_match(header_text(headers, &header::IF_NONE_MATCH).as_deref())
    {
        return Ok(Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, wire.stored.head.version.to_string()));
    }
    shown(gw, who, StatusCode::OK, wire, projection).await
}

async fn replace(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: &str,
    projection: &mut Projection,
    call: Incoming<'_>,
) -> Result<Answer, ScimFault> {
    let precondition = header_text(call.headers(), &header::IF_MATCH);
    let body = body::json(call, limit(kind)).await?;
    projection.note_written(&body, &who.registry, who.profile);
    let done = match kind {
        ResourceType::User => provisioning::replace_user(gw, who, id, body, precondition).await?,
        ResourceType::Group => provisioning::replace_group(gw, who, id, body, precondition).await?,
    };
    changed(gw, who, StatusCode::OK, done, projection).await
}

async fn patch(
    gw: &Gateway,
    who: &ScimCaller,
    kind: ResourceType,
    id: &str,
    projection: &mut Projection,
    call: Incoming<'_>,
) -> Result<Answer, ScimFault> {
    let precondition = header_text(call.headers(), &header::IF_MATCH);
    let body = body::json(call, limit(kind)).await?;
    projection.note_written(&body, &who.registry, who.profile);
    match kind {
        ResourceType::User => {
            let done = provisioning::patch_user(gw, who, id, body, precondition).await?;
            changed(gw, who, StatusCode::OK, done, projection).await
        }
        ResourceType::Group => {
            let with_members = projection.wants("members");
            let (done, small) = provisioning::patch_group(gw, who, id, body, with_members, precondition).await?;
            if small || projection.is_asked() {
                return changed(gw, who, StatusCode::OK, done, projection).await;
            }
            let tag = done.wire.stored.head.version.to_string();
            Ok(Answer::empty(StatusCode::NO_CONTENT)
                .with(header::ETAG, tag)
                .skipping(done.skipped)
                .noting(&done.applied))
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
    let precondition = header_text(headers, &header::IF_MATCH);
    match kind {
        ResourceType::User => provisioning::delete_user(gw, who, id, precondition).await?,
        ResourceType::Group => provisioning::delete_group(gw, who, id, precondition).await?,
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn header_text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    // What is no text is no version either: it must not pass for a precondition that was never sent.
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
