//! Directories and their tokens.

use super::{ConsoleError, organizations};
use crate::base::ids::{DirectoryId, TokenId};
use crate::base::token::TokenKind;
use crate::domain::audit::{Actor, Deed};
use crate::domain::directory::{DirectorySettings, RoleLists, Told};
use crate::service::Gateway;
use crate::service::provisioning::Profile;
use crate::store::directories::{self, DirectoryRow, DirectoryTokenRow};
use crate::store::{Done, Record, StoreError, Tx};
use secrecy::SecretString;
use serde_json::json;

/// A directory that was made now, or a new token of one.
#[derive(Debug)]
pub struct DirectoryMade {
    /// The directory.
    pub id: DirectoryId,
    /// The token's id.
    pub token_id: TokenId,
    /// The token: shown once.
    pub token: SecretString,
}

/// The directories of an organization.
///
/// # Errors
/// [`ConsoleError::NoOrganization`], or when the store fails.
pub async fn list(gw: &Gateway, slug: &str) -> Result<Vec<DirectoryRow>, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    Ok(gw.store.read::<_, StoreError, _>(org, async |tx| directories::list(tx).await).await?)
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
) -> Result<DirectoryMade, ConsoleError> {
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
) -> Result<(DirectoryMade, Vec<Record>), StoreError> {
    let id = DirectoryId::mint(&gw.sources);
    let src = directories::insert(tx, id, key, profile.name(), settings, gw.sources.now()).await?;
    let row =
        DirectoryRow { src, id, key: key.to_owned(), profile: profile.name().to_owned(), enabled: true, settings };
    let record = gw.record(&Actor::Operator, Deed::DirectoryCreated, Some(id.to_string()), json!({"key": key}));
    let (made, second) = insert_token(tx, gw, &row, "first").await?;
    Ok((made, vec![record, second]))
}

async fn insert_token(
    tx: &mut Tx,
    gw: &Gateway,
    directory: &DirectoryRow,
    label: &str,
) -> Result<(DirectoryMade, Record), StoreError> {
    let minted = gw.mint.mint(&gw.sources, TokenKind::Directory, tx.org());
    let token_id = TokenId::mint(&gw.sources);
    let row =
        DirectoryTokenRow { id: token_id, label: label.to_owned(), created: gw.sources.now(), until: None, used: None };
    directories::insert_token(tx, directory.src, minted.hash, &row).await?;
    let body = json!({"kind": "directory", "directory": directory.id});
    let record = gw.record(&Actor::Operator, Deed::TokenCreated, Some(token_id.to_string()), body);
    Ok((DirectoryMade { id: directory.id, token_id, token: minted.text }, record))
}

pub(super) async fn of_key(tx: &mut Tx, key: &str) -> Result<DirectoryRow, ConsoleError> {
    let found = directories::list(tx).await?.into_iter().find(|directory| directory.key == key);
    found.ok_or_else(|| ConsoleError::NoDirectory(key.to_owned()))
}

/// Makes a further token of a directory.
///
/// # Errors
/// [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn add_token(gw: &Gateway, slug: &str, key: &str, label: &str) -> Result<DirectoryMade, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let (gateway, key, label) = (gw.clone(), key.to_owned(), label.to_owned());
    gw.store
        .write(org, async move |tx| {
            let directory = of_key(tx, &key).await?;
            let (made, record) = insert_token(tx, &gateway, &directory, &label).await?;
            Ok::<_, ConsoleError>(Done::of(made).and(record))
        })
        .await
}

/// Takes a token of a directory away.
///
/// # Errors
/// [`ConsoleError::NoToken`], or when the store fails.
pub async fn revoke_token(gw: &Gateway, slug: &str, key: &str, id: TokenId) -> Result<(), ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let key = key.to_owned();
    let record = gw.record(&Actor::Operator, Deed::TokenRevoked, Some(id.to_string()), json!({"kind": "directory"}));
    gw.store
        .write(org, async move |tx| {
            let directory = of_key(tx, &key).await?;
            if !directories::delete_token(tx, directory.src, id).await? {
                return Err(ConsoleError::NoToken);
            }
            Ok(Done::of(()).and(record.clone()))
        })
        .await
}

/// The tokens of a directory.
///
/// # Errors
/// [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn tokens(gw: &Gateway, slug: &str, key: &str) -> Result<Vec<DirectoryTokenRow>, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let key = key.to_owned();
    gw.store
        .read(org, async move |tx| {
            let directory = of_key(tx, &key).await?;
            Ok(directories::tokens(tx, directory.src).await?)
        })
        .await
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
