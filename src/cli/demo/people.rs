//! Who plays, and the file that sets their organization up.

use crate::base::sources::Sources;
use crate::lab::idp::person::Person;

/// The administrator, who signs in through SAML.
pub(super) const ADA: &str = "ada@acme.test";
/// The user who signs in through OpenID and is deactivated at the end.
pub(super) const BEN: &str = "ben@acme.test";
/// A user of the second client.
pub(super) const CLEO: &str = "cleo@acme.test";
/// The local person with a password.
pub(super) const LENA: &str = "lena@acme.test";
/// The owner, with a password too.
pub(super) const OLIVE: &str = "olive@acme.test";

/// The group of administrators.
pub(super) const ADMINS: &str = "panel-admins";
/// The group of the users of one client.
pub(super) const NORTH: &str = "panel-north-users";

/// What the variables of the file say; made afresh for each run.
pub(super) struct Secrets {
    pub(super) olive: String,
    pub(super) lena: String,
    pub(super) client: String,
}

impl Secrets {
    pub(super) fn mint(sources: &Sources) -> Self {
        let word = || format!("demo-{:032x}", u128::from_be_bytes(sources.bytes()));
        Self { olive: word(), lena: word(), client: word() }
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        match name {
            "OLIVE_PASSWORD" => Some(self.olive.clone()),
            "LENA_PASSWORD" => Some(self.lena.clone()),
            "ACME_SECRET" => Some(self.client.clone()),
            _ => None,
        }
    }
}

/// The employees whom the IdP knows, with their groups.
pub(super) fn employees() -> Vec<Person> {
    vec![
        Person::new(ADA, "Ada", "Byron").in_groups(&[ADMINS]),
        Person::new(BEN, "Ben", "Miles").in_groups(&[NORTH]),
        Person::new(CLEO, "Cleo", "Hart").in_groups(&[NORTH]),
    ]
}

/// What `doorward apply` would be given.
pub(super) fn file(issuer: &str, callback: &str, backchannel: &str) -> String {
    format!(
        r#"[[organization]]
slug = "acme"
name = "Acme Ltd"
panel = "msp"
seats = 25
domains = [{{ name = "acme.test", verified = true }}]
owner = {{ email = "{OLIVE}", name = "Olive Owner", password_env = "OLIVE_PASSWORD" }}
client = [{{ key = "north", name = "North Wind", departments = ["Sales"] }}, {{ key = "south", name = "South Sea" }}]
directory = [{{ key = "idp", profile = "auto" }}]
connection = [
  {{ key = "saml", kind = "saml", metadata_file = "idp.xml", groups_attribute = "groups", domains = ["acme.test"] }},
  {{ key = "oidc", kind = "oidc", issuer = "{issuer}", client_id = "doorward", client_secret_env = "ACME_SECRET", domains = ["acme.test"] }},
]
rule = [
  {{ group = "{ADMINS}", role = "msp_admin" }},
  {{ pattern = "panel-{{client}}-users", role = "msp_user", clients = ["{{client}}"] }},
]
person = [{{ email = "{LENA}", name = "Lena Local", role = "msp_user", clients = ["south"], password_env = "LENA_PASSWORD" }}]
enforcement = "optional"

[[app]]
key = "panel"
redirect_uris = ["{callback}"]
backchannel_logout_uri = "{backchannel}"
"#
    )
}
