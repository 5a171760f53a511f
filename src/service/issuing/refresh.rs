//! A refresh token becomes the next one, once; an answer that was lost is given again for a moment.

use super::token::{Ground, Tokens, end_replayed};
use super::{IssuingError, claims, id_token};
use crate::base::token::{TokenKind, reveal};
use crate::protocol::oauth::TokenFault;
use crate::protocol::oauth::token::narrowed;
use crate::service::Gateway;
use crate::store::AppRow;
use crate::store::tokens::{self, Use};
use crate::store::{Done, StoreError};
use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;

/// How long a lost answer is given again: the same successor, not a new branch.
const GRACE: Duration = Duration::seconds(10);

/// What a unit that rotates came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The successor is the one to use now.
    Next,
    /// The token was used before.
    Replayed,
}

/// Rotates a refresh token. The use of an old one ends everything that came from the same sign-in.
pub(super) async fn rotate(
    gw: &Gateway,
    app: &AppRow,
    text: &SecretString,
    scope: Option<&str>,
) -> Result<Tokens, IssuingError> {
    let seen = gw.mint.read(TokenKind::Refresh, reveal(text)).ok_or(TokenFault::RefreshDead)?;
    let (org, hash, now) = (seen.org, seen.hash, gw.sources.now());
    let live =
        gw.store.read::<_, StoreError, _>(org, async move |tx| tokens::live(tx, Use::Refresh, hash, now).await).await?;
    let live = live.filter(|live| live.app == app.id).ok_or(TokenFault::RefreshDead)?;
    let scope = narrowed(&live.scope, scope)?;
    let person = claims::of(gw, org, &live.holder).await?;
    if !person.panel.panel_access {
        return Err(TokenFault::NoPanelAccess.into());
    }
    let ground = Ground { app, family: live.family, holder: &live.holder, scope: &scope, now };
    let (access, access_row) = ground.access(gw, org);
    let next = gw.mint.successor(TokenKind::Refresh, org, reveal(text));
    // The whole family ends when its first token would have ended, and the successor may do what the first might.
    let mut next_row = ground.row(Use::Refresh, &next, live.until);
    next_row.scope.clone_from(&live.scope);
    let expires_in = (access_row.until - now).num_seconds();
    let turn = gw
        .store
        .write::<_, StoreError, _>(org, async move |tx| {
            if tokens::replace(tx, hash, next_row.hash, now).await? {
                tokens::insert(tx, &next_row).await?;
            } else {
                let old = tokens::live(tx, Use::Refresh, hash, now).await?.and_then(|old| old.replaced);
                let successor = tokens::live(tx, Use::Refresh, next_row.hash, now).await?;
                let unused = successor.is_some_and(|successor| successor.replaced.is_none());
                if !within_grace(old, unused, now) {
                    return Ok(Done::of(Turn::Replayed));
                }
            }
            tokens::insert(tx, &access_row).await?;
            Ok(Done::of(Turn::Next))
        })
        .await?;
    if turn == Turn::Replayed {
        end_replayed(gw, org, app, live.family, &live.holder).await?;
        return Err(TokenFault::RefreshDead.into());
    }
    let id_token = id_token::sign(gw, app, person, None, reveal(&access.text), now).await?;
    Ok(Tokens { access_token: access.text, expires_in, refresh_token: next.text, id_token, scope })
}

/// Whether an old token may be answered again: it was replaced a moment ago, and nobody has used what replaced it.
fn within_grace(replaced: Option<DateTime<Utc>>, successor_unused: bool, now: DateTime<Utc>) -> bool {
    successor_unused && replaced.is_some_and(|at| now - at <= GRACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_answer_is_given_again_for_ten_seconds_and_only_while_nobody_used_it() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let ago = |seconds| Some(now - Duration::seconds(seconds));
        assert!(within_grace(ago(10), true, now));
        assert!(!within_grace(ago(11), true, now));
        assert!(!within_grace(ago(1), false, now));
        assert!(!within_grace(None, true, now));
    }
}
