//! What waits for an admin since a directory replaced somebody's externalId or brought them back under another name:
//! an admin gives it back or throws it away (scim.md 3.1.3).

use super::users::own;
use super::{ConsoleError, organizations};
use crate::base::ids::{OrgNo, PersonId};
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::service::access::{self, Ground};
use crate::store::{Done, aside, people};
use serde::Serialize;
use serde_json::json;

/// People in one page.
const PAGE: i64 = 200;

/// What is set aside of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsideView {
    /// The person's id.
    pub id: PersonId,
    /// The e-mail.
    pub email: Option<String>,
    /// How many links to subjects of connections wait.
    pub links: u64,
    /// How many manual grants wait.
    pub grants: u64,
}

/// What became of that which was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GivenBackView {
    /// Links that hold again.
    pub links: u64,
    /// Grants that hold again.
    pub grants: u64,
    /// Links that were dropped, since the person has another one at that connection by now.
    pub outdated_links: u64,
}

/// Everybody of whom something waits, for the operator.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn list(gw: &Gateway, slug: &str) -> Result<Vec<AsideView>, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    gw.store
        .read(org, async move |tx| {
            let (mut views, mut after) = (Vec::new(), None);
            loop {
                let page = aside::people(tx, after, PAGE).await?;
                let Some(last) = page.last() else { return Ok(views) };
                after = Some(*last);
                for id in page {
                    let email = people::get(tx, id).await?.and_then(|person| person.email);
                    let aside = aside::of(tx, id).await?;
                    views.push(AsideView { id, email, links: aside.links, grants: aside.grants });
                }
            }
        })
        .await
}

/// What waits of one person; nothing is zero of each.
///
/// # Errors
/// [`ConsoleError::NoPerson`], [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn get(gw: &Gateway, org: OrgNo, slug: &str, id: PersonId) -> Result<AsideView, ConsoleError> {
    let slug = slug.to_owned();
    gw.store
        .read(org, async move |tx| {
            own(tx, &slug).await?;
            let person = people::get(tx, id).await?.ok_or(ConsoleError::NoPerson)?;
            let aside = aside::of(tx, id).await?;
            Ok(AsideView { id, email: person.email, links: aside.links, grants: aside.grants })
        })
        .await
}

/// Gives it back: it is still the same human. Sessions and tokens do not come back.
///
/// # Errors
/// [`ConsoleError::NothingAside`], [`ConsoleError::NoPerson`], [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn give_back(
    gw: &Gateway,
    actor: &Actor,
    org: OrgNo,
    slug: &str,
    id: PersonId,
) -> Result<GivenBackView, ConsoleError> {
    let (gateway, by, slug) = (gw.clone(), actor.clone(), slug.to_owned());
    let now = gw.sources.now();
    gw.store
        .write(org, async move |tx| {
            own(tx, &slug).await?;
            people::lock(tx, id).await?.ok_or(ConsoleError::NoPerson)?;
            if aside::of(tx, id).await?.is_empty() {
                return Err(ConsoleError::NothingAside);
            }
            let done = aside::give_back(tx, id, now).await?;
            let ground = Ground::load(tx, &gateway).await?;
            let mut records = access::settle(tx, &gateway, &ground, id, Deed::PersonGivenBack.as_str()).await?;
            let view = GivenBackView { links: done.links, grants: done.grants, outdated_links: done.outdated_links };
            records.push(gateway.record(&by, Deed::PersonGivenBack, Some(id.to_string()), json!(view)));
            Ok(Done::of(view).and_all(records))
        })
        .await
}

/// Throws it away: it is another human.
///
/// # Errors
/// [`ConsoleError::NothingAside`], [`ConsoleError::NoPerson`], [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn discard(
    gw: &Gateway,
    actor: &Actor,
    org: OrgNo,
    slug: &str,
    id: PersonId,
) -> Result<AsideView, ConsoleError> {
    let (gateway, by, slug) = (gw.clone(), actor.clone(), slug.to_owned());
    gw.store
        .write(org, async move |tx| {
            own(tx, &slug).await?;
            let person = people::lock(tx, id).await?.ok_or(ConsoleError::NoPerson)?;
            let was = aside::of(tx, id).await?;
            if was.is_empty() {
                return Err(ConsoleError::NothingAside);
            }
            aside::discard(tx, id).await?;
            let view = AsideView { id, email: person.email, links: was.links, grants: was.grants };
            let body = json!({"links": was.links, "grants": was.grants});
            let record = gateway.record(&by, Deed::PersonAsideDiscarded, Some(id.to_string()), body);
            Ok(Done::of(view).and(record))
        })
        .await
}
