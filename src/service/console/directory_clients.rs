//! OAuth clients of a directory: made with one way of proof, listed, given new secrets, taken away.

use super::apply::metadata::may_be_plain;
use super::directory_tokens::{Asked, Rotation, TokenState};
use super::{ConsoleError, directory_tokens};
use crate::base::ids::{ClientId, DirectoryClientId, OrgNo};
use crate::base::token::{Minted, TokenKind};
use crate::domain::audit::{Actor, Deed};
use crate::domain::directory_client::{ClientKeys, ClientMethod};
use crate::protocol::jose::JwkSet;
use crate::service::Gateway;
use crate::store::directories::DirectoryRow;
use crate::store::directory_clients::{self as store, DirectoryClientRow, SecretRow};
use crate::store::{Done, Record, StoreError, Tx};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use url::Url;

/// The longest text of an issuer, subject, audience or address.
const LONGEST: usize = 2048;
/// The longest key set that is kept here, in bytes.
const LARGEST_SET: usize = 64 * 1024;
/// Members of a JWK that are private (RFC 7518 §6).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What a client is to be: with a key set or its address it signs assertions, with an issuer it shows tokens of that
/// issuer, with none of these it gets a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientWish {
    /// What it is called, once in its directory.
    pub key: String,
    /// Its public keys.
    pub jwks: Option<Value>,
    /// Where the keys are: its own, or those of the issuer.
    pub jwks_uri: Option<String>,
    /// Whose tokens it shows.
    pub issuer: Option<String>,
    /// Who it is there.
    pub subject: Option<String>,
    /// Whom the token must be for.
    pub audience: Option<String>,
}

impl ClientWish {
    /// The one way of proof that this names.
    ///
    /// # Errors
    /// [`ConsoleError::DirectoryClient`] with the field that stands against it.
    pub fn method(&self, gw: &Gateway) -> Result<ClientMethod, ConsoleError> {
        let refused = |field, rule: &str| ConsoleError::DirectoryClient { field, rule: rule.to_owned() };
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.key.is_empty() || self.key.len() > 100 || !self.key.chars().all(good) {
            return Err(refused("key", "is 1 to 100 letters, digits, dots, - and _"));
        }
        let federated = [("issuer", &self.issuer), ("subject", &self.subject), ("audience", &self.audience)];
        if federated.iter().any(|(_, value)| value.is_some()) {
            if self.jwks.is_some() {
                return Err(refused("jwks", "cannot stand beside an issuer: name its jwks_uri"));
            }
            let [issuer, subject, audience] = federated.map(|(field, value)| text(field, value.as_deref()));
            let (issuer, subject, audience) = (issuer?, subject?, audience?);
            address(gw, "issuer", &issuer)?;
            let jwks_uri = text("jwks_uri", self.jwks_uri.as_deref())?;
            address(gw, "jwks_uri", &jwks_uri)?;
            return Ok(ClientMethod::FederatedIdentity { issuer, jwks_uri, subject, audience });
        }
        match (&self.jwks, &self.jwks_uri) {
            (Some(_), Some(_)) => Err(refused("jwks", "and jwks_uri cannot stand together: name one of them")),
            (Some(jwks), None) => {
                check_keys(jwks)?;
                Ok(ClientMethod::PrivateKeyJwt { keys: ClientKeys::Jwks(jwks.clone()) })
            }
            (None, Some(_)) => {
                let jwks_uri = text("jwks_uri", self.jwks_uri.as_deref())?;
                address(gw, "jwks_uri", &jwks_uri)?;
                Ok(ClientMethod::PrivateKeyJwt { keys: ClientKeys::JwksUri(jwks_uri) })
            }
            (None, None) => Ok(ClientMethod::ClientSecret),
        }
    }
}

fn text(field: &'static str, value: Option<&str>) -> Result<String, ConsoleError> {
    let rule = "is needed for a federated identity, as its issuer writes it: issuer, jwks_uri, subject and audience";
    let value = value.filter(|value| !value.is_empty() && value.len() <= LONGEST);
    let value = value.filter(|value| !value.chars().any(|c| c.is_control() || c.is_whitespace()));
    value.map(str::to_owned).ok_or_else(|| ConsoleError::DirectoryClient { field, rule: rule.to_owned() })
}

fn address(gw: &Gateway, field: &'static str, value: &str) -> Result<(), ConsoleError> {
    let rule = "is an https address (http only where upstream.allow says so)";
    let good = Url::parse(value).ok().filter(|url| {
        let secure = url.scheme() == "https" || (url.scheme() == "http" && may_be_plain(gw, url));
        secure && url.has_host() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
    });
    good.map(|_| ()).ok_or_else(|| ConsoleError::DirectoryClient { field, rule: rule.to_owned() })
}

