//! 55 to 60: pages by cursor (RFC 9865).

use super::{address, directory, names, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use serde_json::{Value, json};

async fn seven(gw: &TestGateway, idp: &Directory) {
    for at in 0..7 {
        user(gw, idp, &format!("user{at}"), json!({"title": if at % 2 == 0 { "even" } else { "odd" }}))
            .await
            .expect(201);
    }
}

fn next(body: &Value) -> String {
    body["nextCursor"].as_str().unwrap().to_owned()
}

on_both_engines! {
    async fn r055_r056_a_cursor_leads_on_and_is_missing_exactly_on_the_last_page(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        seven(&gw, &idp).await;
        for (more, total) in [(vec![], 7), (vec![("filter", "userName pr")], 7), (vec![("filter", "title eq \"even\"")], 4), (vec![("sortBy", "title")], 7), (vec![("sortBy", "userName"), ("sortOrder", "descending")], 7)] {
            let expected: Vec<String> = names(&idp.get(&address("/Users", &more)).await.expect(200).body).into_iter().map(str::to_owned).collect();
            for count in [1, 3, 4, 7, 100] {
                for in_body in [false, true] {
                    let (mut cursor, mut seen, mut pages) = (String::new(), Vec::new(), 0);
                    loop {
                        let count = count.to_string();
                        let mut query = vec![("cursor", cursor.as_str()), ("count", &count)];
                        query.extend(&more);
                        let page = if in_body {
                            let body: serde_json::Map<_, _> = query.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
                            idp.call("POST", "/Users/.search", Some(Value::Object(body))).await
                        } else {
                            idp.get(&address("/Users", &query)).await
                        };
                        let page = page.expect(200).body;
                        pages += 1;
                        assert_eq!(page["itemsPerPage"], names(&page).len());
                        assert!(page.get("previousCursor").is_none() || pages > 1, "never on the first");
                        if let Some(told) = page.get("totalResults") {
                            assert_eq!(*told, total, "{query:?}");
                        }
                        seen.extend(names(&page).into_iter().map(str::to_owned));
                        let Some(next) = page.get("nextCursor") else { break };
                        next.as_str().unwrap().clone_into(&mut cursor);
                    }
                    assert_eq!((&seen, pages), (&expected, expected.len().div_ceil(count)), "{more:?} by {count}");
                }
            }
        }
        let none = idp.get("/Users?cursor=&filter=userName+eq+%22nobody%22").await.expect(200).body;
        assert_eq!((&none["Resources"], none.get("nextCursor")), (&json!([]), None));
        let zero = idp.get("/Users?cursor=&count=0").await.expect(200).body;
        assert_eq!((&zero["Resources"], zero.get("nextCursor")), (&json!([]), None));
        assert_eq!(names(&idp.get("/Users?cursor").await.expect(200).body).len(), 7, "a first page of the usual length");
        let first = idp.get("/Users?cursor=&count=2").await.expect(200).body;
        let longer = idp.get(&address("/Users", &[("cursor", &next(&first)), ("count", "3"), ("attributes", "userName")])).await.expect(200).body;
        assert_eq!(names(&longer), ["user2", "user3", "user4"]);
    }

    async fn r056_what_comes_and_goes_meanwhile_skips_and_repeats_nobody(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        seven(&gw, &idp).await;
        for more in ["", "&filter=userName+pr", "&sortBy=userName"] {
            let first = idp.get(&format!("/Users?cursor=&count=3{more}")).await.expect(200).body;
            let gone = first["Resources"][2]["id"].as_str().unwrap().to_owned();
            let name = first["Resources"][2]["userName"].as_str().unwrap().to_owned();
            idp.call("DELETE", &format!("/Users/{gone}"), None).await.expect(204);
            let second = idp.get(&format!("/Users?cursor={}&count=2{more}", next(&first))).await.expect(200).body;
            assert_eq!(names(&second), ["user3", "user4"], "{more}");
            if let Some(total) = second.get("totalResults") {
                assert_eq!(*total, 6, "{more}: exact or not told");
            }
            user(&gw, &idp, &name, json!({})).await.expect(201);
            let back = idp.get(&address("/Users", &[("filter", &format!("userName eq \"{name}\""))])).await.expect(200).body;
            assert_eq!(back["totalResults"], 1);
            // The next round begins in the order of names again.
            for user in idp.get("/Users").await.expect(200).body["Resources"].as_array().unwrap() {
                idp.call("DELETE", &format!("/Users/{}", user["id"].as_str().unwrap()), None).await.expect(204);
            }
            seven(&gw, &idp).await;
        }
    }

    async fn r057_r058_a_cursor_is_sealed_and_good_for_one_query_of_one_directory(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (idp, other) = (acme.directory("one", "auto").await, acme.directory("two", "auto").await);
        seven(&gw, &idp).await;
        seven(&gw, &other).await;
        let cursor = next(&idp.get("/Users?cursor=&count=2").await.expect(200).body);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{cursor}");
        let id = idp.get("/Users?count=2").await.expect(200).body["Resources"][1]["id"].as_str().unwrap().replace('-', "");
        assert!(!cursor.to_lowercase().contains(&id), "opaque");
        assert_eq!(names(&idp.get(&format!("/Users?cursor={cursor}&count=1")).await.expect(200).body), ["user2"]);
        let mut flipped = cursor.clone().into_bytes();
        let middle = flipped.len() / 2;
        flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        let long = "A".repeat(20_000);
        let mut refusals = Vec::new();
        for forged in [flipped.as_str(), &cursor[1..], &format!("{cursor}A"), &cursor.to_uppercase(), "x", "AAAA", "null", "%00", "%FF", "1", "%F0%9F%A6%80", &long] {
            refusals.push(idp.get(&format!("/Users?cursor={forged}")).await);
        }
        for (directory, path, more) in [(&other, "/Users", ""), (&idp, "/Groups", ""), (&idp, "/", ""), (&idp, "/Users", "&filter=userName+pr"), (&idp, "/Users", "&sortBy=userName"), (&idp, "/Users", "&sortOrder=descending")] {
            refusals.push(directory.get(&format!("{path}?cursor={cursor}{more}")).await);
        }
        for refusal in &refusals {
            refusal.refused(400, "invalidCursor");
            assert_eq!(refusal.body, refusals[0].body, "forged and foreign are told alike");
        }
        idp.with_token(&other.token).get(&format!("/Users?cursor={cursor}")).await.refused(401, "");
        gw.wait(chrono::Duration::minutes(59));
        idp.get(&format!("/Users?cursor={cursor}")).await.expect(200);
        gw.wait(chrono::Duration::minutes(2));
        idp.get(&format!("/Users?cursor={cursor}")).await.refused(400, "expiredCursor");
        idp.call("POST", "/Users/.search", Some(json!({"cursor": cursor}))).await.refused(400, "expiredCursor");
        for count in ["x", "1.5", "%00"] {
            idp.get(&format!("/Users?cursor=&count={count}")).await.refused(400, "invalidCount");
        }
        idp.call("POST", "/Users/.search", Some(json!({"cursor": "", "count": 1.5}))).await.refused(400, "invalidCount");
        assert_eq!(names(&idp.get("/Users?cursor=&count=-1").await.expect(200).body).len(), 0);
    }

    async fn r059_r060_a_position_beside_a_cursor_is_refused_and_positions_are_the_default(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        seven(&gw, &idp).await;
        let cursor = next(&idp.get("/Users?cursor=&count=2").await.expect(200).body);
        for query in [format!("cursor={cursor}&startIndex=1"), "startIndex=1&cursor=".into(), "cursor=&startIndex=x".into()] {
            idp.get(&format!("/Users?{query}")).await.refused(400, "invalidValue");
        }
        idp.call("POST", "/.search", Some(json!({"cursor": "", "startIndex": 1}))).await.refused(400, "invalidValue");
        idp.get("/Users?cursor=&startIndex=").await.expect(200);
        let expected = json!({"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 1000, "cursorTimeout": 3600});
        assert_eq!(idp.get("/ServiceProviderConfig").await.expect(200).body["pagination"], expected);
        let plain = idp.get("/Users?count=2").await.expect(200).body;
        assert_eq!((plain.get("nextCursor"), &plain["startIndex"]), (None, &json!(1)));
    }
}
