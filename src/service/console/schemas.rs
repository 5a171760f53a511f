//! An organization's own extension schemas, for its administrators.

use super::users::own;
use super::{ConsoleError, organizations};
use crate::base::ids::OrgNo;
use crate::domain::audit::Actor;
use crate::protocol::scim::discovery::declaration;
use crate::protocol::scim::schema::{DeclaredSchema, SchemaFault};
use crate::service::{Gateway, schemas};
use crate::store::Done;
use serde_json::Value;

pub use crate::service::schemas::Declared;

/// The schemas of an organization, for the operator: the documents of RFC 7643 §7.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn list(gw: &Gateway, slug: &str) -> Result<Vec<Value>, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    of_caller(gw, org, slug).await
}

/// The same for a caller of this organization; a neighbour's is not there.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn of_caller(gw: &Gateway, caller: OrgNo, slug: &str) -> Result<Vec<Value>, ConsoleError> {
    let slug = slug.to_owned();
    gw.store
        .read(caller, async move |tx| {
            own(tx, &slug).await?;
            Ok(schemas::list(tx).await?.iter().map(declaration).collect())
        })
        .await
}

/// One schema, by its URN in any case.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], [`ConsoleError::NoSchema`], or when the store fails.
pub async fn get(gw: &Gateway, caller: OrgNo, slug: &str, urn: &str) -> Result<Value, ConsoleError> {
    let list = of_caller(gw, caller, slug).await?;
    let same = |schema: &Value| schema["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(urn));
    list.into_iter().find(same).ok_or_else(|| ConsoleError::NoSchema(urn.to_owned()))
}

/// Declares the schema of this URN; the document as it stands from now on, and what changed.
///
/// # Errors
/// [`ConsoleError::Schema`] with the rule that it breaks.
pub async fn put(
    gw: &Gateway,
    actor: &Actor,
    caller: OrgNo,
    slug: &str,
    urn: &str,
    mut declared: DeclaredSchema,
) -> Result<(Value, Declared), ConsoleError> {
    if declared.urn.as_ref().is_some_and(|sent| sent != urn) {
        return Err(SchemaFault::OtherUrn(urn.to_owned()).into());
    }
    declared.urn = Some(urn.to_owned());
    let extension = declared.read()?;
    let document = declaration(&extension);
    let (gateway, actor, slug) = (gw.clone(), actor.clone(), slug.to_owned());
    let declared = gw
        .store
        .write::<_, ConsoleError, _>(caller, async move |tx| {
            own(tx, &slug).await?;
            let (declared, record) = schemas::declare(tx, &gateway, &actor, &extension).await?;
            Ok(Done::of(declared).and_all(record))
        })
        .await?;
    Ok((document, declared))
}

/// Takes a schema away. What resources have of it stays stored and is shown no more.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], [`ConsoleError::NoSchema`], or when the store fails.
pub async fn delete(gw: &Gateway, actor: &Actor, caller: OrgNo, slug: &str, urn: &str) -> Result<(), ConsoleError> {
    let (gateway, actor, slug, urn) = (gw.clone(), actor.clone(), slug.to_owned(), urn.to_owned());
    gw.store
        .write::<_, ConsoleError, _>(caller, async move |tx| {
            own(tx, &slug).await?;
            let gone = schemas::remove(tx, &gateway, &actor, &urn).await?;
            let record = gone.ok_or_else(|| ConsoleError::NoSchema(urn.clone()))?;
            Ok(Done::of(()).and(record))
        })
        .await
}
