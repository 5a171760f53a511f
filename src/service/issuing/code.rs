//! A code becomes tokens, once.

use super::authorize::Bound;
use super::token::{Ground, Tokens, end_replayed};
use super::{IssuingError, claims, id_token};
use crate::base::token::{TokenKind, reveal};
use crate::protocol::oauth::TokenFault;
use crate::protocol::oauth::token::fits;
use crate::service::Gateway;
use crate::store::AppRow;
use crate::store::tokens::{self, Use};
use crate::store::{Done, StoreError, codes};
use secrecy::SecretString;

/// Exchanges a code. A second use ends everything that the first one gave.
pub(super) async fn exchange(
    gw: &Gateway,
    app: &AppRow,
    code: &SecretString,
    redirect_uri: &str,
    verifier: &SecretString,
) -> Result<Tokens, IssuingError> {
    let seen = gw.mint.read(TokenKind::Code, reveal(code)).ok_or(TokenFault::CodeDead)?;
    let (org, hash, now) = (seen.org, seen.hash, gw.sources.now());
    let live = gw.store.read::<_, StoreError, _>(org, async move |tx| codes::live(tx, hash, now).await).await?;
    // An app learns nothing about another app's code, and cannot spoil it.
    let live = live.filter(|live| live.app == app.id).ok_or(TokenFault::CodeDead)?;
    if live.used {
        end_replayed(gw, org, app, live.family, &live.holder).await?;
        return Err(TokenFault::CodeDead.into());
    }
    let bound: Bound = serde_json::from_str(&live.body).map_err(|_| IssuingError::Malformed("code"))?;
    if bound.redirect_uri != redirect_uri {
        return Err(TokenFault::RedirectDiffers.into());
    }
    if !fits(reveal(verifier), &bound.challenge) {
        return Err(TokenFault::VerifierWrong.into());
    }
    let person = claims::of(gw, org, &live.holder).await?;
    if !person.panel.panel_access {
        return Err(TokenFault::NoPanelAccess.into());
    }
    let ground = Ground { app, family: live.family, holder: &live.holder, scope: &bound.scope, now };
    let (access, access_row) = ground.access(gw, org);
    let refresh = gw.mint.mint(&gw.sources, TokenKind::Refresh, org);
    let refresh_row = ground.row(Use::Refresh, &refresh, now + gw.settings.refresh_token);
    let expires_in = (access_row.until - now).num_seconds();
    let id_token = id_token::sign(gw, app, person, bound.nonce, reveal(&access.text), now).await?;
    let first = gw
        .store
        .write::<_, StoreError, _>(org, async move |tx| {
            let first = codes::take(tx, hash).await?;
            if first {
                tokens::insert(tx, &access_row).await?;
                tokens::insert(tx, &refresh_row).await?;
            }
            Ok(Done::of(first))
        })
        .await?;
    if !first {
        end_replayed(gw, org, app, live.family, &live.holder).await?;
        return Err(TokenFault::CodeDead.into());
    }
    Ok(Tokens { access_token: access.text, expires_in, refresh_token: refresh.text, id_token, scope: bound.scope })
}
