//! Groups: filling them, and one member more in small and large ones.

use crate::client::Client;
use crate::engine::Engine;
use crate::load::drive;
use crate::report::Line;
use crate::server::{Directory, Server};
use crate::workloads::{Size, fill};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

async fn group(client: &mut Client, name: &str) -> String {
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name}).to_string();
    client.call("POST", "/Groups", Some(&body)).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn add(ids: &[String]) -> String {
    let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
    let operations = json!([{"op": "add", "path": "members", "value": members}]);
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}).to_string()
}

fn remove(id: &str) -> String {
    let operations = json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]);
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}).to_string()
}

/// Fills a group by PATCHes of 100; members a second.
async fn fill_group(server: &Server, directory: &Directory, name: &str, ids: &[String]) -> (String, f64) {
    let mut client = server.clients(directory, 1).await.remove(0);
    let id = group(&mut client, name).await;
    let begun = Instant::now();
    for hundred in ids.chunks(100) {
        let answer = client.call("PATCH", &format!("/Groups/{id}"), Some(&add(hundred))).await;
        assert!(matches!(answer.status, 200 | 204), "{}", String::from_utf8_lossy(&answer.body));
    }
    (id, ids.len() as f64 / begun.elapsed().as_secs_f64())
}

/// Everything about groups.
pub async fn groups(engine: &Engine, size: Size) -> Vec<Line> {
    let (server, directories) = Server::start(engine, 1);
    let directory = &directories[0];
    let ids = fill(&server, directory, size.large).await;
    let (large, unmapped) = fill_group(&server, directory, "large", &ids[1..]).await;
    let (small, _) = fill_group(&server, directory, "small", &ids[1..11]).await;
    let (mapped, rate) = fill_group(&server, directory, "panel-north-users", &ids[1..]).await;
    let mut lines = vec![
        Line::value("filling a group, unmapped", format!("{unmapped:.0} members/s")).reach("15,000"),
        Line::value("filling a group, mapped to a role", format!("{rate:.0} members/s")).reach("5,000"),
    ];
    let mut p50 = Vec::new();
    for id in [&small, &large] {
        let (path, one) = (format!("/Groups/{id}"), ids[0].clone());
        let clients = server.clients(directory, 1).await;
        let figures = drive(
            clients,
            400,
            Arc::new(move |client: &mut Client, n| {
                let (path, body) =
                    (path.clone(), if n % 2 == 0 { add(std::slice::from_ref(&one)) } else { remove(&one) });
                Box::pin(async move {
                    let answer = client.call("PATCH", &path, Some(&body)).await;
                    assert!(matches!(answer.status, 200 | 204), "{}", String::from_utf8_lossy(&answer.body));
                })
            }),
        )
        .await;
        p50.push(figures.p50);
    }
    lines.push(
        Line::value(
            &format!("one member more or less, {} against 10", size.large),
            format!("{:.2} ms / {:.2} ms = {:.2}", p50[1], p50[0], p50[1] / p50[0]),
        )
        .reach("1.2 times"),
    );
    lines.extend(rename_and_delete(&server, directory, &mapped).await);
    lines
}

async fn rename_and_delete(server: &Server, directory: &Directory, id: &str) -> Vec<Line> {
    let mut client = server.clients(directory, 1).await.remove(0);
    let path = format!("/Groups/{id}");
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "value": {"displayName": "panel-south-users"}}]});
    let begun = Instant::now();
    client.call("PATCH", &format!("{path}?excludedAttributes=members"), Some(&body.to_string())).await.expect(200);
    let renamed = begun.elapsed();
    let begun = Instant::now();
    client.call("DELETE", &path, None).await.expect(204);
    let deleted = begun.elapsed();
    vec![
        Line::value("renaming a large mapped group: the answer", format!("{:.1} ms", renamed.as_secs_f64() * 1e3))
            .reach("50 ms"),
        Line::value("deleting it: the answer", format!("{:.1} ms", deleted.as_secs_f64() * 1e3)).reach("50 ms"),
    ]
}

/// A full import by index paging.
pub async fn import(engine: &Engine, size: Size) -> Vec<Line> {
    let (server, directories) = Server::start(engine, 1);
    let directory = &directories[0];
    let ids = fill(&server, directory, size.import).await;
    for n in 0..5 {
        fill_group(&server, directory, &format!("g{n}"), &ids).await;
    }
    let mut client = server.clients(directory, 1).await.remove(0);
    let (begun, mut start, mut seen) = (Instant::now(), 1, 0);
    let mut times = Vec::new();
    loop {
        let page = Instant::now();
        let answer = client.call("GET", &format!("/Users?startIndex={start}&count=100"), None).await.expect(200);
        times.push(page.elapsed().as_secs_f64() * 1e3);
        let body = answer.json();
        let here = body["Resources"].as_array().unwrap().len() as u64;
        seen += here;
        start += here;
        if here == 0 || seen >= body["totalResults"].as_u64().unwrap() {
            break;
        }
    }
    assert_eq!(seen, size.import);
    let seconds = begun.elapsed().as_secs_f64();
    vec![
        Line::value(&format!("import of {} users", size.import), format!("{seconds:.1} s")).reach("8 s for 100,000"),
        Line::value("its first and last page", format!("{:.1} ms, {:.1} ms", times[0], times[times.len() - 1])),
        Line::value("memory of the server after it", crate::process::memory(server.pid())),
    ]
}
