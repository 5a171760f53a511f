//! 80 to 84: bulk requests (RFC 7644 §3.7).

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, Reply, TestGateway, TestOrganization, usual_rules};
use serde_json::{Value, json};

async fn send(directory: &Directory, operations: Value) -> Reply {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    directory.call("POST", "/Bulk", Some(body)).await
}

fn user(name: &str, more: Value) -> Value {
    let mut data = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"method": "POST", "path": "/Users", "bulkId": name, "data": data})
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": name, "data": {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members}})
}

fn statuses(reply: &Reply) -> Vec<&str> {
    reply.body["Operations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect()
}

fn id_at(reply: &Reply, at: usize) -> String {
    reply.body["Operations"][at]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn members(directory: &Directory, group: &str) -> Vec<String> {
    let body = directory.get(&format!("/Groups/{group}")).await.expect(200).body;
    body["members"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

async fn count(directory: &Directory) -> (Value, Value) {
    let of = async |path: &str| directory.get(path).await.expect(200).body["totalResults"].clone();
    (of("/Users?count=0").await, of("/Groups?count=0").await)
}

async fn acme(gw: &TestGateway) -> (TestOrganization<'_>, Directory) {
    let acme = gw.organization("acme", None, usual_rules()).await;
    let okta = acme.directory("okta", "auto").await;
    (acme, okta)
}

on_both_engines! {
    async fn r080_after_as_many_errors_as_allowed_nothing_more_is_done(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, okta) = acme(&gw).await;
        let missing = json!({"method": "DELETE", "path": "/Users/00000000-0000-7000-8000-000000000000"});
        let operations = json!([missing, user("a", json!({})), missing, user("b", json!({})), missing]);
        let all = send(&okta, operations.clone()).await.expect(200);
        assert_eq!(statuses(&all), ["404", "201", "404", "201", "404"], "absent: it goes on");
        let operations = json!([missing, user("c", json!({})), missing, user("d", json!({}))]);
        for (most, expected) in [(1, vec!["404"]), (2, vec!["404", "201", "404"]), (9, vec!["404", "409", "404", "201"])] {
            let body = json!({"failOnErrors": most, "Operations": operations});
            let reply = okta.call("POST", "/Bulk", Some(body)).await.expect(200);
            assert_eq!(statuses(&reply), expected, "failOnErrors {most}");
        }
        for wrong in [json!(-1), json!("two"), json!(1.5)] {
            let body = json!({"failOnErrors": wrong, "Operations": [missing]});
            assert_eq!(okta.call("POST", "/Bulk", Some(body)).await.expect(400).body["scimType"], "invalidValue");
        }
    }

    async fn r080_every_method_is_carried_out_and_a_post_needs_a_name(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = acme(&gw).await;
        let reply = send(&okta, json!([
            user("ada", json!({})),
            {"method": "PUT", "path": "/Users/bulkId:ada", "data": {"userName": "ada", "title": "Countess"}},
            {"method": "patch", "path": "/Users/bulkId:ada", "data": {"Operations": [{"op": "Replace", "path": "nickName", "value": "A"}]}},
            group("panel-north-users", &["bulkId:ada"]),
            {"method": "PATCH", "path": "/Groups/bulkId:panel-north-users",
             "data": {"Operations": [{"op": "remove", "path": "members[value eq \"bulkId:ada\"]"}]}},
            {"method": "DELETE", "path": "/Groups/bulkId:panel-north-users"},
            {"method": "POST", "path": "/Users", "data": {"userName": "bob"}},
            {"method": "GET", "path": "/Users/bulkId:ada"},
            {"method": "DELETE", "path": "/Users"},
            {"method": "POST", "path": "/Users/x", "bulkId": "x", "data": {"userName": "x"}},
            {"method": "PATCH", "path": "/Users/bulkId:ada"},
        ])).await.expect(200);
        assert_eq!(statuses(&reply), ["201", "200", "200", "201", "200", "204", "400", "400", "400", "400", "400"], "{}", reply.body);
        let ada = okta.get(&format!("/Users/{}", id_at(&reply, 0))).await.expect(200).body;
        assert_eq!((&ada["title"], &ada["nickName"]), (&json!("Countess"), &json!("A")));
        assert_eq!(count(&okta).await, (json!(1), json!(0)));
        assert_eq!(acme.access(&id_at(&reply, 0)).await.0, None);
    }

    async fn r081_the_answer_names_each_operation_in_order(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, okta) = acme(&gw).await;
        let ada = okta.create_user("ada@acme.test").await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let title = |text: &str| json!({"Operations": [{"op": "replace", "path": "title", "value": text}]});
        let reply = send(&okta, json!([
            group("later", &["bulkId:zoe"]),
            {"method": "PATCH", "path": path, "version": "W/\"1\"", "data": title("a")},
            {"method": "PATCH", "path": path, "version": "W/\"1\"", "data": title("b")},
            {"method": "DELETE", "path": path, "version": "W/\"77\""},
            user("ada@acme.test", json!({})),
            user("zoe", json!({})),
        ])).await.expect(200);
        assert_eq!(reply.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
        assert_eq!(statuses(&reply), ["201", "200", "412", "412", "409", "201"]);
        let operations = reply.body["Operations"].as_array().unwrap();
        let methods: Vec<_> = operations.iter().map(|one| one["method"].as_str().unwrap()).collect();
        assert_eq!(methods, ["POST", "PATCH", "PATCH", "DELETE", "POST", "POST"]);
        assert_eq!((&operations[0]["bulkId"], &operations[5]["bulkId"]), (&json!("later"), &json!("zoe")));
        assert_eq!((&operations[1]["version"], operations[1].get("response")), (&json!("W/\"2\""), None));
        for at in [1, 2, 3] {
            assert_eq!(operations[at]["location"], ada.body["meta"]["location"], "{at}");
        }
        let error = &operations[4]["response"];
        assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!((&error["status"], &error["scimType"]), (&json!("409"), &json!("uniqueness")));
        assert!(operations[4].get("location").is_none(), "a POST that failed has no address");
        assert_eq!(operations[2]["response"]["status"], "412");
        let seen = okta.get(&path).await.expect(200);
        assert_eq!((&seen.body["title"], seen.headers["etag"].to_str().unwrap()), (&json!("a"), "W/\"2\""));
    }

    async fn r082_a_name_resolves_wherever_it_stands(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = acme(&gw).await;
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let old = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        let reply = send(&okta, json!([
            {"method": "PATCH", "path": format!("/Groups/{old}"), "data": {"Operations": [
                {"op": "add", "path": "members", "value": [{"value": "bulkId:ada", "$ref": "https://x.test/Users/bulkId:ada"}]}]}},
            user("bob", json!({enterprise: {"manager": {"value": "bulkId:ada", "$ref": "../Users/bulkId:ada"}}})),
            user("cleo", json!({enterprise: {"manager": "bulkId:bob"}})),
            user("ada", json!({})),
            {"method": "PUT", "path": "/Groups/bulkId:team", "data": {"displayName": "team", "members": [{"value": "bulkId:cleo"}]}},
            group("team", &["bulkId:bob"]),
        ])).await.expect(200);
        assert_eq!(statuses(&reply), ["200", "201", "201", "201", "200", "201"], "{}", reply.body);
        let (bob, cleo, ada) = (id_at(&reply, 1), id_at(&reply, 2), id_at(&reply, 3));
        assert_eq!(members(&okta, &old).await, std::slice::from_ref(&ada));
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
        assert_eq!(members(&okta, &id_at(&reply, 5)).await, std::slice::from_ref(&cleo));
        assert_eq!(okta.get(&format!("/Users/{bob}")).await.expect(200).body[enterprise]["manager"]["value"], json!(ada));
        assert_eq!(okta.get(&format!("/Users/{cleo}")).await.expect(200).body[enterprise]["manager"]["value"], json!(bob));
    }

    async fn r082_what_refers_to_each_other_is_made_together_or_not_at_all(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = acme(&gw).await;
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let manager = |name: &str| json!({enterprise: {"manager": {"value": format!("bulkId:{name}")}}});
        let circle = |bad: bool| json!([
            group("panel-north-users", &["bulkId:panel-south-users", "bulkId:ada"]),
            user("ada", manager("bob")),
            group("panel-south-users", &["bulkId:panel-north-users"]),
            user("bob", manager(if bad { "taken" } else { "ada" })),
            user("taken", manager("bob")),
            user("apart", json!({})),
        ]);
        okta.create_user("taken").await.expect(201);
        let events = acme.events().await.len();
        let reply = send(&okta, circle(true)).await.expect(200);
        assert_eq!(statuses(&reply), ["409", "409", "409", "409", "409", "201"], "{}", reply.body);
        let operations = &reply.body["Operations"];
        assert_eq!(operations[4]["response"]["scimType"], "uniqueness", "the one that broke the circle says why");
        assert!(operations[3]["response"]["detail"].as_str().unwrap().contains("refused"), "{}", operations[3]);
        assert_eq!(count(&okta).await, (json!(2), json!(0)));
        assert_eq!(acme.events().await.len(), events + 1, "nothing of the circle stands in the audit");
        let mut operations = circle(false);
        operations.as_array_mut().unwrap().truncate(4);
        let reply = send(&okta, operations).await.expect(200);
        assert_eq!(statuses(&reply), ["201", "201", "201", "201"], "{}", reply.body);
        let (north, ada, south, bob) = (id_at(&reply, 0), id_at(&reply, 1), id_at(&reply, 2), id_at(&reply, 3));
        let mut expected = vec![ada.clone(), south.clone()];
        expected.sort();
        assert_eq!(members(&okta, &north).await, expected);
        assert_eq!(members(&okta, &south).await, [north]);
        assert_eq!(okta.get(&format!("/Users/{ada}")).await.expect(200).body[enterprise]["manager"]["value"], json!(bob));
        assert_eq!(okta.get(&format!("/Users/{bob}")).await.expect(200).body[enterprise]["manager"]["value"], json!(ada));
        assert_eq!(acme.access(&ada).await.0.as_deref(), Some("msp_user"));
        assert_eq!(acme.access(&bob).await.0, None, "nesting gives nothing");
    }

    async fn r082_a_user_who_comes_back_inside_a_circle_is_meant_by_its_old_id(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, okta) = acme(&gw).await;
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let old = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.call("DELETE", &format!("/Users/{old}"), None).await.expect(204);
        let reply = send(&okta, json!([
            user("bob", json!({enterprise: {"manager": "bulkId:ada"}})),
            {"method": "POST", "path": "/Users", "bulkId": "ada", "data": {
                "userName": "ada@acme.test", "externalId": "ext-ada@acme.test", enterprise: {"manager": "bulkId:bob"}}},
            group("team", &["bulkId:ada"]),
        ])).await.expect(200);
        assert_eq!(statuses(&reply), ["201", "201", "201"], "{}", reply.body);
        assert_eq!(id_at(&reply, 1), old);
        let bob = okta.get(&format!("/Users/{}", id_at(&reply, 0))).await.expect(200).body;
        assert_eq!(bob[enterprise]["manager"]["value"], json!(old));
        assert_eq!(members(&okta, &id_at(&reply, 2)).await, [old]);
    }

    async fn r082_what_cannot_be_resolved_is_a_conflict_and_a_name_used_twice_is_refused(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, okta) = acme(&gw).await;
        let reply = send(&okta, json!([
            group("a", &["bulkId:nobody"]),
            group("b", &["bulkId:a"]),
            {"method": "DELETE", "path": "/Users/bulkId:nobody"},
            user("ada", json!({})),
        ])).await.expect(200);
        assert_eq!(statuses(&reply), ["409", "409", "409", "201"], "{}", reply.body);
        assert!(reply.body["Operations"][0]["response"]["detail"].as_str().unwrap().contains("bulkId:nobody"));
        let twice = send(&okta, json!([user("x", json!({})), {"method": "POST", "path": "/Users", "bulkId": "x", "data": {"userName": "y"}}])).await;
        assert_eq!(twice.expect(400).body["scimType"], "invalidValue");
        assert_eq!(count(&okta).await, (json!(1), json!(0)));
    }

    async fn r083_too_many_operations_or_bytes_are_refused_whole_with_the_limits(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, okta) = acme(&gw).await;
        let told = okta.get("/ServiceProviderConfig").await.expect(200).body["bulk"].clone();
        let (operations, bytes) = (told["maxOperations"].as_u64().unwrap(), told["maxPayloadSize"].as_u64().unwrap());
        assert!(operations >= 1000 && bytes >= 1_048_576);
        let many: Vec<_> = (0..=operations).map(|n| user(&format!("u{n}"), json!({}))).collect();
        let too_many = send(&okta, json!(many)).await.expect(413);
        let padding = " ".repeat(usize::try_from(bytes).unwrap());
        let too_large = send(&okta, json!([user("ada", json!({"title": padding}))])).await.expect(413);
        for reply in [too_many, too_large] {
            let detail = reply.body["detail"].as_str().unwrap();
            for word in ["maxOperations", "maxPayloadSize", &operations.to_string(), &bytes.to_string()] {
                assert!(detail.contains(word), "{detail}");
            }
            assert_eq!(reply.body["status"], "413");
        }
        assert_eq!(count(&okta).await, (json!(0), json!(0)));
    }

    async fn r083_a_thousand_operations_are_done_in_one_call(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, okta) = acme(&gw).await;
        let mut operations: Vec<_> = (0..999).map(|n| user(&format!("u{n}"), json!({}))).collect();
        let names: Vec<_> = (0..999).map(|n| format!("bulkId:u{n}")).collect();
        operations.insert(0, group("panel-north-users", &names.iter().map(String::as_str).collect::<Vec<_>>()));
        let began = std::time::Instant::now();
        let reply = send(&okta, json!(operations)).await.expect(200);
        assert!(began.elapsed() < std::time::Duration::from_secs(50), "Okta waits a minute: {:?}", began.elapsed());
        assert!(statuses(&reply).iter().all(|status| *status == "201"));
        assert_eq!(count(&okta).await, (json!(999), json!(1)));
        assert_eq!(members(&okta, &id_at(&reply, 0)).await.len(), 999);
        assert_eq!(acme.access(&id_at(&reply, 500)).await.0.as_deref(), Some("msp_user"));
    }

    async fn r084_an_operation_that_fails_takes_no_other_with_it_and_nested_bulk_is_refused(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, okta) = acme(&gw).await;
        let inner = json!({"Operations": [user("inner", json!({}))]});
        let reply = send(&okta, json!([
            user("ada", json!({})),
            {"method": "POST", "path": "/Bulk", "bulkId": "n", "data": inner},
            {"method": "POST", "path": "/Users/.search", "bulkId": "s", "data": {}},
            {"method": "POST", "path": "/Schemas", "bulkId": "t", "data": {}},
            {"method": "PUT", "path": "/Me", "data": {"userName": "me"}},
            {"method": "DELETE", "path": "/ServiceProviderConfig"},
            {"method": "POST", "path": "", "bulkId": "u", "data": {}},
            "no operation",
            user("bob", json!({})),
        ])).await.expect(200);
        assert_eq!(statuses(&reply), ["201", "400", "400", "400", "400", "400", "400", "400", "201"], "{}", reply.body);
        assert_eq!(count(&okta).await, (json!(2), json!(0)));
        for body in [json!({}), json!({"Operations": {}}), json!([]), json!({"Operations": null})] {
            assert_eq!(okta.call("POST", "/Bulk", Some(body)).await.expect(400).body["scimType"], "invalidSyntax");
        }
        for (method, body) in [("GET", None), ("PUT", Some(json!({}))), ("DELETE", None), ("PATCH", Some(json!({})))] {
            assert_eq!(okta.call(method, "/Bulk", body).await.expect(405).headers["allow"], "POST");
        }
    }
}
