//! Doorward's own extension: what people may do, shown where somebody asks for it.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use serde_json::{Value, json};

const OWN: &str = "urn:ietf:params:scim:schemas:extension:doorward:2.0:User";

/// What the extension says of a User.
async fn shown(idp: &Directory, user: &str) -> Value {
    idp.get(&format!("/Users/{user}?attributes={OWN}")).await.expect(200).body[OWN].clone()
}

on_both_engines! {
    async fn the_extension_says_what_a_person_may_do_from_the_commit_that_gave_it(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", Some(1), usual_rules()).await;
        let idp = acme.directory("okta", "auto").await;
        let ada = idp.create_user("ada@acme.test").await.expect(201).id();
        let bob = idp.create_user("bob@acme.test").await.expect(201).id();
        assert_eq!(shown(&idp, &ada).await, json!({"panelAccess": false, "seat": "none"}));
        let north = idp.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        idp.create_group("panel-south-users", &[&ada]).await.expect(201);
        let user = json!({"role": "msp_user", "clientScopes": ["north", "south"], "panelAccess": true, "seat": "held"});
        assert_eq!(shown(&idp, &ada).await, user);
        idp.patch(&format!("/Groups/{north}"), json!([{"op": "add", "path": "members", "value": [{"value": bob}]}])).await.expect(200);
        let waiting = json!({"role": "msp_user", "clientScopes": ["north"], "panelAccess": false, "seat": "waiting"});
        assert_eq!(shown(&idp, &bob).await, waiting, "no seat is free");
        idp.create_group("panel-admins", &[&ada]).await.expect(201);
        let admin = json!({"role": "msp_admin", "clientScopes": ["all"], "panelAccess": true, "seat": "held"});
        assert_eq!(shown(&idp, &ada).await, admin);
        let whole = idp.get(&format!("/Users/{ada}")).await.expect(200);
        assert!(!whole.body.to_string().contains("doorward"), "it is shown on request: {}", whole.body);
    }

    async fn the_extension_is_in_every_answer_that_asks_for_it(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let idp = acme.directory("okta", "auto").await;
        let role = format!("{OWN}:role");
        let body = json!({"userName": "ada", OWN: {"role": "msp_admin"}});
        let made = idp.call("POST", &format!("/Users?attributes=userName,{OWN}"), Some(body.clone())).await.expect(201);
        assert_eq!(made.body[OWN], json!({"panelAccess": false, "seat": "none"}), "what a client writes makes no admin");
        assert_eq!((&made.body["userName"], made.body["schemas"].as_array().unwrap().len()), (&json!("ada"), 2));
        let ada = made.id();
        idp.create_group("panel-north-users", &[&ada]).await.expect(201);
        let path = format!("/Users/{ada}?attributes={role}");
        assert_eq!(idp.get(&path).await.expect(200).body[OWN], json!({"role": "msp_user"}));
        assert_eq!(idp.call("PUT", &path, Some(body)).await.expect(200).body[OWN], json!({"role": "msp_user"}));
        let title = json!([{"op": "replace", "path": "title", "value": "Dr"}]);
        assert_eq!(idp.patch(&path, title).await.expect(200).body[OWN], json!({"role": "msp_user"}));
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        let off = idp.patch(&format!("/Users/{ada}?attributes={OWN}"), off).await.expect(200).body;
        assert_eq!(off[OWN]["panelAccess"], false, "{off}");
        let bare = json!([{"op": "replace", "path": role, "value": "msp_admin"}]);
        idp.patch(&path, bare).await.refused(400, "mutability");
        let tag = idp.get(&path).await.expect(200).header("etag").to_owned();
        idp.raw("GET", &path, &[("if-none-match", &tag)], "").await.expect(200);
        idp.raw("GET", &format!("/Users/{ada}"), &[("if-none-match", &tag)], "").await.expect(304);
    }

    async fn a_page_has_the_extension_of_all_its_people_behind_a_mark_too(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, json!([])).await;
        let idp = acme.directory("okta", "auto").await;
        let mut members = Vec::new();
        for n in 0..120 {
            members.push(idp.create_user(&format!("user-{n:03}@acme.test")).await.expect(201).id());
        }
        idp.create_group("panel-admins", &members.iter().map(String::as_str).collect::<Vec<_>>()).await.expect(201);
        acme.replace_rules_with_a_mark(usual_rules()).await;
        let query = json!({"attributes": [OWN, "userName"], "count": 120});
        for list in [
            idp.get(&format!("/Users?count=120&attributes={OWN}")).await.expect(200).body,
            idp.call("POST", "/Users/.search", Some(query)).await.expect(200).body,
        ] {
            let people = list["Resources"].as_array().unwrap();
            let admins = people.iter().filter(|one| one[OWN]["role"] == "msp_admin" && one[OWN]["panelAccess"] == true);
            assert_eq!((people.len(), admins.count()), (120, 120));
        }
    }

    async fn who_may_not_sign_in_has_no_panel_access_whatever_the_role(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, json!([{"group": "billing", "role": "billing_only"}])).await;
        let idp = acme.directory("okta", "auto").await;
        let ada = idp.create_user("ada@acme.test").await.expect(201).id();
        idp.create_group("billing", &[&ada]).await.expect(201);
        let on = json!({"role": "billing_only", "panelAccess": true, "seat": "none"});
        assert_eq!(shown(&idp, &ada).await, on);
        for (active, access) in [(false, false), (true, true)] {
            let change = json!([{"op": "replace", "path": "active", "value": active}]);
            idp.patch(&format!("/Users/{ada}"), change).await.expect(200);
            assert_eq!(shown(&idp, &ada).await["panelAccess"], access);
        }
    }

    async fn what_is_derived_is_neither_filtered_nor_sorted_by(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let idp = acme.directory("okta", "auto").await;
        idp.get(&format!("/Users?filter={OWN}:role%20eq%20%22msp_admin%22")).await.refused(400, "invalidFilter");
        idp.get(&format!("/Users?filter={OWN}:role%20pr")).await.refused(400, "invalidFilter");
        idp.get(&format!("/Users?sortBy={OWN}:role")).await.refused(400, "invalidPath");
    }
}
