//! Directories.

use super::directory_tokens::{self, NewToken, TokenMade};
use super::{ConsoleError, organizations, users};
use crate::base::ids::{DirectoryId, OrgNo};
use crate::domain::audit::{Actor, Deed};
use crate::domain::directory::{DirectorySettings, RoleLists, Told};
use crate::service::Gateway;
use crate::service::provisioning::Profile;
use crate::store::directories::{self, DirectoryRow};
use crate::store::{Done, Record, StoreError, Tx};
use serde::Serialize;
use serde_json::json;

/// The directories of an organization.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn list(gw: &Gateway, slug: &str) -> Result<Vec<DirectoryRow>, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    Ok(gw.store.read::<_, StoreError, _>(org, async |tx| directories::list(tx).await).await?)
}

/// A directory as an administrator sees it.
#[derive(Debug, Clone, Serialize)]
pub struct DirectoryView {
    /// What the organization calls it.
    pub key: String,
    /// Its id.
    pub id: DirectoryId,
    /// Which dialect it tolerates.
    pub profile: String,
    /// Whether it answers.
    pub enabled: bool,
    /// What the IdP is told.
    pub scim_base_url: String,
    /// Where its OAuth clients get tokens.
    pub token_url: String,
}

/// The directories of the organization that a program asks for, by key.
///
/// # Errors
/// [`ConsoleError::NoOrganization`] also for a neighbour's slug, or when the store fails.
pub async fn of_caller(gw: &Gateway, org: OrgNo, slug: &str) -> Result<Vec<DirectoryView>, ConsoleError> {
    let slug = slug.to_owned();
    let work = async move |tx: &mut Tx| {
        users::own(tx, &slug).await?;
        Ok::<_, ConsoleError>(directories::list(tx).await?)
    };
    let view = |row: DirectoryRow| DirectoryView {
        scim_base_url: gw.urls.scim(row.id),
        token_url: gw.urls.scim_token(),
        key: row.key,
        id: row.id,
        profile: row.profile,
        enabled: row.enabled,
    };
    Ok(gw.store.read(org, work).await?.into_iter().map(view).collect())
}

/// Makes a directory with its first token.
///
/// # Errors
/// [`ConsoleError::KeyTaken`], or when the store fails.
pub async fn add(
    gw: &Gateway,
    slug: &str,
    key: &str,
    profile: Profile,
    settings: DirectorySettings,
) -> Result<TokenMade, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let (gateway, key) = (gw.clone(), key.to_owned());
    gw.store
        .write(org, async move |tx| {
            if directories::list(tx).await?.iter().any(|found| found.key == key) {
                return Err(ConsoleError::KeyTaken(key.clone()));
            }
            let (made, records) = insert(tx, &gateway, &key, profile, settings).await?;
            Ok(Done::of(made).and_all(records))
        })
        .await
}

/// Makes a directory inside a unit of work.
pub(super) async fn insert(
    tx: &mut Tx,
    gw: &Gateway,
    key: &str,
    profile: Profile,
    settings: DirectorySettings,
) -> Result<(TokenMade, Vec<Record>), StoreError> {
    let id = DirectoryId::mint(&gw.sources);
    let src = directories::insert(tx, id, key, profile.name(), settings, gw.sources.now()).await?;
    let row =
        DirectoryRow { src, id, key: key.to_owned(), profile: profile.name().to_owned(), enabled: true, settings };
    let record = gw.record(&Actor::Operator, Deed::DirectoryCreated, Some(id.to_string()), json!({"key": key}));
    let (made, token) = directory_tokens::insert(tx, gw, &row, &NewToken { label: "first", life: None }).await?;
    Ok((made, vec![record, directory_tokens::told(gw, &Actor::Operator, &row, &token)]))
}

pub(super) async fn of_key(tx: &mut Tx, key: &str) -> Result<DirectoryRow, ConsoleError> {
    let found = directories::list(tx).await?.into_iter().find(|directory| directory.key == key);
    found.ok_or_else(|| ConsoleError::NoDirectory(key.to_owned()))
}

/// What is to be set of a directory; `None` leaves it as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct DirectoryWish {
    /// Which dialect it tolerates.
    pub profile: Option<Profile>,
    /// What it tells of each change.
    pub events: Option<Told>,
    /// Whether it lists roles and entitlements, and in whose words.
    pub roles: Option<RoleLists>,
}

/// Sets what is wished of a directory.
///
/// # Errors
/// [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn set(gw: &Gateway, slug: &str, key: &str, wish: DirectoryWish) -> Result<(), ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let (gateway, key) = (gw.clone(), key.to_owned());
    gw.store
        .write(org, async move |tx| {
            let mut directory = of_key(tx, &key).await?;
            if let Some(profile) = wish.profile {
                directory.profile = profile.name().to_owned();
            }
            if let Some(events) = wish.events {
                directory.settings.events = events;
            }
            if let Some(roles) = wish.roles {
                directory.settings.roles = roles;
            }
            directories::update(tx, &directory).await?;
            let body = json!({"key": key, "profile": directory.profile, "settings": directory.settings});
            let target = Some(directory.id.to_string());
            let record = gateway.record(&Actor::Operator, Deed::DirectoryUpdated, target, body);
            Ok::<_, ConsoleError>(Done::of(()).and(record))
        })
        .await
}

/// Switches a directory on or off; switched off, it answers 403.
///
/// # Errors
/// [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn enable(gw: &Gateway, slug: &str, key: &str, enabled: bool) -> Result<(), ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let (gateway, key) = (gw.clone(), key.to_owned());
    gw.store
        .write(org, async move |tx| {
            let directory = of_key(tx, &key).await?;
            directories::update(tx, &DirectoryRow { enabled, ..directory.clone() }).await?;
            let deed = if enabled { Deed::DirectoryEnabled } else { Deed::DirectoryDisabled };
            let record = gateway.record(&Actor::Operator, deed, Some(directory.id.to_string()), json!({"key": key}));
            Ok::<_, ConsoleError>(Done::of(()).and(record))
        })
        .await
}
