//! A user as an IdP pushes them, in each IdP's words.

use super::dialect::Dialect;
use crate::lab::idp::person::Person;
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(super) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What the IdP knows of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// `userName`.
    pub user_name: String,
    /// `name.givenName`.
    pub given: String,
    /// `name.familyName`.
    pub family: String,
    /// The work e-mail.
    pub email: String,
    /// `externalId`, where the IdP sends one.
    pub external_id: String,
    /// `title`; none clears it.
    pub title: Option<String>,
    /// `active`.
    pub active: bool,
}

impl From<&Person> for Profile {
    fn from(person: &Person) -> Self {
        Self {
            user_name: person.user_name.clone(),
            given: person.given.clone(),
            family: person.family.clone(),
            email: person.email.clone(),
            external_id: person.external_id.clone(),
            title: None,
            active: true,
        }
    }
}

impl Profile {
    /// First and last name.
    #[must_use]
    pub fn display_name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    fn emails(&self) -> Value {
        json!([{ "primary": true, "type": "work", "value": self.email }])
    }

    /// The body of the POST.
    pub(super) fn create(&self, dialect: Dialect) -> Value {
        let mut body = self.whole(dialect);
        match dialect {
            Dialect::Okta => {
                body["locale"] = json!("en-US");
                body["groups"] = json!([]);
                // Okta sends a random one even where passwords are not synchronized.
                body["password"] = json!("x9!rnd-Qq71");
            }
            Dialect::Entra | Dialect::EntraFlag => {
                body["schemas"] = json!([USER, ENTERPRISE]);
                body["meta"] = json!({ "resourceType": "User" });
                body["roles"] = json!([]);
                body["name"]["formatted"] = json!(self.display_name());
                body[ENTERPRISE] = json!({ "department": "R&D" });
            }
            _ => {}
        }
        body
    }

    /// The whole user, as a PUT sends it.
    pub(super) fn whole(&self, dialect: Dialect) -> Value {
        if dialect == Dialect::OneLogin {
            return self.one_login();
        }
        let mut body = json!({
            "schemas": [USER],
            "userName": self.user_name,
            "name": { "givenName": self.given, "familyName": self.family },
            "emails": self.emails(),
            "displayName": self.display_name(),
            "externalId": self.external_id,
            "active": self.active,
        });
        if let Some(title) = &self.title {
            body["title"] = json!(title);
        }
        body
    }

    /// The admin's template: old schema URNs, a stray space, an empty string for what is not set.
    fn one_login(&self) -> Value {
        json!({
            "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"],
            "userName": self.user_name,
            "active": self.active,
            "name": { "givenName": self.given, "familyName": format!(" {}", self.family) },
            "emails": [{ "value": self.email, "type": "work", "primary": true }],
            "title": self.title.clone().unwrap_or_default(),
        })
    }

    /// Okta's PUT: what it fetched with its own values written over it.
    pub(super) fn over(&self, fetched: &Value) -> Value {
        let mut body = fetched.clone();
        body["userName"] = json!(self.user_name);
        body["name"] = json!({ "givenName": self.given, "familyName": self.family });
        body["emails"] = self.emails();
        body["displayName"] = json!(self.display_name());
        body["active"] = json!(self.active);
        match (&self.title, body.as_object_mut()) {
            (Some(title), _) => body["title"] = json!(title),
            (None, Some(body)) => drop(body.remove("title")),
            (None, None) => {}
        }
        body
    }

    /// The PATCH that brings a user to this profile, for an IdP that patches users.
    pub(super) fn patch(&self, dialect: Dialect) -> Value {
        let email = "emails[type eq \"work\"].value";
        let flat = json!({
            "userName": self.user_name,
            "name.givenName": self.given,
            "name.familyName": self.family,
            "displayName": self.display_name(),
        });
        let mut operations = match dialect {
            Dialect::EntraFlag => vec![
                json!({ "op": "replace", "path": email, "value": self.email }),
                json!({ "op": "replace", "value": flat }),
            ],
            Dialect::Keycloak => {
                let user = json!({
                    "userName": self.user_name,
                    "name": { "givenName": self.given, "familyName": self.family },
                    "emails": self.emails(),
                    "displayName": self.display_name(),
                });
                vec![json!({ "op": "replace", "value": user.to_string() })]
            }
            _ => {
                let mut each = vec![json!({ "op": "Replace", "path": email, "value": self.email })];
                let flat = flat.as_object().into_iter().flatten();
                each.extend(flat.map(|(path, value)| json!({ "op": "Replace", "path": path, "value": value })));
                each
            }
        };
        let (add, remove) = if dialect == Dialect::Entra { ("Add", "Remove") } else { ("add", "remove") };
        operations.push(match &self.title {
            Some(title) => json!({ "op": add, "path": "title", "value": title }),
            None => json!({ "op": remove, "path": "title" }),
        });
        json!({ "schemas": [PATCH], "Operations": operations })
    }

    /// The PATCH that switches `active`, for an IdP that does it so.
    pub(super) fn switch(dialect: Dialect, active: bool) -> Value {
        let operation = match dialect {
            Dialect::Entra => {
                json!({ "op": "Replace", "path": "active", "value": if active { "True" } else { "False" } })
            }
            Dialect::EntraFlag => json!({ "op": "replace", "path": "active", "value": active }),
            Dialect::Keycloak => json!({ "op": "replace", "value": { "active": active.to_string() } }),
            _ => json!({ "op": "replace", "value": { "active": active } }),
        };
        json!({ "schemas": [PATCH], "Operations": [operation] })
    }
}
