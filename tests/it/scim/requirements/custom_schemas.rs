//! 19: extension schemas that an organization declares for itself.

use super::{GROUP, USER, address, found, names, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, TestOrganization, usual_rules};
use doorward::base::token::reveal;
use doorward::domain::directory::Told;
use doorward::service::console::directories::{self, DirectoryWish};
use doorward::service::console::tokens;
use serde_json::{Value, json};

/// The User extension of these tests.
pub const ACME: &str = "urn:ietf:params:scim:schemas:extension:acme:2.0:User";
/// The Group extension of these tests.
pub const TEAM: &str = "urn:ietf:params:scim:schemas:extension:acme:2.0:Group";

/// A client of the management API of one organization, below `/organizations/{slug}`.
pub async fn administrator(gw: &TestGateway, organization: &TestOrganization<'_>, slug: &str) -> Directory {
    let (_, token) = tokens::create(&gw.gateway, organization.org, "test").await.unwrap();
    Directory::new(&format!("{}/api/v1/organizations/{slug}", gw.base), reveal(&token))
}

/// What Acme keeps about its people.
pub fn acme() -> Value {
    json!({
        "name": "Acme", "description": "What Acme keeps about its people",
        "attributes": [
            {"name": "badge", "type": "string", "description": "The number on the badge", "mutability": "immutable"},
            {"name": "shift", "type": "string", "canonicalValues": ["day", "night"]},
            {"name": "codes", "type": "string", "multiValued": true, "caseExact": true},
            {"name": "desks", "type": "integer"},
            {"name": "remote", "type": "boolean"},
            {"name": "since", "type": "dateTime"},
            {"name": "pin", "type": "string", "mutability": "writeOnly"},
            {"name": "note", "type": "string", "returned": "request"},
            {"name": "phones", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value", "type": "string"}, {"name": "type", "type": "string"},
                {"name": "primary", "type": "boolean"},
            ]},
            {"name": "car", "type": "complex", "subAttributes": [
                {"name": "plate", "type": "string"}, {"name": "seats", "type": "integer"},
            ]},
        ],
    })
}

/// An organization that has declared both extensions, with a directory of this profile.
async fn declared(gw: &TestGateway, profile: &str) -> Directory {
    declared_by(gw, profile).await.1
}

async fn declared_by<'a>(gw: &'a TestGateway, profile: &str) -> (TestOrganization<'a>, Directory) {
    let organization = gw.organization("acme", None, usual_rules()).await;
    let admin = administrator(gw, &organization, "acme").await;
    admin.call("PUT", &format!("/schemas/{ACME}"), Some(acme())).await.expect(201);
    let team = json!({"name": "Team", "attributes": [{"name": "lead", "type": "string"}]});
    admin.call("PUT", &format!("/schemas/{TEAM}"), Some(team)).await.expect(201);
    let idp = organization.directory("idp", profile).await;
    (organization, idp)
}

