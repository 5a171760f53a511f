//! Law 8 where nobody is settled at once: large changes, and what happens before the job has come by.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use doorward::service::access;
use doorward::service::console::apply::{ApplyError, apply};
use doorward::service::panels;
use serde_json::json;

/// Applies these rules to the organization `acme`; its owner has no way in.
async fn apply_rules(gw: &TestGateway, rules: &str) -> Result<(), ApplyError> {
    let file = format!(
        "[[organization]]\nslug = \"acme\"\nname = \"acme\"\npanel = \"msp\"\n\
         owner = {{ email = \"olive@acme.test\", name = \"Olive Owner\" }}\nrule = {rules}\n"
    );
    apply(&gw.gateway, &file, &std::env::temp_dir(), &|_| None, false).await.map(drop)
}

on_both_engines! {
    async fn an_apply_too_large_to_settle_at_once_does_not_take_the_last_admin(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        let cleo = okta.create_user("cleo@acme.test").await.expect(201).id();
        okta.create_group("panel-admins", &[&bob]).await.expect(201);
        okta.create_group("panel-bosses", &[&cleo]).await.expect(201);
        okta.create_users("crowd", 501).await;
        let refused = apply_rules(&gw, "[]").await.unwrap_err().to_string();
        assert!(refused.contains("without anybody who can administer it"), "{refused}");
        assert_eq!(acme.access(&bob).await.0.as_deref(), Some("msp_admin"), "nothing was changed");
        // Somebody else may take their place in the same change, whom nobody has derived yet.
        apply_rules(&gw, r#"[{ group = "panel-bosses", role = "msp_admin" }]"#).await.unwrap();
        assert_eq!((acme.access(&bob).await.0, acme.access(&cleo).await.0.as_deref()), (None, Some("msp_admin")));
    }

    async fn a_panel_that_would_leave_organizations_without_an_admin_is_refused_and_names_them(engine) {
        let gw = TestGateway::start(engine).await;
        let mut admins = Vec::new();
        for slug in ["acme", "lone", "zeta"] {
            let organization = gw.organization(slug, None, usual_rules()).await;
            let okta = organization.directory("okta", "auto").await;
            let bob = okta.create_user(&format!("bob@{slug}.test")).await.expect(201).id();
            let group = if slug == "lone" { "panel-north-users" } else { "panel-admins" };
            okta.create_group(group, &[&bob]).await.expect(201);
            admins.push((organization.org, organization.person(&bob).await));
        }
        let (version, text) = gw.gateway.store.panel("msp").await.unwrap().unwrap();
        let tame = text.replace("takes_seat = true\nadministers_users = true", "takes_seat = true");
        assert_ne!(tame, text);
        let refused = panels::adopt(&gw.gateway, "msp", &tame).await.unwrap_err().to_string();
        assert!(refused.ends_with(": acme, zeta"), "{refused}");
        assert_eq!(gw.gateway.store.panel("msp").await.unwrap().unwrap(), (version, text.clone()));
        // Nothing of what was refused is remembered under the number of the one that comes in its place.
        panels::adopt(&gw.gateway, "msp", &text.replace("MSP panel", "Panel")).await.unwrap();
        for (at, (org, person)) in admins.into_iter().enumerate() {
            let current = access::current(&gw.gateway, org, person).await.unwrap();
            assert_eq!(current.access.administers, at != 1);
        }
    }

    async fn who_became_the_only_admin_behind_a_mark_is_not_taken_before_anybody_has_derived_them(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let xena = okta.create_user("xena@acme.test").await.expect(201).id();
        let yara = okta.create_user("yara@acme.test").await.expect(201).id();
        okta.create_group("panel-admins", &[&yara]).await.expect(201);
        let bosses = format!("/Groups/{}", okta.create_group("panel-bosses", &[&xena]).await.expect(201).id());
        acme.replace_rules_with_a_mark(json!([{"group": "panel-bosses", "role": "msp_admin"}])).await;
        let user = format!("/Users/{xena}");
        let off = json!([{"op": "replace", "value": {"active": false}}]);
        let refusals = [
            okta.call("DELETE", &user, None).await,
            okta.patch(&user, off.clone()).await,
            okta.patch(&bosses, json!([{"op": "remove", "path": "members"}])).await,
            okta.patch(&bosses, json!([{"op": "replace", "path": "displayName", "value": "elsewhere"}])).await,
            okta.call("DELETE", &bosses, None).await,
        ];
        assert_eq!(refusals.map(|reply| reply.status), [409; 5]);
        // The one who was an admin before the mark may go: Xena can administer.
        okta.patch(&format!("/Users/{yara}"), off.clone()).await.expect(200);
        okta.patch(&user, off).await.expect(409);
        assert_eq!(acme.access(&xena).await.0.as_deref(), Some("msp_admin"));
    }

    async fn who_never_was_an_admin_goes_behind_a_mark_as_always(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let okta = acme.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        acme.replace_rules_with_a_mark(usual_rules()).await;
        okta.call("DELETE", &format!("/Users/{ada}"), None).await.expect(204);
        okta.create_group("panel-admins", &[&bob]).await.expect(201);
        let cleo = okta.create_user("cleo@acme.test").await.expect(201).id();
        acme.replace_rules_with_a_mark(usual_rules()).await;
        okta.call("DELETE", &format!("/Users/{cleo}"), None).await.expect(204);
    }

    async fn a_group_that_would_take_the_last_admin_as_it_comes_is_refused_and_told(engine) {
        let gw = TestGateway::start(engine).await;
        let mut rules = usual_rules();
        rules.as_array_mut().unwrap().push(json!({"group": "panel-suspended", "deny": true}));
        let acme = gw.organization("acme", None, rules).await;
        let okta = acme.directory("okta", "auto").await;
        let bob = okta.create_user("bob@acme.test").await.expect(201).id();
        okta.create_group("panel-admins", &[&bob]).await.expect(201);
        okta.create_group("panel-suspended", &[&bob]).await.expect(409);
        let told = async || acme.events().await.iter().filter(|event| event.deed == "last_admin_kept").count();
        assert_eq!(told().await, 1);
        let group = |id: &str, name: &str, members: serde_json::Value| {
            json!({"method": "POST", "path": "/Groups", "bulkId": id, "data": {"displayName": name, "members": members}})
        };
        let circle = json!({"Operations": [
            group("a", "a", json!([{"value": "bulkId:b"}])),
            group("b", "panel-suspended", json!([{"value": "bulkId:a"}, {"value": bob}])),
        ]});
        let outcome = okta.call("POST", "/Bulk", Some(circle)).await.expect(200).body;
        assert_eq!([&outcome["Operations"][0]["status"], &outcome["Operations"][1]["status"]], ["409", "409"], "{outcome}");
        assert_eq!(told().await, 2);
        assert_eq!(acme.access(&bob).await.0.as_deref(), Some("msp_admin"));
    }
}
