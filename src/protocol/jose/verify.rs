//! The one door by which a signed token becomes claims.

use super::algorithm::Alg;
use super::claims::{BadClaim, Claims};
use super::json;
use super::jwks::{JwkSet, NoKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

/// What a token must be. All of it comes from configuration, nothing from the token.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The algorithms that the signer is known to use.
    pub algorithms: &'a [Alg],
    /// Who must have issued it, byte for byte.
    pub issuer: &'a str,
    /// One of these must be among its audiences.
    pub audiences: &'a [&'a str],
    /// Which `typ` headers pass.
    pub typ: Typ<'a>,
    /// The time now.
    pub now: DateTime<Utc>,
    /// How far the signer's clock may be off, either way. See [`LEEWAY`].
    pub leeway: TimeDelta,
    /// With a value `iat` is required and may not be longer ago than this (and the leeway).
    pub max_age: Option<TimeDelta>,
}

/// How far apart clocks may stand: 60 seconds, either way.
pub const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// The longest token that is looked at, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// A rule about the header `typ`, which keeps tokens of one kind from passing for another (RFC 8725 §3.11).
///
/// Compared without case and without a leading `application/` (RFC 7515 §4.1.9).
#[derive(Debug, Clone, Copy)]
pub enum Typ<'a> {
    /// One of these must stand there.
    Only(&'a [&'a str]),
    /// One of these, or no `typ` at all.
    OnlyOrAbsent(&'a [&'a str]),
    /// Anything, or nothing, but these.
    AnyBut(&'a [&'a str]),
}

/// A token whose signature and rules held.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What it was signed with.
    pub alg: Alg,
    /// What it says.
    pub claims: Claims,
}

/// The one check that a token failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoseFault {
    /// Longer than [`MAX_BYTES`].
    #[error("the token is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Not three parts of base64url joined by dots.
    #[error("this is not a signed token in compact form")]
    NotCompact,
    /// Five parts: an encrypted token. We hold no key for it.
    #[error("the token is encrypted; turn token encryption off for this application at the IdP")]
    Encrypted,
    /// The header is not a JSON object with unique names.
    #[error("the token's header is not a JSON object with unique names")]
    HeaderNotJson,
    /// The claims are not a JSON object with unique names.
    #[error("the token's claims are not a JSON object with unique names")]
    ClaimsNotJson,
    /// `alg` is `none`.
    #[error("the token is not signed (alg none)")]
    Unsigned,
    /// `alg` is one of `HS*`: the public key would be the secret.
    #[error("the token is signed with a shared secret (HS*)")]
    Symmetric,
    /// `alg` is missing or none that we know.
    #[error("the token's signature algorithm is unknown")]
    AlgorithmUnknown,
    /// The algorithm is not one that this signer is known to use.
    #[error("the token is signed with {}, which this IdP is not set up for", .0.name())]
    AlgorithmNotAllowed(Alg),
    /// `crit` is there: it names what we do not understand (RFC 7515 §4.1.11).
    #[error("the token demands an extension that is not understood (crit)")]
    CriticalExtension,
    /// The `typ` header is that of another kind of token.
    #[error("this is a token of another kind (typ)")]
    WrongType,
    /// No key of the set has the token's `kid`: fetch the set anew, once.
    #[error("the token's key is not in the IdP's key set")]
    KeyUnknown,
    /// The key is there, but of another type or for another algorithm.
    #[error("no key of the IdP fits the token's algorithm")]
    KeyUnfit,
    /// Several keys fit, and the token does not say which.
    #[error("several keys of the IdP fit the token")]
    KeyAmbiguous,
    /// The key belongs to another issuer (Entra ID says so on each key).
    #[error("the token's key belongs to another issuer")]
    KeyOfAnotherIssuer,
    /// The signature is not that key's.
    #[error("the token's signature is wrong")]
    SignatureWrong,
    /// `iss` is missing or another.
    #[error("the token's issuer (iss) is another")]
    IssuerWrong,
    /// `aud` does not hold any expected audience.
    #[error("the token is for another audience (aud)")]
    AudienceWrong,
    /// `exp` is missing.
    #[error("the token has no expiry (exp)")]
    ExpiryMissing,
    /// `exp` has passed.
    #[error("the token has expired (exp)")]
    Expired,
    /// `nbf` has not come yet.
    #[error("the token is not valid yet (nbf)")]
    NotYetValid,
    /// `iat` is missing.
    #[error("the token does not say when it was issued (iat)")]
    IssuedAtMissing,
    /// `iat` is to come: the clocks stand apart.
    #[error("the token was issued in the future (iat)")]
    IssuedInFuture,
    /// `iat` is too long ago.
    #[error("the token was issued too long ago (iat)")]
    TooOld,
    /// A claim has a wrong form.
    #[error(transparent)]
    BadClaim(#[from] BadClaim),
}

