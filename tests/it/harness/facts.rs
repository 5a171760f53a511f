//! What a test asks the database about, and does beside the IdP: grants by hand, the audit, people.

use super::gateway::TestOrganization;
use doorward::domain::client::ClientScope;
use doorward::domain::grant::ManualGrant;
use doorward::service::access::{self, Ground, GroundError};
use doorward::store::audit::{self, Event};
use doorward::store::people::{self, PersonRow};
use doorward::store::{Done, StoreError};

impl TestOrganization<'_> {
    /// Gives the person behind a pushed User a role in the client `south` by hand.
    pub async fn grant_by_hand(&self, user: &str, role: &str) {
        let gw = &self.home.gateway;
        let person = self.person(user).await;
        let grant = ManualGrant::new(role, ClientScope::of(["south"]));
        let body = serde_json::to_string(&grant).unwrap();
        let gateway = gw.clone();
        gw.store
            .write::<_, GroundError, _>(self.org, async move |tx| {
                people::set_manual_grants(tx, person, std::slice::from_ref(&body)).await?;
                let ground = Ground::load(tx, &gateway).await?;
                let records = access::settle(tx, &gateway, &ground, person, "grant_given").await?;
                Ok(Done::of(()).and_all(records))
            })
            .await
            .unwrap();
    }

    /// The newest audit events, newest first.
    pub async fn events(&self) -> Vec<Event> {
        let store = &self.home.gateway.store;
        store.read::<_, StoreError, _>(self.org, async |tx| audit::newest(tx, 500).await).await.unwrap()
    }

    /// The deeds upon a target, newest first.
    pub async fn deeds(&self, target: &str) -> Vec<String> {
        let of = |event: Event| (event.target.as_deref() == Some(target)).then_some(event.deed);
        self.events().await.into_iter().filter_map(of).collect()
    }

    /// The person behind a pushed User, as the store has them.
    pub async fn person_row(&self, user: &str) -> PersonRow {
        let id = self.person(user).await;
        let store = &self.home.gateway.store;
        store.read::<_, StoreError, _>(self.org, async move |tx| people::get(tx, id).await).await.unwrap().unwrap()
    }
}
