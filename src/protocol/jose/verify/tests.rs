use super::*;
use crate::protocol::jose::signing::SigningKey;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://idp.test";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn rules() -> Rules<'static> {
    Rules {
        algorithms: &[Alg::Es256],
        issuer: ISSUER,
        audiences: &["doorward"],
        typ: Typ::AnyBut(&["at+jwt", "logout+jwt"]),
        now: now(),
        leeway: LEEWAY,
        max_age: Some(TimeDelta::minutes(10)),
    }
}

/// A signer that uses the library as a peer would: it writes any header and any claims.
struct Peer {
    key: SigningKey,
    der: Vec<u8>,
}

impl Peer {
    fn new() -> Self {
        let (key, der) = SigningKey::generate(Alg::Es256).unwrap();
        Self { key, der: der.to_vec() }
    }

    fn keys(&self) -> JwkSet {
        JwkSet::parse(json!({"keys": [self.key.public_jwk()]}).to_string().as_bytes()).unwrap()
    }

    fn sign(&self, change_header: impl FnOnce(&mut Header), claims: &Value) -> String {
        let mut header = Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = Some(self.key.kid().to_owned());
        change_header(&mut header);
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(&self.der)).unwrap()
    }

    fn raw(&self, header: &str, body: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body));
        let key = EncodingKey::from_ec_der(&self.der);
        let mac = jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::ES256).unwrap();
        format!("{message}.{mac}")
    }

    fn fault_of_header(&self, change: impl FnOnce(&mut Header)) -> JoseFault {
        verify(&self.sign(change, &good()), &self.keys(), &rules()).unwrap_err()
    }

    fn try_claim(&self, name: &str, value: Value) -> Result<Verified, JoseFault> {
        let mut claims = good();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        verify(&self.sign(|_| {}, &claims), &self.keys(), &rules())
    }
}

fn good() -> Value {
    json!({"iss": ISSUER, "aud": "doorward", "sub": "ada", "exp": NOW + 300, "iat": NOW})
}

#[test]
fn a_good_token_becomes_claims() {
    let peer = Peer::new();
    let seen = verify(&peer.sign(|_| {}, &good()), &peer.keys(), &rules()).unwrap();
    assert_eq!(seen.claims.text("sub"), Some("ada"));
    assert!(peer.try_claim("aud", json!(["other", "doorward"])).is_ok());
}

#[test]
fn a_token_must_be_compact_and_of_a_sane_size() {
    let peer = Peer::new();
    let fault = |token: &str| verify(token, &peer.keys(), &rules()).unwrap_err();
    assert_eq!(fault(""), JoseFault::NotCompact);
    assert_eq!(fault("a.b"), JoseFault::NotCompact);
    assert_eq!(fault("a.b.c.d.e"), JoseFault::Encrypted);
    assert_eq!(fault("!.e30.e30"), JoseFault::NotCompact);
    assert_eq!(fault(&"a".repeat(MAX_BYTES + 1)), JoseFault::TooLong);
    assert_eq!(fault("W10.e30.AA"), JoseFault::HeaderNotJson);
}

#[test]
fn an_unsigned_token_is_refused() {
    let peer = Peer::new();
    for name in ["none", "None", "NONE"] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": name }).to_string());
        let token = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(good().to_string()));
        assert_eq!(verify(&token, &peer.keys(), &rules()).unwrap_err(), JoseFault::Unsigned);
    }
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let peer = Peer::new();
    let public = peer.key.public_jwk().to_string();
    let mut header = Header::new(jsonwebtoken::Algorithm::HS256);
    header.kid = Some(peer.key.kid().to_owned());
    let token = jsonwebtoken::encode(&header, &good(), &EncodingKey::from_secret(public.as_bytes())).unwrap();
    assert_eq!(verify(&token, &peer.keys(), &rules()).unwrap_err(), JoseFault::Symmetric);
}

