//! A browser's session: signed in, shown to proxies and panel apps, and ended in one way everywhere.

use crate::harness::admin::Admin;
use crate::harness::database::on_both_engines;
use crate::harness::world::World;
use doorward::domain::enforcement::Enforcement;
use doorward::lab::browser::Browser;

const LENA: [(&str, &str); 2] = [("email", "lena@acme.test"), ("password", "lena-secret")];

/// Lena, signed in here and in the panel.
async fn lena_in_the_panel(world: &World) -> Browser {
    let mut browser = world.browser();
    assert_eq!(browser.post_form(&world.at("/login"), &LENA).await.unwrap().status, 303);
    browser.open(&format!("{}/login", world.panel.base_url())).await.unwrap();
    browser.settle().await.unwrap();
    assert_eq!(whoami(&mut browser, world).await, 200);
    browser
}

async fn whoami(browser: &mut Browser, world: &World) -> u16 {
    browser.fetch(&format!("{}/whoami", world.panel.base_url())).await.unwrap().status
}

on_both_engines! {
    async fn signing_out_here_ends_it_at_the_panel_too(engine) {
        let world = World::start(engine, true).await;
        let mut browser = lena_in_the_panel(&world).await;
        let own = lena_in_the_panel(&world).await;
        assert_eq!(browser.post_form(&world.at("/logout"), &[]).await.unwrap().status, 303);
        assert_eq!(whoami(&mut browser, &world).await, 401);
        assert_eq!(browser.fetch(&world.at("/auth/verify")).await.unwrap().status, 401);
        let mut own = own;
        assert_eq!(whoami(&mut own, &world).await, 200, "another session of the same person goes on");
    }

    async fn enforcement_ends_the_panel_session_of_a_password(engine) {
        let world = World::start(engine, true).await;
        let mut browser = lena_in_the_panel(&world).await;
        Admin::of(&world, "acme").await.enforce(Enforcement::Enforced).await;
        assert_eq!(whoami(&mut browser, &world).await, 401);
        assert_eq!(browser.fetch(&world.at("/auth/verify")).await.unwrap().status, 401);
    }

    async fn a_proxy_hears_who_it_is_in_headers(engine) {
        let world = World::start(engine, true).await;
        let mut browser = lena_in_the_panel(&world).await;
        let page = browser.fetch(&world.at("/auth/verify")).await.unwrap();
        let says = |name: &str| page.header(name).unwrap_or_default().to_owned();
        assert_eq!(page.status, 200);
        assert_eq!((says("x-auth-email"), says("x-auth-name")), ("lena@acme.test".into(), "Lena Local".into()));
        assert_eq!((says("x-auth-org"), says("x-auth-role")), ("acme".into(), "msp_user".into()));
        assert_eq!((says("x-auth-panel-access"), says("x-auth-seat")), ("true".into(), "held".into()));
        let grants: serde_json::Value = serde_json::from_str(&says("x-auth-grants")).unwrap();
        assert_eq!((&grants[0]["role"], &grants[0]["clients"][0]), (&"msp_user".into(), &"south".into()));
        assert!(says("x-auth-subject").starts_with("usr-"), "{}", says("x-auth-subject"));
    }

    async fn somebody_without_access_to_the_panel_is_refused_by_the_proxy_and_the_provider(engine) {
        let world = World::start(engine, true).await;
        world.directory().create_user("ada@acme.test").await.expect(201);
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        browser.open(&world.login_url(0)).await.unwrap();
        browser.settle().await.unwrap();
        assert_eq!(browser.fetch(&world.at("/auth/verify")).await.unwrap().status, 403, "no group, no access");
        browser.open(&format!("{}/login", world.panel.base_url())).await.unwrap();
        let refused = browser.settle().await.unwrap();
        assert!(refused.text().contains("access_denied"), "{} {}", refused.status, refused.text());
        assert_eq!(whoami(&mut browser, &world).await, 401);
    }

    async fn a_password_is_refused_alike_for_people_who_are_there_and_who_are_not_until_it_is_too_often(engine) {
        let world = World::start(engine, true).await;
        let mut browser = world.browser();
        let mut wrong = async |email: &str| {
            let page = browser.post_form(&world.at("/login"), &[("email", email), ("password", "guess")]).await.unwrap();
            let reference = page.header("x-request-id").unwrap().to_owned();
            (page.status, page.body.replace(email, "EMAIL").replace(&reference, "REFERENCE"))
        };
        assert_eq!(wrong("lena@acme.test").await, wrong("nobody@acme.test").await);
        let mut statuses = Vec::new();
        for _ in 0..30 {
            statuses.push(wrong("lena@acme.test").await.0);
        }
        assert_eq!((statuses[0], statuses.last()), (401, Some(&429)), "{statuses:?}");
        assert_eq!(wrong("olive@acme.test").await.0, 401, "another account is not concerned");
    }
}
