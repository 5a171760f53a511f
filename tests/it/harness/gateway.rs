//! A gateway of a test's own: real routes on a port, a clock in hand, a database that nobody else uses.

use super::database::{Engine, TestDatabase, dawn};
use chrono::Duration;
use doorward::app;
use doorward::base::ids::{DirectoryId, OrgId, OrgNo, RuleId, TokenId};
use doorward::base::seal::MasterKey;
use doorward::base::sources::{ManualClock, Sources};
use doorward::base::token::{TokenKind, TokenMint, reveal};
use doorward::base::urls::Urls;
use doorward::domain::directory::DirectorySettings;
use doorward::service::keys::KeyRing;
use doorward::service::panels::{self, PanelCache};
use doorward::service::settings::Settings;
use doorward::service::{Gateway, Memory, Shared, access};
use doorward::store::directories::DirectoryTokenRow;
use doorward::store::organizations::{ClientRow, DomainRow, OrganizationRow};
use doorward::store::{Done, StoreError, directories, organizations, seats};
use doorward::upstream::{Outgoing, Upstream};
use serde_json::{Value, json};
use std::sync::Arc;

/// A running gateway.
pub struct TestGateway {
    /// What use cases stand on: tests ask the database through it.
    pub gateway: Gateway,
    /// Where it answers, without a slash at the end.
    pub base: String,
    /// The clock, in hand.
    pub clock: Arc<ManualClock>,
    pub(super) database: TestDatabase,
}

impl TestGateway {
    /// Starts one, with an empty database.
    pub async fn start(engine: Engine) -> Self {
        Self::limited(engine, 0).await
    }

    /// The same, with this many SCIM calls a second for each directory (0: no limit).
    pub async fn limited(engine: Engine, calls: u32) -> Self {
        // Another test of this program may have installed it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let database = TestDatabase::new(engine).await;
        let store = database.open().await;
        let clock = ManualClock::at(dawn());
        let sources = Sources::by_hand(clock.clone(), 7);
        panels::seed(&store, &sources).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let master = MasterKey::from_base64(&MasterKey::mint(&sources)).unwrap();
        let loopback: Vec<ipnet::IpNet> = vec!["127.0.0.1/32".parse().unwrap()];
        let gateway = Gateway::from(Shared {
            store,
            urls: Urls::new(&base.parse().unwrap()),
            master: Arc::new(master),
            mint: TokenMint::new(&[7; 32]),
            settings: Arc::new(Settings {
                password_work: (64, 1, 1),
                upstream_allow: loopback.clone(),
                ..Settings::default()
            }),
            upstream: Upstream::new(Outgoing::new(loopback).unwrap(), &sources),
            scim_limit: doorward::service::provisioning::RateLimit::per_second(calls),
            panels: PanelCache::default(),
            memory: Memory::default(),
            keys: KeyRing::default(),
            scim_log: doorward::service::scim_log::ScimLog::on(),
            sources,
        });
        let served = gateway.clone();
        tokio::spawn(async move {
            app::serve(served, std::time::Duration::from_secs(30), listener, std::future::pending()).await.unwrap()
        });
        Self { gateway, base, clock, database }
    }

    /// The SQLite file behind it.
    pub fn database_file(&self) -> std::path::PathBuf {
        self.database.url.strip_prefix("sqlite:").expect("a SQLite database").into()
    }

    /// Waits until every call so far stands in the SCIM log.
    pub async fn logged(&self) {
        self.gateway.scim_log.flush().await;
    }

    /// A client of the management API below `/organizations/{slug}/directories`, with a token of this organization.
    pub async fn directories_api(&self, slug: &str, org: OrgNo) -> Directory {
        let (_, token) = doorward::service::console::tokens::create(&self.gateway, org, "test").await.unwrap();
        Directory::new(&format!("{}/api/v1/organizations/{slug}/directories", self.base), reveal(&token))
    }

