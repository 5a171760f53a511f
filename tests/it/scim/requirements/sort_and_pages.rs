//! 52 to 54: sorting and pages by position (RFC 7644 §3.4.2.3, §3.4.2.4).

use super::{ENTERPRISE, address, directory, names, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway};
use serde_json::{Value, json};

async fn sorted(idp: &Directory, path: &str, by: &str, order: &str) -> String {
    let list = idp.get(&address(path, &[("sortBy", by), ("sortOrder", order)])).await.expect(200).body;
    names(&list).join(" ")
}

on_both_engines! {
    async fn r052_any_attribute_sorts_and_who_has_none_is_last_or_first(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        user(&gw, &idp, "cleo", json!({"title": "beta", "externalId": "b", "active": false, "emails": [{"value": "z@x.test"}, {"value": "a@x.test", "primary": true}]})).await.expect(201);
        user(&gw, &idp, "Ada", json!({"title": "Alpha", "externalId": "B", "emails": [{"value": "m@x.test"}, {"value": "A@x.test"}], ENTERPRISE: {"department": "x"}})).await.expect(201);
        user(&gw, &idp, "bob", json!({"name": {"familyName": "Ä"}, "title": ""})).await.expect(201);
        for (by, ascending, descending) in [
            ("userName", "Ada bob cleo", "cleo bob Ada"), ("USERNAME", "Ada bob cleo", "cleo bob Ada"), ("title", "Ada cleo bob", "bob cleo Ada"), ("externalId", "Ada cleo bob", "bob cleo Ada"),
            ("emails", "cleo Ada bob", "bob Ada cleo"), ("emails.value", "cleo Ada bob", "bob Ada cleo"), ("meta.created", "cleo Ada bob", "bob Ada cleo"), ("meta.lastModified", "cleo Ada bob", "bob Ada cleo"),
            ("active", "cleo Ada bob", "Ada bob cleo"), ("id", "cleo Ada bob", "bob Ada cleo"), (&format!("{ENTERPRISE}:department"), "Ada cleo bob", "cleo bob Ada"), ("department", "Ada cleo bob", "cleo bob Ada"),
            ("name.familyName", "bob cleo Ada", "cleo Ada bob"), ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "Ada bob cleo", "cleo bob Ada"), ("groups.display", "cleo Ada bob", "cleo Ada bob"),
        ] {
            assert_eq!(sorted(&idp, "/Users", by, "ascending").await, ascending, "{by}");
            assert_eq!(sorted(&idp, "/Users", by, "descending").await, descending, "{by} descending");
        }
        assert_eq!(sorted(&idp, "/Users", "userName", "DESCENDING").await, "cleo bob Ada");
        assert_eq!(sorted(&idp, "/Users", "userName", "").await, "Ada bob cleo");
        let list = idp.get("/Users?sortBy=userName&attributes=id").await.expect(200).body;
        assert_eq!(list["Resources"].as_array().unwrap().len(), 3);
        for wrong in ["nothing", "password", "name", "addresses", "userName.sub", "emails[type eq \"work\"]", "urn:x:y", "x509Certificates"] {
            idp.get(&address("/Users", &[("sortBy", wrong)])).await.refused(400, "invalidPath");
        }
        idp.get("/Users?sortBy=userName&sortOrder=sideways").await.refused(400, "invalidValue");
        assert_eq!(names(&idp.get("/Users?sortOrder=descending").await.expect(200).body).len(), 3, "an order of nothing");
        for name in ["b", "A", "c"] {
            idp.create_group(name, &[]).await.expect(201);
        }
        assert_eq!(sorted(&idp, "/Groups", "displayName", "ascending").await, "A b c");
    }

    async fn r053_positions_and_lengths_that_do_not_fit_are_made_to_or_told(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for name in ["a", "b", "c"] {
            user(&gw, &idp, name, json!({})).await.expect(201);
        }
        let most = idp.get("/ServiceProviderConfig").await.expect(200).body["pagination"]["maxPageSize"].clone();
        assert_eq!(most, 1000);
        for filter in ["", "&filter=userName+pr", "&sortBy=userName", "&filter=userName+pr&sortBy=userName"] {
            for (query, start, expected) in [
                ("startIndex=0", 1, "a b c"), ("startIndex=-7", 1, "a b c"), ("startIndex=2", 2, "b c"), ("startIndex=3&count=5", 3, "c"), ("startIndex=4", 4, ""), ("startIndex=4&count=0", 4, ""),
                ("count=0", 1, ""), ("count=-1", 1, ""), ("count=2", 1, "a b"), ("count=1001", 1, "a b c"), ("count=99999999999999999999999", 1, "a b c"), ("count=+2", 1, "a b"), ("count=%2B2", 1, "a b"),
                ("count=002", 1, "a b"), ("startIndex=&count=", 1, "a b c"), ("startIndex=1&startIndex=2", 2, "b c"), ("startIndex=9223372036854775807", i64::MAX, ""),
            ] {
                let list = idp.get(&format!("/Users?{query}{filter}")).await.expect(200).body;
                assert_eq!((names(&list).join(" ").as_str(), &list["startIndex"]), (expected, &json!(start)), "{query}{filter}");
                assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(3), &json!(names(&list).len())), "{query}{filter}");
            }
            for wrong in ["startIndex=x", "startIndex=1.5", "startIndex=1e2", "count=x", "count=2.0", "count=0x10", "count=--1", "count=1,000", "count=true", "count=null", "startIndex=1;count=2", "count=%00"] {
                idp.get(&format!("/Users?{wrong}{filter}")).await.refused(400, "invalidValue");
            }
        }
        assert_eq!(idp.get("/Users?startIndex=99999999999999999999999").await.expect(200).body["Resources"], json!([]));
    }

    async fn r054_pages_are_in_one_order_and_never_skip_or_repeat(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let mut made = Vec::new();
        for at in 0..11 {
            // Some at the same moment, and none in the order of its name.
            let body = json!({"userName": format!("user{}", (at * 7) % 11), "title": if at % 2 == 0 { "x" } else { "y" }});
            made.push(idp.call("POST", "/Users", Some(body)).await.expect(201).id());
        }
        for query in ["", "&filter=userName+sw+%22user%22", "&sortBy=title", "&sortBy=title&sortOrder=descending", "&sortBy=active&filter=active+eq+true", "&sortBy=nickName"] {
            let whole = idp.get(&format!("/Users?count=100{query}")).await.expect(200).body;
            let ids = |list: &Value| list["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
            let all = ids(&whole);
            assert_eq!(ids(&idp.get(&format!("/Users?count=100{query}")).await.expect(200).body), all, "{query}: the same again");
            let mut paged = Vec::new();
            for start in [1, 4, 7, 10] {
                paged.extend(ids(&idp.get(&format!("/Users?startIndex={start}&count=3{query}")).await.expect(200).body));
            }
            assert_eq!(paged, all, "{query}");
            let (mut sorted, mut expected) = (all.clone(), made.clone());
            sorted.sort();
            expected.sort();
            assert_eq!(sorted, expected, "{query}: everybody once");
        }
        // A change moves nobody.
        let before = idp.get("/Users?startIndex=5&count=3").await.expect(200).body;
        idp.patch(&format!("/Users/{}", made[0]), json!([{"op": "replace", "path": "title", "value": "z"}])).await.expect(200);
        assert_eq!(names(&idp.get("/Users?startIndex=5&count=3").await.expect(200).body), names(&before));
    }
}
