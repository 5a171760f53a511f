//! The browser walks the emulated IdP.

use super::*;
use crate::lab::idp::FakeIdp;
use crate::lab::idp::person::Person;
use base64::{Engine as _, engine::general_purpose::STANDARD};

async fn idp() -> FakeIdp {
    let idp = FakeIdp::start(Sources::system(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    idp.put_person(Person::new("ada@acme.test", "Ada", "Byron"));
    idp.put_person(Person::new("bob@acme.test", "Bob", "O'Neil & <Sons>"));
    idp
}

fn request(acs: &str) -> String {
    STANDARD.encode(format!(
        "<p:AuthnRequest xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_1\" \
         AssertionConsumerServiceURL=\"{acs}\"><i:Issuer xmlns:i=\"urn:oasis:names:tc:SAML:2.0:assertion\">sp</i:Issuer>\
         </p:AuthnRequest>"
    ))
}

#[tokio::test]
async fn a_person_is_chosen_on_the_page_and_the_form_posts_itself() {
    let idp = idp().await;
    // The IdP's own page stands for the assertion consumer service: what counts is what the browser sends.
    let acs = format!("{}/nowhere", idp.base_url());
    let mut browser = Browser::new(Sources::system()).unwrap();
    let sso = format!("{}/saml/sso", idp.base_url());
    let fields = [("SAMLRequest", request(&acs)), ("RelayState", "r\"1".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post_form(&sso, &fields).await.unwrap();
    assert!(!page.posts_itself() && page.text().contains("Bob O'Neil & <Sons>"));
    let page = browser.press("Bob").await.unwrap();
    assert!(page.posts_itself());
    let sent = page.forms().remove(0);
    assert_eq!(sent.action, acs);
    let form = idp.last_saml_form().unwrap();
    assert_eq!(
        sent.fields,
        [("SAMLResponse".to_owned(), form.saml_response.clone()), ("RelayState".into(), "r\"1".into())]
    );
    assert!(form.xml().contains("bob@acme.test"));
    assert_eq!(browser.settle().await.unwrap().url.as_str(), acs);
    let trail: Vec<String> =
        browser.trail().iter().map(|step| format!("{} {}", step.method, step.url.path())).collect();
    assert_eq!(trail, ["POST /saml/sso", "POST /saml/sso", "POST /nowhere"]);
}

#[tokio::test]
async fn a_preset_person_is_not_asked_and_redirects_end_where_they_end() {
    let idp = idp().await;
    idp.sign_in("ada@acme.test").unwrap();
    let back = format!("{}/callback", idp.base_url());
    idp.register_client("rp", "secret".into(), &[&back]);
    idp.oidc(|knobs| knobs.require_pkce = false);
    let mut browser = Browser::new(Sources::system()).unwrap();
    let start = format!(
        "{}/oidc/authorize?client_id=rp&response_type=code&scope=openid&state=s&redirect_uri={back}",
        idp.base_url()
    );
    let page = browser.open(&start).await.unwrap();
    assert_eq!(page.url.path(), "/callback");
    assert!(page.url.query_pairs().any(|(name, _)| name == "code"));
    assert_eq!(browser.trail().iter().map(|step| step.status).collect::<Vec<_>>(), [303, 404]);
    assert!(!browser.trail()[1].to_string().contains("code"), "a trail that is shown has no secrets");
}

#[tokio::test]
async fn what_is_not_on_the_page_cannot_be_used() {
    let idp = idp().await;
    let mut browser = Browser::new(Sources::system()).unwrap();
    assert!(matches!(browser.press("Ada").await, Err(LabError::NoPage)));
    browser.open(idp.base_url()).await.unwrap();
    assert!(matches!(browser.press("Ada").await, Err(LabError::NotOnPage { status: 404, .. })));
    assert!(matches!(browser.click("Ada").await, Err(LabError::NotOnPage { .. })));
}
