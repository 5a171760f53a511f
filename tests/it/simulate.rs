//! Each IdP's own traffic against a directory of the profile `auto`, and against one of the IdP's own profile.

use crate::harness::database::{Engine, on_both_engines};
use crate::harness::gateway::{TestGateway, usual_rules};
use doorward::base::sources::Sources;
use doorward::lab::scim_client::{Dialect, IdpScimClient};
use doorward::lab::simulate::{Plan, simulate};

/// The profile that an admin would choose for this IdP.
fn own_profile(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Okta => "okta",
        Dialect::Entra | Dialect::EntraFlag => "entra",
        Dialect::OneLogin => "onelogin",
        Dialect::JumpCloud => "jumpcloud",
        Dialect::Ping => "ping",
        // Nobody's label: Keycloak's extensions are served by the tolerant grammar.
        Dialect::Keycloak => "rippling",
    }
}

/// Plays the whole script; the steps that did not hold.
async fn broken(engine: Engine, dialect: Dialect, profile: &str) -> Vec<String> {
    let gw = TestGateway::start(engine).await;
    let acme = gw.organization("acme", None, usual_rules()).await;
    let directory = acme.directory("idp", profile).await;
    let sources = Sources::system();
    let client = IdpScimClient::new(&directory.base, directory.token.into(), dialect, sources.clone()).unwrap();
    let plan = Plan { users: 60, groups: 2, members: 60, ..Plan::default() };
    let mut broken = Vec::new();
    let summary = simulate(&client, &sources, &plan, |step| {
        if !step.held {
            broken.push(format!("{}: {} [{} {}]", step.name, step.detail, step.request, step.status));
        }
    })
    .await;
    assert!(summary.held + summary.failed >= 26, "{dialect} played {summary:?}");
    broken
}

/// A sentence for each IdP, so that one that fails is named.
macro_rules! each_idp {
    ($($name:ident = $dialect:ident;)*) => {
        on_both_engines! {$(
            async fn $name(engine) {
                for profile in ["auto", own_profile(Dialect::$dialect)] {
                    let broken = broken(engine, Dialect::$dialect, profile).await;
                    assert!(broken.is_empty(), "{profile}: {broken:#?}");
                }
            }
        )*}
    };
}

each_idp! {
    okta_is_served_in_each_step = Okta;
    entra_is_served_in_each_step = Entra;
    entra_with_its_flag_is_served_in_each_step = EntraFlag;
    onelogin_is_served_in_each_step = OneLogin;
    jumpcloud_is_served_in_each_step = JumpCloud;
    ping_is_served_in_each_step = Ping;
    keycloak_is_served_in_each_step = Keycloak;
}
