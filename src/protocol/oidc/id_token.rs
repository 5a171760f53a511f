//! The ID token of a login (OpenID Connect Core §2, §3.1.3.7): every check, and what it then says.

use super::groups::{BadGroups, GroupsClaim};
use crate::protocol::jose::claims::BadClaim;
use crate::protocol::jose::digest;
use crate::protocol::jose::verify::LEEWAY;
use crate::protocol::jose::{Alg, Claims, JoseFault, JwkSet, Rules, Typ, verify};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// The oldest ID token that a login takes: ten minutes.
pub const MAX_TOKEN_AGE: TimeDelta = TimeDelta::minutes(10);

/// Headers of tokens that are not ID tokens, though they may be signed by the same IdP.
pub(super) const OTHER_KINDS: &[&str] = &["logout+jwt", "at+jwt", "secevent+jwt"];

/// What the ID token of one flow must be. Nothing of it is taken from the token.
#[derive(Debug, Clone, Copy)]
pub struct Checks<'a> {
    /// The issuer that the browser was sent to.
    pub issuer: &'a str,
    /// Our id there.
    pub client_id: &'a str,
    /// Further audiences that the connection trusts; usually none.
    pub trusted_audiences: &'a [&'a str],
    /// The algorithms of the IdP's metadata.
    pub algorithms: &'a [Alg],
    /// The nonce of the flow.
    pub nonce: &'a str,
    /// The `max_age` that was sent, in seconds.
    pub max_age: Option<u32>,
    /// The authentication contexts that were asked for; empty when none was.
    pub acr_values: &'a [&'a str],
    /// The access token that came along, for `at_hash`.
    pub access_token: Option<&'a str>,
    /// The name of the claim that holds groups.
    pub groups_claim: &'a str,
    /// The time now.
    pub now: DateTime<Utc>,
}

/// An ID token that passed every check. It prints no personal data.
#[derive(Clone)]
pub struct IdToken {
    /// Who says it.
    pub issuer: String,
    /// Whom it is about: with the connection the only lasting name of a person.
    pub subject: String,
    /// The session at the IdP, for back-channel logout.
    pub session: Option<String>,
    /// When the person last proved themselves at the IdP.
    pub auth_time: Option<DateTime<Utc>>,
    /// How they did, as a context class.
    pub acr: Option<String>,
    /// How they did, as methods (RFC 8176).
    pub amr: Vec<String>,
    /// Their groups.
    pub groups: GroupsClaim,
    /// Name and addresses, as claimed.
    pub profile: Profile,
    /// Everything else.
    pub claims: Claims,
}

impl std::fmt::Debug for IdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdToken").field("issuer", &self.issuer).field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// The standard claims about a person (OpenID Connect Core §5.1). All of them can change; none is an identity.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// `email`.
    pub email: Option<String>,
    /// `email_verified`, or Entra ID's `xms_edov` where that stands: whether the IdP vouches for the address.
    pub email_verified: bool,
    /// `preferred_username`.
    pub preferred_username: Option<String>,
    /// `name`.
    pub name: Option<String>,
    /// `given_name`.
    pub given_name: Option<String>,
    /// `family_name`.
    pub family_name: Option<String>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(***)")
    }
}