    /// Lets time pass.
    pub fn wait(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// A new organization of the MSP panel, with its own proved domain `<slug>.test`, two clients and these rules.
    pub async fn organization(&self, slug: &str, seats: Option<i64>, rules: Value) -> TestOrganization<'_> {
        let gw = &self.gateway;
        let org = gw.store.draw_org().await.unwrap();
        let row = OrganizationRow {
            id: OrgId::mint(&gw.sources),
            slug: slug.to_owned(),
            name: slug.to_owned(),
            panel: "msp".into(),
            seats,
            enforcement: "off".into(),
            settings: "{}".into(),
            panel_version: None,
        };
        let now = gw.sources.now();
        let domain = format!("{slug}.test");
        let rules: Vec<_> =
            rules.as_array().unwrap().iter().map(|rule| (RuleId::mint(&gw.sources), rule.to_string())).collect();
        gw.store
            .write::<_, StoreError, _>(org, async move |tx| {
                organizations::insert(tx, &row, now).await?;
                organizations::put_domain(tx, &DomainRow { name: domain.clone(), verified: true }).await?;
                organizations::put_client(tx, &client("north")).await?;
                organizations::put_client(tx, &client("south")).await?;
                organizations::replace_rules(tx, &rules).await?;
                seats::set_limit(tx, row.seats).await?;
                Ok(Done::of(()))
            })
            .await
            .unwrap();
        TestOrganization { home: self, org }
    }
}

fn client(key: &str) -> ClientRow {
    ClientRow { key: key.into(), name: key.into(), departments: "[]".into() }
}

/// The rules of most stories.
pub fn usual_rules() -> Value {
    json!([
        {"group": "panel-admins", "role": "msp_admin"},
        {"pattern": "panel-{client}-users", "role": "msp_user", "clients": ["{client}"]},
    ])
}

/// An organization of a test.
pub struct TestOrganization<'a> {
    pub(super) home: &'a TestGateway,
    /// Its number.
    pub org: OrgNo,
}

impl TestOrganization<'_> {
    /// A new directory of it, with one token.
    pub async fn directory(&self, key: &str, profile: &str) -> Directory {
        let gw = &self.home.gateway;
        let id = DirectoryId::mint(&gw.sources);
        let token = gw.mint.mint(&gw.sources, TokenKind::Directory, self.org);
        let row = DirectoryTokenRow {
            id: TokenId::mint(&gw.sources),
            label: "test".into(),
            created: gw.sources.now(),
            until: None,
            used: None,
        };
        let (key, profile, hash, now) = (key.to_owned(), profile.to_owned(), token.hash, gw.sources.now());
        gw.store
            .write::<_, StoreError, _>(self.org, async move |tx| {
                let src = directories::insert(tx, id, &key, &profile, DirectorySettings::default(), now).await?;
                directories::insert_token(tx, src, hash, &row).await?;
                Ok(Done::of(()))
            })
            .await
            .unwrap();
        Directory {
            base: format!("{}/scim/v2/{id}", self.home.base),
            token: reveal(&token.text).to_owned(),
            client: reqwest::Client::new(),
        }
    }

    /// Puts other rules in force, as if too many people were concerned to settle them at once.
    pub async fn replace_rules_with_a_mark(&self, rules: Value) {
        let gw = &self.home.gateway;
        let rules: Vec<_> =
            rules.as_array().unwrap().iter().map(|rule| (RuleId::mint(&gw.sources), rule.to_string())).collect();
        let now = gw.sources.now();
        gw.store
            .write::<_, StoreError, _>(self.org, async move |tx| {
                organizations::replace_rules(tx, &rules).await?;
                doorward::store::access::mark_all(tx, now).await?;
                Ok(Done::of(()))
            })
            .await
            .unwrap();
    }

    /// What the person behind a pushed User may do right now: (role, clients of the first grant, seat).
    pub async fn access(&self, user: &str) -> (Option<String>, String, String) {
        let gw = &self.home.gateway;
        let person = self.person(user).await;
        let current = access::current(gw, self.org, person).await.unwrap();
        let clients = current.access.grants.first().map_or_else(String::new, |grant| grant.clients.to_string());
        (current.access.role, clients, format!("{:?}", current.seat))
    }

    /// The person behind a pushed User.
    pub async fn person(&self, user: &str) -> doorward::base::ids::PersonId {
        let id = user.parse().unwrap();
        let found = self
            .home
            .gateway
            .store
            .read::<_, StoreError, _>(self.org, async move |tx| doorward::store::resources::person_of(tx, id).await)
            .await
            .unwrap();
        found.unwrap()
    }
}

