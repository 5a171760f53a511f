//! Users, as Okta and Entra push them.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use serde_json::json;

on_both_engines! {
    async fn okta_pushes_a_user_and_finds_it_by_name(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let none = okta.get("/Users?filter=userName%20eq%20%22ada%40acme.test%22&startIndex=1&count=100").await.expect(200);
        assert_eq!((&none.body["totalResults"], &none.body["Resources"]), (&json!(0), &json!([])));
        let made = okta.create_user("Ada@acme.test").await.expect(201);
        assert_eq!(made.headers["location"].to_str().unwrap(), made.body["meta"]["location"]);
        assert_eq!(made.headers["etag"].to_str().unwrap(), "W/\"1\"");
        let found = okta.get("/Users?filter=userName%20eq%20%22ada%40ACME.test%22").await.expect(200);
        assert_eq!(found.body["Resources"][0]["id"], made.body["id"]);
        assert_eq!(found.body["Resources"][0]["userName"], "Ada@acme.test");
        for filter in ["externalId eq \"ext-Ada@acme.test\"", "emails[type eq \"work\"].value eq \"ada@acme.test\"", "emails eq \"ada@acme.test\""] {
            let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
            assert_eq!(okta.get(&format!("/Users?{query}")).await.expect(200).body["totalResults"], 1, "{filter}");
        }
    }

    async fn a_taken_name_is_a_uniqueness_conflict(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        okta.create_user("ada@acme.test").await.expect(201);
        let again = okta.create_user("ADA@acme.test").await.expect(409);
        assert_eq!((&again.body["scimType"], &again.body["status"]), (&json!("uniqueness"), &json!("409")));
        let entra = acme.directory("entra", "auto").await;
        entra.create_user("ada@acme.test").await.expect(201);
    }

    async fn entra_changes_attributes_with_capital_operations_and_text_booleans(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let entra = acme.directory("entra", "auto").await;
        let ada = entra.create_user("ada@acme.test").await.expect(201).id();
        let reply = entra.patch(&format!("/Users/{ada}"), json!([
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada2@acme.test"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+4412345"},
            {"op": "Replace", "path": "name.familyName", "value": "Lovelace"},
            {"op": "Replace", "path": "active", "value": "False"},
        ])).await.expect(200);
        assert_eq!(reply.body["active"], false);
        assert_eq!(reply.body["emails"][0]["value"], "ada2@acme.test");
        assert_eq!(reply.body["phoneNumbers"], json!([{"type": "mobile", "value": "+4412345"}]));
        assert_eq!(reply.body["name"]["familyName"], "Lovelace");
        assert_eq!(reply.headers["etag"].to_str().unwrap(), "W/\"2\"");
        let same = entra.patch(&format!("/Users/{ada}"), json!([{"op": "Replace", "path": "active", "value": "False"}])).await;
        assert_eq!(same.expect(200).headers["etag"].to_str().unwrap(), "W/\"2\"");
    }

    async fn a_stray_attribute_does_not_stop_a_deactivation_and_is_named(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let entra = acme.directory("entra", "auto").await;
        let ada = entra.create_user("ada@acme.test").await.expect(201).id();
        let reply = entra.patch(&format!("/Users/{ada}"), json!([
            {"op": "Add", "path": "urn:x:y:z:shoeSize", "value": "42"},
            {"op": "Replace", "path": "active", "value": "False"},
        ])).await.expect(200);
        assert_eq!(reply.body["active"], false);
        assert!(reply.headers.contains_key("scim-skipped"));
        entra.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "path": "nothing", "value": 1}])).await.expect(400);
    }

    async fn a_failing_patch_changes_nothing(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let before = okta.get(&format!("/Users/{ada}")).await.expect(200).body;
        okta.patch(&format!("/Users/{ada}"), json!([
            {"op": "replace", "path": "title", "value": "Countess"},
            {"op": "replace", "path": "active", "value": "perhaps"},
        ])).await.expect(400);
        assert_eq!(okta.get(&format!("/Users/{ada}")).await.expect(200).body, before);
    }

    async fn a_deleted_user_is_gone_and_its_name_is_free(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        okta.get(&format!("/Users/{ada}")).await.expect(404);
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(404);
        assert_eq!(okta.get("/Users").await.expect(200).body["totalResults"], 0);
        assert_eq!(okta.get(&format!("/Groups/{group}")).await.expect(200).body["members"], json!([]));
        let back = okta.create_user("ada@acme.test").await.expect(201);
        assert_eq!(back.id(), ada, "the externalId of a tombstone is restored under its old id");
        assert!(back.body.get("groups").is_none(), "without memberships");
    }

    async fn an_inactive_user_comes_back_under_its_id_and_an_active_one_conflicts(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        okta.create_user("ada@acme.test").await.expect(409);
        okta.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        let back = okta.create_user("ada@acme.test").await.expect(201);
        assert_eq!((back.id(), &back.body["active"]), (ada, &json!(true)));
    }

    async fn pages_never_skip_or_repeat(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let mut made = Vec::new();
        for i in 0..7 {
            made.push(okta.create_user(&format!("user{i}@acme.test")).await.expect(201).id());
        }
        let mut seen = Vec::new();
        for start in [1, 4, 7] {
            let page = okta.get(&format!("/Users?startIndex={start}&count=3")).await.expect(200).body;
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(7), &json!(start)));
            seen.extend(page["Resources"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        }
        made.sort();
        assert_eq!(seen, made);
        assert_eq!(okta.get("/Users?count=0").await.expect(200).body["Resources"], json!([]));
        okta.get("/Users?count=many").await.expect(400);
    }
}
