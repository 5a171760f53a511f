//! Queries over one type or both, and sorting.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use serde_json::{Value, json};

async fn user(gw: &TestGateway, directory: &Directory, user_name: &str, more: Value) -> String {
    // Ids follow the clock.
    gw.wait(chrono::Duration::milliseconds(1));
    let mut body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user_name});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    directory.call("POST", "/Users", Some(body)).await.expect(201).id()
}

fn names(body: &Value) -> Vec<&str> {
    let of = |one: &'_ Value| if one["userName"].is_null() { "displayName" } else { "userName" };
    body["Resources"].as_array().unwrap().iter().map(|one| one[of(one)].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn r061_a_search_answers_as_the_list_does(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        for name in ["ada", "bob", "cleo"] {
            user(&gw, &okta, name, json!({"title": "x"})).await;
        }
        okta.create_group("panel-north-users", &[]).await.expect(201);
        let asked = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName sw \"b\" or userName eq \"ada\"",
            "attributes": ["userName"], "startIndex": 2, "count": 10,
        });
        let found = okta.call("POST", "/Users/.search", Some(asked)).await.expect(200).body;
        assert_eq!((&found["totalResults"], &found["startIndex"], &found["itemsPerPage"]), (&json!(2), &json!(2), &json!(1)));
        assert_eq!(names(&found), ["bob"]);
        assert!(found["Resources"][0].get("title").is_none());
        let groups = okta.call("POST", "/Groups/.search", Some(json!({"count": "5", "attributes": "displayName"}))).await.expect(200).body;
        assert_eq!(names(&groups), ["panel-north-users"]);
        let all = okta.call("POST", "/.search", Some(json!({}))).await.expect(200).body;
        assert_eq!(names(&all), ["ada", "bob", "cleo", "panel-north-users"]);
        assert_eq!(okta.get("/Users/.search").await.expect(405).headers["allow"].to_str().unwrap(), "POST");
    }

    async fn r038_the_root_query_is_over_both_types(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        user(&gw, &okta, "ada", json!({"displayName": "panel"})).await;
        okta.create_group("panel", &[]).await.expect(201);
        gw.wait(chrono::Duration::milliseconds(1));
        okta.create_group("other", &[]).await.expect(201);
        for (filter, found) in [
            ("displayName+eq+%22panel%22", &["ada", "panel"][..]),
            ("userName eq \"ada\"", &["ada"]),
            ("meta.resourceType%20eq%20%22Group%22", &["panel", "other"]),
            ("userName%20eq%20%22panel%22", &[]),
        ] {
            assert_eq!(names(&okta.get(&format!("/?filter={filter}")).await.expect(200).body), found, "{filter}");
        }
        okta.get("/?filter=nonsense%20eq%20%22x%22").await.expect(400);
        okta.call("POST", "/", Some(json!({}))).await.expect(405);
    }

    async fn r052_lists_are_sorted_with_the_unassigned_last_or_first(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        user(&gw, &okta, "cleo", json!({"title": "beta"})).await;
        user(&gw, &okta, "ada", json!({"title": "Alpha"})).await;
        user(&gw, &okta, "Bob", json!({})).await;
        let sorted = async |query: &str| okta.get(&format!("/Users?{query}")).await.expect(200).body;
        assert_eq!(names(&sorted("sortBy=userName").await), ["ada", "Bob", "cleo"]);
        assert_eq!(names(&sorted("sortBy=title").await), ["ada", "cleo", "Bob"]);
        assert_eq!(names(&sorted("sortBy=title&sortOrder=descending").await), ["Bob", "cleo", "ada"]);
        let page = sorted("sortBy=userName&startIndex=2&count=1&filter=userName%20pr").await;
        assert_eq!((names(&page), &page["totalResults"]), (vec!["Bob"], &json!(3)));
        assert_eq!(okta.get("/Users?sortBy=nothing").await.expect(400).body["scimType"], "invalidPath");
        assert_eq!(okta.get("/ServiceProviderConfig").await.expect(200).body["sort"]["supported"], true);
    }
}