/// Checks form, header, key, signature and the registered claims of a compact JWT, in this order.
///
/// # Errors
/// The [`JoseFault`] of the first check that failed.
pub fn verify(token: &str, keys: &JwkSet, rules: &Rules<'_>) -> Result<Verified, JoseFault> {
    let verified = verify_undated(token, keys, rules)?;
    if verified.claims.members().contains_key("exp") { Ok(verified) } else { Err(JoseFault::ExpiryMissing) }
}

/// As [`verify`], for the tokens that need no `exp` (signed UserInfo answers); where it stands it is checked.
///
/// # Errors
/// The [`JoseFault`] of the first check that failed.
pub fn verify_undated(token: &str, keys: &JwkSet, rules: &Rules<'_>) -> Result<Verified, JoseFault> {
    let (message, signature) = parts(token)?;
    let (header, body) = message.split_once('.').ok_or(JoseFault::NotCompact)?;
    let header = json::object(&decoded(header)?).map_err(|_| JoseFault::HeaderNotJson)?;
    let alg = checked_header(&header, rules)?;
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) => Some(kid.as_str()),
        Some(_) => return Err(JoseFault::KeyUnknown),
    };
    let key = keys.choose(kid, alg).map_err(|why| match why {
        NoKey::Unknown => JoseFault::KeyUnknown,
        NoKey::NoneFits => JoseFault::KeyUnfit,
        NoKey::Several => JoseFault::KeyAmbiguous,
    })?;
    if !key.speaks_for(rules.issuer) {
        return Err(JoseFault::KeyOfAnotherIssuer);
    }
    if !jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.public, alg.in_library()).unwrap_or(false) {
        return Err(JoseFault::SignatureWrong);
    }
    let claims = Claims::new(json::object(&decoded(body)?).map_err(|_| JoseFault::ClaimsNotJson)?);
    check_claims(&claims, rules)?;
    Ok(Verified { alg, claims })
}

fn parts(token: &str) -> Result<(&str, &str), JoseFault> {
    if token.len() > MAX_BYTES {
        return Err(JoseFault::TooLong);
    }
    match token.bytes().filter(|byte| *byte == b'.').count() {
        2 => token.rsplit_once('.').ok_or(JoseFault::NotCompact),
        4 => Err(JoseFault::Encrypted),
        _ => Err(JoseFault::NotCompact),
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, JoseFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseFault::NotCompact)
}

fn checked_header(header: &Map<String, Value>, rules: &Rules<'_>) -> Result<Alg, JoseFault> {
    let name = header.get("alg").and_then(Value::as_str).ok_or(JoseFault::AlgorithmUnknown)?;
    let alg = match Alg::named(name) {
        Some(alg) => alg,
        None if name.eq_ignore_ascii_case("none") => return Err(JoseFault::Unsigned),
        None if name.starts_with("HS") => return Err(JoseFault::Symmetric),
        None => return Err(JoseFault::AlgorithmUnknown),
    };
    if !rules.algorithms.contains(&alg) {
        return Err(JoseFault::AlgorithmNotAllowed(alg));
    }
    if header.contains_key("crit") {
        return Err(JoseFault::CriticalExtension);
    }
    let typ = match header.get("typ") {
        None => None,
        Some(Value::String(typ)) => Some(bare(typ)),
        Some(_) => return Err(JoseFault::WrongType),
    };
    let among = |names: &[&str]| typ.as_ref().is_some_and(|typ| names.iter().any(|name| bare(name) == *typ));
    let passes = match rules.typ {
        Typ::Only(names) => among(names),
        Typ::OnlyOrAbsent(names) => typ.is_none() || among(names),
        Typ::AnyBut(names) => !among(names),
    };
    if passes { Ok(alg) } else { Err(JoseFault::WrongType) }
}

fn bare(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ).to_owned()
}

fn check_claims(claims: &Claims, rules: &Rules<'_>) -> Result<(), JoseFault> {
    if claims.strict_text("iss")? != Some(rules.issuer) {
        return Err(JoseFault::IssuerWrong);
    }
    if !claims.texts("aud")?.iter().any(|aud| rules.audiences.contains(aud)) {
        return Err(JoseFault::AudienceWrong);
    }
    if claims.date("exp")?.is_some_and(|expiry| rules.now >= expiry + rules.leeway) {
        return Err(JoseFault::Expired);
    }
    if claims.date("nbf")?.is_some_and(|start| rules.now + rules.leeway < start) {
        return Err(JoseFault::NotYetValid);
    }
    let issued = claims.date("iat")?;
    if issued.is_some_and(|issued| rules.now + rules.leeway < issued) {
        return Err(JoseFault::IssuedInFuture);
    }
    if let Some(max_age) = rules.max_age {
        let issued = issued.ok_or(JoseFault::IssuedAtMissing)?;
        if rules.now - issued > max_age + rules.leeway {
            return Err(JoseFault::TooOld);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
