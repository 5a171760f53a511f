//! Query parameters. Unknown ones are passed over (`aadOptscim062020`), as are empty pairs.

use super::caller::ScimCaller;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::list::{ListRequest, PageLimits, decode_query};
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::projection::Projection;
use crate::protocol::scim::schema::ResourceType;

/// The parameters of a call.
pub(super) fn read(query: Option<&str>, profile: Profile) -> Result<ListRequest, ScimError> {
    ListRequest::from_query(decode_query(query.unwrap_or_default())?, PageLimits::default(), profile)
}

/// The parameters of a call on one resource: what lists are asked for says nothing there.
pub(super) fn read_for_one(query: Option<&str>, profile: Profile) -> Result<ListRequest, ScimError> {
    let of_lists = ["filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"];
    let query = query.unwrap_or_default().split('&');
    let kept: Vec<&str> = query
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !of_lists.iter().any(|known| known.eq_ignore_ascii_case(name))
        })
        .collect();
    read(Some(&kept.join("&")), profile)
}

/// `attributes` and `excludedAttributes`, noting what they needed with the rest of the call.
pub(super) fn projection(
    asked: &mut ListRequest,
    kind: ResourceType,
    who: &ScimCaller,
) -> Result<Projection, ScimError> {
    let ListRequest { attributes, excluded, applied, .. } = asked;
    Projection::read(attributes, excluded, &who.registry, kind, who.profile, applied)
}
