//! The session cookie of a browser: read, and taken away.

use super::cookies;
use crate::service::Gateway;
use crate::service::issuing::{self, IssuingError, SignedIn};
use axum::http::{HeaderMap, HeaderValue, header};

fn cookie_name(gw: &Gateway) -> &'static str {
    cookies::session_name(gw.urls.secure(), gw.settings.cookie_domain.is_some())
}

/// Who the browser belongs to, if its session is still good.
pub(super) async fn of(gw: &Gateway, headers: &HeaderMap) -> Result<Option<SignedIn>, IssuingError> {
    let name = cookie_name(gw);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    for (_, value) in pairs.filter(|(own, _)| *own == name) {
        if let Some(signed_in) = issuing::signed_in(gw, value).await? {
            return Ok(Some(signed_in));
        }
    }
    Ok(None)
}

/// The header that takes the cookie away.
pub(super) fn forget(gw: &Gateway) -> Option<HeaderValue> {
    let secure = if gw.urls.secure() { "; Secure" } else { "" };
    let domain = gw.settings.cookie_domain.as_ref().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
    let text = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}{domain}", cookie_name(gw));
    HeaderValue::from_str(&text).ok()
}
