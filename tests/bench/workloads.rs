//! What is measured, each on a fresh server.

use crate::client::Client;
use crate::engine::Engine;
use crate::load::{Figures, drive};
use crate::process;
use crate::raw;
use crate::report::Line;
use crate::server::{Directory, Server};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How large a run is.
#[derive(Clone, Copy)]
pub struct Size {
    /// Operations of the write workloads.
    pub operations: u64,
    /// Seconds of a raw run.
    pub raw_seconds: u32,
    /// Members of the large group.
    pub large: u64,
    /// Users of the import.
    pub import: u64,
}

/// The body of a User as an IdP sends it.
pub fn user(name: &str) -> String {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": name, "externalId": format!("ext-{name}"), "active": true, "displayName": "Ada Byron",
        "name": {"givenName": "Ada", "familyName": "Byron"}, "title": "Engineer",
        "emails": [{"value": name, "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "+44 1234 5678", "type": "work"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "employeeNumber": "1234"},
    })
    .to_string()
}

fn patch(operations: serde_json::Value) -> String {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}).to_string()
}

fn lookup(name: &str) -> String {
    format!("/Users?filter=userName%20eq%20%22{name}%22&startIndex=1&count=100")
}

/// Pushes `number` users as fast as it goes; their ids.
pub async fn fill(server: &Server, directory: &Directory, number: u64) -> Vec<String> {
    let ids = Arc::new(std::sync::Mutex::new(vec![String::new(); usize::try_from(number).unwrap()]));
    let kept = ids.clone();
    let clients = server.clients(directory, 32).await;
    drive(
        clients,
        number,
        Arc::new(move |client: &mut Client, n| {
            let kept = kept.clone();
            Box::pin(async move {
                let made = client.call("POST", "/Users", Some(&user(&format!("u{n}@org0.test")))).await.expect(201);
                let id = made.json()["id"].as_str().unwrap().to_owned();
                kept.lock().unwrap()[usize::try_from(n).unwrap()] = id;
            })
        }),
    )
    .await;
    Arc::try_unwrap(ids).unwrap().into_inner().unwrap()
}

/// A lookup that finds nobody, then the create; 32 clients of one organization, then one client each of 32.
pub async fn sync(engine: &Engine, size: Size) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut single = 0.0;
    for organizations in [1, 32] {
        let (server, directories) = Server::start(engine, organizations);
        let mut clients = Vec::new();
        for n in 0..32 {
            clients.extend(server.clients(&directories[n % organizations], 1).await);
        }
        let before = process::cpu(server.pid()) + process::database_cpu(engine);
        let posts = Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = posts.clone();
        let figures = drive(
            clients,
            size.operations,
            Arc::new(move |client: &mut Client, n| {
                let kept = kept.clone();
                Box::pin(async move {
                    let name = format!("u{n}@org0.test");
                    client.call("GET", &lookup(&name), None).await.expect(200);
                    let begun = Instant::now();
                    client.call("POST", "/Users", Some(&user(&name))).await.expect(201);
                    kept.lock().unwrap().push(begun.elapsed());
                })
            }),
        )
        .await;
        let spent = process::cpu(server.pid()) + process::database_cpu(engine) - before;
        if organizations == 32 {
            lines.push(Line::new("sync, 32 organizations", &figures).against("one organization", single));
            continue;
        }
        single = figures.rate;
        let raw = match engine {
            Engine::Postgres(cluster) => {
                cluster.pgbench(server.database(), &raw::create_script(), 32, size.raw_seconds)
            }
            Engine::Sqlite => raw::lite_creates(server.file(), size.raw_seconds.into()),
        };
        lines.push(Line::new("sync (lookup miss + create)", &figures).against("raw engine", raw).reach("35 % / 40 %"));
        let times = std::mem::take(&mut *posts.lock().unwrap());
        let post = Figures::of(times, Duration::from_secs(1));
        lines.push(Line::value("POST p99 at 32 clients", format!("{:.1} ms", post.p99)).reach("60 ms"));
        let each = spent.as_secs_f64() * 1e3 / size.operations as f64;
        lines
            .push(Line::value("CPU for each created user (lookup included)", format!("{each:.2} ms")).reach("1.15 ms"));
        lines.push(Line::value("memory of the server", process::memory(server.pid())));
    }
    lines
}

/// Lookups by userName, 8 clients.
pub async fn lookups(engine: &Engine, size: Size) -> Vec<Line> {
    let (server, directories) = Server::start(engine, 1);
    fill(&server, &directories[0], size.operations).await;
    let (bare, address) = crate::bare::start(&server.url);
    let mut figures = Vec::new();
    for (address, base) in [(server.address.clone(), directories[0].base.clone()), (address, String::new())] {
        let mut clients = Vec::new();
        for _ in 0..8 {
            clients.push(Client::connect(&address, &base, &directories[0].token).await);
        }
        let users = size.operations;
        figures.push(
            drive(
                clients,
                size.operations * 4,
                Arc::new(move |client: &mut Client, n| {
                    Box::pin(async move {
                        let name = format!("u{}@org0.test", n * 7919 % users);
                        let found = client.call("GET", &lookup(&name), None).await.expect(200);
                        assert!(found.body.len() > 300, "the user is found");
                    })
                }),
            )
            .await,
        );
    }
    drop(bare);
    vec![Line::new("lookup by userName", &figures[0]).against("bare axum handler", figures[1].rate).reach("65 %")]
}

/// Deactivations, 8 clients.
pub async fn deactivations(engine: &Engine, size: Size) -> Vec<Line> {
    let (server, directories) = Server::start(engine, 1);
    let ids = Arc::new(fill(&server, &directories[0], size.operations).await);
    let clients = server.clients(&directories[0], 8).await;
    let figures = drive(
        clients,
        size.operations,
        Arc::new(move |client: &mut Client, n| {
            let path = format!("/Users/{}", ids[usize::try_from(n).unwrap()]);
            Box::pin(async move {
                let body = patch(json!([{"op": "replace", "value": {"active": false}}]));
                client.call("PATCH", &path, Some(&body)).await.expect(200);
            })
        }),
    )
    .await;
    let raw = match engine {
        Engine::Postgres(cluster) => {
            cluster.pgbench(server.database(), &raw::deactivate_script(size.operations), 8, size.raw_seconds)
        }
        Engine::Sqlite => raw::lite_deactivations(server.file(), size.raw_seconds.into(), size.operations),
    };
    vec![Line::new("deactivation", &figures).against("raw engine", raw).reach("35 %")]
}
