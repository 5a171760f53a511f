//! What the IdP says about a person, right or wrong.

use super::knobs::{OidcKnobs, TokenFault};
use super::{Client, SignIn, jws};
use crate::lab::error::LabError;
use crate::lab::idp::core::Core;
use crate::lab::idp::person::{GroupsClaim, Person};
use jsonwebtoken::{Algorithm, EncodingKey};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

const HOUR: i64 = 3600;
const SOMEBODY_ELSE: &str = "somebody-else";

/// The claims about the person alone, as userinfo and ID token have them.
pub(super) fn identity(knobs: &OidcKnobs, person: &Person) -> Value {
    let mut claims = json!({
        "sub": person.subject,
        "name": person.name(),
        "given_name": person.given,
        "family_name": person.family,
        "preferred_username": person.user_name,
    });
    if knobs.email {
        claims["email"] = json!(person.email);
        if let Some(verified) = knobs.email_verified {
            claims["email_verified"] = json!(verified);
        }
    }
    if let Some(groups) = knobs.groups.of(person) {
        claims[&knobs.groups_claim] = json!(groups);
    } else if knobs.groups == GroupsClaim::Overage {
        claims["_claim_names"] = json!({ "groups": "src1" });
        claims["_claim_sources"] =
            json!({ "src1": { "endpoint": "https://graph.windows.net/tenant/users/user/getMemberObjects" } });
    }
    claims
}

/// The ID token for a sign-in, with the fault that the knobs want.
pub(super) fn id_token(core: &Core, client: &Client, sign_in: &SignIn) -> Result<String, LabError> {
    let knobs = core.memory().oidc.clone();
    let keys = core.keys();
    let key = keys.for_tokens(knobs.algorithm);
    let mut claims = identity(&knobs, &sign_in.person);
    let now = core.sources.now().timestamp();
    claims["iss"] = json!(core.base_url);
    claims["aud"] = json!(client.client_id);
    claims["iat"] = json!(now);
    claims["exp"] = json!(now + 300);
    claims["auth_time"] = json!(sign_in.at.timestamp());
    claims["sid"] = json!(sign_in.sid);
    claims["amr"] = json!(["pwd"]);
    if let Some(nonce) = &sign_in.nonce {
        claims["nonce"] = json!(nonce);
    }
    let mut header = jws::header(key, "JWT");
    let Some(fault) = knobs.fault else { return jws::signed(&header, &claims, key) };
    spoil_claims(fault, &mut claims, client, now);
    match fault {
        TokenFault::AlgNone => {
            header["alg"] = json!("none");
            Ok(format!("{}.", jws::unsigned(&header, &claims)))
        }
        TokenFault::Hmac => hmac(&claims, client),
        TokenFault::WrongKey => {
            let foreign = core.foreign_keys()?;
            jws::signed(&header, &claims, foreign.for_tokens(knobs.algorithm))
        }
        TokenFault::Tampered => {
            let token = jws::signed(&header, &claims, key)?;
            claims["sub"] = json!(SOMEBODY_ELSE);
            let signature = token.rsplit('.').next().unwrap_or_default();
            Ok(format!("{}.{signature}", jws::unsigned(&header, &claims)))
        }
        fault => {
            spoil_header(fault, &mut header);
            jws::signed(&header, &claims, key)
        }
    }
}

fn spoil_header(fault: TokenFault, header: &mut Value) {
    match fault {
        TokenFault::UnknownKid => header["kid"] = json!("never-published"),
        TokenFault::WrongType => header["typ"] = json!("logout+jwt"),
        TokenFault::UnknownCrit => {
            header["crit"] = json!(["b64x"]);
            header["b64x"] = json!(true);
        }
        _ => {}
    }
}

fn spoil_claims(fault: TokenFault, claims: &mut Value, client: &Client, now: i64) {
    let changes: &[(&str, Value)] = &match fault {
        TokenFault::WrongNonce => vec![("nonce", json!("another-nonce"))],
        TokenFault::MissingNonce => vec![("nonce", Value::Null)],
        TokenFault::WrongAudience => vec![("aud", json!(SOMEBODY_ELSE))],
        TokenFault::SecondAudience => {
            vec![("aud", json!([client.client_id, SOMEBODY_ELSE])), ("azp", json!(client.client_id))]
        }
        TokenFault::WrongAzp => vec![("azp", json!(SOMEBODY_ELSE))],
        TokenFault::WrongIssuer => vec![("iss", json!("https://somebody-else.test"))],
        TokenFault::Expired => vec![("exp", json!(now - HOUR)), ("iat", json!(now - HOUR - 300))],
        TokenFault::Stale => vec![("iat", json!(now - HOUR))],
        TokenFault::FromTheFuture => vec![("iat", json!(now + HOUR)), ("exp", json!(now + HOUR + 300))],
        TokenFault::EmptySubject => vec![("sub", json!(""))],
        _ => Vec::new(),
    };
    let Some(claims) = claims.as_object_mut() else { return };
    for (name, value) in changes {
        if value.is_null() {
            claims.remove(*name);
        } else {
            claims.insert((*name).to_owned(), value.clone());
        }
    }
}

fn hmac(claims: &Value, client: &Client) -> Result<String, LabError> {
    let message = jws::unsigned(&json!({ "alg": "HS256", "typ": "JWT" }), claims);
    let key = EncodingKey::from_secret(client.client_secret.expose_secret().as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256)?;
    Ok(format!("{message}.{signature}"))
}
