//! Every route, tried with no credential, a wrong one and a neighbour's. A route that this test does not know fails it.

use crate::harness::database::Engine;
use crate::harness::gateway::{TestGateway, usual_rules};
use doorward::http::scim::ScimRoom;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a stranger gets at a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stranger {
    /// Anyone may read it: it tells nothing of anybody.
    Open,
    /// 401 without the right credential.
    Refused,
    /// Sent to the sign-in, or shown a page that asks for it or says that nothing is there; never 200 with content.
    Asked,
}

/// Every route, an address under it, a method, and what a stranger gets there.
const ROUTES: &[(&str, &str, &str, Stranger)] = &[
    ("/", "/", "GET", Stranger::Open),
    ("/login", "/login", "GET", Stranger::Open),
    ("/account", "/account", "GET", Stranger::Asked),
    ("/logout", "/logout", "GET", Stranger::Open),
    ("/invite/{token}", "/invite/wrong", "GET", Stranger::Asked),
    ("/reset/{token}", "/reset/wrong", "GET", Stranger::Asked),
    ("/static/doorward.css", "/static/doorward.css", "GET", Stranger::Open),
    ("/static/post.js", "/static/post.js", "GET", Stranger::Open),
    ("/saml/{connection}/metadata", "/saml/con-00000000000000000000000000000000/metadata", "GET", Stranger::Asked),
    ("/saml/{connection}/login", "/saml/con-00000000000000000000000000000000/login", "GET", Stranger::Asked),
    ("/saml/{connection}/acs", "/saml/con-00000000000000000000000000000000/acs", "POST", Stranger::Asked),
    ("/oidc/{connection}/login", "/oidc/con-00000000000000000000000000000000/login", "GET", Stranger::Asked),
    ("/oidc/{connection}/callback", "/oidc/con-00000000000000000000000000000000/callback", "GET", Stranger::Asked),
    ("/healthz", "/healthz", "GET", Stranger::Open),
    ("/readyz", "/readyz", "GET", Stranger::Open),
    ("/scim/v2/{directory}", "/scim/v2/dir-00000000000000000000000000000000", "GET", Stranger::Refused),
    ("/scim/v2/{directory}", "/scim/v2/dir-00000000000000000000000000000000/", "GET", Stranger::Refused),
    ("/scim/v2/{directory}/{*rest}", "/scim/v2/dir-00000000000000000000000000000000/Users", "GET", Stranger::Refused),
    ("/scim/{version}/{*rest}", "/scim/v1", "GET", Stranger::Asked),
    ("/scim/{version}/{*rest}", "/scim/", "GET", Stranger::Asked),
    ("/scim/{version}/{*rest}", "/scim/v1/Users", "GET", Stranger::Asked),
    ("/api/v1/organizations/{slug}/schemas", "/api/v1/organizations/acme/schemas", "GET", Stranger::Refused),
    (
        "/api/v1/organizations/{slug}/schemas/{urn}",
        "/api/v1/organizations/acme/schemas/urn:ietf:params:scim:schemas:extension:acme:2.0:User",
        "GET",
        Stranger::Refused,
    ),
    ("/api/v1/organizations/{slug}/users", "/api/v1/organizations/acme/users", "GET", Stranger::Refused),
    (
        "/api/v1/organizations/{slug}/users/{id}",
        "/api/v1/organizations/acme/users/usr-00000000000000000000000000000000",
        "GET",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/users/{id}/aside",
        "/api/v1/organizations/acme/users/usr-00000000000000000000000000000000/aside",
        "GET",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/users/{id}/aside/give-back",
        "/api/v1/organizations/acme/users/usr-00000000000000000000000000000000/aside/give-back",
        "POST",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/users/{id}/aside/discard",
        "/api/v1/organizations/acme/users/usr-00000000000000000000000000000000/aside/discard",
        "POST",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/events",
        "/api/v1/organizations/acme/directories/okta/events",
        "GET",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/log",
        "/api/v1/organizations/acme/directories/okta/log",
        "GET",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/log/quirks",
        "/api/v1/organizations/acme/directories/okta/log/quirks",
        "GET",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/log/{id}",
        "/api/v1/organizations/acme/directories/okta/log/log-00000000000000000000000000000000",
        "GET",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/log/{id}/replay",
        "/api/v1/organizations/acme/directories/okta/log/log-00000000000000000000000000000000/replay",
        "POST",
        Stranger::Refused,
    ),
    ("/scim/oauth/token", "/scim/oauth/token", "POST", Stranger::Asked),
    (
        "/.well-known/oauth-authorization-server/scim",
        "/.well-known/oauth-authorization-server/scim",
        "GET",
        Stranger::Open,
    ),
    ("/api/v1/organizations/{slug}/directories", "/api/v1/organizations/acme/directories", "GET", Stranger::Refused),
    (
        "/api/v1/organizations/{slug}/directories/{key}/tokens",
        "/api/v1/organizations/acme/directories/okta/tokens",
        "POST",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/tokens/{id}",
        "/api/v1/organizations/acme/directories/okta/tokens/tok-00000000000000000000000000000000",
        "DELETE",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/tokens/{id}/rotate",
        "/api/v1/organizations/acme/directories/okta/tokens/tok-00000000000000000000000000000000/rotate",
        "POST",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/clients",
        "/api/v1/organizations/acme/directories/okta/clients",
        "POST",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/clients/{id}",
        "/api/v1/organizations/acme/directories/okta/clients/dcl-00000000000000000000000000000000",
        "DELETE",
        Stranger::Refused,
    ),
    (
        "/api/v1/organizations/{slug}/directories/{key}/clients/{id}/rotate",
        "/api/v1/organizations/acme/directories/okta/clients/dcl-00000000000000000000000000000000/rotate",
        "POST",
        Stranger::Refused,
    ),
    ("/auth/verify", "/auth/verify", "GET", Stranger::Refused),
    ("/.well-known/openid-configuration", "/.well-known/openid-configuration", "GET", Stranger::Open),
    ("/oauth2/jwks", "/oauth2/jwks", "GET", Stranger::Open),
    ("/oauth2/authorize", "/oauth2/authorize", "GET", Stranger::Asked),
    ("/oauth2/token", "/oauth2/token", "POST", Stranger::Asked),
    ("/oauth2/introspect", "/oauth2/introspect", "POST", Stranger::Asked),
    ("/oauth2/revoke", "/oauth2/revoke", "POST", Stranger::Asked),
    ("/oauth2/userinfo", "/oauth2/userinfo", "GET", Stranger::Refused),
    ("/oauth2/end-session", "/oauth2/end-session", "GET", Stranger::Open),
];

