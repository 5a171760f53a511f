//! The story of one person, one app and everything that passes between them.

use super::*;
use crate::base::ids::{OrgId, OrgNo, PersonId, SessionId};
use crate::base::seal::MasterKey;
use crate::base::sources::{ManualClock, Sources};
use crate::base::token::{TokenKind, TokenMint};
use crate::base::urls::Urls;
use crate::protocol::jose::{Alg, JwkSet, Rules, Typ, digest, verify};
use crate::service::Shared;
use crate::service::keys::{self, KeyRing};
use crate::service::panels::{self, PanelCache};
use crate::service::settings::Settings;
use crate::store::organizations::OrganizationRow;
use crate::store::people::{self, PersonRow};
use crate::store::{Done, Store, organizations, signed_in as sessions};
use crate::upstream::{Outgoing, Upstream};
use chrono::{DateTime, Duration, TimeDelta};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const ORG: OrgNo = OrgNo(7);
const CALLBACK: &str = "https://panel.test/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static NUMBER: AtomicU32 = AtomicU32::new(0);

struct World {
    gw: Gateway,
    clock: Arc<ManualClock>,
    folder: std::path::PathBuf,
    person: PersonRow,
    session: SessionId,
    cookie: String,
    app: AppRow,
    secret: String,
}

fn told(gw: &Gateway) -> crate::store::Record {
    gw.record(
        &crate::domain::audit::Actor::Operator,
        crate::domain::audit::Deed::AppCreated,
        None,
        serde_json::json!({}),
    )
}

