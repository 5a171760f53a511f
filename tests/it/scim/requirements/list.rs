//! 36 to 39: ListResponse and the root query (RFC 7644 §3.4.2).

use super::{ENTERPRISE, address, directory, found, names, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use doorward::base::ids::ResourceId;
use doorward::store::resources::{self, Kind, ResourceRow};
use doorward::store::{Done, StoreError, directories};
use serde_json::json;

on_both_engines! {
    async fn r036_nobody_is_an_empty_list_and_no_fault(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let guid = "3f1c1a0e-6c5e-4a52-9a4d-1b1f0b6f2c11";
        for path in ["/Users".to_owned(), "/Groups".into(), "/".into(), address("/Users", &[("filter", &format!("userName eq \"{guid}\""))]),
                     address("/Groups", &[("filter", &format!("displayName eq \"{guid}\"")), ("excludedAttributes", "members")]),
                     address("/Users", &[("filter", &format!("id eq \"{guid}\""))]), address("/Users", &[("filter", "userName eq \"x\""), ("startIndex", "1"), ("count", "100")]),
                     "/Users?startIndex=1&count=2".into(), "/Users?sortBy=userName".into()] {
            let list = idp.get(&path).await.expect(200).body;
            let expected = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [],
            });
            assert_eq!(list, expected, "{path}");
        }
    }

    async fn r037_the_total_counts_matches_and_items_per_page_what_is_there(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for at in 0..5 {
            user(&gw, &idp, &format!("user{at}"), json!({"active": at != 2, "title": if at < 3 { "x" } else { "y" }})).await.expect(201);
        }
        for (query, total, start, items) in [
            (vec![], 5, 1, 5), (vec![("count", "2")], 5, 1, 2), (vec![("count", "100")], 5, 1, 5), (vec![("startIndex", "4"), ("count", "100")], 5, 4, 2),
            (vec![("count", "0")], 5, 1, 0), (vec![("startIndex", "6")], 5, 6, 0), (vec![("startIndex", "1000"), ("count", "10")], 5, 1000, 0),
            (vec![("filter", "title eq \"x\"")], 3, 1, 3), (vec![("filter", "title eq \"x\""), ("count", "1")], 3, 1, 1), (vec![("filter", "title eq \"x\""), ("count", "0")], 3, 1, 0),
            (vec![("filter", "title eq \"x\""), ("startIndex", "3"), ("count", "5")], 3, 3, 1), (vec![("filter", "active eq true"), ("startIndex", "9")], 4, 9, 0),
            (vec![("filter", "userName sw \"user\""), ("sortBy", "userName"), ("count", "2")], 5, 1, 2), (vec![("sortBy", "title"), ("startIndex", "6")], 5, 6, 0),
            (vec![("sortBy", "title"), ("count", "0")], 5, 1, 0),
        ] {
            let list = idp.get(&address("/Users", &query)).await.expect(200).body;
            let told = (&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]);
            assert_eq!(told, (&json!(total), &json!(start), &json!(items)), "{query:?}");
            assert_eq!(list["Resources"].as_array().unwrap().len(), items, "{query:?}");
        }
        let id = idp.get("/Users?count=1").await.expect(200).body["Resources"][0]["id"].as_str().unwrap().to_owned();
        idp.call("DELETE", &format!("/Users/{id}"), None).await.expect(204);
        idp.create_group("g", &[]).await.expect(201);
        assert_eq!(idp.get("/Users?count=1").await.expect(200).body["totalResults"], 4);
        assert_eq!(idp.get("/Groups?count=1").await.expect(200).body["totalResults"], 1);
    }

    async fn r038_the_root_answers_for_both_types(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let ada = user(&gw, &idp, "ada", json!({"displayName": "same", "externalId": "e", ENTERPRISE: {"department": "D"}})).await.expect(201).id();
        idp.call("POST", "/Groups", Some(json!({"displayName": "same", "externalId": "e", "members": [{"value": ada}]}))).await.expect(201);
        for (filter, expected) in [
            ("displayName eq \"SAME\"", "ada same"), ("externalId eq \"e\"", "ada same"), ("userName eq \"ada\"", "ada"), ("members pr", "same"), ("not (userName pr)", "same"),
            (&format!("members eq \"{ada}\" or id eq \"{ada}\""), "ada same"), ("meta.resourceType eq \"User\"", "ada"), ("meta.resourceType eq \"Group\"", "same"),
            ("meta.resourceType eq \"User\" or meta.resourceType eq \"Group\"", "ada same"), (&format!("{ENTERPRISE}:department eq \"d\""), "ada"), ("department eq \"d\"", "ada"),
            ("emails[type eq \"work\"]", ""), ("userName eq \"ada\" and members pr", ""), ("userName ne \"x\"", "ada"),
        ] {
            assert_eq!(found(&idp, "/", filter).await, expected, "{filter}");
            assert_eq!(found(&idp, "", filter).await, expected, "{filter}");
        }
        let some = idp.get(&address("/", &[("attributes", "members"), ("sortBy", "displayName")])).await.expect(200).body;
        assert_eq!((some["Resources"][0].get("userName"), &some["Resources"][1]["members"][0]["value"]), (None, &json!(ada)));
        let page = idp.get("/?startIndex=2&count=1").await.expect(200).body;
        assert_eq!((names(&page), &page["totalResults"]), (vec!["same"], &json!(2)));
        for wrong in ["shoeSize eq 1", "userName eq \"\"", "externalId eq null", "displayName eq \"\"", "(", "userName xx \"a\""] {
            idp.get(&address("/", &[("filter", wrong)])).await.refused(400, "invalidFilter");
        }
    }

    async fn r039_a_sorting_of_more_than_can_be_sorted_is_too_many(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let idp = acme.directory("idp", "auto").await;
        let sources = gw.gateway.sources.clone();
        gw.gateway.store.write::<_, StoreError, _>(acme.org, async move |tx| {
            let src = directories::list(tx).await?[0].src;
            for at in 0..10_001 {
                let (name, now) = (format!("user{at}"), sources.now());
                let doc = json!({"userName": name, "active": true}).to_string();
                let row = ResourceRow {
                    id: ResourceId::mint(&sources), src, kind: Kind::User, person: None, label: name.clone(), key: name, ext: None, active: true, in_groups: false, version: 1,
                    created: now, modified: now, doc,
                };
                resources::insert(tx, &row).await?;
            }
            Ok(Done::of(()))
        }).await.unwrap();
        let refused = idp.get("/Users?sortBy=userName").await;
        refused.refused(400, "tooMany");
        assert_eq!(idp.get("/Users?count=3").await.expect(200).body["totalResults"], 10_001, "it can be paged without");
        for (query, items) in [("", 100), ("?count=5000", 1000), ("?startIndex=9996&count=100", 6), ("?cursor=&count=5000", 1000), ("?filter=userName+pr&count=1001", 1000)] {
            let page = idp.get(&format!("/Users{query}")).await.expect(200).body;
            assert_eq!((&page["itemsPerPage"], &page["totalResults"]), (&json!(items), &json!(10_001)), "{query}");
        }
        assert_eq!(idp.get(&address("/Users", &[("sortBy", "userName"), ("filter", "userName sw \"user999\"")])).await.expect(200).body["totalResults"], 11);
    }
}