/// A key set that can be used, and that tells nobody's secret.
fn check_keys(jwks: &Value) -> Result<(), ConsoleError> {
    let refused = |rule: String| ConsoleError::DirectoryClient { field: "jwks", rule };
    let text = jwks.to_string();
    if text.len() > LARGEST_SET {
        return Err(refused(format!("has more than {LARGEST_SET} bytes")));
    }
    let keys = jwks["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    if keys.iter().any(|key| PRIVATE.iter().any(|member| !key[*member].is_null())) {
        return Err(refused("holds a private key: send the public keys alone, and make new ones".to_owned()));
    }
    JwkSet::parse(text.as_bytes()).map(|_| ()).map_err(|fault| refused(format!("cannot be used: {fault}")))
}

/// A secret of a client, as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct SecretView {
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends: set where it has a successor.
    pub until: Option<DateTime<Utc>>,
    /// How it stands.
    pub state: TokenState,
}

/// A client as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct ClientView {
    /// Its id.
    pub id: DirectoryClientId,
    /// What it calls itself at the token endpoint.
    pub client_id: ClientId,
    /// What the admin calls it.
    pub key: String,
    /// What it proves itself by.
    #[serde(flatten)]
    pub method: ClientMethod,
    /// Its secrets, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretView>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it last got a token, within a minute.
    pub used: Option<DateTime<Utc>>,
    /// Where it gets tokens.
    pub token_url: String,
}

/// A client that was made now, or got a new secret.
#[derive(Debug, Serialize)]
pub struct ClientMade {
    /// Its id.
    pub id: DirectoryClientId,
    /// What the admin calls it.
    pub key: String,
    /// What it calls itself at the token endpoint.
    pub client_id: ClientId,
    /// Its secret, where it has one that was made now: shown once.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub client_secret: Option<SecretString>,
    /// Where it gets tokens.
    pub token_url: String,
}

fn shown<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => directory_tokens::shown(secret, serializer),
        None => serializer.serialize_none(),
    }
}

/// The id that a text names: a client's id, or its `client_id`.
///
/// # Errors
/// [`ConsoleError::NoDirectoryClient`] for any other text, and for a `client_id` of another organization.
pub fn id_of(org: OrgNo, text: &str) -> Result<DirectoryClientId, ConsoleError> {
    let whole = text.parse::<ClientId>().ok().filter(|id| id.org == org).map(|id| id.client);
    whole.or_else(|| text.parse().ok()).ok_or(ConsoleError::NoDirectoryClient)
}

/// The clients of a directory, by key.
///
/// # Errors
/// [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn list(gw: &Gateway, asked: &Asked) -> Result<Vec<ClientView>, ConsoleError> {
    let (now, asked, token_url) = (gw.sources.now(), asked.clone(), gw.urls.scim_token());
    let org = asked.org;
    gw.store
        .read::<_, ConsoleError, _>(org, async move |tx| {
            let directory = asked.directory(tx).await?;
            let mut views = Vec::new();
            for row in store::list(tx, directory.src).await? {
                let secrets = store::secrets(tx, row.id).await?.into_iter().filter(|s| s.until.is_none_or(|u| u > now));
                let view = |s: SecretRow| SecretView {
                    created: s.created,
                    until: s.until,
                    state: TokenState::of(s.until, now),
                };
                views.push(ClientView {
                    id: row.id,
                    client_id: ClientId { org, client: row.id },
                    key: row.key,
                    method: row.method,
                    secrets: secrets.map(view).collect(),
                    created: row.created,
                    used: row.used,
                    token_url: token_url.clone(),
                });
            }
            Ok(views)
        })
        .await
}

/// Makes a client of a directory.
///
/// # Errors
/// [`ConsoleError::KeyTaken`], [`ConsoleError::DirectoryClient`], [`ConsoleError::NoDirectory`], or when the store fails.
pub async fn add(gw: &Gateway, asked: &Asked, wish: &ClientWish) -> Result<ClientMade, ConsoleError> {
    let method = wish.method(gw)?;
    let (gateway, asked, key) = (gw.clone(), asked.clone(), wish.key.clone());
    gw.store
        .write(asked.org, async move |tx| {
            let directory = asked.directory(tx).await?;
            if store::list(tx, directory.src).await?.iter().any(|row| row.key == key) {
                return Err(ConsoleError::KeyTaken(key.clone()));
            }
            let (made, record) = insert(tx, &gateway, &asked.actor, &directory, &key, &method).await?;
            Ok(Done::of(made).and(record))
        })
        .await
}

/// Makes a client inside a unit of work.
pub(super) async fn insert(
    tx: &mut Tx,
    gw: &Gateway,
    actor: &Actor,
    directory: &DirectoryRow,
    key: &str,
    method: &ClientMethod,
) -> Result<(ClientMade, Record), StoreError> {
    let row = DirectoryClientRow {
        id: DirectoryClientId::mint(&gw.sources),
        src: directory.src,
        key: key.to_owned(),
        method: method.clone(),
        created: gw.sources.now(),
        used: None,
    };
    store::insert(tx, &row).await?;
    let secret = secret_for(tx, gw, &row).await?;
    let record = told(gw, actor, Deed::DirectoryClientCreated, directory, &row);
    Ok((made(gw, tx.org(), &row, secret), record))
}

