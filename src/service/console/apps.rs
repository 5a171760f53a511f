//! Panel apps: OAuth clients of our OpenID Provider.

use super::ConsoleError;
use crate::base::ids::{AppId, OrgNo};
use crate::base::token::TokenKind;
use crate::domain::audit::{Actor, Deed};
use crate::service::Gateway;
use crate::store::StoreError;
use crate::store::apps::AppRow;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// What an app says beside its redirect URIs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppSettings {
    /// Where a logout token is posted (OpenID Back-Channel Logout 1.0 §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Where a browser may be sent after a logout (OpenID RP-Initiated Logout 1.0 §3.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
}

/// What is wanted of an app.
#[derive(Debug, Clone)]
pub struct AppWish {
    /// What the operator calls it.
    pub key: String,
    /// Where it may be answered.
    pub redirect_uris: Vec<String>,
    /// The rest.
    pub settings: AppSettings,
}

/// What came of it.
#[derive(Debug)]
pub struct AppMade {
    /// The app.
    pub id: AppId,
    /// Its secret, where it was made now.
    pub secret: Option<SecretString>,
    /// Whether anything changed.
    pub changed: bool,
}

impl AppWish {
    /// Whether every address can be used.
    ///
    /// # Errors
    /// [`ConsoleError::Uri`] with the first that cannot.
    pub fn check(&self) -> Result<(), ConsoleError> {
        let settings = &self.settings;
        let all = self.redirect_uris.iter().chain(&settings.backchannel_logout_uri);
        for uri in all.chain(&settings.post_logout_redirect_uris) {
            let good = |url: &Url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none();
            if !Url::parse(uri).is_ok_and(|url| good(&url)) {
                return Err(ConsoleError::Uri(uri.clone()));
            }
        }
        Ok(())
    }
}

/// Makes an app, or brings the one of that key to what is wanted. With `dry` nothing is kept.
///
/// # Errors
/// When an address is none, or the store fails.
pub async fn put(gw: &Gateway, wish: &AppWish, dry: bool) -> Result<AppMade, ConsoleError> {
    wish.check()?;
    let settings = serde_json::to_string(&wish.settings).map_err(|_| ConsoleError::Malformed("app"))?;
    let redirect_uris = wish.redirect_uris.clone();
    if let Some(found) = gw.store.app_by_key(&wish.key).await? {
        let wanted = AppRow { redirect_uris, settings, ..found.clone() };
        let changed = wanted != found;
        if changed && !dry {
            let told = gw.record(&Actor::Operator, Deed::AppUpdated, Some(found.id.to_string()), about(&wanted));
            gw.store.update_app(&wanted, told).await?;
        }
        return Ok(AppMade { id: found.id, secret: None, changed });
    }
    let minted = gw.mint.mint(&gw.sources, TokenKind::App, OrgNo(0));
    let id = AppId::mint(&gw.sources);
    let app = AppRow { id, key: wish.key.clone(), secret: minted.hash, redirect_uris, settings };
    if !dry {
        let told = gw.record(&Actor::Operator, Deed::AppCreated, Some(id.to_string()), about(&app));
        gw.store.insert_app(&app, gw.sources.now(), told).await?;
    }
    Ok(AppMade { id, secret: (!dry).then_some(minted.text), changed: true })
}

/// What the audit keeps of an app: where it may be answered, never its secret.
fn about(app: &AppRow) -> serde_json::Value {
    serde_json::json!({"key": app.key, "redirect_uris": app.redirect_uris})
}

/// Every app: id, key and redirect URIs.
///
/// # Errors
/// When the store fails.
pub async fn list(gw: &Gateway) -> Result<Vec<(AppId, String, Vec<String>)>, StoreError> {
    Ok(gw.store.apps().await?.into_iter().map(|app| (app.id, app.key, app.redirect_uris)).collect())
}
