//! An app gives a token back (RFC 7009).

use super::introspect::token_kind;
use super::{IssuingError, proved};
use crate::domain::audit::{Actor, Deed};
use crate::protocol::oauth::{Params, TokenFault};
use crate::service::Gateway;
use crate::store::tokens::{self, Use};
use crate::store::{Done, StoreError};
use serde_json::json;

/// Ends a token of the app; a refresh token with its whole family. A token that is unknown or another app's is left
/// alone and answered alike.
///
/// # Errors
/// [`IssuingError::Token`] when the app does not prove itself or names no token.
pub async fn revoke(gw: &Gateway, authorization: Option<&str>, params: &Params) -> Result<(), IssuingError> {
    let app = proved(gw, authorization, params).await?;
    let text = params.one("token").map_err(TokenFault::from)?.ok_or(TokenFault::Missing("token"))?;
    for kind in [Use::Access, Use::Refresh] {
        let Some(seen) = gw.mint.read(token_kind(kind), text) else { continue };
        let word = if kind == Use::Refresh { "refresh" } else { "access" };
        let record =
            gw.record(&Actor::App(app.id), Deed::TokenRevoked, Some(app.id.to_string()), json!({ "kind": word }));
        let id = app.id;
        gw.store
            .write::<_, StoreError, _>(seen.org, async move |tx| {
                match tokens::owner(tx, kind, seen.hash).await? {
                    Some((owner, family)) if owner == id => match kind {
                        Use::Access => tokens::end(tx, seen.hash).await?,
                        Use::Refresh => {
                            tokens::end_family(tx, family).await?;
                        }
                    },
                    Some(_) | None => return Ok(Done::of(())),
                }
                Ok(Done::of(()).and(record.clone()))
            })
            .await?;
    }
    Ok(())
}
