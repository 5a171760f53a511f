//! Queries over one or both types: lists, `/.search` (RFC 7644 §3.4.3) and the root query (§3.4.2.1).

use super::answer::{Answer, ScimFault};
use super::body;
use super::caller::ScimCaller;
use super::incoming::Incoming;
use super::not_allowed;
use super::parameters;
use crate::protocol::scim::list::{ListPage, ListRequest, PageLimits, list_text};
use crate::protocol::scim::schema::{DOORWARD_URN, RESOURCE_TYPES, ResourceType};
use crate::service::Gateway;
use crate::service::provisioning::{self, Query};
use axum::http::{Method, StatusCode};

/// `POST …/.search`.
pub(super) async fn post(
    gw: &Gateway,
    who: &ScimCaller,
    kinds: Vec<ResourceType>,
    call: Incoming<'_>,
) -> Result<Answer, ScimFault> {
    if call.method() != Method::POST {
        return Err(not_allowed("POST"));
    }
    let body = body::json(call, body::SMALL).await?;
    let asked = ListRequest::from_search(body, PageLimits::default(), who.profile)?;
    answer(gw, who, kinds, asked).await
}

/// `GET /?filter=…`, over both types.
pub(super) async fn root(gw: &Gateway, who: &ScimCaller, call: Incoming<'_>) -> Result<Answer, ScimFault> {
    if call.method() != Method::GET && call.method() != Method::HEAD {
        return Err(not_allowed("GET"));
    }
    let asked = parameters::read(call.query(), who.profile)?;
    answer(gw, who, RESOURCE_TYPES.to_vec(), asked).await
}

/// The page that is asked for, each resource as the projection for its type shows it.
pub(super) async fn answer(
    gw: &Gateway,
    who: &ScimCaller,
    kinds: Vec<ResourceType>,
    mut asked: ListRequest,
) -> Result<Answer, ScimFault> {
    let users = parameters::projection(&mut asked, ResourceType::User, who)?;
    let groups = parameters::projection(&mut asked, ResourceType::Group, who)?;
    let query = Query {
        kinds,
        filter: asked.filter,
        sort_by: asked.sort_by,
        descending: asked.descending,
        paging: asked.paging,
        with_members: groups.wants("members"),
    };
    let mut page = provisioning::list(gw, who, query).await?;
    if users.asks_for(DOORWARD_URN) {
        provisioning::show_access(gw, who, &mut page.resources).await?;
    }
    let registry = &who.registry;
    let shown = |wire: provisioning::Wire| {
        let projection = match wire.stored.head.kind {
            ResourceType::User => &users,
            ResourceType::Group => &groups,
        };
        projection.show(wire.stored, registry)
    };
    let resources = page.resources.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let about =
        ListPage { total: page.total, start_index: page.start_index, next_cursor: page.next, previous_cursor: None };
    let answer = Answer::text(StatusCode::OK, list_text(&resources, &about));
    Ok(answer.noting(&asked.applied).noting(&page.applied))
}
