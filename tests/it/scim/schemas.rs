//! Extension schemas over their life: declared by API and by file, changed, taken away; a neighbour never sees them.

use super::requirements::custom_schemas::{ACME, acme, administrator};
use crate::harness::database::{TestDatabase, on_both_engines};
use crate::harness::gateway::{TestGateway, usual_rules};
use crate::harness::program::{command, reason, said};
use serde_json::{Value, json};

/// The example with one more key in its organization.
fn file(database: &TestDatabase, more: &str) -> std::path::PathBuf {
    let name: String = database.url.chars().filter(char::is_ascii_alphanumeric).collect();
    let folder = std::env::temp_dir().join(format!("doorward-schemas-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    let example = include_str!("../../../config/example.toml");
    let text = example.replace("seats = 25", &format!("{more}\nseats = 25"));
    assert_ne!(text, example);
    std::fs::write(folder.join("acme.toml"), text).unwrap();
    folder
}

fn declaring(attributes: &str) -> String {
    format!("schema = [{{ urn = \"{ACME}\", resource = \"User\", name = \"Acme\", attributes = [{attributes}] }}]")
}

fn applied(database: &TestDatabase, more: &str) -> std::process::Output {
    let folder = file(database, more);
    let output = command(database).arg("apply").arg(folder.join("acme.toml")).arg("--json").output().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    output
}

on_both_engines! {
    async fn an_operator_declares_a_schema_in_the_file_and_nothing_changes_twice(engine) {
        let database = TestDatabase::new(engine).await;
        let more = declaring("{ name = \"badge\", type = \"string\", case_exact = true, multi_valued = true }, \
                              { name = \"car\", type = \"complex\", sub_attributes = [{ name = \"plate\" }] }");
        let made: Value = serde_json::from_str(&said(&applied(&database, &more))).unwrap();
        let told = json!(format!("acme: schema {ACME} declared"));
        assert!(made["changed"].as_array().unwrap().contains(&told), "{}", made["changed"]);
        let again: Value = serde_json::from_str(&said(&applied(&database, &more))).unwrap();
        assert_eq!(again["changed"], json!([]));
        let changed: Value = serde_json::from_str(&said(&applied(&database, &declaring("{ name = \"badge\" }")))).unwrap();
        assert_eq!(changed["changed"], json!([format!("acme: schema {ACME} changed")]));
        let left: Value = serde_json::from_str(&said(&applied(&database, ""))).unwrap();
        assert_eq!(left["changed"], json!([]), "a file without it takes nothing away");
        let listed = said(&command(&database).args(["org", "schemas", "acme", "--json"]).output().unwrap());
        let listed: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!((&listed[0]["id"], &listed[0]["attributes"][0]["name"]), (&json!(ACME), &json!("badge")));
    }

    async fn a_schema_that_breaks_a_rule_changes_nothing_and_names_field_rule_and_fix(engine) {
        let database = TestDatabase::new(engine).await;
        said(&applied(&database, ""));
        for (attributes, words) in [
            ("{ name = \"badge\", colour = \"red\" }", "colour"),
            ("{ name = \"badge\", type = \"text\" }", "attribute badge, type: \"text\""),
            ("{ name = \"badge\", returned = \"sometimes\" }", "returned"),
            ("{ name = \"badge\", required = true }", "required: badge"),
            ("{ name = \"badge\", uniqueness = \"server\" }", "uniqueness: badge"),
            ("{ name = \"password\" }", "name: password"),
            ("{ name = \"badge\" }, { name = \"BADGE\" }", "twice"),
            ("{ name = \"car\", type = \"complex\" }", "sub_attributes"),
        ] {
            let refused = reason(&applied(&database, &declaring(attributes)));
            assert!(refused.contains(words), "{words}: {refused}");
            if !words.contains("colour") {
                assert!(refused.contains(ACME), "it names the schema: {refused}");
            }
        }
        let listed = said(&command(&database).args(["org", "schemas", "acme", "--json"]).output().unwrap());
        assert_eq!(serde_json::from_str::<Value>(&listed).unwrap(), json!([]));
    }

    async fn an_administrator_declares_reads_changes_and_removes_a_schema(engine) {
        let gw = TestGateway::start(engine).await;
        let organization = gw.organization("acme", None, usual_rules()).await;
        let admin = administrator(&gw, &organization, "acme").await;
        let idp = organization.directory("idp", "auto").await;
        let path = format!("/schemas/{ACME}");
        assert_eq!(admin.get("/schemas").await.expect(200).body, json!({"schemas": []}));
        let missing = admin.get(&path).await.expect(404);
        assert_eq!(missing.header("content-type"), "application/problem+json");
        let made = admin.call("PUT", &path, Some(acme())).await.expect(201).body;
        assert_eq!((&made["id"], &made["resource"]), (&json!(ACME), &json!("User")));
        let read = admin.get(&path).await.expect(200).body;
        assert_eq!(read, made);
        assert_eq!(admin.call("PUT", &path, Some(read)).await.expect(200).body, made, "what was read can be sent back");

        let ada = idp.call("POST", "/Users", Some(json!({"userName": "ada", ACME: {"shift": "day", "desks": 2}}))).await;
        let one = format!("/Users/{}", ada.expect(201).id());
        let other = json!({"attributes": [{"name": "shift"}, {"name": "desks", "type": "string"}]});
        admin.call("PUT", &path, Some(other)).await.expect(200);
        let seen = idp.get(&one).await.expect(200).body;
        assert_eq!(seen[ACME], json!({"shift": "day"}), "a value of the old type is not shown");
        admin.call("DELETE", &path, None).await.expect(204);
        admin.call("DELETE", &path, None).await.expect(404);
        let seen = idp.get(&one).await.expect(200).body;
        assert_eq!((seen.get(ACME), &seen["userName"]), (None, &json!("ada")));
        idp.patch(&one, json!([{"op": "replace", "path": "title", "value": "Dr"}])).await.expect(200);
        admin.call("PUT", &path, Some(acme())).await.expect(201);
        let back = idp.get(&one).await.expect(200).body;
        assert_eq!(back[ACME], json!({"shift": "day", "desks": 2}), "declared again, it is there again");
    }

    async fn a_refusal_of_the_api_has_a_stable_code(engine) {
        let gw = TestGateway::start(engine).await;
        let organization = gw.organization("acme", None, usual_rules()).await;
        let admin = administrator(&gw, &organization, "acme").await;
        let badge = json!({"attributes": [{"name": "badge"}]});
        for (urn, body, code, word) in [
            ("urn:ietf:params:scim:schemas:core:2.0:User", badge.clone(), "bad_schema", "urn:"),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", badge.clone(), "bad_schema", "there already"),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager:User", badge.clone(), "bad_schema", "begins"),
            ("urn:acme:schemas:Device", badge, "bad_schema", "resource"),
            (ACME, json!({"id": "urn:acme:other:User", "attributes": [{"name": "badge"}]}), "bad_schema", "id"),
            (ACME, json!({"attributes": []}), "bad_schema", "attributes"),
            (ACME, json!({"attributes": [{"name": "badge", "colour": "red"}]}), "bad_request", "colour"),
            (ACME, json!([]), "bad_request", ""),
        ] {
            let refused = admin.call("PUT", &format!("/schemas/{urn}"), Some(body)).await;
            assert_eq!((refused.status, &refused.body["code"]), (400, &json!(code)), "{urn}: {}", refused.body);
            assert!(refused.body["detail"].as_str().unwrap().contains(word), "{}", refused.body);
        }
        assert_eq!(admin.get("/schemas").await.expect(200).body, json!({"schemas": []}));
    }

    async fn a_neighbour_never_sees_a_schema(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme_org, zeta) =
            (gw.organization("acme", None, usual_rules()).await, gw.organization("zeta", None, usual_rules()).await);
        let admin = administrator(&gw, &acme_org, "acme").await;
        let path = format!("/schemas/{ACME}");
        admin.call("PUT", &path, Some(acme())).await.expect(201);
        let theirs = zeta.directory("idp", "auto").await;
        theirs.get(&format!("/Schemas/{ACME}")).await.refused(404, "");
        assert!(!theirs.get("/Schemas").await.expect(200).body.to_string().contains("acme:2.0"));
        let sent = theirs.call("POST", "/Users", Some(json!({"userName": "zoe", ACME: {"badge": "7"}}))).await.expect(201);
        assert_eq!(sent.body.get(ACME), None);
        let stranger = administrator(&gw, &zeta, "acme").await;
        for method in ["GET", "DELETE"] {
            stranger.call(method, &path, None).await.expect(404);
        }
        stranger.call("PUT", &path, Some(acme())).await.expect(404);
        stranger.get("/schemas").await.expect(404);
        let ours = acme_org.directory("idp", "auto").await;
        ours.get(&format!("/Schemas/{ACME}")).await.expect(200);
    }
}
