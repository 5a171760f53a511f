//! `/Me` for a person: what a directory has pushed of who bears an access token of a panel app (RFC 7644 §3.11).

use super::shape::Wire;
use super::users::user_wire;
use super::{DirectoryCaller, ProvisionError};
use crate::base::ids::DirectoryId;
use crate::base::token::TokenKind;
use crate::protocol::oauth::SCIM_ME;
use crate::protocol::scim::schema::Registry;
use crate::service::Gateway;
use crate::service::scim_log::Credential;
use crate::store::tokens::{self, Use};
use crate::store::{directories, resources, schemas};

/// A person who asks about themselves at a directory of their organization.
#[derive(Debug)]
pub struct Subject {
    /// The directory, as the person sees it. It is no proof of the directory itself: it serves to show this answer, and
    /// nothing may be changed by it.
    pub view: DirectoryCaller,
    /// Whether the token may be used for this.
    pub in_scope: bool,
    /// The person's User there; `None` where there is none.
    pub wire: Option<Wire>,
}

/// The person whose access token this is, at a directory of their organization; `None` for any other token, a dead one
/// and a neighbour's directory alike. Person, epoch and session are compared in the unit that reads the User (law 5).
///
/// # Errors
/// When the store fails.
pub async fn subject(gw: &Gateway, directory: DirectoryId, token: &str) -> Result<Option<Subject>, ProvisionError> {
    let Some(presented) = gw.mint.read(TokenKind::Access, token) else { return Ok(None) };
    let Some((org, src)) = gw.store.directory_entry(directory).await? else { return Ok(None) };
    if org != presented.org {
        return Ok(None);
    }
    let (gateway, now) = (gw.clone(), gw.sources.now());
    let found = gw
        .store
        .read::<_, ProvisionError, _>(org, async move |tx| {
            let Some(live) = tokens::live(tx, Use::Access, presented.hash, now).await? else { return Ok(None) };
            let Some(row) = directories::get(tx, src).await? else { return Ok(None) };
            let credential = Credential {
                kind: "person",
                id: live.holder.person.id.to_string().into(),
                label: "access token of a panel app".into(),
            };
            let (profile, registry) = (row.profile.parse().unwrap_or_default(), Registry::standard().clone());
            let view = DirectoryCaller {
                org,
                directory: row.into(),
                profile,
                registry,
                credential,
                remembered: None,
                operation: None,
            };
            let in_scope = live.scope.split(' ').any(|scope| scope == SCIM_ME);
            let resource = resources::of_person(tx, src, live.holder.person.id).await?;
            let wire = match resource.filter(|_| in_scope && view.directory.enabled) {
                Some(resource) => Some(user_wire(tx, &gateway, &view, &resource).await?),
                None => None,
            };
            Ok(Some((Subject { view, in_scope, wire }, schemas::changes(tx).await?)))
        })
        .await?;
    let Some((mut subject, changes)) = found else { return Ok(None) };
    subject.view.registry = crate::service::schemas::registry(gw, org, changes).await?;
    Ok(Some(subject))
}
