//! What panel apps and proxies hear at the doors before anybody has signed in.

use crate::harness::database::{TestDatabase, dawn, on_both_engines};
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use doorward::app;
use doorward::base::ids::{AppId, OrgNo};
use doorward::base::seal::MasterKey;
use doorward::base::sources::{ManualClock, Sources};
use doorward::base::token::{TokenKind, TokenMint, reveal};
use doorward::base::urls::Urls;
use doorward::http::edge;
use doorward::http::scim::ScimRoom;
use doorward::service::keys::KeyRing;
use doorward::service::panels::PanelCache;
use doorward::service::settings::Settings;
use doorward::service::{Gateway, Shared};
use doorward::store::AppRow;
use doorward::upstream::{Outgoing, Upstream};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tower::ServiceExt as _;

struct Doors {
    doors: edge::Doors<ScimRoom>,
    client_id: String,
    secret: String,
    _database: TestDatabase,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Doors {
    async fn new(engine: crate::harness::database::Engine) -> Self {
        // Another test of this program may have installed it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let database = TestDatabase::new(engine).await;
        let sources = Sources::by_hand(ManualClock::at(dawn()), 1);
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let gateway = Gateway::from(Shared {
            store: database.open().await,
            urls: Urls::new(&"https://id.test".parse().unwrap()),
            master: Arc::new(MasterKey::from_base64(&MasterKey::mint(&sources)).unwrap()),
            mint: TokenMint::new(&[7; 32]),
            settings: Arc::new(Settings { trusted_proxies, ..Settings::default() }),
            upstream: Upstream::new(Outgoing::new(Vec::new()).unwrap(), &sources),
            scim_limit: doorward::service::provisioning::RateLimit::default(),
            panels: PanelCache::default(),
            memory: doorward::service::Memory::default(),
            keys: KeyRing::default(),
            scim_log: doorward::service::scim_log::ScimLog::default(),
            sources,
        });
        let secret = gateway.mint.mint(&gateway.sources, TokenKind::App, OrgNo(0));
        let app = AppRow {
            id: AppId::mint(&gateway.sources),
            key: "panel".into(),
            secret: secret.hash,
            redirect_uris: vec!["https://panel.test/callback".into()],
            settings: "{}".into(),
        };
        gateway
            .store
            .insert_app(
                &app,
                dawn(),
                gateway.record(
                    &doorward::domain::audit::Actor::Operator,
                    doorward::domain::audit::Deed::AppCreated,
                    None,
                    serde_json::json!({}),
                ),
            )
            .await
            .unwrap();
        let doors = app::doors(gateway, std::time::Duration::from_secs(30));
        let (client_id, secret) = (app.id.to_string(), reveal(&secret.text).to_owned());
        Self { doors, client_id, secret, _database: database }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.doors.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, address: &str) -> Answer {
        self.ask(Request::get(address).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, address: &str, form: &str) -> Answer {
        let request = Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn verify(&self, peer: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get("/auth/verify"), |request, (n, v)| request.header(*n, *v));
        let peer: SocketAddr = format!("{peer}:4000").parse().unwrap();
        self.ask(request.extension(ConnectInfo(peer)).body(Body::empty()).unwrap()).await
    }
}

on_both_engines! {
    async fn the_provider_says_what_it_is_and_keeps_its_key(engine) {
        let doors = Doors::new(engine).await;
        let document = doors.get("/.well-known/openid-configuration").await;
        assert_eq!(document.json()["issuer"], "https://id.test");
        assert_eq!(document.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        let keys = doors.get("/oauth2/jwks").await.json();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        assert_eq!((&keys["keys"][0]["alg"], &keys["keys"][0]["d"]), (&"ES256".into(), &Value::Null));
        assert_eq!(doors.get("/oauth2/jwks").await.json(), keys);
    }

    async fn an_app_that_proves_nothing_gets_nothing(engine) {
        let doors = Doors::new(engine).await;
        for door in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
            let form = format!("client_id={}&client_secret=guess&token=x", doors.client_id);
            let answer = doors.post(door, &form).await;
            assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::UNAUTHORIZED, &"invalid_client".into()));
            assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Basic"), "{door}");
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        }
        let own = format!("client_id={}&client_secret={}&token=unknown", doors.client_id, doors.secret);
        assert_eq!(doors.post("/oauth2/introspect", &own).await.json(), serde_json::json!({ "active": false }));
        assert_eq!(doors.post("/oauth2/revoke", &own).await.status, StatusCode::OK);
        let answer = doors.post("/oauth2/token", &format!("{own}&grant_type=authorization_code")).await;
        assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::BAD_REQUEST, &"invalid_request".into()));
        let bearer = doors.get("/oauth2/userinfo?access_token=x").await;
        assert_eq!(bearer.status, StatusCode::UNAUTHORIZED);
        assert!(bearer.header(header::WWW_AUTHENTICATE).starts_with("Bearer"));
    }

    async fn nothing_is_redirected_before_app_and_address_are_proved(engine) {
        let doors = Doors::new(engine).await;
        let ask = async |uri: &str| {
            doors.get(&format!("/oauth2/authorize?client_id={}&redirect_uri={uri}&state=s", doors.client_id)).await
        };
        assert_eq!(ask("https://evil.test/").await.status, StatusCode::BAD_REQUEST);
        assert_eq!(doors.get("/oauth2/authorize?client_id=app-none").await.status, StatusCode::BAD_REQUEST);
        let proved = ask("https://panel.test/callback").await;
        assert_eq!(proved.status, StatusCode::SEE_OTHER);
        let location = proved.header(header::LOCATION);
        assert!(location.starts_with("https://panel.test/callback?error=invalid_request&"), "{location}");
        assert!(location.ends_with("&state=s&iss=https%3A%2F%2Fid.test"), "{location}");
    }

    async fn forward_auth_sends_browsers_to_sign_in_and_programs_away(engine) {
        let doors = Doors::new(engine).await;
        let page = ("accept", "text/html");
        assert_eq!(doors.verify("10.1.1.1", &[]).await.status, StatusCode::UNAUTHORIZED);
        let forwarded = |host| {
            [page, ("x-forwarded-proto", "https"), ("x-forwarded-host", host), ("x-forwarded-uri", "/deep")]
        };
        let known = doors.verify("10.1.1.1", &forwarded("panel.test")).await;
        assert_eq!(known.status, StatusCode::FOUND);
        let there = "https://id.test/login?return_to=https%3A%2F%2Fpanel.test%2Fdeep";
        assert_eq!(known.header(header::LOCATION), there);
        let stranger = doors.verify("192.0.2.1", &forwarded("panel.test")).await;
        assert_eq!(stranger.header(header::LOCATION), "https://id.test/login");
        let evil = doors.verify("10.1.1.1", &forwarded("evil.test")).await;
        assert_eq!(evil.header(header::LOCATION), "https://id.test/login");
        let nginx = doors.verify("10.1.1.1", &[page, ("x-original-url", "https://panel.test/deep")]).await;
        assert_eq!((nginx.status, nginx.header(header::LOCATION)), (StatusCode::UNAUTHORIZED, there));
    }
}
