//! Managers: ids that may come before the person they name.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use serde_json::json;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

on_both_engines! {
    async fn r018_a_manager_is_shown_with_its_address_and_name_once_it_is_known(engine) {
        let gw = TestGateway::start(engine).await;
        let entra = gw.organization("acme", None, usual_rules()).await.directory("entra", "auto").await;
        let boss = entra.create_user("boss@acme.test").await.expect(201);
        let ada = entra.create_user("ada@acme.test").await.expect(201).id();
        let path = format!("/Users/{ada}");
        let set = |id: &str| json!([{"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": id}]);
        let stranger = "00000000-0000-7000-8000-000000000000";
        let unknown = entra.patch(&path, set(stranger)).await.expect(200).body;
        assert_eq!(unknown[ENTERPRISE]["manager"]["value"], stranger);
        assert!(unknown[ENTERPRISE]["manager"].get("displayName").is_none());
        let known = entra.patch(&path, set(&boss.id())).await.expect(200).body;
        let manager = json!({"value": boss.id(), "$ref": boss.body["meta"]["location"], "displayName": "Ada Byron"});
        assert_eq!(known[ENTERPRISE]["manager"], manager);
        assert_eq!(entra.get(&path).await.expect(200).body[ENTERPRISE]["manager"], manager);
        let query = format!("/Users?filter=manager%20eq%20%22{}%22", boss.id());
        let found = entra.get(&query).await.expect(200).body;
        assert_eq!((&found["totalResults"], &found["Resources"][0][ENTERPRISE]["manager"]), (&json!(1), &manager));
    }

    async fn r018_a_manager_who_has_no_name_is_shown_without_one(engine) {
        let gw = TestGateway::start(engine).await;
        let entra = gw.organization("acme", None, usual_rules()).await.directory("entra", "auto").await;
        let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
        let boss = entra.call("POST", "/Users", Some(json!({"schemas": schemas, "userName": "boss"}))).await.expect(201);
        let body = json!({"schemas": schemas, "userName": "ada", ENTERPRISE: {"manager": {"value": boss.id()}}});
        let ada = entra.call("POST", "/Users", Some(body)).await.expect(201).body;
        assert_eq!(ada[ENTERPRISE]["manager"], json!({"value": boss.id(), "$ref": boss.body["meta"]["location"]}));
    }
}
