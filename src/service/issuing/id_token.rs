//! The ID token (OpenID Connect Core §2).

use super::{IssuingError, PersonClaims};
use crate::protocol::jose::digest::left_half;
use crate::service::{Gateway, keys};
use crate::store::AppRow;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Serialize;

#[derive(Serialize)]
struct IdToken<'a> {
    iss: &'a str,
    aud: String,
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    at_hash: String,
    #[serde(flatten)]
    person: PersonClaims,
}

/// Signs an ID token for an app, bound to an access token.
pub(super) async fn sign(
    gw: &Gateway,
    app: &AppRow,
    person: PersonClaims,
    nonce: Option<String>,
    access_token: &str,
    now: DateTime<Utc>,
) -> Result<SecretString, IssuingError> {
    let key = keys::signer(gw).await?;
    let claims = IdToken {
        iss: gw.urls.issuer(),
        aud: app.id.to_string(),
        exp: (now + gw.settings.access_token).timestamp(),
        iat: now.timestamp(),
        nonce,
        at_hash: left_half(key.alg(), access_token),
        person,
    };
    Ok(key.sign("JWT", &claims)?.into())
}
