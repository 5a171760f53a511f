//! Tokens of a directory that an admin makes: they may end by themselves, and are replaced with an overlap.

use super::directories::of_key;
use super::{ConsoleError, organizations, users};
use crate::base::ids::{DirectoryId, OrgNo, TokenId};
use crate::base::token::{TokenKind, reveal};
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::store::directories::{self, DirectoryRow, DirectoryTokenRow};
use crate::store::{Done, Record, StoreError, Tx};
use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

/// A token that ends in less than this is shown as ending soon.
const SOON: Duration = Duration::days(14);
/// The longest life that a token may be given, in days.
const MOST_DAYS: u32 = 3650;
/// The longest overlap of an old credential with its successor, in hours: 30 days.
const MOST_HOURS: u32 = 720;

/// Who asks, of which directory. The organization is named once more, by its slug: a neighbour's is not there.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who does it.
    pub actor: Actor,
    /// The organization.
    pub org: OrgNo,
    /// Its slug, as it was written.
    pub slug: String,
    /// The key of the directory.
    pub key: String,
}

impl Asked {
    /// What the operator asks for, who may ask everywhere.
    ///
    /// # Errors
    /// [`ConsoleError::NoOrganization`], or when the store fails.
    pub async fn by_operator(gw: &Gateway, slug: &str, key: &str) -> Result<Self, ConsoleError> {
        let org = organizations::of_slug(gw, slug).await?;
        Ok(Self { actor: Actor::Operator, org, slug: slug.to_owned(), key: key.to_owned() })
    }

    /// The directory that is asked for.
    pub(super) async fn directory(&self, tx: &mut Tx) -> Result<DirectoryRow, ConsoleError> {
        users::own(tx, &self.slug).await?;
        of_key(tx, &self.key).await
    }
}

/// How a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It works.
    Live,
    /// It works, and ends within 14 days.
    EndsSoon,
    /// It has ended.
    Ended,
}

impl TokenState {
    /// How something stands that ends then.
    #[must_use]
    pub fn of(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        match until {
            Some(until) if until <= now => Self::Ended,
            Some(until) if until - now < SOON => Self::EndsSoon,
            _ => Self::Live,
        }
    }
}

/// A token as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// What it was made for.
    pub label: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends by itself; `null`: never.
    pub until: Option<DateTime<Utc>>,
    /// When it was last used, within a minute.
    pub used: Option<DateTime<Utc>>,
    /// How it stands.
    pub state: TokenState,
}

/// A token that was made now.
#[derive(Debug, Serialize)]
pub struct TokenMade {
    /// The directory.
    #[serde(rename = "id")]
    pub directory: DirectoryId,
    /// What the IdP is told.
    pub scim_base_url: String,
    /// The token's id.
    pub token_id: TokenId,
    /// The token: shown once.
    #[serde(serialize_with = "shown")]
    pub token: SecretString,
    /// When it ends by itself; `null`: never.
    pub until: Option<DateTime<Utc>>,
}

/// Shows a secret to whom it was made for.
pub(super) fn shown<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    reveal(secret).serialize(serializer)
}

/// What a new token is to be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenWish {
    /// What it is for.
    pub label: Option<String>,
    /// In how many days it ends; never, if nothing is said.
    pub expires_days: Option<u32>,
}

/// How a credential is replaced.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// How many hours the old one works beside the new one; 24, if nothing is said, and 0 for not at all.
    pub overlap_hours: Option<u32>,
}

impl Rotation {
    /// How long the old one works on.
    pub(super) fn overlap(self) -> Result<Duration, ConsoleError> {
        match self.overlap_hours.unwrap_or(24) {
            hours if hours <= MOST_HOURS => Ok(Duration::hours(hours.into())),
            _ => Err(ConsoleError::Filter { field: "overlap_hours", rule: "is a number of hours from 0 to 720" }),
        }
    }
}

impl TokenWish {
    fn life(&self) -> Result<Option<Duration>, ConsoleError> {
        match self.expires_days {
            None => Ok(None),
            Some(days) if (1..=MOST_DAYS).contains(&days) => Ok(Some(Duration::days(days.into()))),
            Some(_) => Err(ConsoleError::Filter { field: "expires_days", rule: "is a number of days from 1 to 3650" }),
        }
    }

    fn label(&self) -> Result<String, ConsoleError> {
        let label = self.label.as_deref().unwrap_or("token").trim();
        let good = !label.is_empty() && label.chars().count() <= 200 && !label.chars().any(char::is_control);
        let rule = "is a text of 1 to 200 characters without control characters";
        if good { Ok(label.to_owned()) } else { Err(ConsoleError::Filter { field: "label", rule }) }
    }
}

/// A token to be made inside a unit of work.
#[derive(Debug, Clone)]
pub(super) struct NewToken<'a> {
    pub(super) label: &'a str,
    pub(super) life: Option<Duration>,
}