/// Changes what a client proves itself by, inside a unit of work: what it had before ends.
pub(super) async fn update(
    tx: &mut Tx,
    gw: &Gateway,
    actor: &Actor,
    directory: &DirectoryRow,
    row: DirectoryClientRow,
    method: &ClientMethod,
) -> Result<(ClientMade, Record), StoreError> {
    let row = DirectoryClientRow { method: method.clone(), ..row };
    store::set_method(tx, row.id, method).await?;
    let secret = secret_for(tx, gw, &row).await?;
    let record = told(gw, actor, Deed::DirectoryClientUpdated, directory, &row);
    Ok((made(gw, tx.org(), &row, secret), record))
}

/// What a client is told of itself.
pub(super) fn made(gw: &Gateway, org: OrgNo, row: &DirectoryClientRow, secret: Option<Minted>) -> ClientMade {
    ClientMade {
        id: row.id,
        key: row.key.clone(),
        client_id: ClientId { org, client: row.id },
        client_secret: secret.map(|minted| minted.text),
        token_url: gw.urls.scim_token(),
    }
}

async fn secret_for(tx: &mut Tx, gw: &Gateway, row: &DirectoryClientRow) -> Result<Option<Minted>, StoreError> {
    if row.method != ClientMethod::ClientSecret {
        return Ok(None);
    }
    let minted = gw.mint.mint(&gw.sources, TokenKind::DirectoryClient, tx.org());
    let secret = SecretRow { hash: minted.hash, created: gw.sources.now(), until: None };
    store::insert_secret(tx, row.id, &secret).await?;
    Ok(Some(minted))
}

fn told(gw: &Gateway, actor: &Actor, deed: Deed, directory: &DirectoryRow, row: &DirectoryClientRow) -> Record {
    let method = serde_json::to_value(&row.method).unwrap_or_default();
    let body = json!({"key": row.key, "directory": directory.id, "method": method["method"]});
    gw.record(actor, deed, Some(row.id.to_string()), body)
}

/// Takes a client of a directory away: its secrets and all its tokens are dead at once.
///
/// # Errors
/// [`ConsoleError::NoDirectoryClient`], or when the store fails.
pub async fn remove(gw: &Gateway, asked: &Asked, id: DirectoryClientId) -> Result<(), ConsoleError> {
    let (gateway, asked) = (gw.clone(), asked.clone());
    gw.store
        .write(asked.org, async move |tx| {
            let directory = asked.directory(tx).await?;
            let row = of_directory(tx, &directory, id).await?;
            if !store::delete(tx, directory.src, id).await? {
                return Err(ConsoleError::NoDirectoryClient);
            }
            Ok(Done::of(()).and(told(&gateway, &asked.actor, Deed::DirectoryClientDeleted, &directory, &row)))
        })
        .await
}

async fn of_directory(
    tx: &mut Tx,
    directory: &DirectoryRow,
    id: DirectoryClientId,
) -> Result<DirectoryClientRow, ConsoleError> {
    let row = store::get(tx, id).await?.filter(|row| row.src == directory.src);
    row.ok_or(ConsoleError::NoDirectoryClient)
}

/// Gives a client a new secret; the one before works on during the overlap, and older ones end. Without an overlap the
/// tokens that the client has end too.
///
/// # Errors
/// [`ConsoleError::NoDirectoryClient`], [`ConsoleError::DirectoryClient`] for one that has no secret,
/// [`ConsoleError::Filter`], or when the store fails.
pub async fn rotate(
    gw: &Gateway,
    asked: &Asked,
    id: DirectoryClientId,
    rotation: Rotation,
) -> Result<ClientMade, ConsoleError> {
    let overlap = rotation.overlap()?;
    let (gateway, asked) = (gw.clone(), asked.clone());
    gw.store
        .write(asked.org, async move |tx| {
            let now = gateway.sources.now();
            let directory = asked.directory(tx).await?;
            store::hold(tx, id, None).await?;
            let row = of_directory(tx, &directory, id).await?;
            if row.method != ClientMethod::ClientSecret {
                let rule = "is proved without a secret: change its keys where they are, or make another client";
                return Err(ConsoleError::DirectoryClient { field: "client", rule: rule.to_owned() });
            }
            for secret in store::secrets(tx, id).await? {
                let until = (secret.until.is_none() && !overlap.is_zero()).then(|| now + overlap);
                store::end_secret(tx, id, secret.hash, until).await?;
            }
            if overlap.is_zero() {
                store::end_tokens(tx, id).await?;
            }
            let secret = secret_for(tx, &gateway, &row).await?;
            let record = told(&gateway, &asked.actor, Deed::DirectoryClientRotated, &directory, &row);
            Ok(Done::of(made(&gateway, asked.org, &row, secret)).and(record))
        })
        .await
}
