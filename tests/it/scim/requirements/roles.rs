//! 101 and 102: the panel's roles and entitlements, in both dialects, where they are wanted.

use super::directory;
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use doorward::domain::directory::RoleLists;
use doorward::service::console::directories::{self, DirectoryWish};
use serde_json::{Value, json};

/// A directory of an organization with so many seats, which lists roles in these words.
async fn listing(gw: &TestGateway, seats: Option<i64>, roles: RoleLists) -> Directory {
    let idp = gw.organization("acme", seats, usual_rules()).await.directory("idp", "auto").await;
    let wish = DirectoryWish { roles: Some(roles), ..DirectoryWish::default() };
    directories::set(&gw.gateway, "acme", "idp", wish).await.unwrap();
    idp
}

async fn list(idp: &Directory, path: &str) -> Vec<Value> {
    let body = idp.get(path).await.expect(200).body;
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    body["Resources"].as_array().unwrap().clone()
}

fn texts<'a>(list: &'a [Value], field: &str) -> Vec<&'a str> {
    list.iter().map(|one| one[field].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn r101_r102_nothing_is_there_or_told_unless_it_is_wanted(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for path in ["/Roles", "/Entitlements", "/Roles/msp_user", "/ResourceTypes/Role", "/ResourceTypes/Entitlement",
                     "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Role", "/Schemas/urn:okta:scim:schemas:core:1.0:Role"] {
            idp.get(path).await.refused(404, "");
        }
        assert_eq!(list(&idp, "/ResourceTypes").await.len(), 2);
        assert_eq!(list(&idp, "/Schemas").await.len(), 4);
        assert!(idp.get("/ServiceProviderConfig").await.expect(200).body.get("RolesAndEntitlements").is_none());
    }

    async fn r101_the_draft_lists_the_roles_of_the_panel_with_their_seats(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = listing(&gw, Some(5), RoleLists::Draft).await;
        let ada = idp.create_user("ada@acme.test").await.expect(201).id();
        idp.create_group("panel-north-users", &[&ada]).await.expect(201);
        let roles = list(&idp, "/Roles").await;
        assert_eq!(texts(&roles, "value"), ["owner", "msp_admin", "msp_user", "billing_only", "end_client"]);
        assert_eq!(texts(&roles, "type"), ["all", "all", "client", "panel", "client"]);
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Role"], "id": "msp_user", "value": "msp_user",
            "display": "MSP User", "type": "client", "supported": true, "limitedAssignmentsPermitted": true,
            "totalAssignmentsPermitted": 5, "totalAssignmentsUsed": 1, "contains": ["end_client"],
            "containedBy": ["owner", "msp_admin"],
            "meta": {"resourceType": "Role", "location": format!("{}/Roles/msp_user", idp.base)},
        });
        assert_eq!(roles[2], user);
        assert_eq!(idp.get("/Roles/msp_user").await.expect(200).body, user);
        assert_eq!((&roles[0]["supported"], roles[0].get("totalAssignmentsUsed")), (&json!(false), None), "no rule gives the owner");
        assert_eq!(roles[3]["limitedAssignmentsPermitted"], false, "it takes no seat");
        idp.get("/Roles/nobody").await.refused(404, "");
        idp.get("/Roles/msp_user/more").await.refused(404, "");
    }

    async fn r101_entitlements_are_the_rights_that_roles_are_made_of(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = listing(&gw, None, RoleLists::Draft).await;
        let rights = list(&idp, "/Entitlements").await;
        assert_eq!(rights.len(), 11, "{rights:?}");
        let edit = idp.get("/Entitlements/permission:devices:edit").await.expect(200).body;
        assert_eq!(edit["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:Entitlement"]));
        assert_eq!((&edit["type"], &edit["contains"]), (&json!("permission"), &json!(["permission:devices:view"])));
        let support = &idp.get("/ServiceProviderConfig").await.expect(200).body["RolesAndEntitlements"];
        let roles = json!({"supported": true, "multipleRolesSupported": true, "primarySupported": true,
                           "typeSupported": true, "types": ["all", "client", "panel"]});
        assert_eq!((&support["roles"], &support["entitlements"]["types"]), (&roles, &json!(["permission"])));
    }

    async fn r101_r102_the_lists_are_read_alone_in_pages_and_told_in_discovery(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = listing(&gw, None, RoleLists::Draft).await;
        let first = idp.get("/Roles?count=1&startIndex=1").await.expect(200).body;
        assert_eq!((&first["totalResults"], &first["itemsPerPage"], &first["startIndex"]), (&json!(5), &json!(1), &json!(1)));
        assert_eq!(idp.get("/Roles?count=0").await.expect(200).body["Resources"], json!([]));
        assert_eq!(texts(&list(&idp, "/Roles?startIndex=4&count=9").await, "value"), ["billing_only", "end_client"]);
        assert_eq!(list(&idp, "/Roles?startIndex=99").await.len(), 0);
        idp.get("/Roles?filter=value%20eq%20%22owner%22").await.refused(400, "invalidFilter");
        idp.get("/Roles?sortBy=value").await.refused(400, "invalidPath");
        idp.get("/Roles?cursor").await.refused(400, "invalidValue");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for path in ["/Roles", "/Roles/msp_user", "/Entitlements"] {
                assert_eq!(idp.call(method, path, None).await.refused(405, "").header("allow"), "GET");
            }
        }
        idp.with_token("wrong").get("/Roles").await.refused(401, "");
        for (name, path) in [("Role", "/Roles"), ("Entitlement", "/Entitlements")] {
            let urn = format!("urn:ietf:params:scim:schemas:core:2.0:{name}");
            let kind = idp.get(&format!("/ResourceTypes/{name}")).await.expect(200).body;
            assert_eq!((&kind["endpoint"], &kind["schema"]), (&json!(path), &json!(urn)));
            let schema = idp.get(&format!("/Schemas/{urn}")).await.expect(200).body;
            let attributes = schema["attributes"].as_array().unwrap();
            for one in list(&idp, path).await {
                for key in one.as_object().unwrap().keys().filter(|key| !["schemas", "id", "meta"].contains(&key.as_str())) {
                    let declared = attributes.iter().find(|attribute| attribute["name"] == key.as_str());
                    assert_eq!(declared.unwrap_or_else(|| panic!("{key}"))["mutability"], "readOnly");
                }
            }
        }
        assert_eq!(list(&idp, "/ResourceTypes").await.len(), 4);
        assert_eq!(list(&idp, "/Schemas").await.len(), 6);
    }

    async fn r101_r102_an_entry_is_shown_as_far_as_it_is_asked_for(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = listing(&gw, None, RoleLists::Draft).await;
        let keys = |entry: &Value| entry.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let urn = "urn:ietf:params:scim:schemas:core:2.0:Role";
        for (query, kept) in [
            ("attributes=display", &["schemas", "id", "display"][..]),
            ("attributes=DISPLAY,meta.location,nothing", &["schemas", "id", "display", "meta"]),
            (&format!("attributes={urn}:value"), &["schemas", "id", "value"]),
            ("attributes=nothing", &["schemas", "id"]),
            (&format!("excludedAttributes={urn}"), &["schemas", "id"]),
            ("excludedAttributes=id,schemas,type,supported,contains,containedBy,limitedAssignmentsPermitted,meta.location",
             &["schemas", "id", "value", "display", "meta"]),
        ] {
            assert_eq!(keys(&list(&idp, &format!("/Roles?count=1&{query}")).await[0]), kept, "{query}");
            assert_eq!(keys(&idp.get(&format!("/Roles/owner?{query}")).await.expect(200).body), kept, "{query}");
        }
        let whole = idp.get("/Roles/owner").await.expect(200).body;
        assert_eq!(idp.get(&format!("/Roles/owner?attributes={urn}")).await.expect(200).body, whole);
        for path in ["/Roles", "/Roles/owner", "/Entitlements"] {
            idp.get(&format!("{path}?attributes=display&excludedAttributes=type")).await.refused(400, "invalidValue");
        }
    }

    async fn r102_okta_finds_its_own_words_in_its_own_order_of_calls(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = listing(&gw, Some(5), RoleLists::Okta).await;
        let kinds = list(&idp, "/ResourceTypes").await;
        let advertised: Vec<_> = kinds.iter().map(|one| (one["endpoint"].as_str().unwrap(), one["schema"].as_str().unwrap())).collect();
        assert_eq!(advertised[2..], [
            ("/Roles", "urn:okta:scim:schemas:core:1.0:Role"),
            ("/Entitlements", "urn:okta:scim:schemas:core:1.0:Entitlement"),
        ]);
        for (path, urn) in &advertised[2..] {
            idp.get(&format!("/Schemas/{urn}")).await.expect(200);
            let probe = idp.get(&format!("{path}?count=1&startIndex=1")).await.expect(200).body;
            assert_eq!((probe["Resources"].as_array().unwrap().len(), &probe["itemsPerPage"]), (1, &json!(1)));
            for one in list(&idp, path).await {
                assert_eq!(one["schemas"], json!([urn]));
                let described = one["description"].as_str().unwrap();
                assert!(!described.is_empty() && described.chars().count() <= 1000, "{described}");
                let keys: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(keys, ["schemas", "id", "displayName", "description", "type", "meta"]);
                assert_eq!(idp.get(&format!("{path}/{}", one["id"].as_str().unwrap())).await.expect(200).body, one);
            }
        }
        let roles = list(&idp, "/Roles").await;
        assert_eq!(texts(&roles, "id"), ["msp_admin", "msp_user", "billing_only", "end_client"], "the owner is not to be given");
        assert!(idp.get("/ServiceProviderConfig").await.expect(200).body.get("RolesAndEntitlements").is_none());
    }
}