#[test]
fn the_algorithm_comes_from_the_rules_and_not_from_the_token() {
    let peer = Peer::new();
    let token = peer.sign(|_| {}, &good());
    let other = Rules { algorithms: &[Alg::Rs256], ..rules() };
    assert_eq!(verify(&token, &peer.keys(), &other).unwrap_err(), JoseFault::AlgorithmNotAllowed(Alg::Es256));
    let strange = peer.raw(r#"{"alg":"ES512"}"#, &good().to_string());
    assert_eq!(verify(&strange, &peer.keys(), &rules()).unwrap_err(), JoseFault::AlgorithmUnknown);
}

#[test]
fn an_extension_that_must_be_understood_is_refused() {
    let fault = Peer::new().fault_of_header(|header| header.crit = Some(vec!["exp".to_owned()]));
    assert_eq!(fault, JoseFault::CriticalExtension);
}

#[test]
fn a_token_of_another_kind_is_refused() {
    let peer = Peer::new();
    for typ in ["at+jwt", "application/at+JWT", "logout+jwt"] {
        assert_eq!(peer.fault_of_header(|header| header.typ = Some(typ.to_owned())), JoseFault::WrongType, "{typ}");
    }
    let token = peer.sign(|header| header.typ = None, &good());
    let only = Rules { typ: Typ::Only(&["logout+jwt"]), ..rules() };
    assert_eq!(verify(&token, &peer.keys(), &only).unwrap_err(), JoseFault::WrongType);
    let or_absent = Rules { typ: Typ::OnlyOrAbsent(&["logout+jwt"]), ..rules() };
    assert!(verify(&token, &peer.keys(), &or_absent).is_ok());
}

#[test]
fn an_unknown_key_is_told_apart_from_a_wrong_one() {
    let peer = Peer::new();
    assert_eq!(peer.fault_of_header(|header| header.kid = Some("other".to_owned())), JoseFault::KeyUnknown);
    let rs = Rules { algorithms: Alg::ALL, ..rules() };
    let token = peer.raw(&json!({"alg": "RS256", "kid": peer.key.kid()}).to_string(), &good().to_string());
    assert_eq!(verify(&token, &peer.keys(), &rs).unwrap_err(), JoseFault::KeyUnfit);
    let twice = json!({"keys": [Peer::new().key.public_jwk(), peer.key.public_jwk()]}).to_string();
    let token = peer.sign(|header| header.kid = None, &good());
    let keys = JwkSet::parse(twice.as_bytes()).unwrap();
    assert_eq!(verify(&token, &keys, &rules()).unwrap_err(), JoseFault::KeyAmbiguous);
}

#[test]
fn a_key_of_another_issuer_does_not_speak() {
    let peer = Peer::new();
    let mut jwk = peer.key.public_jwk().clone();
    jwk["issuer"] = "https://other.test".into();
    let keys = JwkSet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
    let token = peer.sign(|_| {}, &good());
    assert_eq!(verify(&token, &keys, &rules()).unwrap_err(), JoseFault::KeyOfAnotherIssuer);
}

#[test]
fn a_changed_byte_breaks_the_signature() {
    let peer = Peer::new();
    let token = peer.sign(|_| {}, &good());
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD.encode(good().to_string().replace("ada", "eve"));
    let forged = format!("{}.{forged}.{signature}", head.split_once('.').unwrap().0);
    assert_eq!(verify(&forged, &peer.keys(), &rules()).unwrap_err(), JoseFault::SignatureWrong);
    assert_eq!(verify(&format!("{head}."), &peer.keys(), &rules()).unwrap_err(), JoseFault::SignatureWrong);
}

#[test]
fn a_claim_that_stands_twice_is_refused() {
    let peer = Peer::new();
    let header = json!({"alg": "ES256", "kid": peer.key.kid()}).to_string();
    let body = good().to_string().replacen('{', r#"{"sub":"eve","#, 1);
    assert_eq!(verify(&peer.raw(&header, &body), &peer.keys(), &rules()).unwrap_err(), JoseFault::ClaimsNotJson);
}

#[test]
fn issuer_and_audience_are_compared_byte_for_byte() {
    let peer = Peer::new();
    for bad in [json!("https://idp.test/"), json!("https://IDP.test"), Value::Null] {
        assert_eq!(peer.try_claim("iss", bad).unwrap_err(), JoseFault::IssuerWrong);
    }
    assert_eq!(peer.try_claim("iss", json!([ISSUER])).unwrap_err(), JoseFault::BadClaim(BadClaim { claim: "iss" }));
    for bad in [json!("other"), json!([]), Value::Null, json!("DOORWARD")] {
        assert_eq!(peer.try_claim("aud", bad).unwrap_err(), JoseFault::AudienceWrong);
    }
    assert_eq!(
        peer.try_claim("aud", json!(["doorward", 1])).unwrap_err(),
        JoseFault::BadClaim(BadClaim { claim: "aud" })
    );
}

#[test]
fn time_is_the_time_that_is_passed_in() {
    let peer = Peer::new();
    assert!(peer.try_claim("exp", json!(NOW - 59)).is_ok());
    assert_eq!(peer.try_claim("exp", json!(NOW - 60)).unwrap_err(), JoseFault::Expired);
    assert_eq!(peer.try_claim("exp", Value::Null).unwrap_err(), JoseFault::ExpiryMissing);
    assert!(peer.try_claim("nbf", json!(NOW + 60)).is_ok());
    assert_eq!(peer.try_claim("nbf", json!(NOW + 61)).unwrap_err(), JoseFault::NotYetValid);
    assert!(peer.try_claim("iat", json!(NOW - 660)).is_ok());
    assert_eq!(peer.try_claim("iat", json!(NOW - 661)).unwrap_err(), JoseFault::TooOld);
    assert_eq!(peer.try_claim("iat", json!(NOW + 61)).unwrap_err(), JoseFault::IssuedInFuture);
    assert_eq!(peer.try_claim("iat", Value::Null).unwrap_err(), JoseFault::IssuedAtMissing);
}

#[test]
fn a_date_in_another_form_is_refused() {
    let peer = Peer::new();
    for claim in ["exp", "nbf", "iat"] {
        for bad in [json!((NOW + 300).to_string()), json!(-5), json!(1e300), json!([NOW])] {
            assert_eq!(peer.try_claim(claim, bad).unwrap_err(), JoseFault::BadClaim(BadClaim { claim }));
        }
    }
}
