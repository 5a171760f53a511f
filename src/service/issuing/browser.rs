//! Who the browser belongs to.

use crate::base::ids::OrgNo;
use crate::base::token::TokenKind;
use crate::service::Gateway;
use crate::store::StoreError;
use crate::store::signed_in::{self, Holder};

/// A browser that carries a good session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person's organization.
    pub org: OrgNo,
    /// The person and the session.
    pub holder: Holder,
}

/// Who a session cookie belongs to; `None` for a strange, ended or expired one.
///
/// # Errors
/// When the store fails.
pub async fn signed_in(gw: &Gateway, cookie: &str) -> Result<Option<SignedIn>, StoreError> {
    let Some(seen) = gw.mint.read(TokenKind::Session, cookie) else { return Ok(None) };
    let now = gw.sources.now();
    let holder = gw.store.read(seen.org, async move |tx| signed_in::by_cookie(tx, seen.hash, now).await).await?;
    Ok(holder.map(|holder| SignedIn { org: seen.org, holder }))
}
