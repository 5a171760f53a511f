//! Who a browser belongs to, asked of the database at each request (law 5), and signing out.

use super::Gateway;
use crate::base::ids::OrgNo;
use crate::base::token::TokenKind;
use crate::domain::audit::{Actor, Deed};
use crate::store::signed_in::{self, Holder};
use crate::store::{Done, StoreError};
use serde_json::json;

/// Why nobody can say whose browser it is: the store failed.
pub type BrowserError = StoreError;

/// A browser that carries a good session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person's organization.
    pub org: OrgNo,
    /// The person and the session, both still good.
    pub holder: Holder,
}

/// Who a session cookie belongs to; `None` for a strange, ended or expired one.
///
/// # Errors
/// When the store fails.
pub async fn signed_in(gw: &Gateway, cookie: &str) -> Result<Option<SignedIn>, BrowserError> {
    let Some(seen) = gw.mint.read(TokenKind::Session, cookie) else { return Ok(None) };
    let now = gw.sources.now();
    let holder = gw.store.read(seen.org, async move |tx| signed_in::by_cookie(tx, seen.hash, now).await).await?;
    Ok(holder.map(|holder| SignedIn { org: seen.org, holder }))
}

/// Ends the session of this cookie, with every code and token that panel apps got in it.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(gw: &Gateway, cookie: &str) -> Result<(), BrowserError> {
    let Some(SignedIn { org, holder }) = signed_in(gw, cookie).await? else { return Ok(()) };
    let person = holder.person.id;
    let record = gw.record(&Actor::Person(person), Deed::SignedOut, Some(person.to_string()), json!({}));
    gw.store
        .write(org, async move |tx| {
            let ended = signed_in::end(tx, holder.session).await?;
            Ok(Done::of(()).and_all(ended.then(|| record.clone())))
        })
        .await
}
