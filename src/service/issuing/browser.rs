//! Who the browser belongs to, and the end of its session.

use crate::base::ids::{OrgNo, SessionId};
use crate::base::token::TokenKind;
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::store::signed_in::{self, Holder};
use crate::store::{Done, StoreError};
use serde_json::json;

/// A browser that carries a good session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person's organization.
    pub org: OrgNo,
    /// The person and the session.
    pub holder: Holder,
}

/// Who a session cookie belongs to, asked of the database (law 5); `None` for a strange, ended or expired one.
///
/// # Errors
/// When the store fails.
pub async fn signed_in(gw: &Gateway, cookie: &str) -> Result<Option<SignedIn>, StoreError> {
    let Some(seen) = gw.mint.read(TokenKind::Session, cookie) else { return Ok(None) };
    let now = gw.sources.now();
    let holder = gw.store.read(seen.org, async move |tx| signed_in::by_cookie(tx, seen.hash, now).await).await?;
    Ok(holder.map(|holder| SignedIn { org: seen.org, holder }))
}

/// Ends the session of this browser, with the codes and tokens of every panel app that it opened.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(gw: &Gateway, browser: &SignedIn) -> Result<(), StoreError> {
    let actor = Actor::Person(browser.holder.person.id);
    end(gw, browser.org, browser.holder.session, &actor, "person").await
}

/// Ends a session for good; `by` is who asked, in the audit's words.
pub(super) async fn end(
    gw: &Gateway,
    org: OrgNo,
    session: SessionId,
    actor: &Actor,
    by: &'static str,
) -> Result<(), StoreError> {
    let record = gw.record(actor, Deed::SignedOut, Some(session.to_string()), json!({ "by": by }));
    gw.store
        .write(org, async move |tx| {
            let ended = signed_in::end(tx, session).await?;
            Ok(Done::of(()).and_all(ended.then(|| record.clone())))
        })
        .await
}