/// The one check that an ID token failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenFault {
    /// Signature, issuer, audience or time.
    #[error(transparent)]
    Token(#[from] JoseFault),
    /// `aud` names somebody whom the connection does not trust.
    #[error("the ID token is also for an audience that is not trusted (aud)")]
    UntrustedAudience,
    /// Several audiences and no `azp`.
    #[error("the ID token has several audiences and does not say whom it was given to (azp)")]
    PartyMissing,
    /// `azp` is another client.
    #[error("the ID token was given to another application (azp)")]
    PartyWrong,
    /// `sub` is missing, empty or longer than 255 bytes.
    #[error("the ID token's subject (sub) is missing, empty or longer than 255 bytes")]
    BadSubject,
    /// `nonce` is missing or another.
    #[error("the ID token belongs to another sign-in (nonce)")]
    NonceWrong,
    /// `max_age` was sent and there is no `auth_time`.
    #[error("the IdP does not say when the person signed in (auth_time)")]
    AuthTimeMissing,
    /// `auth_time` is longer ago than `max_age`, or to come.
    #[error("the person's sign-in at the IdP is too old (auth_time)")]
    AuthTooOld,
    /// A context class was asked for and another one given.
    #[error("the person did not sign in as strongly as was asked (acr)")]
    ContextWrong,
    /// `at_hash` is not the hash of the access token.
    #[error("the access token does not belong to the ID token (at_hash)")]
    AccessTokenWrong,
    /// A claim has a wrong form.
    #[error(transparent)]
    BadClaim(#[from] BadClaim),
    /// The groups claim has a wrong form.
    #[error(transparent)]
    BadGroups(#[from] BadGroups),
}

/// Checks an ID token of the code flow.
///
/// # Errors
/// The [`IdTokenFault`] of the first check that failed. [`JoseFault::KeyUnknown`] is worth one fresh key set.
pub fn verify_id_token(token: &str, keys: &JwkSet, checks: &Checks<'_>) -> Result<IdToken, IdTokenFault> {
    let rules = Rules {
        algorithms: checks.algorithms,
        issuer: checks.issuer,
        audiences: &[checks.client_id],
        typ: Typ::AnyBut(OTHER_KINDS),
        now: checks.now,
        leeway: LEEWAY,
        max_age: Some(MAX_TOKEN_AGE),
    };
    let verified = verify(token, keys, &rules)?;
    let claims = verified.claims;
    check_party(&claims, checks)?;
    let subject = subject(&claims).ok_or(IdTokenFault::BadSubject)?.to_owned();
    if !claims.strict_text("nonce")?.is_some_and(|nonce| digest::same(nonce, checks.nonce)) {
        return Err(IdTokenFault::NonceWrong);
    }
    let auth_time = checked_auth_time(&claims, checks)?;
    let acr = claims.text("acr").map(str::to_owned);
    if !checks.acr_values.is_empty() && !acr.as_deref().is_some_and(|acr| checks.acr_values.contains(&acr)) {
        return Err(IdTokenFault::ContextWrong);
    }
    if let (Some(hash), Some(token)) = (claims.strict_text("at_hash")?, checks.access_token)
        && !digest::same(hash, &digest::left_half(verified.alg, token))
    {
        return Err(IdTokenFault::AccessTokenWrong);
    }
    Ok(IdToken {
        issuer: checks.issuer.to_owned(),
        subject,
        session: claims.text("sid").map(str::to_owned),
        auth_time,
        acr,
        amr: claims.texts("amr")?.into_iter().map(str::to_owned).collect(),
        groups: GroupsClaim::read(&claims, checks.groups_claim)?,
        profile: Profile::read(&claims),
        claims,
    })
}

/// A subject of 1 to 255 bytes.
pub(super) fn subject(claims: &Claims) -> Option<&str> {
    claims.text("sub").filter(|sub| sub.len() <= 255)
}

fn check_party(claims: &Claims, checks: &Checks<'_>) -> Result<(), IdTokenFault> {
    let audiences = claims.texts("aud")?;
    if !audiences.iter().all(|aud| *aud == checks.client_id || checks.trusted_audiences.contains(aud)) {
        return Err(IdTokenFault::UntrustedAudience);
    }
    match claims.strict_text("azp")? {
        Some(party) if party != checks.client_id => Err(IdTokenFault::PartyWrong),
        None if audiences.len() > 1 => Err(IdTokenFault::PartyMissing),
        _ => Ok(()),
    }
}

fn checked_auth_time(claims: &Claims, checks: &Checks<'_>) -> Result<Option<DateTime<Utc>>, IdTokenFault> {
    let auth_time = claims.date("auth_time")?;
    if let Some(max_age) = checks.max_age {
        let when = auth_time.ok_or(IdTokenFault::AuthTimeMissing)?;
        let age = checks.now - when;
        if age > TimeDelta::seconds(max_age.into()) + LEEWAY || age < -LEEWAY {
            return Err(IdTokenFault::AuthTooOld);
        }
    }
    Ok(auth_time)
}

impl Profile {
    /// What `claims` say about the person. An e-mail counts as verified only where the IdP says so.
    #[must_use]
    pub fn read(claims: &Claims) -> Self {
        let text = |claim| claims.text(claim).map(str::to_owned);
        Self {
            email: text("email"),
            email_verified: yes(claims.get("email_verified")) || yes(claims.get("xms_edov")),
            preferred_username: text("preferred_username"),
            name: text("name"),
            given_name: text("given_name"),
            family_name: text("family_name"),
        }
    }

    /// This profile, with what it lacks taken from `other`. Address and its verification stay together.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let own = self.email.is_some();
        let verified = if own { self.email_verified } else { other.email_verified };
        let same = own && self.email == other.email;
        Self {
            email_verified: verified || (same && other.email_verified),
            email: self.email.or(other.email),
            preferred_username: self.preferred_username.or(other.preferred_username),
            name: self.name.or(other.name),
            given_name: self.given_name.or(other.given_name),
            family_name: self.family_name.or(other.family_name),
        }
    }
}

/// Some IdPs write the boolean as a text, Entra ID `xms_edov` also as a number.
fn yes(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text == "true" || text == "1",
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