fn rust_files(dir: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// The routes that the product mounts, read off its source: `.route("…"`. And the names of what finds its way by itself.
fn mounted() -> BTreeSet<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = vec![fs::read_to_string(src.join("app.rs")).unwrap()];
    rust_files(&src.join("http"), &mut texts);
    let mut found: BTreeSet<_> = ScimRoom::NAMES.map(str::to_owned).into();
    for text in texts {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for rest in product.split(".route(").skip(1) {
            let quoted = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            found.insert(quoted.expect("a route is written out, so that this test can read it").to_owned());
        }
    }
    found
}

#[test]
fn every_route_is_known_here() {
    let known: BTreeSet<_> = ROUTES.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(mounted(), known);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_nowhere() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    gw.organization("acme", None, usual_rules()).await;
    let zeta = gw.organization("zeta", None, usual_rules()).await;
    let neighbour = zeta.directory("okta", "auto").await.token;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (route, path, method, stranger) in ROUTES {
        for credential in
            [None, Some("wrong"), Some("dwk1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), Some(&neighbour)]
        {
            let mut request = client.request(method.parse().unwrap(), format!("{}{path}", gw.base));
            if let Some(credential) = credential {
                request = request.header("authorization", format!("Bearer {credential}"));
            }
            let status = request.send().await.unwrap().status().as_u16();
            let fits = match stranger {
                Stranger::Open => status == 200,
                Stranger::Refused => status == 401,
                Stranger::Asked => matches!(status, 302 | 303 | 400 | 401 | 403 | 404 | 405 | 410),
            };
            assert!(fits, "{method} {route} with {credential:?} answers {status}, not {stranger:?}");
        }
    }
}
