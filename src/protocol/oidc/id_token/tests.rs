use super::*;
use crate::protocol::jose::SigningKey;
use serde_json::json;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://idp.test";
const ACCESS: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

fn checks() -> Checks<'static> {
    Checks {
        issuer: ISSUER,
        client_id: "doorward",
        trusted_audiences: &[],
        algorithms: &[Alg::Es256],
        nonce: "n-0S6_WzA2Mj",
        max_age: None,
        acr_values: &[],
        access_token: Some(ACCESS),
        groups_claim: "groups",
        now: DateTime::from_timestamp(NOW, 0).unwrap(),
    }
}

fn good() -> Value {
    json!({
        "iss": ISSUER, "aud": "doorward", "sub": "ada-1", "exp": NOW + 300, "iat": NOW, "nonce": "n-0S6_WzA2Mj",
        "auth_time": NOW - 30, "acr": "urn:pwd", "amr": ["pwd"], "sid": "s1", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
        "email": "ada@acme.test", "email_verified": true, "name": "Ada L", "groups": ["staff"]
    })
}

/// The good token with one claim changed (`null`: removed), signed and checked.
fn ask_as(typ: &str, changes: &[(&str, Value)], checks: &Checks<'_>) -> Result<IdToken, IdTokenFault> {
    let (key, _) = SigningKey::generate(Alg::Es256).unwrap();
    let keys = JwkSet::parse(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).unwrap();
    let mut claims = good();
    for (name, value) in changes {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(*name)),
            value => claims[*name] = value.clone(),
        }
    }
    verify_id_token(&key.sign(typ, &claims).unwrap(), &keys, checks)
}

fn ask(changes: &[(&str, Value)], checks: &Checks<'_>) -> Result<IdToken, IdTokenFault> {
    ask_as("JWT", changes, checks)
}

fn fault(claim: &str, value: Value) -> IdTokenFault {
    ask(&[(claim, value)], &checks()).unwrap_err()
}

#[test]
fn a_good_token_says_who_signed_in() {
    let seen = ask(&[], &checks()).unwrap();
    assert_eq!((seen.subject.as_str(), seen.session.as_deref()), ("ada-1", Some("s1")));
    assert_eq!(seen.groups, GroupsClaim::Present(vec!["staff".to_owned()]));
    assert_eq!(seen.profile.email.as_deref(), Some("ada@acme.test"));
    assert!(seen.profile.email_verified);
    assert_eq!(seen.auth_time.unwrap().timestamp(), NOW - 30);
    assert_eq!((seen.acr.as_deref(), seen.amr), (Some("urn:pwd"), vec!["pwd".to_owned()]));
}

#[test]
fn a_token_of_another_sign_in_is_refused() {
    assert_eq!(fault("nonce", json!("other")), IdTokenFault::NonceWrong);
    assert_eq!(fault("nonce", Value::Null), IdTokenFault::NonceWrong);
    assert_eq!(fault("nonce", json!(["n-0S6_WzA2Mj"])), IdTokenFault::BadClaim(BadClaim { claim: "nonce" }));
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    assert_eq!(fault("aud", json!("other")), IdTokenFault::Token(JoseFault::AudienceWrong));
    assert_eq!(fault("aud", json!(["doorward", "other"])), IdTokenFault::UntrustedAudience);
    assert_eq!(fault("azp", json!("other")), IdTokenFault::PartyWrong);
    assert!(ask(&[("azp", json!("doorward"))], &checks()).is_ok());
    let trusting = Checks { trusted_audiences: &["api"], ..checks() };
    let both = ("aud", json!(["doorward", "api"]));
    assert_eq!(ask(std::slice::from_ref(&both), &trusting).unwrap_err(), IdTokenFault::PartyMissing);
    assert!(ask(&[both, ("azp", json!("doorward"))], &trusting).is_ok());
}

#[test]
fn a_token_of_another_issuer_is_refused() {
    assert_eq!(fault("iss", json!("https://evil.test")), IdTokenFault::Token(JoseFault::IssuerWrong));
}

#[test]
fn a_token_out_of_its_time_is_refused() {
    assert_eq!(fault("exp", json!(NOW - 60)), IdTokenFault::Token(JoseFault::Expired));
    assert_eq!(fault("iat", json!(NOW - 661)), IdTokenFault::Token(JoseFault::TooOld));
    assert_eq!(fault("iat", Value::Null), IdTokenFault::Token(JoseFault::IssuedAtMissing));
    assert_eq!(fault("nbf", json!(NOW + 61)), IdTokenFault::Token(JoseFault::NotYetValid));
}

