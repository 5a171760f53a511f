//! A relying party of few lines signs in at the emulated IdP.

use super::knobs::{IssParameter, TokenFault};
use crate::base::sources::Sources;
use crate::lab::idp::FakeIdp;
use crate::lab::idp::person::{GroupsClaim, Person};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use std::collections::HashMap;

const BACK: &str = "http://127.0.0.1:1/callback";
const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-standard";

struct Party {
    idp: FakeIdp,
    http: reqwest::Client,
}

impl Party {
    async fn with_ada() -> Self {
        let idp = FakeIdp::start(Sources::system(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
        idp.put_person(Person::new("ada@acme.test", "Ada", "Byron").in_groups(&["panel-admins"]));
        idp.register_client("rp", "secret".into(), &[BACK]);
        idp.sign_in("ada@acme.test").unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { idp, http }
    }

    async fn authorize(&self) -> HashMap<String, String> {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()).as_ref());
        let query = [
            ("client_id", "rp"),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let url = format!("{}/oidc/authorize", self.idp.base_url());
        let answer = self.http.get(url).query(&query).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        url::Url::parse(location).unwrap().query_pairs().into_owned().collect()
    }

    async fn redeem(&self, code: &str, verifier: &str) -> (u16, Value) {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", verifier)];
        let url = format!("{}/oidc/token", self.idp.base_url());
        let answer = self.http.post(url).basic_auth("rp", Some("secret")).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The claims of an ID token, if an ordinary library takes it.
    async fn verified(&self, token: &str) -> Option<Value> {
        let jwks = self.http.get(format!("{}/oidc/jwks", self.idp.base_url())).send().await.unwrap();
        let jwks: JwkSet = jwks.json().await.unwrap();
        let header = decode_header(token).ok()?;
        let key = jwks.find(&header.kid?)?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&["rp"]);
        validation.set_issuer(&[self.idp.base_url()]);
        let claims = decode::<Value>(token, &DecodingKey::from_jwk(key).ok()?, &validation).ok()?.claims;
        (claims["nonce"] == "n").then_some(claims)
    }

    async fn id_token(&self) -> String {
        let answer = self.authorize().await;
        let (_, tokens) = self.redeem(&answer["code"], VERIFIER).await;
        tokens["id_token"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_relying_party_signs_in_with_either_algorithm() {
    let party = Party::with_ada().await;
    for algorithm in [Algorithm::ES256, Algorithm::RS256] {
        party.idp.oidc(|knobs| knobs.algorithm = algorithm);
        let answer = party.authorize().await;
        assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("s", party.idp.base_url()));
        let (status, tokens) = party.redeem(&answer["code"], VERIFIER).await;
        assert_eq!(status, 200);
        let claims = party.verified(tokens["id_token"].as_str().unwrap()).await.unwrap();
        assert_eq!(claims["email"], "ada@acme.test");
        assert_eq!(claims["groups"], json!(["panel-admins"]));
        let url = format!("{}/oidc/userinfo", party.idp.base_url());
        let info = party.http.get(url).bearer_auth(tokens["access_token"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(info.json::<Value>().await.unwrap()["sub"], claims["sub"]);
    }
}

#[tokio::test]
async fn a_code_works_once_and_only_with_its_verifier() {
    let party = Party::with_ada().await;
    let code = party.authorize().await.remove("code").unwrap();
    assert_eq!(party.redeem(&code, "another-verifier").await, (400, json!({ "error": "invalid_grant" })));
    assert_eq!(party.redeem(&code, VERIFIER).await.0, 400);
    let code = party.authorize().await.remove("code").unwrap();
    assert_eq!(party.redeem(&code, VERIFIER).await.0, 200);
    assert_eq!(party.redeem(&code, VERIFIER).await.0, 400);
}

#[tokio::test]
async fn a_faulty_token_is_refused_by_an_ordinary_library() {
    let party = Party::with_ada().await;
    for fault in [
        TokenFault::WrongNonce,
        TokenFault::MissingNonce,
        TokenFault::WrongAudience,
        TokenFault::WrongIssuer,
        TokenFault::Expired,
        TokenFault::AlgNone,
        TokenFault::Hmac,
        TokenFault::WrongKey,
        TokenFault::UnknownKid,
        TokenFault::Tampered,
    ] {
        party.idp.oidc(|knobs| knobs.fault = Some(fault));
        let token = party.id_token().await;
        assert_eq!(party.verified(&token).await, None, "{fault:?}");
    }
}

#[tokio::test]
async fn old_tokens_do_not_outlive_their_keys() {
    let party = Party::with_ada().await;
    let token = party.id_token().await;
    assert!(party.verified(&token).await.is_some());
    party.idp.rotate_keys().unwrap();
    assert_eq!(party.verified(&token).await, None);
    let token = party.id_token().await;
    assert!(party.verified(&token).await.is_some());
}

#[tokio::test]
async fn the_knobs_shape_the_answer() {
    let party = Party::with_ada().await;
    party.idp.oidc(|knobs| {
        knobs.groups = GroupsClaim::Absent;
        knobs.email_verified = None;
        knobs.iss_parameter = IssParameter::Missing;
    });
    assert!(!party.authorize().await.contains_key("iss"));
    let token = party.id_token().await;
    let claims = party.verified(&token).await.unwrap();
    assert!(claims.get("groups").is_none() && claims.get("email_verified").is_none());
    party.idp.oidc(|knobs| knobs.authorize_error = Some("access_denied".to_owned()));
    assert_eq!(party.authorize().await["error"], "access_denied");
}
