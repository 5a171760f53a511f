//! Compact signed tokens with any header one likes.

use crate::lab::error::LabError;
use crate::lab::idp::keys::TokenKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The header of a token that `key` signs.
pub(in crate::lab::idp) fn header(key: &TokenKey, typ: &str) -> Value {
    json!({ "alg": key.algorithm, "typ": typ, "kid": key.kid })
}

/// Header and claims, joined: what gets signed.
pub(in crate::lab::idp) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A whole token.
pub(in crate::lab::idp) fn signed(header: &Value, claims: &Value, key: &TokenKey) -> Result<String, LabError> {
    let message = unsigned(header, claims);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.private, key.algorithm)?;
    Ok(format!("{message}.{signature}"))
}
