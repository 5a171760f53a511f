use super::*;
use crate::base::sources::ManualClock;
use crate::protocol::jose::{Alg, SigningKey};
use crate::protocol::oidc::discovery::ClientAuth;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const NOW: i64 = 1_800_000_000;

/// An IdP on loopback whose key can be changed.
struct Idp {
    key: Mutex<SigningKey>,
    key_calls: AtomicUsize,
    base: Mutex<String>,
    userinfo: Mutex<String>,
}

impl Idp {
    async fn start() -> Arc<Self> {
        let idp = Arc::new(Self {
            key: Mutex::new(SigningKey::generate(Alg::Es256).unwrap().0),
            key_calls: AtomicUsize::new(0),
            base: Mutex::default(),
            userinfo: Mutex::new(r#"{"sub":"ada","email":"ada@acme.test"}"#.to_owned()),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/keys", get(keys))
            .route("/token", post(exchange))
            .route("/userinfo", get(userinfo_answer))
            .with_state(Arc::clone(&idp));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        *idp.base.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        idp
    }

    fn base(&self) -> String {
        self.base.lock().unwrap().clone()
    }

    fn rotate(&self) {
        *self.key.lock().unwrap() = SigningKey::generate(Alg::Es256).unwrap().0;
    }

    fn sign(&self, claims: &Value) -> String {
        self.key.lock().unwrap().sign("JWT", claims).unwrap()
    }

    fn id_token(&self) -> SecretString {
        let claims = json!({
            "iss": self.base(), "aud": "doorward", "sub": "ada", "exp": NOW + 3000, "iat": NOW, "nonce": "n"
        });
        self.sign(&claims).into()
    }
}

async fn document(State(idp): State<Arc<Idp>>) -> String {
    let base = idp.base();
    json!({
        "issuer": base, "authorization_endpoint": format!("{base}/auth"), "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"), "userinfo_endpoint": format!("{base}/userinfo"),
        "id_token_signing_alg_values_supported": ["ES256"]
    })
    .to_string()
}

async fn keys(State(idp): State<Arc<Idp>>) -> String {
    idp.key_calls.fetch_add(1, Ordering::SeqCst);
    json!({"keys": [idp.key.lock().unwrap().public_jwk()]}).to_string()
}

async fn exchange(headers: HeaderMap, form: String) -> (StatusCode, String) {
    let basic = headers.get("authorization").is_some_and(|value| value == "Basic ZG9vcndhcmQ6cHc=");
    if !basic || !form.contains("code=good&") {
        return (StatusCode::BAD_REQUEST, json!({"error": "invalid_grant"}).to_string());
    }
    (StatusCode::OK, json!({"access_token": "at", "token_type": "Bearer", "id_token": "i.d.t"}).to_string())
}

async fn userinfo_answer(State(idp): State<Arc<Idp>>, headers: HeaderMap) -> (StatusCode, String) {
    if headers.get("authorization").is_some_and(|value| value == "Bearer at") {
        (StatusCode::OK, idp.userinfo.lock().unwrap().clone())
    } else {
        (StatusCode::UNAUTHORIZED, String::new())
    }
}

fn upstream(allow: &str) -> (Upstream, Arc<ManualClock>) {
    let clock = ManualClock::at(DateTime::from_timestamp(NOW, 0).unwrap());
    let sources = Sources::by_hand(Arc::clone(&clock), 7);
    (Upstream::new(Outgoing::new(vec![allow.parse().unwrap()]).unwrap(), &sources), clock)
}

fn checks(issuer: &str) -> id_token::Checks<'_> {
    id_token::Checks {
        issuer,
        client_id: "doorward",
        trusted_audiences: &[],
        algorithms: &[Alg::Es256],
        nonce: "n",
        max_age: None,
        acr_values: &[],
        access_token: None,
        groups_claim: "groups",
        now: DateTime::from_timestamp(NOW, 0).unwrap(),
    }
}

#[tokio::test]
async fn an_idp_on_an_allowed_address_is_discovered_over_http() {
    let idp = Idp::start().await;
    let provider = upstream("127.0.0.1/32").0.discover(&idp.base()).await.unwrap();
    assert_eq!(provider.token_endpoint.as_str(), format!("{}/token", idp.base()));
}

#[tokio::test]
async fn an_idp_on_another_private_address_is_not_called() {
    let idp = Idp::start().await;
    let error = upstream("10.0.0.0/8").0.discover(&idp.base()).await.unwrap_err();
    let UpstreamError::Fetch(error) = error else { panic!("{error:?}") };
    assert!(matches!(*error, FetchError::Discovery(DiscoveryFault::BadIssuer)), "{error:?}");
    assert_eq!(error.class(), Class::BadInput);
}

#[tokio::test]
async fn a_document_that_names_another_issuer_is_refused() {
    let idp = Idp::start().await;
    let error = upstream("127.0.0.1/32").0.discover(&format!("{}/", idp.base())).await.unwrap_err();
    let UpstreamError::Fetch(error) = error else { panic!("{error:?}") };
    assert!(matches!(*error, FetchError::Discovery(DiscoveryFault::IssuerDiffers)), "{error:?}");
}

#[tokio::test]
async fn a_changed_key_is_found_and_a_forged_key_id_costs_one_call_a_minute() {
    let idp = Idp::start().await;
    let (upstream, clock) = upstream("127.0.0.1/32");
    let provider = upstream.discover(&idp.base()).await.unwrap();
    let base = idp.base();
    let login = async || upstream.id_token(&provider, &idp.id_token(), &checks(&base)).await;
    assert_eq!(login().await.unwrap().subject, "ada");
    idp.rotate();
    assert_eq!(login().await.unwrap().subject, "ada");
    assert_eq!(idp.key_calls.load(Ordering::SeqCst), 2);

    let forged: SecretString = SigningKey::generate(Alg::Es256).unwrap().0.sign("JWT", &json!({})).unwrap().into();
    for _ in 0..5 {
        let error = upstream.id_token(&provider, &forged, &checks(&base)).await.unwrap_err();
        assert!(matches!(error, UpstreamError::IdToken(IdTokenFault::Token(JoseFault::KeyUnknown))), "{error:?}");
    }
    assert_eq!(idp.key_calls.load(Ordering::SeqCst), 2);
    clock.advance(TimeDelta::seconds(60));
    for _ in 0..5 {
        assert!(upstream.id_token(&provider, &forged, &checks(&base)).await.is_err());
    }
    assert_eq!(idp.key_calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_code_is_exchanged_and_a_refusal_told() {
    let idp = Idp::start().await;
    let upstream = upstream("127.0.0.1/32").0;
    let provider = upstream.discover(&idp.base()).await.unwrap();
    let secret: SecretString = "pw".into();
    let exchange = async |code: &str| {
        let code: SecretString = code.into();
        let request = TokenRequest {
            code: &code,
            redirect_uri: "https://gate.test/cb",
            pkce_verifier: "v",
            client_id: "doorward",
            client_secret: Some(&secret),
            client_auth: ClientAuth::Basic,
        };
        upstream.exchange_code(&provider, &request).await
    };
    assert_eq!(exchange("good").await.unwrap().access_token.expose_secret(), "at");
    let error = exchange("bad").await.unwrap_err();
    assert!(matches!(error, UpstreamError::Token(TokenFault::Refused { ref error }) if error == "invalid_grant"));
}

#[tokio::test]
async fn userinfo_is_read_signed_or_not_and_only_about_the_same_person() {
    let idp = Idp::start().await;
    let upstream = upstream("127.0.0.1/32").0;
    let provider = upstream.discover(&idp.base()).await.unwrap();
    let base = idp.base();
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    let rules = userinfo::Signed { issuer: &base, client_id: "doorward", algorithms: &[Alg::Es256], now };
    let ask = async |subject| upstream.userinfo(&provider, &"at".into(), subject, &rules).await;
    assert_eq!(ask("ada").await.unwrap().unwrap().text("email"), Some("ada@acme.test"));
    let error = ask("eve").await.unwrap_err();
    assert!(matches!(error, UpstreamError::UserInfo(UserInfoFault::SubjectWrong)));
    *idp.userinfo.lock().unwrap() = idp.sign(&json!({"iss": base, "aud": "doorward", "sub": "ada", "email": "b@c"}));
    assert_eq!(ask("ada").await.unwrap().unwrap().text("email"), Some("b@c"));
}

#[tokio::test]
async fn every_step_can_be_awaited_inside_a_handler() {
    let idp = Idp::start().await;
    let (upstream, base) = (upstream("127.0.0.1/32").0, idp.base());
    let token = idp.id_token();
    let seen = tokio::spawn(async move {
        let provider = upstream.discover_now(&base).await?;
        upstream.id_token(&provider, &token, &checks(&base)).await
    });
    assert_eq!(seen.await.unwrap().unwrap().subject, "ada");
}