impl Drop for World {
    fn drop(&mut self) {
        // What cannot be taken away is the temporary folder's.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn person(id: PersonId) -> PersonRow {
    PersonRow {
        id,
        origin: "owner".into(),
        state: people::ACTIVE.into(),
        locked: false,
        epoch: 1,
        key: Some("olive@acme.test".into()),
        email: Some("olive@acme.test".into()),
        name: "Olive Owner".into(),
        given: None,
        family: None,
    }
}

impl World {
    async fn new() -> Self {
        // Another test of this program may have installed it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let clock = ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let sources = Sources::by_hand(clock.clone(), u64::from(number));
        let folder = std::env::temp_dir().join(format!("doorward-issuing-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.join("test.db").display())).await.unwrap();
        store.migrate(sources.now()).await.unwrap();
        panels::seed(&store, &sources).await.unwrap();
        let gw = Gateway::from(Shared {
            store,
            urls: Urls::new(&"https://id.test".parse().unwrap()),
            master: Arc::new(MasterKey::from_base64(&MasterKey::mint(&sources)).unwrap()),
            mint: TokenMint::new(&[7; 32]),
            settings: Arc::new(Settings::default()),
            upstream: Upstream::new(Outgoing::new(Vec::new()).unwrap(), &sources),
            scim_limit: crate::service::provisioning::RateLimit::default(),
            panels: PanelCache::default(),
            memory: crate::service::Memory::default(),
            keys: KeyRing::default(),
            scim_log: crate::service::scim_log::ScimLog::default(),
            sources,
        });
        let minted = gw.mint.mint(&gw.sources, TokenKind::App, OrgNo(0));
        let app = AppRow {
            id: AppId::mint(&gw.sources),
            key: "panel".into(),
            secret: minted.hash,
            redirect_uris: vec![CALLBACK.into()],
            settings: "{}".into(),
        };
        gw.store.insert_app(&app, gw.sources.now(), told(&gw)).await.unwrap();
        let (person, session) = (person(PersonId::mint(&gw.sources)), SessionId::mint(&gw.sources));
        let cookie = gw.mint.mint(&gw.sources, TokenKind::Session, ORG);
        let (new, hash, now) = (person.clone(), cookie.hash, gw.sources.now());
        let organization = OrganizationRow {
            id: OrgId::mint(&gw.sources),
            slug: "acme".into(),
            name: "Acme Ltd".into(),
            panel: "msp".into(),
            seats: None,
            enforcement: "{}".into(),
            settings: "{}".into(),
            panel_version: None,
        };
        gw.store
            .write::<_, StoreError, _>(ORG, async move |tx| {
                organizations::insert(tx, &organization, now).await?;
                people::insert(tx, &new, now).await?;
                sessions::begin(tx, hash, session, &new, (now, now + Duration::hours(12))).await?;
                Ok(Done::of(()))
            })
            .await
            .unwrap();
        let (cookie, secret) = (reveal(&cookie.text).to_owned(), reveal(&minted.text).to_owned());
        Self { gw, clock, folder, person, session, cookie, app, secret }
    }

    fn request(&self) -> Params {
        let challenge = digest::sha256(VERIFIER);
        [
            ("client_id", self.app.id.to_string().as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]
        .into_iter()
        .fold(Params::default(), |params, (name, value)| params.with(name, Some(value)))
    }

    async fn authorize(&self, params: &Params) -> Next {
        let browser = signed_in(&self.gw, &self.cookie).await.unwrap();
        authorize(&self.gw, params, browser.as_ref()).await.unwrap()
    }

    async fn code(&self) -> String {
        let Next::App(address) = self.authorize(&self.request()).await else { panic!("asked to sign in") };
        let query = Params::parse(address.split_once('?').unwrap().1.as_bytes());
        assert_eq!(query.one("iss"), Ok(Some("https://id.test")));
        assert_eq!(query.one("state"), Ok(Some("s")));
        query.one("code").unwrap().expect("a code").to_owned()
    }

    fn proof(&self, pairs: &[(&str, &str)]) -> Params {
        let own = Params::default()
            .with("client_id", Some(&self.app.id.to_string()))
            .with("client_secret", Some(&self.secret));
        pairs.iter().fold(own, |params, (name, value)| params.with(name, Some(value)))
    }

    async fn exchange(&self, code: &str) -> Result<Tokens, IssuingError> {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        token(&self.gw, None, &self.proof(&pairs)).await
    }

    async fn refresh(&self, text: &str) -> Result<Tokens, IssuingError> {
        token(&self.gw, None, &self.proof(&[("grant_type", "refresh_token"), ("refresh_token", text)])).await
    }

    async fn is_active(&self, text: &str) -> bool {
        introspect(&self.gw, None, &self.proof(&[("token", text)])).await.unwrap()["active"] == true
    }
}

fn code_of<T: std::fmt::Debug>(outcome: Result<T, IssuingError>) -> &'static str {
    let Err(IssuingError::Token(fault)) = outcome else { panic!("{outcome:?}") };
    fault.code()
}

#[tokio::test]
async fn a_code_gives_tokens_that_say_who_signed_in() {
    let world = World::new().await;
    let tokens = world.exchange(&world.code().await).await.unwrap();
    let keys = JwkSet::parse(keys::jwks(&world.gw).await.unwrap().to_string().as_bytes()).unwrap();
    let audience = world.app.id.to_string();
    let rules = Rules {
        algorithms: &[Alg::Es256],
        issuer: "https://id.test",
        audiences: &[&audience],
        typ: Typ::Only(&["JWT"]),
        now: world.gw.sources.now(),
        leeway: TimeDelta::zero(),
        max_age: None,
    };
    let claims = verify(reveal(&tokens.id_token), &keys, &rules).unwrap().claims;
    assert_eq!(claims.text("sub"), Some(world.person.id.to_string().as_str()));
    assert_eq!(claims.text("nonce"), Some("n"));
    assert_eq!(claims.text("sid"), Some(world.session.to_string().as_str()));
    let access = reveal(&tokens.access_token);
    assert_eq!(claims.text("at_hash"), Some(digest::left_half(Alg::Es256, access).as_str()));
    let info = serde_json::to_value(userinfo(&world.gw, access).await.unwrap()).unwrap();
    let names = "sub email name org role grants panel_access seat flags sid access_version amr auth_time";
    for name in names.split(' ') {
        assert_eq!(claims.members().get(name), Some(&info[name]), "{name}");
    }
    assert_eq!((&info["org"]["slug"], &info["panel_access"]), (&"acme".into(), &true.into()));
    assert!(world.is_active(access).await && world.is_active(reveal(&tokens.refresh_token)).await);
}

#[tokio::test]
async fn the_second_use_of_a_code_ends_what_the_first_one_gave() {
    let world = World::new().await;
    let code = world.code().await;
    let tokens = world.exchange(&code).await.unwrap();
    assert_eq!(code_of(world.exchange(&code).await), "invalid_grant");
    assert!(!world.is_active(reveal(&tokens.access_token)).await);
    assert_eq!(code_of(world.refresh(reveal(&tokens.refresh_token)).await), "invalid_grant");
}

#[tokio::test]
async fn a_code_lasts_a_minute() {
    let world = World::new().await;
    let code = world.code().await;
    world.clock.advance(Duration::seconds(61));
    assert_eq!(code_of(world.exchange(&code).await), "invalid_grant");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_an_old_token_ends_the_family() {
    let world = World::new().await;
    let first = world.exchange(&world.code().await).await.unwrap();
    let first = reveal(&first.refresh_token);
    let second = world.refresh(first).await.unwrap();
    let again = world.refresh(first).await.unwrap();
    assert_eq!(reveal(&second.refresh_token), reveal(&again.refresh_token));
    let third = world.refresh(reveal(&second.refresh_token)).await.unwrap();
    assert!(world.is_active(reveal(&third.refresh_token)).await);
    assert_eq!(code_of(world.refresh(first).await), "invalid_grant");
    assert!(!world.is_active(reveal(&third.refresh_token)).await);
    assert!(!world.is_active(reveal(&third.access_token)).await);
}

#[tokio::test]
async fn giving_a_refresh_token_back_ends_its_family_and_a_stranger_ends_nothing() {
    let world = World::new().await;
    let tokens = world.exchange(&world.code().await).await.unwrap();
    revoke(&world.gw, None, &world.proof(&[("token", "dwr7.unknown")])).await.unwrap();
    assert!(world.is_active(reveal(&tokens.access_token)).await);
    let stranger = world.proof(&[("token", reveal(&tokens.refresh_token))]).with("client_secret", Some("guess"));
    assert_eq!(code_of(revoke(&world.gw, None, &stranger).await), "invalid_client");
    revoke(&world.gw, None, &world.proof(&[("token", reveal(&tokens.refresh_token))])).await.unwrap();
    assert!(!world.is_active(reveal(&tokens.access_token)).await);
}

#[tokio::test]
async fn a_deactivated_person_holds_nothing_and_a_moved_epoch_is_enough_for_it() {
    let world = World::new().await;
    let (tokens, code) = (world.exchange(&world.code().await).await.unwrap(), world.code().await);
    let moved = PersonRow { epoch: 2, ..world.person.clone() };
    let now = world.gw.sources.now();
    let change = async move |tx: &mut crate::store::Tx| Ok(Done::of(people::update(tx, &moved, now).await?));
    world.gw.store.write::<_, StoreError, _>(ORG, change).await.unwrap();
    assert!(signed_in(&world.gw, &world.cookie).await.unwrap().is_none());
    assert!(!world.is_active(reveal(&tokens.access_token)).await);
    assert!(matches!(userinfo(&world.gw, reveal(&tokens.access_token)).await, Err(IssuingError::BearerDead)));
    assert_eq!(code_of(world.refresh(reveal(&tokens.refresh_token)).await), "invalid_grant");
    assert_eq!(code_of(world.exchange(&code).await), "invalid_grant");
}

#[tokio::test]
async fn an_app_ends_the_session_that_its_hint_proves_and_no_other_without_asking() {
    let world = World::new().await;
    let tokens = world.exchange(&world.code().await).await.unwrap();
    let browser = signed_in(&world.gw, &world.cookie).await.unwrap();
    let bare = Params::default().with("client_id", Some(&world.app.id.to_string()));
    let ask = EndSession { params: &bare, browser: browser.as_ref(), confirmed: false };
    assert_eq!(end_session(&world.gw, ask).await.unwrap(), Ended::Ask);
    world.clock.advance(Duration::hours(1));
    let hinted = Params::default()
        .with("id_token_hint", Some(reveal(&tokens.id_token)))
        .with("post_logout_redirect_uri", Some("https://panel.test/"))
        .with("state", Some("x"));
    let hinted = EndSession { params: &hinted, browser: browser.as_ref(), confirmed: false };
    let over = end_session(&world.gw, hinted).await.unwrap();
    assert_eq!(over, Ended::Over(Some("https://panel.test/?state=x".into())));
    assert!(signed_in(&world.gw, &world.cookie).await.unwrap().is_none());
    assert_eq!(code_of(world.refresh(reveal(&tokens.refresh_token)).await), "invalid_grant");
}

#[tokio::test]
async fn a_stranger_signs_in_first_and_a_silent_request_is_refused() {
    let world = World::new().await;
    let request = world.request();
    let Ok(Next::SignIn(page)) = authorize(&world.gw, &request.with("login_hint", Some("olive@acme.test")), None).await
    else {
        panic!("not asked to sign in")
    };
    assert!(page.starts_with("https://id.test/login?return_to=%2Foauth2%2Fauthorize%3F"), "{page}");
    assert!(page.ends_with("&email=olive%40acme.test"), "{page}");
    let silent = authorize(&world.gw, &request.with("prompt", Some("none")), None).await.unwrap();
    assert!(matches!(silent, Next::App(address) if address.contains("error=login_required")));
    let unknown = request.with("redirect_uri", Some("https://evil.test/"));
    assert!(matches!(
        authorize(&world.gw, &unknown, None).await,
        Err(IssuingError::Shown(ShownFault::RedirectUnknown))
    ));
}

#[tokio::test]
async fn a_new_sign_in_is_asked_for_once() {
    let world = World::new().await;
    world.clock.advance(Duration::minutes(5));
    let Next::SignIn(page) = world.authorize(&world.request().with("prompt", Some("login"))).await else {
        panic!("not asked to sign in")
    };
    let page = Params::parse(page.split_once('?').unwrap().1.as_bytes());
    assert_eq!(page.one("prompt"), Ok(Some("login")));
    let back = page.one("return_to").unwrap().unwrap().split_once('?').unwrap().1.to_owned();
    let back = Params::parse(back.as_bytes());
    assert!(matches!(world.authorize(&back).await, Next::SignIn(_)), "the old session does not do");
    let since = (world.gw.sources.now() - Duration::minutes(6)).timestamp().to_string();
    let after = back.with(crate::protocol::oauth::authorize::SINCE, Some(&since));
    assert!(matches!(world.authorize(&after).await, Next::App(address) if address.contains("code=")));
    let too_old = after.with("max_age", Some("60"));
    assert!(matches!(world.authorize(&too_old).await, Next::App(address) if address.contains("login_required")));
}
