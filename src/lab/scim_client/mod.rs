//! An IdP's SCIM client: the calls that each IdP makes, in its exact wire shape.
//!
//! Owns headers, addresses and bodies of seven dialects; hands on replies as they came. Must not know what the server
//! should make of a call: `simulate` and the tests judge.

mod dialect;
mod group;
mod profile;
mod reply;

pub use dialect::{Dialect, NoSuchDialect};
pub use group::PushedGroup;
pub use profile::Profile;
pub use reply::Reply;

use crate::base::sources::Sources;
use crate::lab::error::LabError;
use reqwest::Method;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// Okta's patience, the shortest that is documented.
const PATIENCE: Duration = Duration::from_secs(60);

/// A SCIM client that speaks as one IdP does.
#[derive(Debug, Clone)]
pub struct IdpScimClient {
    base_url: String,
    token: SecretString,
    dialect: Dialect,
    http: reqwest::Client,
    sources: Sources,
}

impl IdpScimClient {
    /// A client for the SCIM server at `base_url`, which is used as it is: a slash at its end shows in every address.
    pub fn new(base_url: &str, token: SecretString, dialect: Dialect, sources: Sources) -> Result<Self, LabError> {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { base_url: base_url.to_owned(), token, dialect, http, sources })
    }

    /// Whose words are spoken.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same client with another token.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { token, ..self.clone() }
    }

    /// What the IdP's button "test connection" sends.
    pub async fn test_connection(&self) -> Result<Reply, LabError> {
        let absent = format!("{:032x}", u128::from_be_bytes(self.sources.bytes()));
        match self.dialect {
            Dialect::Okta => self.get("/Users?startIndex=1&count=2").await,
            Dialect::Ping => self.get("/Users").await,
            _ => self.find_user(&absent).await,
        }
    }

    /// The lookup before a create.
    pub async fn find_user(&self, user_name: &str) -> Result<Reply, LabError> {
        self.get(&self.lookup("/Users", "userName", user_name)).await
    }

    /// Reads a user.
    pub async fn get_user(&self, id: &str) -> Result<Reply, LabError> {
        self.get(&format!("/Users/{id}")).await
    }

    /// Creates a user.
    pub async fn create_user(&self, profile: &Profile) -> Result<Reply, LabError> {
        self.send(Method::POST, "/Users", Some(&profile.create(self.dialect))).await
    }

    /// Brings a user to this profile; `active` is [`set_active`](Self::set_active)'s matter.
    pub async fn update_user(&self, id: &str, profile: &Profile) -> Result<Reply, LabError> {
        let path = format!("/Users/{id}");
        match self.dialect {
            Dialect::Okta => {
                let fetched = self.get(&path).await?;
                if !fetched.is_success() {
                    return Ok(fetched);
                }
                self.send(Method::PUT, &path, Some(&profile.over(&fetched.body))).await
            }
            Dialect::OneLogin | Dialect::JumpCloud | Dialect::Ping => {
                self.send(Method::PUT, &path, Some(&profile.whole(self.dialect))).await
            }
            Dialect::Entra | Dialect::EntraFlag | Dialect::Keycloak => {
                self.send(Method::PATCH, &path, Some(&profile.patch(self.dialect))).await
            }
        }
    }

    /// Deactivates a user.
    pub async fn deactivate(&self, id: &str, profile: &Profile) -> Result<Reply, LabError> {
        self.set_active(id, profile, false).await
    }

    /// Reactivates a user.
    pub async fn reactivate(&self, id: &str, profile: &Profile) -> Result<Reply, LabError> {
        self.set_active(id, profile, true).await
    }

    async fn set_active(&self, id: &str, profile: &Profile, active: bool) -> Result<Reply, LabError> {
        let path = format!("/Users/{id}");
        match self.dialect {
            Dialect::OneLogin | Dialect::JumpCloud | Dialect::Ping => {
                let profile = Profile { active, ..profile.clone() };
                self.send(Method::PUT, &path, Some(&profile.whole(self.dialect))).await
            }
            Dialect::Okta | Dialect::Entra | Dialect::EntraFlag | Dialect::Keycloak => {
                self.send(Method::PATCH, &path, Some(&Profile::switch(self.dialect, active))).await
            }
        }
    }

    /// Deletes a user. Okta never does; asked all the same, it sends what the others send.
    pub async fn delete_user(&self, id: &str) -> Result<Reply, LabError> {
        self.send(Method::DELETE, &format!("/Users/{id}"), None).await
    }

    /// One page of an import: `kind` is `Users` or `Groups`, `start_index` counts from 1.
    pub async fn import_page(&self, kind: &str, start_index: usize, count: usize) -> Result<Reply, LabError> {
        self.get(&format!("/{kind}?startIndex={start_index}&count={count}")).await
    }

    fn lookup(&self, path: &str, attribute: &str, value: &str) -> String {
        let filter = self.dialect.filter(attribute, value);
        match self.dialect {
            Dialect::Okta => format!("{path}?filter={filter}&startIndex=1&count=100"),
            Dialect::Entra | Dialect::EntraFlag if path == "/Groups" => {
                format!("{path}?excludedAttributes=members&filter={filter}")
            }
            _ => format!("{path}?filter={filter}"),
        }
    }

    async fn get(&self, path: &str) -> Result<Reply, LabError> {
        self.send(Method::GET, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, LabError> {
        let path = self.dialect.decorated(path);
        let url = Url::parse(&format!("{}{path}", self.base_url))?;
        let request = format!("{method} {path}");
        let mut call = self.dialect.headers(self.http.request(method, url));
        call = call.bearer_auth(self.token.expose_secret());
        if let Some(body) = body {
            call = call.body(body.to_string());
        }
        let began = self.sources.now();
        let response = call.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        let millis = u64::try_from((self.sources.now() - began).num_milliseconds()).unwrap_or(0);
        Ok(Reply { request, status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default(), millis })
    }
}

#[cfg(test)]
mod tests;
