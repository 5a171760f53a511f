//! What a test asks the database about, and does beside the IdP: grants by hand, the audit, people.

use super::gateway::{Directory, TestOrganization};
use doorward::base::ids::PersonId;
use doorward::domain::client::ClientScope;
use doorward::domain::grant::ManualGrant;
use doorward::domain::person::Origin;
use doorward::service::access::{self, Ground, GroundError};
use doorward::service::console::users::{self, UserView};
use doorward::store::access::Seat;
use doorward::store::audit::{self, Event};
use doorward::store::people::{self, PersonRow};
use doorward::store::resources::{self, Kind, ResourceRow};
use doorward::store::{self, Done, StoreError, Tx, directories};

/// A person of ours, active, whom no directory has pushed.
pub fn lena(id: PersonId, email: &str) -> PersonRow {
    PersonRow {
        id,
        origin: Origin::Local.as_str().to_owned(),
        state: people::ACTIVE.to_owned(),
        locked: false,
        epoch: 1,
        key: Some(email.to_owned()),
        email: Some(email.to_owned()),
        name: "Lena".to_owned(),
        given: None,
        family: None,
    }
}

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

    /// A person of ours with this e-mail whom a change behind a mark has just made an administrator: their access is
    /// still the one from before it.
    pub async fn local_admin_behind_a_mark(&self, email: &str) -> PersonId {
        let gw = &self.home.gateway;
        let id = PersonId::mint(&gw.sources);
        let person = lena(id, email);
        let grant = serde_json::to_string(&ManualGrant::new("msp_admin", ClientScope::All)).unwrap();
        let (gateway, now) = (gw.clone(), gw.sources.now());
        gw.store
            .write::<_, GroundError, _>(self.org, async move |tx| {
                people::insert(tx, &person, now).await?;
                let ground = Ground::load(tx, &gateway).await?;
                let records = access::settle(tx, &gateway, &ground, id, "made").await?;
                people::set_manual_grants(tx, id, std::slice::from_ref(&grant)).await?;
                store::access::mark_all(tx, now).await?;
                Ok(Done::of(()).and_all(records))
            })
            .await
            .unwrap();
        id
    }

    /// Two Users of one person, one in each of these directories of the organization.
    pub async fn shared(&self, one: &Directory, other: &Directory, user_name: &str) -> (String, String) {
        let ids =
            (one.create_user(user_name).await.expect(201).id(), other.create_user(user_name).await.expect(201).id());
        let (person, second) = (self.person(&ids.0).await, ids.1.parse().unwrap());
        self.home
            .gateway
            .store
            .write::<_, StoreError, _>(self.org, async move |tx| {
                for directory in directories::list(tx).await? {
                    if let Some(row) = resources::lock(tx, directory.src, Kind::User, second).await? {
                        let shared = ResourceRow { person: Some(person), ..row.clone() };
                        resources::update(tx, &row, &shared).await?;
                    }
                }
                Ok(Done::of(()))
            })
            .await
            .unwrap();
        ids
    }

    /// The seat of the person behind a pushed User as it is kept, and whether a mark says that their access must be
    /// derived afresh: nobody is settled by looking.
    pub async fn kept(&self, user: &str) -> (Seat, bool) {
        let id = self.person(user).await;
        let read = async move |tx: &mut Tx| store::access::get(tx, id).await;
        let (row, marked) = self.home.gateway.store.read::<_, StoreError, _>(self.org, read).await.unwrap();
        (row.unwrap().seat, marked)
    }

    /// The newest audit events, newest first.
    pub async fn events(&self) -> Vec<Event> {
        let store = &self.home.gateway.store;
        store.read::<_, StoreError, _>(self.org, async |tx| audit::newest(tx, 500).await).await.unwrap()
    }

    /// A person as the management API shows them.
    pub async fn user_view(&self, person: PersonId) -> UserView {
        users::get(&self.home.gateway, self.org, "acme", person).await.unwrap()
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
