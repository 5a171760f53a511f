//! Forward auth: a proxy asks about a browser, before it lets it through.

use super::{IssuingError, PersonClaims, SignedIn, claims};
use crate::protocol::oauth::redirect;
use crate::service::Gateway;
use crate::store::StoreError;

/// What the proxy is to do.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Let the person through, with these claims.
    Pass(Box<PersonClaims>),
    /// The person has no access to the panel.
    NoPanelAccess,
    /// Nobody is signed in.
    Nobody,
}

/// Judges a browser.
///
/// # Errors
/// A failure of ours.
pub async fn verdict(gw: &Gateway, browser: Option<&SignedIn>) -> Result<Verdict, IssuingError> {
    let Some(browser) = browser else { return Ok(Verdict::Nobody) };
    let person = claims::of(gw, browser.org, &browser.holder).await?;
    Ok(if person.panel.panel_access { Verdict::Pass(Box::new(person)) } else { Verdict::NoPanelAccess })
}

/// Whether a person may be sent to `address` after signing in: it lies on an origin of an app's redirect URIs.
///
/// # Errors
/// When the store fails.
pub async fn may_return_to(gw: &Gateway, address: &str) -> Result<bool, StoreError> {
    let apps = gw.store.apps().await?;
    Ok(apps.iter().any(|app| redirect::on_an_origin_of(address, &app.redirect_uris)))
}
