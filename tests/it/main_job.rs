//! The main job: push, map, sign in, enforce, deactivate.

use crate::harness::database::on_both_engines;
use crate::harness::world::World;
use doorward::domain::enforcement::Enforcement;
use doorward::service::console::organizations::enforce;
use serde_json::json;

/// What the panel app shows of whoever is signed in there.
async fn whoami(browser: &mut doorward::lab::browser::Browser, world: &World) -> (u16, serde_json::Value) {
    let page = browser.fetch(&format!("{}/whoami", world.panel.base_url())).await.unwrap();
    (page.status, page.json())
}

on_both_engines! {
    async fn a_pushed_person_signs_in_through_saml_and_lands_in_the_panel(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_group("panel-north-users", &[&ada]).await.expect(201);
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        browser.open(&world.login_url(0)).await.unwrap();
        let account = browser.settle().await.unwrap();
        assert_eq!(account.status, 200, "{}", account.text());
        assert!(account.text().contains("msp_user"), "{}", account.text());
        browser.open(&format!("{}/login", world.panel.base_url())).await.unwrap();
        browser.settle().await.unwrap();
        let (status, claims) = whoami(&mut browser, &world).await;
        assert_eq!(status, 200, "{claims}");
        assert_eq!(claims["role"], "msp_user");
        assert_eq!(claims["org"]["slug"], "acme");
        assert_eq!(claims["grants"][0]["clients"], json!(["north"]));
        assert_eq!(claims["grants"][0]["permissions"]["devices"], "edit");
        assert_eq!((&claims["panel_access"], &claims["seat"]), (&json!(true), &json!("held")));
        // IT deactivates: the very next request of the open session is refused, at the panel and here.
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        assert_eq!(whoami(&mut browser, &world).await.0, 401);
        let after = browser.get(&world.at("/account")).await.unwrap();
        assert!(after.status == 303 && after.redirect().is_some(), "{}", after.status);
        // And no way back in.
        browser.open(&world.login_url(0)).await.unwrap();
        let refused = browser.settle().await.unwrap();
        assert_eq!(refused.status, 403, "{}", refused.text());
    }

    async fn a_pushed_person_signs_in_through_openid(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        okta.create_group("panel-admins", &[&bob]).await.expect(201);
        world.idp.sign_in("bob@acme.test").unwrap();
        let mut browser = world.browser();
        let account = browser.open(&world.login_url(1)).await.unwrap();
        assert!(account.status == 200 && account.text().contains("msp_admin"), "{} {}", account.status, account.text());
        browser.open(&format!("{}/login", world.panel.base_url())).await.unwrap();
        browser.settle().await.unwrap();
        let (_, claims) = whoami(&mut browser, &world).await;
        assert_eq!((&claims["role"], &claims["grants"][0]["clients"]), (&json!("msp_admin"), &json!("all")));
    }

    async fn just_in_time_makes_a_person_only_where_no_directory_is(engine) {
        let world = World::start(engine, false).await;
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        let account = browser.open(&world.login_url(1)).await.unwrap();
        assert!(account.text().contains("msp_user"), "{} {}", account.status, account.text());
        let world = World::start(engine, true).await;
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        let refused = browser.open(&world.login_url(1)).await.unwrap();
        assert_eq!(refused.status, 403);
    }

    async fn enforcement_ends_passwords(engine) {
        let world = World::start(engine, true).await;
        let mut browser = world.browser();
        let lena = [("email", "lena@acme.test"), ("password", "lena-secret")];
        browser.get(&world.at("/login")).await.unwrap();
        assert_eq!(browser.post_form(&world.at("/login"), &lena).await.unwrap().status, 303);
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 200);
        enforce(&world.gw.gateway, "acme", Enforcement::Enforced).await.unwrap();
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 303, "a remembered session is over");
        let refused = browser.post_form(&world.at("/login"), &lena).await.unwrap();
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("Sign in with your company"), "{}", refused.text());
        let nobody = [("email", "nobody@acme.test"), ("password", "whatever")];
        assert_eq!(browser.post_form(&world.at("/login"), &nobody).await.unwrap().status, 403);
    }

    async fn an_email_finds_its_sign_in(engine) {
        let world = World::start(engine, true).await;
        let mut browser = world.browser();
        let page = browser.post_form(&world.at("/login"), &[("email", "ada@acme.test")]).await.unwrap();
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&world.login_url(0)) && page.body.contains("Sign in with oidc"), "{}", page.body);
        let page = browser.post_form(&world.at("/login"), &[("email", "x@elsewhere.test")]).await.unwrap();
        assert!(page.body.contains("name=\"password\""));
    }

    async fn a_response_is_used_once_and_only_in_the_browser_that_asked(engine) {
        let world = World::start(engine, true).await;
        world.directory().create_user("ada@acme.test").await.expect(201);
        world.idp.sign_in("ada@acme.test").unwrap();
        let mut browser = world.browser();
        browser.open(&world.login_url(0)).await.unwrap();
        browser.settle().await.unwrap();
        let form = world.idp.last_saml_form().unwrap();
        let fields = form.fields();
        let again = browser.post_form(&form.acs, &fields).await.unwrap();
        assert_eq!(again.status, 403, "a second use");
        let mut victim = world.browser();
        victim.open(&world.login_url(0)).await.unwrap();
        let form = world.idp.last_saml_form().unwrap();
        let mut stranger = world.browser();
        assert_eq!(stranger.post_form(&form.acs, &form.fields()).await.unwrap().status, 403, "another browser");
        let unsolicited = world.idp.unsolicited("ada@acme.test", &form.acs, &form.acs.replace("/acs", "/metadata"), None);
        let unsolicited = unsolicited.unwrap();
        assert_eq!(stranger.post_form(&form.acs, &unsolicited.fields()).await.unwrap().status, 403, "nobody asked");
    }

    async fn a_deactivation_between_question_and_answer_leaves_no_session(engine) {
        let world = World::start(engine, true).await;
        let okta = world.directory();
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let mut browser = world.browser();
        browser.get(&world.login_url(0)).await.unwrap();
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        world.idp.sign_in("ada@acme.test").unwrap();
        browser.follow().await.unwrap();
        let refused = browser.settle().await.unwrap();
        assert_eq!(refused.status, 403);
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 303);
    }

    async fn an_adopted_local_person_loses_the_password_and_the_session(engine) {
        let world = World::start(engine, true).await;
        let mut browser = world.browser();
        let lena = [("email", "lena@acme.test"), ("password", "lena-secret")];
        browser.post_form(&world.at("/login"), &lena).await.unwrap();
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 200);
        world.directory().create_user("lena@acme.test").await.expect(201);
        assert_eq!(browser.get(&world.at("/account")).await.unwrap().status, 303);
        assert_eq!(browser.post_form(&world.at("/login"), &lena).await.unwrap().status, 401);
    }
}
