//! 85: versions, conditions, and changes that happen at the same moment.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, Reply, TestGateway, usual_rules};
use serde_json::{Value, json};

async fn conditional(
    directory: &Directory,
    method: &str,
    path: &str,
    header: (&str, &str),
    body: Option<Value>,
) -> Reply {
    let mut request = reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{}{path}", directory.base))
        .bearer_auth(&directory.token)
        .header(header.0, header.1);
    if let Some(body) = body {
        request = request.header("content-type", "application/scim+json").body(body.to_string());
    }
    let reply = request.send().await.unwrap();
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    let text = reply.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    Reply { status, body, headers }
}

fn patch(operations: Value) -> Option<Value> {
    Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}))
}

async fn tag(directory: &Directory, path: &str) -> String {
    directory.get(path).await.expect(200).headers["etag"].to_str().unwrap().to_owned()
}

on_both_engines! {
    async fn r085_a_version_is_weak_and_moves_with_every_change_and_only_then(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201);
        assert!(ada.headers["etag"].to_str().unwrap().starts_with("W/\""));
        assert_eq!(ada.body["meta"]["version"], ada.headers["etag"].to_str().unwrap());
        let group = okta.create_group("team", &[]).await.expect(201).id();
        let (user, group) = (format!("/Users/{}", ada.id()), format!("/Groups/{group}"));
        let mut seen = vec![tag(&okta, &group).await];
        let add = json!([{"op": "add", "path": "members", "value": [{"value": ada.id()}]}]);
        let changes = [add.clone(), json!([{"op": "replace", "path": "displayName", "value": "crew"}]), json!([{"op": "remove", "path": "members"}])];
        for change in changes {
            okta.patch(&group, change).await.expect(200);
            let now = tag(&okta, &group).await;
            assert!(!seen.contains(&now), "{now} was given before");
            seen.push(now);
        }
        // What changes nothing moves nothing.
        let before = (okta.get(&group).await.expect(200), okta.get(&user).await.expect(200));
        gw.wait(chrono::Duration::hours(1));
        okta.patch(&group, json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", ada.id())}])).await.expect(200);
        okta.patch(&group, json!([{"op": "replace", "path": "displayName", "value": "crew"}])).await.expect(200);
        okta.patch(&user, json!([{"op": "replace", "path": "active", "value": true}])).await.expect(200);
        okta.call("PUT", &user, Some(before.1.body.clone())).await.expect(200);
        let after = (okta.get(&group).await.expect(200), okta.get(&user).await.expect(200));
        assert_eq!((after.0.body, after.1.body), (before.0.body, before.1.body));
        assert_eq!((&after.0.headers["etag"], &after.1.headers["etag"]), (&before.0.headers["etag"], &before.1.headers["etag"]));
    }

    async fn r085_the_version_of_a_user_moves_with_the_groups_that_it_shows(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let (user, mut seen) = (format!("/Users/{ada}"), Vec::new());
        let group = format!("/Groups/{}", okta.create_group("team", &[]).await.expect(201).id());
        let changes = [
            json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]),
            json!([{"op": "replace", "path": "displayName", "value": "crew"}]),
            json!([{"op": "remove", "path": "members"}]),
        ];
        for change in changes {
            let old = tag(&okta, &user).await;
            assert_eq!(conditional(&okta, "GET", &user, ("if-none-match", &old), None).await.status, 304);
            okta.patch(&group, change).await.expect(200);
            let reply = conditional(&okta, "GET", &user, ("if-none-match", &old), None).await.expect(200);
            let now = reply.headers["etag"].to_str().unwrap().to_owned();
            assert_eq!(reply.body["meta"]["version"], now);
            assert_eq!(okta.get("/Users").await.expect(200).body["Resources"][0]["meta"]["version"], now);
            let retitled = |title: &str| patch(json!([{"op": "replace", "path": "title", "value": title}]));
            conditional(&okta, "PATCH", &user, ("if-match", &old), retitled("stale")).await.expect(412);
            conditional(&okta, "PATCH", &user, ("if-match", &now), retitled(&now)).await.expect(200);
            assert!(!seen.contains(&now));
            seen.push(now);
        }
    }

    async fn r085_if_none_match_saves_a_body(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        for path in [format!("/Users/{ada}"), format!("/Groups/{}", okta.create_group("g", &[]).await.id())] {
            let version = tag(&okta, &path).await;
            let strong = version.trim_start_matches("W/").to_owned();
            for known in [version.clone(), strong, format!("\"x\", {version}"), "*".into()] {
                let reply = conditional(&okta, "GET", &path, ("if-none-match", &known), None).await;
                assert_eq!((reply.status, reply.body), (304, Value::Null), "{known}");
                assert_eq!(reply.headers["etag"].to_str().unwrap(), version);
            }
            assert_eq!(conditional(&okta, "GET", &path, ("if-none-match", "W/\"77\""), None).await.status, 200);
        }
    }

    async fn r085_if_match_guards_every_change_and_is_never_demanded(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let group = okta.create_group("team", &[&ada]).await.expect(201).id();
        let cases = [
            (format!("/Users/{ada}"), json!({"userName": "ada@acme.test", "title": "x"}), patch(json!([{"op": "replace", "path": "title", "value": "y"}]))),
            (format!("/Groups/{group}"), json!({"displayName": "t", "members": []}), patch(json!([{"op": "replace", "path": "displayName", "value": "z"}]))),
        ];
        for (path, put, patched) in cases {
            let before = okta.get(&path).await.expect(200).body;
            for (method, body) in [("PUT", Some(put)), ("PATCH", patched), ("DELETE", None)] {
                for wrong in ["W/\"77\"", "\"77\"", "W/\"77\", \"78\""] {
                    let reply = conditional(&okta, method, &path, ("if-match", wrong), body.clone()).await.expect(412);
                    assert_eq!(reply.body["status"], "412", "{method} {path}");
                    assert!(reply.body.get("scimType").is_none(), "{}", reply.body);
                }
                assert_eq!(okta.get(&path).await.expect(200).body["meta"]["version"], tag(&okta, &path).await);
                if method == "PUT" {
                    assert_eq!(okta.get(&path).await.expect(200).body, before);
                }
                let right = tag(&okta, &path).await;
                let good = if method == "PATCH" { "*".to_owned() } else { format!("W/\"77\", {right}") };
                let reply = conditional(&okta, method, &path, ("if-match", &good), body).await;
                assert!(matches!(reply.status, 200 | 204), "{method} {path}: {}", reply.body);
            }
            assert_eq!(conditional(&okta, "DELETE", &path, ("if-match", "*"), None).await.status, 404);
        }
    }

    async fn r085_of_two_writers_who_read_the_same_version_one_wins(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let path = format!("/Users/{ada}");
        let version = tag(&okta, &path).await;
        let writers = (0..8).map(|n| {
            let body = patch(json!([{"op": "replace", "path": "title", "value": format!("t{n}")}]));
            conditional(&okta, "PATCH", &path, ("if-match", &version), body)
        });
        let statuses: Vec<_> = futures::future::join_all(writers).await.into_iter().map(|reply| reply.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 412)), "{statuses:?}");
    }

    async fn r085_fifty_adds_and_fifty_removals_at_once_leave_what_they_say(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let mut people = Vec::new();
        for n in 0..50 {
            people.push(okta.create_user(&format!("user{n}@acme.test")).await.expect(201).id());
        }
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        let path = format!("/Groups/{group}");
        let adds = people.iter().map(|id| okta.patch(&path, json!([{"op": "Add", "path": "members", "value": [{"value": id}]}])));
        let adds: Vec<_> = adds.map(|call| Box::pin(async { call.await.status })).collect();
        assert!(futures::future::join_all(adds).await.iter().all(|status| *status == 200));
        let whole = okta.get(&path).await.expect(200);
        assert_eq!(whole.body["members"].as_array().unwrap().len(), 50);
        for id in &people {
            assert_eq!(acme.access(id).await.0.as_deref(), Some("msp_user"));
            let groups = okta.get(&format!("/Users/{id}")).await.expect(200).body["groups"].clone();
            assert_eq!(groups[0]["value"], json!(group));
        }
        let removals: Vec<_> = people.iter().enumerate().map(|(n, id)| {
            let operation = match n % 3 {
                0 => json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]),
                1 => json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": id}]}]),
                _ => json!([{"op": "remove", "value": {"members": [{"value": id}]}}]),
            };
            let (okta, path) = (okta.clone(), path.clone());
            async move { okta.patch(&path, operation).await.status }
        }).collect();
        assert!(futures::future::join_all(removals).await.iter().all(|status| *status == 200));
        assert_eq!(okta.get(&path).await.expect(200).body["members"], json!([]));
        for id in &people {
            assert_eq!(acme.access(id).await.0, None);
        }
    }
}
