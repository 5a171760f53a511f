//! 93 and 94: the interoperability profile draft, as a profile that a directory chooses.

use super::patched::{ada, refused, world};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::TestGateway;
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

on_both_engines! {
    async fn r093_it_says_that_it_conforms_and_nobody_else_does(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, interop) = world(&gw, "interop-strict").await;
        let config = interop.get("/ServiceProviderConfig").await.expect(200).body;
        assert_eq!(config["interopProfileConformant"], true);
        assert_eq!((&config["patch"]["supported"], &config["filter"]["supported"]), (&json!(true), &json!(true)));
        assert!(config["pagination"]["defaultPageSize"].as_u64().unwrap() >= 100);
        let types = interop.get("/ResourceTypes").await.expect(200).body;
        for one in types["Resources"].as_array().unwrap() {
            assert_eq!(one["id"], one["name"]);
        }
        let schemas = interop.get(&format!("/Schemas/{USER}")).await.expect(200).body;
        for name in ["emails", "phoneNumbers", "addresses", "ims", "photos"] {
            let attribute = schemas["attributes"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
            let sub = attribute["subAttributes"].as_array().unwrap().iter().find(|one| one["name"] == "type").unwrap();
            assert!(sub["canonicalValues"].as_array().is_some_and(|values| !values.is_empty()), "{name}");
        }
        for profile in ["auto", "okta", "entra", "rfc-strict"] {
            let other = acme.directory(profile, profile).await;
            assert!(other.get("/ServiceProviderConfig").await.expect(200).body.get("interopProfileConformant").is_none(), "{profile}");
        }
    }

    async fn r093_what_no_schema_has_is_a_syntax_error(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "interop-strict").await;
        for (body, why) in [
            (json!({"schemas": [USER], "userName": "a", "shoeSize": 7}), "attribute"),
            (json!({"schemas": [USER], "userName": "a", "name": {"nick": "x"}}), "sub-attribute"),
            (json!({"schemas": [USER, "urn:nobody:2.0:User"], "userName": "a", "urn:nobody:2.0:User": {"x": 1}}), "schema"),
        ] {
            let reply = idp.call("POST", "/Users", Some(body)).await;
            assert_eq!((reply.status, &reply.body["scimType"]), (400, &json!("invalidSyntax")), "{why}: {}", reply.body);
        }
        assert_eq!(idp.get("/Users").await.expect(200).body["totalResults"], 0);
        let reply = idp.get("/Users?filter=shoeSize%20eq%20%22x%22").await.expect(400);
        assert_eq!(reply.body["scimType"], "invalidFilter");
    }

    async fn r093_filters_and_pages_serve(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "interop-strict").await;
        ada(&idp).await;
        let filter = "userName%20eq%20%22ADA%40acme.test%22%20and%20active%20eq%20true";
        assert_eq!(idp.get(&format!("/Users?filter={filter}")).await.expect(200).body["totalResults"], 1);
        let body = |n: usize| json!({"method": "POST", "path": "/Users", "bulkId": format!("u{n}"), "data": {"schemas": [USER], "userName": format!("u{n}")}});
        let operations: Vec<_> = (0..110).map(body).collect();
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
        idp.call("POST", "/Bulk", Some(bulk)).await.expect(200);
        assert!(idp.get("/Users").await.expect(200).body["itemsPerPage"].as_u64().unwrap() >= 100);
        assert_eq!(idp.get("/Users?count=105").await.expect(200).body["itemsPerPage"], 105);
    }

    async fn r093_a_patch_names_its_paths(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "interop-strict").await;
        let path = ada(&idp).await;
        refused(&idp, &path, json!([{"op": "replace", "value": {"active": false}}]), 400, "invalidSyntax").await;
        let mixed = json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "add", "value": {"nickName": "y"}}]);
        refused(&idp, &path, mixed, 400, "invalidSyntax").await;
        let whole = json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "x"}}]);
        refused(&idp, &path, whole, 400, "invalidPath").await;
        for op in ["add", "replace"] {
            let body = idp.patch(&path, json!([{"op": op, "path": "title", "value": op}])).await.expect(200).body;
            assert_eq!(body["title"], op, "add is replace on a simple attribute");
        }
        let part = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "w@acme.test"}]);
        assert_eq!(idp.patch(&path, part).await.expect(200).body["emails"][0]["value"], "w@acme.test");
    }

    async fn r093_a_name_is_taken_until_it_is_deleted(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "interop-strict").await;
        let path = ada(&idp).await;
        let body = json!({"schemas": [USER], "userName": "Ada@acme.test"});
        assert_eq!(idp.call("POST", "/Users", Some(body.clone())).await.expect(409).body["scimType"], "uniqueness");
        idp.call("DELETE", &path, None).await.expect(204);
        idp.get(&path).await.expect(404);
        idp.call("POST", "/Users", Some(body)).await.expect(201);
    }

    async fn r094_what_okta_and_entra_send_is_refused_there_and_served_by_default(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, interop) = world(&gw, "interop-strict").await;
        let auto = acme.directory("auto", "auto").await;
        let extra = json!({"schemas": [USER], "userName": "extra", "shoeSize": 7});
        let (strict_path, auto_path) = (ada(&interop).await, ada(&auto).await);
        let okta = json!([{"op": "replace", "value": {"active": false}}]);
        interop.patch(&strict_path, okta.clone()).await.expect(400);
        assert_eq!(auto.patch(&auto_path, okta).await.expect(200).body["active"], false);
        interop.call("POST", "/Users", Some(extra.clone())).await.expect(400);
        let made = auto.call("POST", "/Users", Some(extra)).await.expect(201);
        assert_eq!(made.body.get("shoeSize"), None::<&Value>);
        for (idp, path, status) in [(&interop, &strict_path, 400), (&auto, &auto_path, 200)] {
            let id = path.rsplit('/').next().unwrap();
            let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g", "members": [{"value": id}]});
            let group = idp.call("POST", "/Groups", Some(group)).await.expect(201).id();
            let entra = json!([{"op": "remove", "path": "members", "value": [{"value": id}]}]);
            idp.patch(&format!("/Groups/{group}"), entra).await.expect(status);
        }
    }
}
