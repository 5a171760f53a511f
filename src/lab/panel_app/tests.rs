//! The sample panel signs people in at the emulated IdP, which stands for the product.

use super::*;
use crate::lab::browser::Browser;
use crate::lab::idp::FakeIdp;
use crate::lab::idp::oidc::knobs::{IssParameter, TokenFault};
use crate::lab::idp::person::Person;

struct World {
    idp: FakeIdp,
    panel: PanelApp,
    browser: Browser,
}

async fn world() -> World {
    let listen = "127.0.0.1:0".parse().unwrap();
    let idp = FakeIdp::start(Sources::system(), listen).await.unwrap();
    idp.put_person(Person::new("ada@acme.test", "Ada", "Byron"));
    let panel = PanelApp::bind(listen, Sources::system()).await.unwrap();
    idp.register_client("panel", "a:secret&".into(), &[&panel.callback_url()]);
    panel.configure(idp.base_url(), "panel", "a:secret&".into()).unwrap();
    World { idp, panel, browser: Browser::new(Sources::system()).unwrap() }
}

impl World {
    async fn sign_in(&mut self) -> crate::lab::browser::Page {
        self.browser.open(&format!("{}/login", self.panel.base_url())).await.unwrap();
        self.browser.press("Ada").await.unwrap();
        self.browser.settle().await.unwrap()
    }

    async fn whoami(&mut self) -> (u16, serde_json::Value) {
        let page = self.browser.fetch(&format!("{}/whoami", self.panel.base_url())).await.unwrap();
        (page.status, page.json())
    }

    async fn told(&self, token: &str) -> u16 {
        let http = reqwest::Client::new();
        let call = http.post(self.panel.backchannel_logout_url()).form(&[("logout_token", token)]);
        call.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_person_signs_in_and_the_page_says_who_it_is() {
    let mut world = world().await;
    assert_eq!(world.whoami().await.0, 401);
    let page = world.sign_in().await;
    assert_eq!((page.status, page.url.path()), (200, "/"));
    assert!(page.text().contains("Ada Byron"), "{}", page.text());
    assert_eq!(world.whoami().await.1["email"], "ada@acme.test");
}

#[tokio::test]
async fn an_access_that_ended_shows_at_the_very_next_request() {
    let mut world = world().await;
    world.sign_in().await;
    assert_eq!(world.whoami().await.0, 200);
    world.idp.remove_person("ada@acme.test");
    assert_eq!(world.whoami().await.0, 401);
    assert_eq!(world.panel.open_sessions(), 0);
}

#[tokio::test]
async fn a_faulty_answer_signs_nobody_in() {
    let mut world = world().await;
    for fault in [
        TokenFault::WrongNonce,
        TokenFault::WrongAudience,
        TokenFault::WrongIssuer,
        TokenFault::WrongAzp,
        TokenFault::Expired,
        TokenFault::Stale,
        TokenFault::AlgNone,
        TokenFault::Hmac,
        TokenFault::WrongKey,
        TokenFault::UnknownKid,
        TokenFault::Tampered,
        TokenFault::UnknownCrit,
        TokenFault::WrongType,
        TokenFault::EmptySubject,
    ] {
        world.idp.oidc(|knobs| knobs.fault = Some(fault));
        assert_eq!(world.sign_in().await.status, 502, "{fault:?}");
    }
    world.idp.oidc(|knobs| knobs.fault = None);
    for wrong in [IssParameter::Wrong, IssParameter::Missing] {
        world.idp.oidc(|knobs| knobs.iss_parameter = wrong);
        assert_eq!(world.sign_in().await.status, 502, "{wrong:?}");
    }
    world.idp.oidc(|knobs| {
        knobs.iss_parameter = IssParameter::Right;
        knobs.foreign_userinfo = true;
    });
    assert_eq!(world.sign_in().await.status, 502);
    assert_eq!(world.panel.open_sessions(), 0);
}

#[tokio::test]
async fn an_answer_counts_only_in_the_browser_that_asked_and_once() {
    let mut world = world().await;
    world.idp.sign_in("ada@acme.test").unwrap();
    world.browser.get(&format!("{}/login", world.panel.base_url())).await.unwrap();
    let authorize = world.browser.current().unwrap().redirect().unwrap();
    let mut other = Browser::new(Sources::system()).unwrap();
    assert_eq!(other.open(authorize.as_str()).await.unwrap().status, 400);
    let answer = world.browser.get(authorize.as_str()).await.unwrap().redirect().unwrap();
    assert_eq!(world.browser.open(answer.as_str()).await.unwrap().status, 200);
    assert_eq!(world.browser.open(answer.as_str()).await.unwrap().status, 400);
}

#[tokio::test]
async fn the_provider_ends_sessions_behind_the_back_once_per_token() {
    let mut world = world().await;
    world.sign_in().await;
    let sid = world.whoami().await.1["sid"].as_str().unwrap().to_owned();
    let elsewhere = world.idp.logout_token("panel", "ada@acme.test", Some("another")).unwrap();
    assert_eq!((world.told(&elsewhere).await, world.panel.open_sessions()), (200, 1));
    let token = world.idp.logout_token("panel", "ada@acme.test", Some(&sid)).unwrap();
    assert_eq!((world.told(&token).await, world.panel.open_sessions()), (200, 0));
    assert_eq!(world.told(&token).await, 400);
    world.sign_in().await;
    let foreign = world.idp.logout_token("another", "ada@acme.test", None).unwrap();
    assert_eq!((world.told(&foreign).await, world.panel.open_sessions()), (400, 1));
    let all = world.idp.logout_token("panel", "ada@acme.test", None).unwrap();
    assert_eq!((world.told(&all).await, world.panel.open_sessions()), (200, 0));
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_at_the_provider() {
    let mut world = world().await;
    world.sign_in().await;
    let page = world.browser.click("Sign out").await.unwrap();
    assert!(page.redirect().unwrap().as_str().contains("/oidc/end_session?id_token_hint="));
    assert_eq!(world.browser.follow().await.unwrap().status, 200);
    assert_eq!(world.whoami().await.0, 401);
}
