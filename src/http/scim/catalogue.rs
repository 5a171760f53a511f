//! `/Roles` and `/Entitlements`, where the directory has them switched on.

use super::answer::{Answer, ScimFault};
use super::caller::ScimCaller;
use super::incoming::Incoming;
use super::{not_allowed, parameters};
use crate::domain::directory::RoleLists;
use crate::protocol::scim::catalogue::{Catalogue, Dialect};
use crate::protocol::scim::choice::Choice;
use crate::protocol::scim::error::{ScimError, ScimType};
use crate::protocol::scim::list::{ListPage, Paging, list_response};
use crate::service::Gateway;
use crate::service::provisioning;
use axum::http::{Method, StatusCode};

/// The dialect in which a directory shows the lists; `None`: it has none.
pub(super) fn dialect_of(who: &ScimCaller) -> Option<Dialect> {
    match who.directory.settings.roles {
        RoleLists::Off => None,
        RoleLists::Draft => Some(Dialect::Draft),
        RoleLists::Okta => Some(Dialect::Okta),
    }
}

pub(super) async fn go(
    gw: &Gateway,
    who: &ScimCaller,
    dialect: Dialect,
    which: Catalogue,
    id: Option<&str>,
    call: Incoming<'_>,
) -> Result<Answer, ScimFault> {
    if call.method() != Method::GET && call.method() != Method::HEAD {
        return Err(not_allowed("GET"));
    }
    let found = provisioning::catalogues(gw, who, dialect).await?;
    let items = match which {
        Catalogue::Roles => found.roles,
        Catalogue::Entitlements => found.entitlements,
    };
    let base = gw.urls.scim(who.directory.id);
    let asked = match id {
        Some(_) => parameters::read_for_one(call.query(), who.profile)?,
        None => parameters::read(call.query(), who.profile)?,
    };
    let choice = Choice::of(&asked.attributes, &asked.excluded)?;
    if let Some(id) = id {
        let item = items.iter().find(|item| item.value == id);
        let item = item.ok_or_else(|| ScimError::not_found(which.name(), id))?;
        let entry = which.resource(&base, dialect, item, choice);
        return Ok(Answer::json(StatusCode::OK, entry).noting(&asked.applied));
    }
    if asked.filter.is_some() {
        return Err(ScimError::invalid_filter("filter: this list is short and is not filtered; read all of it.").into());
    }
    if asked.sort_by.is_some() {
        let detail = "sortBy: this list has its own order, the highest first; leave it out.";
        return Err(ScimError::bad(ScimType::InvalidPath, detail).into());
    }
    let Paging::Index { start, count } = asked.paging else {
        return Err(ScimError::invalid_value("cursor: this list is paged by startIndex and count.").into());
    };
    let total = items.len() as u64;
    let skip = usize::try_from(start.saturating_sub(1)).unwrap_or(usize::MAX);
    let page = items.iter().skip(skip).take(usize::try_from(count).unwrap_or(usize::MAX));
    let resources = page.map(|item| which.resource(&base, dialect, item, choice)).collect();
    let about = ListPage { total: Some(total), start_index: start, ..ListPage::default() };
    Ok(Answer::json(StatusCode::OK, list_response(resources, &about)).noting(&asked.applied))
}
