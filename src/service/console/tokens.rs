//! Tokens of the management API: each is of one organization.

use super::ConsoleError;
use crate::base::ids::{OrgNo, TokenId};
use crate::base::token::TokenKind;
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::store::api_tokens::{self, ApiTokenRow};
use crate::store::{Done, StoreError};
use secrecy::SecretString;
use serde_json::json;

/// A program that has shown a token.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Whose it is.
    pub org: OrgNo,
    /// Which token it was.
    pub token: TokenId,
}

/// Who shows this token; `None` for nobody.
///
/// # Errors
/// When the store fails.
pub async fn caller(gw: &Gateway, text: &str) -> Result<Option<Caller>, StoreError> {
    let Some(shown) = gw.mint.read(TokenKind::Api, text) else { return Ok(None) };
    let now = gw.sources.now();
    let found = gw.store.read(shown.org, async move |tx| api_tokens::by_hash(tx, shown.hash, now).await).await?;
    Ok(found.map(|token| Caller { org: shown.org, token: token.id }))
}

/// Makes a token; the secret is shown once.
///
/// # Errors
/// When the store fails.
pub async fn create(gw: &Gateway, org: OrgNo, label: &str) -> Result<(TokenId, SecretString), StoreError> {
    let minted = gw.mint.mint(&gw.sources, TokenKind::Api, org);
    let (id, hash, created) = (TokenId::mint(&gw.sources), minted.hash, gw.sources.now());
    let row = ApiTokenRow { id, label: label.to_owned(), created, until: None };
    let record = gw.record(&Actor::Operator, Deed::TokenCreated, Some(id.to_string()), json!({"kind": "api"}));
    gw.store
        .write::<_, StoreError, _>(org, async move |tx| {
            api_tokens::insert(tx, hash, &row).await?;
            Ok(Done::of(()).and(record.clone()))
        })
        .await?;
    Ok((id, minted.text))
}

/// The tokens of an organization.
///
/// # Errors
/// When the store fails.
pub async fn list(gw: &Gateway, org: OrgNo) -> Result<Vec<ApiTokenRow>, StoreError> {
    gw.store.read(org, async |tx| api_tokens::list(tx).await).await
}

/// Takes a token away.
///
/// # Errors
/// [`ConsoleError::NoToken`], or when the store fails.
pub async fn revoke(gw: &Gateway, org: OrgNo, id: TokenId) -> Result<(), ConsoleError> {
    let record = gw.record(&Actor::Operator, Deed::TokenRevoked, Some(id.to_string()), json!({"kind": "api"}));
    gw.store
        .write(org, async move |tx| {
            if !api_tokens::delete(tx, id).await? {
                return Err(ConsoleError::NoToken);
            }
            Ok(Done::of(()).and(record.clone()))
        })
        .await
}
