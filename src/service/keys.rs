//! The ring of signing keys: made on first need, sealed at rest, opened once.

use crate::base::class::{Class, Classify};
use crate::base::ids::OrgNo;
use crate::base::seal::{Place, SealError};
use crate::protocol::jose::signing::SigningFault;
use crate::protocol::jose::{Alg, SigningKey};
use crate::service::Gateway;
use crate::store::signing_keys::{self, SigningKeyRow};
use crate::store::{AsStoreError, Done, StoreError};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// How long an opened ring is used before the database is asked again whether keys have changed.
const FRESH: Duration = Duration::minutes(1);

/// Keys belong to the installation, not to an organization.
const NOBODY: OrgNo = OrgNo(0);

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A stored key cannot be opened with this master key.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The cryptographic library refused.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// A stored key cannot be read.
    #[error("a stored signing key cannot be read")]
    Malformed,
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl AsStoreError for KeysError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Sealed(_) | Self::Signing(_) | Self::Malformed => None,
        }
    }
}

impl Classify for KeysError {
    fn class(&self) -> Class {
        match self {
            Self::Sealed(_) | Self::Signing(_) | Self::Malformed => Class::Bug,
            Self::Store(e) => e.class(),
        }
    }
}

#[derive(Debug)]
struct Opened {
    signer: Arc<SigningKey>,
    at: DateTime<Utc>,
}

/// The opened keys, shared by everything in this program. Empty until the first need.
#[derive(Debug, Clone, Default)]
pub struct KeyRing(Arc<Mutex<Option<Opened>>>);

/// The key that signs now (ES256).
///
/// # Errors
/// When there is none and none can be made.
pub async fn signer(gw: &Gateway) -> Result<Arc<SigningKey>, KeysError> {
    let now = gw.sources.now();
    let known = {
        let ring = gw.keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.as_ref().filter(|opened| opened.at <= now && now - opened.at < FRESH).map(|opened| opened.signer.clone())
    };
    match known {
        Some(signer) => Ok(signer),
        None => Ok(open(gw).await?.0),
    }
}

/// Our JWK set, read afresh: every key that has signed something which may still be good.
///
/// # Errors
/// When there is no key and none can be made.
pub async fn jwks(gw: &Gateway) -> Result<Value, KeysError> {
    Ok(open(gw).await?.1)
}

async fn open(gw: &Gateway) -> Result<(Arc<SigningKey>, Value), KeysError> {
    let mut rows = gw.store.read::<_, StoreError, _>(NOBODY, async |tx| signing_keys::list(tx).await).await?;
    if !rows.iter().any(signs) {
        let new = make(gw)?;
        rows = gw
            .store
            .write::<_, StoreError, _>(NOBODY, async move |tx| Ok(Done::of(signing_keys::first(tx, &new).await?)))
            .await?;
    }
    let row = rows.iter().find(|row| signs(row)).ok_or(KeysError::Malformed)?;
    let signer = Arc::new(SigningKey::load(Alg::Es256, &gw.master.open(place(&row.kid), &row.sealed)?)?);
    let keys = rows
        .iter()
        .map(|row| serde_json::from_str::<Value>(&row.public).map_err(|_| KeysError::Malformed))
        .collect::<Result<Vec<_>, _>>()?;
    let public = json!({ "keys": keys });
    let opened = Opened { signer: signer.clone(), at: gw.sources.now() };
    *gw.keys.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
    Ok((signer, public))
}

fn signs(row: &SigningKeyRow) -> bool {
    row.retired.is_none() && row.alg == Alg::Es256.name()
}

fn make(gw: &Gateway) -> Result<SigningKeyRow, KeysError> {
    let (key, der) = SigningKey::generate(Alg::Es256)?;
    Ok(SigningKeyRow {
        kid: key.kid().to_owned(),
        alg: key.alg().name().to_owned(),
        public: key.public_jwk().to_string(),
        sealed: gw.master.seal(&gw.sources, place(key.kid()), &der),
        created: gw.sources.now(),
        retired: None,
    })
}

fn place(kid: &str) -> Place<'_> {
    Place { table: "signing_key", row: kid, column: "sealed" }
}