#[test]
fn a_logout_or_access_token_is_no_id_token() {
    for typ in ["logout+jwt", "at+jwt", "application/at+jwt", "secevent+jwt"] {
        let fault = ask_as(typ, &[], &checks()).unwrap_err();
        assert_eq!(fault, IdTokenFault::Token(JoseFault::WrongType), "{typ}");
    }
}

#[test]
fn an_algorithm_beyond_the_metadata_is_refused() {
    let rsa_only = Checks { algorithms: &[Alg::Rs256], ..checks() };
    let expected = IdTokenFault::Token(JoseFault::AlgorithmNotAllowed(Alg::Es256));
    assert_eq!(ask(&[], &rsa_only).unwrap_err(), expected);
}

#[test]
fn a_subject_has_1_to_255_bytes() {
    assert_eq!(fault("sub", Value::Null), IdTokenFault::BadSubject);
    assert_eq!(fault("sub", json!("")), IdTokenFault::BadSubject);
    assert_eq!(fault("sub", json!(7)), IdTokenFault::BadSubject);
    assert_eq!(fault("sub", json!("x".repeat(256))), IdTokenFault::BadSubject);
    assert!(ask(&[("sub", json!("x".repeat(255)))], &checks()).is_ok());
}

#[test]
fn a_fresh_sign_in_is_demanded_where_it_was_asked_for() {
    let fresh = Checks { max_age: Some(60), ..checks() };
    assert!(ask(&[], &fresh).is_ok());
    let with = |value| ask(&[("auth_time", value)], &fresh).unwrap_err();
    assert_eq!(with(Value::Null), IdTokenFault::AuthTimeMissing);
    assert_eq!(with(json!(NOW - 121)), IdTokenFault::AuthTooOld);
    assert_eq!(with(json!(NOW + 61)), IdTokenFault::AuthTooOld);
    assert_eq!(with(json!("now")), IdTokenFault::BadClaim(BadClaim { claim: "auth_time" }));
}

#[test]
fn a_context_that_was_asked_for_must_be_given() {
    let mfa = Checks { acr_values: &["urn:mfa"], ..checks() };
    assert_eq!(ask(&[], &mfa).unwrap_err(), IdTokenFault::ContextWrong);
    assert!(ask(&[("acr", json!("urn:mfa"))], &mfa).is_ok());
}

#[test]
fn an_access_token_hash_must_be_right_where_it_stands() {
    let swapped = Checks { access_token: Some("stolen"), ..checks() };
    assert_eq!(ask(&[], &swapped).unwrap_err(), IdTokenFault::AccessTokenWrong);
    assert!(ask(&[("at_hash", Value::Null)], &swapped).is_ok());
}

#[test]
fn groups_that_cannot_be_read_fail_the_login() {
    assert_eq!(fault("groups", json!({"a": 1})), IdTokenFault::BadGroups(BadGroups));
    assert_eq!(ask(&[("groups", Value::Null)], &checks()).unwrap().groups, GroupsClaim::Absent);
}

#[test]
fn an_address_is_verified_only_where_the_idp_says_so() {
    let verified = |changes: &[(&str, Value)]| ask(changes, &checks()).unwrap().profile.email_verified;
    assert!(verified(&[("email_verified", json!("true"))]));
    assert!(verified(&[("email_verified", Value::Null), ("xms_edov", json!(1))]));
    for no in [json!(false), json!("yes"), Value::Null, json!({})] {
        assert!(!verified(&[("email_verified", no)]));
    }
}

#[test]
fn another_source_verifies_its_own_address_only() {
    let unverified = Profile { email: Some("a@acme.test".to_owned()), ..Profile::default() };
    let verified = |email: &str| Profile { email: Some(email.to_owned()), email_verified: true, ..Profile::default() };
    assert!(!unverified.clone().or(verified("b@acme.test")).email_verified);
    assert!(unverified.or(verified("a@acme.test")).email_verified);
    assert!(Profile::default().or(verified("b@acme.test")).email_verified);
}

#[test]
fn a_printed_token_shows_no_person() {
    let text = format!("{:?} {:?}", ask(&[], &checks()).unwrap(), Profile::default());
    assert!(!text.contains("ada"), "{text}");
}
