//! The customer's administrator: a program with a management token of the organization, and the command line.

use super::gateway::Reply;
use super::world::World;
use doorward::base::token::reveal;
use doorward::domain::enforcement::Enforcement;
use doorward::service::Gateway;
use doorward::service::console::{organizations, tokens, why};
use serde_json::Value;

/// Somebody who manages one organization over the management API.
pub struct Admin {
    gateway: Gateway,
    base: String,
    slug: String,
    token: String,
    client: reqwest::Client,
}

impl Admin {
    /// The administrator of `slug`, with a token that was just made.
    pub async fn of(world: &World, slug: &str) -> Self {
        let gw = &world.gw.gateway;
        let org = organizations::of_slug(gw, slug).await.unwrap();
        let (_, token) = tokens::create(gw, org, "test").await.unwrap();
        let (base, token) = (world.gw.base.clone(), reveal(&token).to_owned());
        Self { gateway: gw.clone(), base, slug: slug.to_owned(), token, client: reqwest::Client::new() }
    }

    /// The same administrator at another organization's door.
    pub fn at(&self, slug: &str) -> Self {
        let (base, token) = (self.base.clone(), self.token.clone());
        Self { gateway: self.gateway.clone(), base, slug: slug.to_owned(), token, client: self.client.clone() }
    }

    /// A call below `/api/v1/organizations/{slug}`.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let address = format!("{}/api/v1/organizations/{}{path}", self.base, self.slug);
        let mut request = self.client.request(method.parse().unwrap(), address).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Reply { status, body: reply.json().await.unwrap(), headers }
    }

    /// The person with this e-mail, as the API shows them.
    pub async fn person(&self, email: &str) -> Value {
        let people = self.call("GET", "/users", None).await.expect(200).body;
        let found = people["users"].as_array().unwrap().iter().find(|one| one["email"] == email).cloned();
        found.unwrap_or_else(|| panic!("nobody is called {email} in {people}"))
    }

    /// `doorward org enforce`.
    pub async fn enforce(&self, state: Enforcement) {
        organizations::enforce(&self.gateway, &self.slug, state).await.unwrap();
    }

    /// `doorward user why`, as it is printed.
    pub async fn why(&self, email: &str) -> String {
        let cards = why::cards(&self.gateway, &self.slug, email).await.unwrap();
        cards.iter().map(ToString::to_string).collect()
    }

    /// Changes a person.
    pub async fn change(&self, id: &str, patch: Value) -> Reply {
        self.call("PATCH", &format!("/users/{id}"), Some(patch)).await
    }
}