/// Makes a token inside a unit of work.
pub(super) async fn insert(
    tx: &mut Tx,
    gw: &Gateway,
    directory: &DirectoryRow,
    new: &NewToken<'_>,
) -> Result<(TokenMade, DirectoryTokenRow), StoreError> {
    let minted = gw.mint.mint(&gw.sources, TokenKind::Directory, tx.org());
    let (id, now) = (TokenId::mint(&gw.sources), gw.sources.now());
    let until = new.life.map(|life| now + life);
    let row = DirectoryTokenRow { id, label: new.label.to_owned(), created: now, until, used: None };
    directories::insert_token(tx, directory.src, minted.hash, &row).await?;
    let scim_base_url = gw.urls.scim(directory.id);
    Ok((TokenMade { directory: directory.id, scim_base_url, token_id: id, token: minted.text, until }, row))
}

/// The event of a token that was made.
pub(super) fn told(gw: &Gateway, actor: &Actor, directory: &DirectoryRow, row: &DirectoryTokenRow) -> Record {
    let body = json!({"kind": "directory", "directory": directory.id, "until": row.until});
    gw.record(actor, Deed::TokenCreated, Some(row.id.to_string()), body)
}

/// Makes a further token of a directory.
///
/// # Errors
/// [`ConsoleError::NoDirectory`], [`ConsoleError::Filter`], or when the store fails.
pub async fn add(gw: &Gateway, asked: &Asked, wish: &TokenWish) -> Result<TokenMade, ConsoleError> {
    let (label, life) = (wish.label()?, wish.life()?);
    let (gateway, asked) = (gw.clone(), asked.clone());
    gw.store
        .write(asked.org, async move |tx| {
            let directory = asked.directory(tx).await?;
            let (made, row) = insert(tx, &gateway, &directory, &NewToken { label: &label, life }).await?;
            let record = told(&gateway, &asked.actor, &directory, &row);
            Ok::<_, ConsoleError>(Done::of(made).and(record))
        })
        .await
}

/// The tokens of a directory, oldest first; those that ended within 30 days are among them.
///
/// # Errors
/// [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn list(gw: &Gateway, asked: &Asked) -> Result<Vec<TokenView>, ConsoleError> {
    let (now, asked) = (gw.sources.now(), asked.clone());
    let org = asked.org;
    let rows = gw
        .store
        .read::<_, ConsoleError, _>(org, async move |tx| {
            let directory = asked.directory(tx).await?;
            Ok(directories::tokens(tx, directory.src).await?)
        })
        .await?;
    let view = |row: DirectoryTokenRow| {
        let DirectoryTokenRow { id, label, created, until, used } = row;
        TokenView { id, label, created, until, used, state: TokenState::of(until, now) }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Takes a token of a directory away: it is dead at once.
///
/// # Errors
/// [`ConsoleError::NoToken`], or when the store fails.
pub async fn revoke(gw: &Gateway, asked: &Asked, id: TokenId) -> Result<(), ConsoleError> {
    let body = json!({"kind": "directory"});
    let record = gw.record(&asked.actor, Deed::TokenRevoked, Some(id.to_string()), body);
    let asked = asked.clone();
    gw.store
        .write(asked.org, async move |tx| {
            let directory = asked.directory(tx).await?;
            if !directories::delete_token(tx, directory.src, id).await? {
                return Err(ConsoleError::NoToken);
            }
            Ok(Done::of(()).and(record.clone()))
        })
        .await
}

/// Makes a token in the place of another, with its label and its length of life; the old one ends after the overlap.
///
/// # Errors
/// [`ConsoleError::NoToken`] also for one that has ended, [`ConsoleError::Filter`], or when the store fails.
pub async fn rotate(gw: &Gateway, asked: &Asked, id: TokenId, rotation: Rotation) -> Result<TokenMade, ConsoleError> {
    let overlap = rotation.overlap()?;
    let (gateway, asked) = (gw.clone(), asked.clone());
    gw.store
        .write(asked.org, async move |tx| {
            let now = gateway.sources.now();
            let directory = asked.directory(tx).await?;
            let tokens = directories::tokens(tx, directory.src).await?;
            let old = tokens.into_iter().find(|row| row.id == id && row.until.is_none_or(|until| until > now));
            let old = old.ok_or(ConsoleError::NoToken)?;
            let life = old.until.map(|until| until - old.created);
            let (made, row) = insert(tx, &gateway, &directory, &NewToken { label: &old.label, life }).await?;
            let until = old.until.map_or(now + overlap, |until| until.min(now + overlap));
            directories::end_token(tx, directory.src, id, until).await?;
            let body = json!({"kind": "directory", "successor": row.id, "until": until});
            let ends = gateway.record(&asked.actor, Deed::TokenRotated, Some(id.to_string()), body);
            Ok::<_, ConsoleError>(Done::of(made).and(told(&gateway, &asked.actor, &directory, &row)).and(ends))
        })
        .await
}
