//! A whole small world: a gateway, an emulated IdP, a sample panel app, one organization that `apply` made.

use super::database::Engine;
use super::gateway::{IdpScimClient, TestGateway};
use doorward::lab::browser::Browser;
use doorward::lab::idp::FakeIdp;
use doorward::lab::idp::person::Person;
use doorward::lab::panel_app::PanelApp;
use doorward::service::console::apply::apply;
use serde_json::Value;
use std::net::SocketAddr;

/// Everything that a sign-in story needs.
pub struct World {
    /// The gateway.
    pub gw: TestGateway,
    /// The company's IdP.
    pub idp: FakeIdp,
    /// The vendor's panel.
    pub panel: PanelApp,
    /// What `apply` answered.
    pub made: Value,
}

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

impl World {
    /// An organization `acme` with SAML and OpenID; with a directory if `directory` says so.
    pub async fn start(engine: Engine, directory: bool) -> Self {
        let gw = TestGateway::start(engine).await;
        let sources = gw.gateway.sources.clone();
        let idp = FakeIdp::start(sources.clone(), loopback()).await.unwrap();
        let panel = PanelApp::bind(loopback(), sources).await.unwrap();
        for (name, groups) in [("ada", "panel-north-users"), ("bob", "panel-admins")] {
            idp.put_person(Person::new(&format!("{name}@acme.test"), name, "Test").in_groups(&[groups]));
        }
        idp.register_client("doorward", "oidc-secret".to_owned().into(), &[]);
        let folder = std::env::temp_dir().join(format!("doorward-world-{}", gw.base.rsplit(':').next().unwrap()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("idp.xml"), idp.saml_metadata()).unwrap();
        let file = file(&idp, &panel, directory);
        let variables = |name: &str| match name {
            "ACME_SECRET" => Some("oidc-secret".to_owned()),
            "OLIVE_PASSWORD" => Some("olive-secret".to_owned()),
            "LENA_PASSWORD" => Some("lena-secret".to_owned()),
            _ => None,
        };
        let (answer, _) = apply(&gw.gateway, &file, &folder, &variables, false).await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let made = serde_json::to_value(&answer).unwrap();
        let callback = made["organizations"][0]["connections"][1]["redirect_uri"].as_str().unwrap();
        idp.allow_redirect("doorward", callback).unwrap();
        let app = &made["apps"][0];
        let secret = app["client_secret"].as_str().unwrap().to_owned();
        panel.configure(&gw.base, app["client_id"].as_str().unwrap(), secret.into()).unwrap();
        Self { gw, idp, panel, made }
    }

    /// The directory's SCIM client.
    pub fn directory(&self) -> IdpScimClient {
        let directory = &self.made["organizations"][0]["directories"][0];
        IdpScimClient::new(directory["scim_base_url"].as_str().unwrap(), directory["token"].as_str().unwrap())
    }

    /// Where a sign-in through `saml` (0) or `oidc` (1) starts.
    pub fn login_url(&self, connection: usize) -> String {
        self.made["organizations"][0]["connections"][connection]["login_url"].as_str().unwrap().to_owned()
    }

    /// A browser that nobody has used.
    pub fn browser(&self) -> Browser {
        Browser::new(self.gw.gateway.sources.clone()).unwrap()
    }

    /// An address of the gateway.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.gw.base)
    }
}

fn file(idp: &FakeIdp, panel: &PanelApp, directory: bool) -> String {
    let directory = if directory { r#"directory = [{ key = "okta", profile = "auto" }]"# } else { "" };
    format!(
        r#"
[[organization]]
slug = "acme"
name = "Acme Ltd"
panel = "msp"
domains = [{{ name = "acme.test", verified = true }}]
owner = {{ email = "olive@acme.test", name = "Olive Owner", password_env = "OLIVE_PASSWORD" }}
client = [{{ key = "north", name = "North Wind" }}, {{ key = "south", name = "South Sea" }}]
{directory}
connection = [
  {{ key = "saml", kind = "saml", metadata_file = "idp.xml", groups_attribute = "groups", domains = ["acme.test"] }},
  {{ key = "oidc", kind = "oidc", issuer = "{issuer}", client_id = "doorward", client_secret_env = "ACME_SECRET", domains = ["acme.test"] }},
]
rule = [
  {{ group = "panel-admins", role = "msp_admin" }},
  {{ pattern = "panel-{{client}}-users", role = "msp_user", clients = ["{{client}}"] }},
]
person = [{{ email = "lena@acme.test", name = "Lena Local", role = "msp_user", clients = ["south"], password_env = "LENA_PASSWORD" }}]
enforcement = "optional"

[[app]]
key = "panel"
redirect_uris = ["{callback}"]
"#,
        issuer = idp.base_url(),
        callback = panel.callback_url(),
    )
}
