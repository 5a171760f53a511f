//! Pages by cursor (RFC 9865).

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use serde_json::{Value, json};

/// All pages of a query: the ids, and how many pages there were.
async fn walk(directory: &Directory, query: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = directory.get(&format!("{query}cursor={cursor}")).await.expect(200).body;
        ids.extend(page["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["nextCursor"].as_str() else { return (ids, pages) };
        assert!(next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
        next.clone_into(&mut cursor);
    }
}

/// Five Users, whose ids are in the order of their names.
async fn five(gw: &TestGateway, directory: &Directory) -> Vec<String> {
    let mut ids = Vec::new();
    for i in 0..5 {
        gw.wait(chrono::Duration::milliseconds(1));
        ids.push(directory.create_user(&format!("user{i}@acme.test")).await.expect(201).id());
    }
    ids
}

fn refusal(body: &Value) -> (&str, &str) {
    (body["scimType"].as_str().unwrap(), body["detail"].as_str().unwrap())
}

on_both_engines! {
    async fn r055_r056_cursors_lead_through_every_page_and_end_with_the_last(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let ids = five(&gw, &okta).await;
        let group = okta.create_group("panel-north-users", &[]).await.expect(201).id();
        let backwards: Vec<_> = ids.iter().rev().cloned().collect();
        let both: Vec<_> = ids.iter().cloned().chain([group]).collect();
        for (query, found, pages) in [
            ("/Users?count=2&", &ids, 3),
            ("/Users?count=5&", &ids, 1),
            ("/Users?count=2&filter=userName%20pr&", &ids, 3),
            ("/Users?count=2&sortBy=userName&sortOrder=descending&", &backwards, 3),
            ("/?count=2&", &both, 3),
            ("/?count=4&filter=id%20pr&", &both, 2),
        ] {
            assert_eq!(walk(&okta, query).await, (found.clone(), pages), "{query}");
        }
        let first = okta.call("POST", "/Users/.search", Some(json!({"cursor": "", "count": 3}))).await.expect(200).body;
        let next = json!({"cursor": first["nextCursor"], "count": 3});
        let last = okta.call("POST", "/Users/.search", Some(next)).await.expect(200).body;
        assert_eq!((&last["itemsPerPage"], last.get("nextCursor")), (&json!(2), None));
    }

    async fn r056_what_comes_and_goes_meanwhile_moves_no_page(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let ids = five(&gw, &okta).await;
        let first = okta.get("/Users?count=2&cursor=").await.expect(200).body;
        for gone in &ids[..2] {
            okta.call("DELETE", &format!("/Users/{gone}"), None).await.expect(204);
        }
        let cursor = first["nextCursor"].as_str().unwrap();
        let second = okta.get(&format!("/Users?count=2&cursor={cursor}")).await.expect(200).body;
        assert_eq!((&second["Resources"][0]["id"], &second["Resources"][1]["id"]), (&json!(ids[2]), &json!(ids[3])));
    }

    async fn r057_r058_a_cursor_is_good_for_its_own_query_and_directory_and_for_an_hour(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (okta, entra) = (acme.directory("okta", "auto").await, acme.directory("entra", "auto").await);
        five(&gw, &okta).await;
        five(&gw, &entra).await;
        let cursor = okta.get("/Users?count=2&cursor=").await.expect(200).body["nextCursor"].as_str().unwrap().to_owned();
        let forged = okta.get("/Users?cursor=AAAA").await.expect(400).body;
        assert_eq!(refusal(&forged).0, "invalidCursor");
        let foreign = entra.get(&format!("/Users?cursor={cursor}")).await.expect(400).body;
        let other_filter = okta.get(&format!("/Users?filter=userName%20pr&cursor={cursor}")).await.expect(400).body;
        let other_sort = okta.get(&format!("/Users?sortBy=userName&cursor={cursor}")).await.expect(400).body;
        let other_type = okta.get(&format!("/Groups?cursor={cursor}")).await.expect(400).body;
        for other in [foreign, other_filter, other_sort, other_type] {
            assert_eq!(refusal(&other), refusal(&forged));
        }
        okta.get(&format!("/Users?cursor={cursor}")).await.expect(200);
        gw.wait(chrono::Duration::hours(2));
        let late = okta.get(&format!("/Users?cursor={cursor}")).await.expect(400).body;
        assert_eq!(refusal(&late).0, "expiredCursor");
        assert_eq!(refusal(&okta.get("/Users?cursor=&count=x").await.expect(400).body).0, "invalidCount");
    }

    async fn r059_r060_positions_stay_the_default_and_do_not_mix_with_cursors(engine) {
        let gw = TestGateway::start(engine).await;
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let refused = okta.get("/Users?cursor=&startIndex=1").await.expect(400).body;
        assert_eq!(refusal(&refused).0, "invalidValue");
        let pagination = okta.get("/ServiceProviderConfig").await.expect(200).body["pagination"].clone();
        assert_eq!((&pagination["cursor"], &pagination["index"]), (&json!(true), &json!(true)));
        assert_eq!((&pagination["defaultPaginationMethod"], &pagination["cursorTimeout"]), (&json!("index"), &json!(3600)));
        five(&gw, &okta).await;
        assert!(okta.get("/Users?count=2").await.expect(200).body.get("nextCursor").is_none());
    }
}
