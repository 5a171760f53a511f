//! What a token says: to whoever bears it (UserInfo), and to the app that holds it (RFC 7662).

use super::{IssuingError, PersonClaims, claims, proved};
use crate::base::ids::OrgNo;
use crate::base::token::TokenKind;
use crate::protocol::oauth::{Params, TokenFault};
use crate::service::Gateway;
use crate::store::StoreError;
use crate::store::tokens::{self, LiveToken, Use};
use serde::Serialize;
use serde_json::{Value, json};

/// The claims of the person whose access token this is.
///
/// # Errors
/// [`IssuingError::BearerDead`] for a token that is not good (any more).
pub async fn userinfo(gw: &Gateway, bearer: &str) -> Result<PersonClaims, IssuingError> {
    let (org, live) = find(gw, Use::Access, bearer).await?.ok_or(IssuingError::BearerDead)?;
    claims::of(gw, org, &live.holder).await
}

#[derive(Serialize)]
struct Active<'a> {
    active: bool,
    iss: &'a str,
    client_id: String,
    aud: String,
    token_type: &'a str,
    scope: &'a str,
    exp: i64,
    iat: i64,
    #[serde(flatten)]
    person: PersonClaims,
}

/// Answers an introspection request: `active: false`, and no more, for a token that is unknown, ended, another
/// app's, or a person's who has no access to the panel.
///
/// # Errors
/// [`IssuingError::Token`] when the app does not prove itself or names no token.
pub async fn introspect(gw: &Gateway, authorization: Option<&str>, params: &Params) -> Result<Value, IssuingError> {
    let app = proved(gw, authorization, params).await?;
    let text = params.one("token").map_err(TokenFault::from)?.ok_or(TokenFault::Missing("token"))?;
    let inactive = json!({ "active": false });
    let mut found = None;
    for kind in [Use::Access, Use::Refresh] {
        if let Some((org, live)) = find(gw, kind, text).await? {
            found = Some((kind, org, live));
        }
    }
    let Some((kind, org, live)) = found else { return Ok(inactive) };
    if live.app != app.id || live.replaced.is_some() {
        return Ok(inactive);
    }
    let person = claims::of(gw, org, &live.holder).await?;
    if !person.panel.panel_access {
        return Ok(inactive);
    }
    let active = Active {
        active: true,
        iss: gw.urls.issuer(),
        client_id: app.id.to_string(),
        aud: app.id.to_string(),
        token_type: if kind == Use::Access { "Bearer" } else { "refresh_token" },
        scope: &live.scope,
        exp: live.until.timestamp(),
        iat: live.created.timestamp(),
        person,
    };
    serde_json::to_value(active).map_err(|_| IssuingError::Malformed("token"))
}

/// A token of this kind, where person, epoch and session are still good.
async fn find(gw: &Gateway, kind: Use, text: &str) -> Result<Option<(OrgNo, LiveToken)>, StoreError> {
    let Some(seen) = gw.mint.read(token_kind(kind), text) else { return Ok(None) };
    let now = gw.sources.now();
    let live = gw.store.read(seen.org, async move |tx| tokens::live(tx, kind, seen.hash, now).await).await?;
    Ok(live.map(|live| (seen.org, live)))
}

/// The words of the mint for a use.
pub(super) fn token_kind(kind: Use) -> TokenKind {
    match kind {
        Use::Access => TokenKind::Access,
        Use::Refresh => TokenKind::Refresh,
    }
}