on_both_engines! {
    async fn r019_a_custom_extension_goes_through_every_call(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = declared(&gw, "auto").await;
        let sent = json!({"badge": "7", "CODES": ["x", "y"], "desks": 2, "remote": "True", "car": {"plate": "A 1"}});
        let ada = user(&gw, &idp, "ada", json!({ACME.to_uppercase(): sent})).await.expect(201);
        assert_eq!(ada.body["schemas"], json!([USER, ACME]));
        let kept = json!({"badge": "7", "codes": ["x", "y"], "desks": 2, "remote": true, "car": {"plate": "A 1"}});
        assert_eq!(ada.body[ACME], kept);
        let path = format!("/Users/{}", ada.id());
        assert_eq!(idp.get(&path).await.expect(200).body[ACME], kept);
        assert_eq!(idp.get("/Users").await.expect(200).body["Resources"][0][ACME], kept);

        let operations = json!([
            {"op": "replace", "value": {format!("{ACME}:shift"): "night", ACME: {"desks": 3}}},
            {"op": "add", "path": format!("{ACME}:codes"), "value": ["z"]},
            {"op": "add", "path": format!("{ACME}:phones[type eq \"work\"].value"), "value": "+49 1"},
            {"op": "replace", "path": format!("{ACME}:car.seats"), "value": 4},
            {"op": "remove", "path": format!("{ACME}:remote")},
        ]);
        let patched = idp.patch(&path, operations).await.expect(200);
        assert_eq!(patched.header("scim-skipped"), "");
        let now = json!({
            "badge": "7", "codes": ["x", "y", "z"], "desks": 3, "car": {"plate": "A 1", "seats": 4}, "shift": "night",
            "phones": [{"type": "work", "value": "+49 1"}],
        });
        assert_eq!(patched.body[ACME], now);
        let whole = json!([{"op": "remove", "path": ACME}]);
        assert_eq!(idp.patch(&path, whole).await.expect(200).body["schemas"], json!([USER]));
        let put = json!({"userName": "ada", ACME: {"badge": "8"}});
        assert_eq!(idp.call("PUT", &path, Some(put)).await.expect(200).body[ACME], json!({"badge": "8"}));
    }

    async fn r019_a_value_of_another_type_is_refused_and_names_its_attribute(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = declared(&gw, "auto").await;
        for (name, wrong) in [
            ("desks", json!("many")), ("remote", json!("perhaps")), ("since", json!("yesterday")), ("car", json!("A 1")),
            ("phones", json!([{"value": 7, "primary": "perhaps"}])),
        ] {
            let refused = user(&gw, &idp, "ada", json!({ACME: {name: wrong}})).await;
            let detail = refused.refused(400, "invalidValue").body["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(name), "{detail}");
        }
        let ada = user(&gw, &idp, "ada", json!({ACME: {"badge": "7", "shoe": "43"}})).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        assert_eq!(ada.body[ACME], json!({"badge": "7"}), "what is not declared is left out");
        let other = json!([{"op": "replace", "path": format!("{ACME}:badge"), "value": "8"}]);
        idp.patch(&path, other).await.refused(400, "mutability");
        let unknown = json!([{"op": "replace", "path": format!("{ACME}:shoe"), "value": "43"}]);
        idp.patch(&path, unknown).await.refused(400, "invalidPath");
    }

    async fn r019_custom_attributes_are_filtered_sorted_and_projected(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = declared(&gw, "auto").await;
        let people = [
            ("ada", json!({"badge": "B2", "codes": ["x"], "desks": 2, "remote": true, "since": "2020-01-01T00:00:00Z"})),
            ("bob", json!({"badge": "b1", "codes": ["X", "y"], "desks": 10, "car": {"plate": "A 1"}})),
            ("cyd", json!({})),
        ];
        for (name, fields) in people {
            user(&gw, &idp, name, json!({ACME: fields})).await.expect(201);
        }
        for (condition, expected) in [
            ("badge eq \"B1\"", "bob"), ("badge sw \"b\"", "ada bob"), ("codes eq \"x\"", "ada"), ("codes pr", "ada bob"),
            ("desks gt 2", "bob"), ("remote eq true", "ada"), ("since lt \"2021-01-01T00:00:00+01:00\"", "ada"),
            ("car.plate eq \"a 1\"", "bob"), ("car[plate eq \"a 1\"]", "bob"),
        ] {
            assert_eq!(found(&idp, "/Users", &format!("{ACME}:{condition}")).await, expected, "{condition}");
        }
        assert_eq!(found(&idp, "/Users", "badge eq \"b1\" and userName sw \"b\"").await, "bob", "the bare name");
        idp.get(&address("/Users", &[("filter", &format!("{ACME}:shoe eq \"43\""))])).await.refused(400, "invalidFilter");
        idp.get(&address("/Users", &[("filter", &format!("{ACME}:pin eq \"1\""))])).await.refused(400, "invalidFilter");
        let sorted = idp.get(&address("/Users", &[("sortBy", &format!("{ACME}:desks")), ("sortOrder", "descending")])).await;
        assert_eq!(names(&sorted.expect(200).body), ["cyd", "bob", "ada"]);
        let query = [("filter", "userName eq \"bob\""), ("attributes", &format!("{ACME}:car.plate"))];
        let one = idp.get(&address("/Users", &query)).await.expect(200).body["Resources"][0].clone();
        assert_eq!((&one[ACME], one.get("userName")), (&json!({"car": {"plate": "A 1"}}), None));
        let query = [("filter", "userName eq \"bob\""), ("excludedAttributes", ACME)];
        let one = idp.get(&address("/Users", &query)).await.expect(200).body["Resources"][0].clone();
        assert_eq!((one.get(ACME), &one["schemas"]), (None, &json!([USER])));
    }

    async fn r019_what_is_write_only_or_returned_on_request_stays_so(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = declared(&gw, "auto").await;
        let ada = user(&gw, &idp, "ada", json!({ACME: {"pin": "1234", "note": "left-handed"}})).await.expect(201);
        assert!(!ada.body.to_string().contains("1234"), "{}", ada.body);
        assert_eq!(ada.body[ACME], json!({"note": "left-handed"}), "who wrote it sees it");
        let path = format!("/Users/{}", ada.id());
        let asked = idp.get(&address(&path, &[("attributes", ACME)])).await.expect(200).body;
        assert_eq!(asked[ACME], json!({"note": "left-handed"}));
        assert_eq!(idp.get(&path).await.expect(200).body.get(ACME), None);
        let note = json!([{"op": "replace", "path": format!("{ACME}:note"), "value": "both"}]);
        assert_eq!(idp.patch(&path, note).await.expect(200).body[ACME], json!({"note": "both"}));
        let title = json!([{"op": "replace", "value": {"title": "Dr"}}]);
        assert_eq!(idp.patch(&path, title).await.expect(200).body.get(ACME), None);
    }

    async fn r019_events_never_tell_what_is_write_only(engine) {
        let gw = TestGateway::start(engine).await;
        let (organization, idp) = declared_by(&gw, "auto").await;
        let wish = DirectoryWish { events: Some(Told::Full), ..DirectoryWish::default() };
        directories::set(&gw.gateway, "acme", "idp", wish).await.unwrap();
        let ada = user(&gw, &idp, "ada", json!({ACME: {"pin": "1234", "shift": "day"}})).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let pin = json!([{"op": "replace", "value": {ACME: {"pin": "5678", "shift": "night"}}}]);
        idp.patch(&path, pin).await.expect(200);
        idp.call("PUT", &path, Some(json!({"userName": "ada", ACME: {"shift": "day"}}))).await.expect(200);
        let api = gw.directories_api("acme", organization.org).await;
        let told = api.get("/idp/events").await.expect(200).body;
        assert_eq!(told["events"].as_array().unwrap().len(), 3, "{told}");
        let told = told.to_string();
        assert!(told.contains("night") && !told.contains("1234") && !told.contains("5678"), "{told}");
    }

    async fn r019_groups_have_extensions_of_their_own(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = declared(&gw, "auto").await;
        let body = json!({"schemas": [GROUP, TEAM], "displayName": "g", TEAM: {"lead": "Ada"}});
        let made = idp.call("POST", "/Groups", Some(body)).await.expect(201);
        assert_eq!((&made.body["schemas"], &made.body[TEAM]), (&json!([GROUP, TEAM]), &json!({"lead": "Ada"})));
        let path = format!("/Groups/{}", made.id());
        let patched = idp.patch(&path, json!([{"op": "replace", "path": format!("{TEAM}:lead"), "value": "Bob"}])).await;
        assert_eq!(patched.expect(200).body[TEAM], json!({"lead": "Bob"}));
        assert_eq!(found(&idp, "/Groups", &format!("{TEAM}:lead eq \"bob\"")).await, "g");
        idp.get(&address("/Users", &[("filter", &format!("{TEAM}:lead eq \"bob\""))])).await.refused(400, "invalidFilter");
    }

    async fn r019_r088_discovery_tells_what_is_declared(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = declared(&gw, "auto").await;
        let schema = idp.get(&format!("/Schemas/{ACME}")).await.expect(200).body;
        let badge = json!({
            "name": "badge", "type": "string", "multiValued": false, "description": "The number on the badge",
            "required": false, "mutability": "immutable", "returned": "default", "uniqueness": "none", "caseExact": false,
        });
        assert_eq!((&schema["id"], &schema["attributes"][0]), (&json!(ACME), &badge));
        let all = idp.get("/Schemas").await.expect(200).body;
        let ids: Vec<_> = all["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&ACME) && ids.contains(&TEAM), "{ids:?}");
        for (kind, urn) in [("User", ACME), ("Group", TEAM)] {
            let kind = idp.get(&format!("/ResourceTypes/{kind}")).await.expect(200).body;
            let extensions = kind["schemaExtensions"].as_array().unwrap();
            assert!(extensions.contains(&json!({"schema": urn, "required": false})), "{extensions:?}");
        }
    }

    async fn r019_a_strict_directory_takes_what_is_declared_and_nothing_else(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = declared(&gw, "rfc-strict").await;
        let body = json!({"schemas": [USER, ACME], "userName": "ada", ACME: {"badge": "7"}});
        idp.call("POST", "/Users", Some(body)).await.expect(201);
        let body = json!({"schemas": [USER, ACME], "userName": "bob", ACME: {"shoe": "43"}});
        idp.call("POST", "/Users", Some(body)).await.refused(400, "invalidSyntax");
    }
}