/// The same, by the name of the actor.
pub type IdpScimClient = Directory;

/// An IdP's SCIM client, with one directory's token.
#[derive(Clone)]
pub struct Directory {
    /// Its SCIM base URL.
    pub base: String,
    /// The token that it sends.
    pub token: String,
    client: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body, where it is JSON; `null` where there is none.
    pub body: Value,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
}

impl Reply {
    /// The id of the resource that came back.
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {self:?}")).to_owned()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Insists on a refusal in SCIM's dialect (requirements 22 and 87): status and `scimType`, or `""` for none.
    pub fn refused(&self, status: u16, scim_type: &str) -> &Self {
        let told = self.body["scimType"].as_str().unwrap_or_default();
        assert_eq!((self.status, told), (status, scim_type), "{}", self.body);
        assert_eq!(self.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{}", self.body);
        assert_eq!(self.body["status"], status.to_string());
        assert!(!self.body["detail"].as_str().unwrap().is_empty(), "{}", self.body);
        assert!(self.header("content-type").starts_with("application/scim+json"), "{:?}", self.headers);
        self
    }

    /// Insists on a status; the reply, for more.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

impl Directory {
    /// A client of this base URL with this token.
    pub fn new(base: &str, token: &str) -> Self {
        Self { base: base.to_owned(), token: token.to_owned(), client: reqwest::Client::new() }
    }

    /// The same directory's address with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// A call, as `PATCH /Users/…`.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        match body {
            Some(body) => self.raw(method, path, &[("content-type", "application/scim+json")], body.to_string()).await,
            None => self.raw(method, path, &[], "").await,
        }
    }

    /// The same with headers and a body as they are. An answer has no body, or one that is JSON.
    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let mut request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let text = reply.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Reply { status, body, headers }
    }

    /// A call with bytes that need not be JSON; the answer is JSON all the same.
    pub async fn send(&self, method: &str, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/scim+json")
            .body(body);
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let text = reply.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Reply { status, body, headers }
    }

    /// Everything that the directory has, for a comparison of before and after.
    pub async fn everything(&self) -> Value {
        json!([
            self.get("/Users?count=1000").await.expect(200).body,
            self.get("/Groups?count=1000").await.expect(200).body
        ])
    }

    /// A new User as [`create_user`](Self::create_user) makes one; `None` where no answer came.
    pub async fn try_create_user(&self, user_name: &str) -> Option<Reply> {
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user_name});
        let request = self.client.post(format!("{}/Users", self.base)).bearer_auth(&self.token);
        let reply = request.header("content-type", "application/scim+json").body(body.to_string()).send().await.ok()?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Some(Reply { status, body: reply.json().await.ok()?, headers })
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None).await
    }

    /// A new User, with an externalId made from the name.
    pub async fn create_user(&self, user_name: &str) -> Reply {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user_name,
            "externalId": format!("ext-{user_name}"), "active": true,
            "name": {"givenName": "Ada", "familyName": "Byron"},
            "emails": [{"value": user_name, "type": "work", "primary": true}],
        });
        self.call("POST", "/Users", Some(body)).await
    }

    /// As many new Users at once, called `<name>0@acme.test` and so on; their ids.
    pub async fn create_users(&self, name: &str, count: usize) -> Vec<String> {
        let one = |n| json!({"method": "POST", "path": "/Users", "bulkId": format!("{n}"), "data": {"userName": format!("{name}{n}@acme.test")}});
        let operations: Vec<_> = (0..count).map(one).collect();
        let made = self.call("POST", "/Bulk", Some(json!({"Operations": operations}))).await.expect(200).body;
        let id = |one: &Value| one["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        made["Operations"].as_array().unwrap().iter().map(id).collect()
    }

    /// A new Group with these members.
    pub async fn create_group(&self, name: &str, members: &[&str]) -> Reply {
        let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members,
        });
        self.call("POST", "/Groups", Some(body)).await
    }

    /// A PATCH of these operations.
    pub async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
        });
        self.call("PATCH", path, Some(body)).await
    }
}
