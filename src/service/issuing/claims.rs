//! The claims about a person: the contract with panel apps.

use super::IssuingError;
use crate::base::ids::{OrgId, OrgNo, PersonId, SessionId};
use crate::domain::claims::PanelClaims;
use crate::service::Gateway;
use crate::service::access::{self, GroundError};
use crate::store::organizations;
use crate::store::signed_in::Holder;
use serde::Serialize;

/// Whose person it is.
#[derive(Debug, Clone, Serialize)]
pub struct OrgClaim {
    /// The organization's id.
    pub id: OrgId,
    /// Its short name.
    pub slug: String,
}

/// What a panel app gets about a person, with scope `openid`, at every door alike.
#[derive(Debug, Clone, Serialize)]
pub struct PersonClaims {
    /// The person.
    pub sub: PersonId,
    /// The e-mail as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The name to show.
    pub name: String,
    /// The organization.
    pub org: OrgClaim,
    /// What the person may do.
    #[serde(flatten)]
    pub panel: PanelClaims,
    /// The session.
    pub sid: SessionId,
    /// Moves with each change of access.
    pub access_version: i64,
    /// How the person proved who they are, in the IdP's words.
    pub amr: Vec<String>,
    /// When they did, Unix seconds.
    pub auth_time: i64,
}

/// The claims of a person as they are right now.
pub(super) async fn of(gw: &Gateway, org: OrgNo, holder: &Holder) -> Result<PersonClaims, IssuingError> {
    let current = access::current(gw, org, holder.person.id).await?;
    let organization = gw
        .store
        .read(org, async |tx| organizations::get(tx).await.map_err(GroundError::from))
        .await?
        .ok_or(GroundError::OrganizationGone)?;
    Ok(PersonClaims {
        sub: holder.person.id,
        email: holder.person.email.clone(),
        name: holder.person.name.clone(),
        org: OrgClaim { id: organization.id, slug: organization.slug },
        panel: current.claims(),
        sid: holder.session,
        access_version: current.version,
        amr: holder.amr.clone(),
        auth_time: holder.auth_time.timestamp(),
    })
}
