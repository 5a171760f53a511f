//! 1 to 18: the data model (RFC 7643).

use super::{ENTERPRISE, GROUP, USER, address, directory, found, user, without_nulls};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Reply, TestGateway, usual_rules};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Whether a text is an instant of UTC with three fraction digits.
fn is_wire_time(text: &Value) -> bool {
    let text = text.as_str().unwrap();
    let shape: String = text.chars().map(|next| if next.is_ascii_digit() { '9' } else { next }).collect();
    shape == "9999-99-99T99:99:99.999Z"
}

fn meta_agrees(reply: &Reply) {
    let meta = &reply.body["meta"];
    assert_eq!((&meta["location"], &meta["version"]), (&json!(reply.header("location")), &json!(reply.header("etag"))));
}

on_both_engines! {
    async fn r001_schemas_name_what_is_there_in_their_own_spelling(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let listed = json!({"schemas": [USER, ENTERPRISE], "userName": "plain"});
        let plain = idp.call("POST", "/Users", Some(listed)).await.expect(201);
        assert_eq!(plain.body["schemas"], json!([USER]), "an extension without its object is not echoed");
        let shouted = json!({
            "schemas": [USER.to_uppercase(), ENTERPRISE.to_uppercase()], "userName": "shouted",
            ENTERPRISE.to_uppercase(): {"DEPARTMENT": "X"},
        });
        let shouted = idp.call("POST", "/Users", Some(shouted)).await.expect(201);
        assert_eq!(shouted.body["schemas"], json!([USER, ENTERPRISE]));
        assert_eq!(shouted.body[ENTERPRISE], json!({"department": "X"}));
        let path = format!("/Users/{}", shouted.id());
        assert_eq!(idp.get(&format!("{path}?attributes=userName")).await.expect(200).body["schemas"], json!([USER]));
        let unset = json!([{"op": "remove", "path": format!("{ENTERPRISE}:department")}]);
        assert_eq!(idp.patch(&path, unset).await.expect(200).body["schemas"], json!([USER]));
        assert_eq!(idp.create_group("g", &[]).await.expect(201).body["schemas"], json!([GROUP]));
        for (path, urn) in [
            ("/Users", "urn:ietf:params:scim:api:messages:2.0:ListResponse"),
            ("/Schemas", "urn:ietf:params:scim:api:messages:2.0:ListResponse"),
            ("/nowhere", "urn:ietf:params:scim:api:messages:2.0:Error"),
            ("/ServiceProviderConfig", "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"),
            ("/ResourceTypes/User", "urn:ietf:params:scim:schemas:core:2.0:ResourceType"),
        ] {
            assert_eq!(idp.get(path).await.body["schemas"], json!([urn]), "{path}");
        }
    }

    async fn r002_names_come_in_any_case_and_go_out_as_declared(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let body = json!({
            "SCHEMAS": [USER], "USERNAME": "ada", "Name": {"GIVENNAME": "Ada"}, "EMAILS": [{"VALUE": "a@x.test", "Type": "work"}],
        });
        let ada = idp.call("POST", "/Users", Some(body)).await.expect(201);
        assert_eq!((&ada.body["userName"], &ada.body["name"]), (&json!("ada"), &json!({"givenName": "Ada"})));
        assert_eq!(ada.body["emails"], json!([{"value": "a@x.test", "type": "work"}]));
        for filter in ["USERNAME eq \"ada\"", "Emails[Type eq \"work\"].Value eq \"a@x.test\"", "NAME.GivenName EQ \"ada\"",
                       "META.ResourceType eq \"User\""] {
            assert_eq!(found(&idp, "/Users", filter).await, "ada", "{filter}");
        }
        let path = format!("/Users/{}", ada.id());
        let patch = json!({"operations": [{"OP": "REPLACE", "PATH": "EMAILS[TYPE eq \"work\"].VALUE", "VALUE": "b@x.test"}]});
        let patched = idp.call("PATCH", &path, Some(patch)).await.expect(200);
        assert_eq!(patched.body["emails"], json!([{"value": "b@x.test", "type": "work"}]));
        let one = idp.get(&format!("{path}?ATTRIBUTES=USERNAME,Name.GIVENname")).await.expect(200).body;
        assert_eq!((&one["userName"], &one["name"], one.get("emails")), (&json!("ada"), &json!({"givenName": "Ada"}), None));
        let list = idp.get("/Users?SORTBY=USERNAME&SortOrder=Ascending&STARTINDEX=1").await.expect(200).body;
        let keys: Vec<_> = list.as_object().unwrap().keys().cloned().collect();
        for key in ["schemas", "totalResults", "startIndex", "itemsPerPage", "Resources"] {
            assert!(keys.iter().any(|found| found == key), "{key}");
        }
    }

    async fn r003_ids_are_ours_and_stay(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (idp, other) = (acme.directory("one", "auto").await, acme.directory("two", "auto").await);
        let mut ids = BTreeSet::new();
        for directory in [&idp, &other] {
            for sent in ["bulkId", "1", "00000000-0000-7000-8000-000000000000"] {
                let made = user(&gw, directory, &format!("user-{sent}"), json!({"id": sent})).await.expect(201);
                assert_ne!(made.id(), sent);
                assert!(ids.insert(made.id()));
            }
            assert!(ids.insert(directory.create_group("g", &[]).await.expect(201).id()));
        }
        for id in &ids {
            let uuid = uuid::Uuid::parse_str(id).unwrap();
            assert_eq!((uuid.get_version_num(), uuid.hyphenated().to_string()), (7, id.clone()));
        }
        let ada = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        let path = format!("/Users/{ada}");
        assert_eq!(idp.call("PUT", &path, Some(json!({"id": "x", "userName": "ada"}))).await.expect(200).id(), ada);
        let shouted = ada.to_uppercase();
        assert_ne!(shouted, ada);
        idp.get(&format!("/Users/{shouted}")).await.refused(404, "");
        assert_eq!(found(&idp, "/Users", &format!("id eq \"{shouted}\"")).await, "");
        assert_eq!(found(&idp, "/Users", &format!("id eq \"{ada}\"")).await, "ada");
        idp.call("DELETE", &path, None).await.expect(204);
        assert_ne!(user(&gw, &idp, "ada", json!({})).await.expect(201).id(), ada, "never reassigned");
    }

    async fn r004_an_external_id_is_the_clients_and_unique_in_its_directory_and_type(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (idp, other) = (acme.directory("one", "auto").await, acme.directory("two", "auto").await);
        let ada = user(&gw, &idp, "ada", json!({"externalId": "X1"})).await.expect(201);
        user(&gw, &idp, "bob", json!({"externalId": "X1"})).await.refused(409, "uniqueness");
        user(&gw, &idp, "bob", json!({"externalId": "x1"})).await.expect(201);
        user(&gw, &other, "ada", json!({"externalId": "X1"})).await.expect(201);
        let group = json!({"displayName": "g", "externalId": "X1"});
        idp.call("POST", "/Groups", Some(group.clone())).await.expect(201);
        idp.call("POST", "/Groups", Some(group)).await.refused(409, "uniqueness");
        user(&gw, &idp, "cleo", json!({})).await.expect(201);
        user(&gw, &idp, "dan", json!({"externalId": ""})).await.expect(201);
        user(&gw, &idp, "eve", json!({"externalId": null})).await.expect(201);
        for (filter, expected) in [("externalId eq \"X1\"", "ada"), ("externalId eq \"x1\"", "bob"), ("externalId pr", "ada bob")] {
            assert_eq!(found(&idp, "/Users", filter).await, expected, "{filter}");
        }
        idp.get("/Users/X1").await.refused(404, "");
        let number = user(&gw, &idp, "fay", json!({"externalId": 1})).await.expect(201);
        assert_eq!(number.body["externalId"], "1", "it is a text, and no id of ours");
        idp.get("/Users/1").await.refused(404, "");
        let renamed = json!([{"op": "replace", "path": "externalId", "value": "x1"}]);
        idp.patch(&format!("/Users/{}", ada.id()), renamed).await.refused(409, "uniqueness");
    }

    async fn r005_meta_says_what_the_headers_say_and_is_not_the_clients(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let sent = json!({"resourceType": "Group", "created": "1999-01-01T00:00:00Z", "version": "W/\"99\"", "location": "https://x.test"});
        for (path, name, kind) in [("/Users", "userName", "User"), ("/Groups", "displayName", "Group")] {
            let made = idp.call("POST", path, Some(json!({name: "a", "meta": sent}))).await.expect(201);
            meta_agrees(&made);
            let meta = made.body["meta"].clone();
            assert_eq!((&meta["resourceType"], &meta["location"]), (&json!(kind), &json!(format!("{}{path}/{}", idp.base, made.id()))));
            assert!(is_wire_time(&meta["created"]) && is_wire_time(&meta["lastModified"]), "{meta}");
            gw.wait(chrono::Duration::minutes(1));
            let one = format!("{path}/{}", made.id());
            let put = idp.call("PUT", &one, Some(json!({name: "b", "meta": sent}))).await.expect(200);
            meta_agrees(&put);
            assert_eq!(put.body["meta"]["created"], meta["created"]);
            assert_ne!((&put.body["meta"]["lastModified"], &put.body["meta"]["version"]), (&meta["lastModified"], &meta["version"]));
            let patched = idp.patch(&one, json!([{"op": "replace", "path": name, "value": "c"}])).await.expect(200);
            meta_agrees(&patched);
            let got = idp.get(&one).await.expect(200);
            meta_agrees(&got);
            assert_eq!(got.body["meta"], patched.body["meta"]);
        }
    }

    async fn r006_a_value_of_another_type_is_refused(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for wrong in [
            json!({"title": {"a": "b"}}), json!({"title": ["a", "b"]}), json!({"active": "perhaps"}), json!({"active": 1}),
            json!({"active": {}}), json!({"name": "Ada"}), json!({"name": {"givenName": {"deeper": 1}}}), json!({"emails": true}),
            json!({"emails": [{"value": {"value": {"x": 1}}}]}), json!({"emails": [["a@x.test"]]}), json!({"x509Certificates": [{"value": "no base64!"}]}),
            json!({"profileUrl": {"a": 1}}), json!({"emails": [{"value": "a@x.test", "primary": "perhaps"}]}), json!({"userName": {"x": 1}}),
            json!({ENTERPRISE: "x"}), json!({ENTERPRISE: {"department": {"x": 1}}}), json!({ENTERPRISE: {"manager": true}}),
        ] {
            let reply = user(&gw, &idp, "ada", wrong.clone()).await;
            assert_eq!(reply.status, 400, "{wrong}: {}", reply.body);
            reply.refused(400, "invalidValue");
        }
        idp.call("POST", "/Groups", Some(json!({"displayName": "g", "members": [{"display": "nobody"}]}))).await.refused(400, "invalidValue");
        assert_eq!(idp.get("/?count=0").await.expect(200).body["totalResults"], 0);
        let good = json!({"x509Certificates": [{"value": "TUlJ"}], "photos": [{"value": "https://x.test/a.png", "type": "photo"}], "active": false});
        let good = user(&gw, &idp, "ada", good).await.expect(201).body;
        assert_eq!((&good["x509Certificates"][0]["value"], &good["active"]), (&json!("TUlJ"), &json!(false)));
    }

    async fn r007_null_absent_and_empty_are_the_same_and_null_is_never_sent(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "rfc-strict"] {
            let idp = directory(&gw, profile, profile).await;
            let sent = json!({
                "title": null, "name": {"givenName": "Ada", "familyName": null}, "emails": [], "phoneNumbers": null, "roles": [null],
                "addresses": [{"locality": null}], "externalId": null, "groups": [], ENTERPRISE: {"manager": null, "department": null},
            });
            let made = user(&gw, &idp, "ada", sent).await.expect(201);
            let path = format!("/Users/{}", made.id());
            for body in [&made.body, &idp.get(&path).await.expect(200).body, &idp.get("/Users").await.expect(200).body["Resources"][0]] {
                assert!(without_nulls(body), "{body}");
                let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(keys, ["schemas", "id", "userName", "name", "active", "meta"]);
            }
            for absent in ["title", "emails", "phoneNumbers", "roles", "addresses", "externalId", "groups", "name.familyName", "employeeNumber"] {
                let absent = if profile == "auto" || absent != "employeeNumber" { absent.to_owned() } else { format!("{ENTERPRISE}:{absent}") };
                assert_eq!(found(&idp, "/Users", &format!("{absent} pr")).await, "", "{absent}");
                assert_eq!(found(&idp, "/Users", &format!("not ({absent} pr)")).await, "ada", "{absent}");
            }
        }
    }

    async fn r008_at_most_one_is_primary_and_the_same_value_is_kept_once(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let twice = json!({"emails": [
            {"value": "a@x.test", "type": "work", "primary": true}, {"value": "A@x.test", "type": "work", "primary": true},
            {"value": "b@x.test", "type": "home", "primary": true},
        ]});
        let made = user(&gw, &idp, "ada", twice.clone()).await.expect(201);
        let expected = json!([
            {"value": "a@x.test", "type": "work", "primary": true}, {"value": "b@x.test", "type": "home", "primary": false},
        ]);
        assert_eq!(made.body["emails"], expected);
        let path = format!("/Users/{}", made.id());
        let add = json!([{"op": "add", "path": "emails", "value": [{"value": "c@x.test", "type": "other", "primary": true}]}]);
        let emails = idp.patch(&path, add).await.expect(200).body["emails"].clone();
        let primary: Vec<_> = emails.as_array().unwrap().iter().filter(|one| one["primary"] == true).map(|one| one["value"].clone()).collect();
        assert_eq!(primary, ["c@x.test"], "the one written last");
        user(&gw, &idp, "bob", json!({"emails": [{"value": "d@x.test"}]})).await.expect(201);
        assert_eq!(found(&idp, "/Users", "emails[value eq \"d@x.test\" and primary eq false]").await, "bob", "absent is false");
        let strict = directory(&gw, "strict", "rfc-strict").await;
        user(&gw, &strict, "ada", twice).await.refused(400, "invalidValue");
    }

    async fn r009_a_type_is_whatever_the_client_calls_it(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "rfc-strict"] {
            let idp = directory(&gw, profile, profile).await;
            let sent = json!({"emails": [{"value": "a@x.test", "type": "Büro"}], "phoneNumbers": [{"value": "+44 (0) 1-2", "type": "direct dial"}]});
            let made = user(&gw, &idp, "ada", sent.clone()).await.expect(201).body;
            assert_eq!((&made["emails"], &made["phoneNumbers"]), (&sent["emails"], &sent["phoneNumbers"]));
            assert_eq!(found(&idp, "/Users", "emails.type eq \"büro\"").await, "ada");
        }
    }
}

on_both_engines! {
    async fn r010_r066_a_required_value_is_never_missing(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "rfc-strict"] {
            let idp = directory(&gw, profile, profile).await;
            for (path, name, schema) in [("/Users", "userName", USER), ("/Groups", "displayName", GROUP)] {
                let made = idp.call("POST", path, Some(json!({"schemas": [schema], name: "kept"}))).await.expect(201).id();
                for wrong in [None, Some(json!(null)), Some(json!("")), Some(json!("  ")), Some(json!([]))] {
                    let mut body = json!({"schemas": [schema], "title": "x"});
                    if schema == GROUP {
                        body.as_object_mut().unwrap().shift_remove("title");
                    }
                    if let Some(wrong) = &wrong {
                        body[name] = wrong.clone();
                    }
                    for (method, path) in [("POST", path.to_owned()), ("PUT", format!("{path}/{made}"))] {
                        let reply = idp.call(method, &path, Some(body.clone())).await;
                        reply.refused(400, "invalidValue");
                        assert!(reply.body["detail"].as_str().unwrap().contains(name), "{}", reply.body);
                    }
                }
                assert_eq!(idp.get(&format!("{path}/{made}")).await.expect(200).body[name], "kept");
                assert_eq!(idp.get(path).await.expect(200).body["totalResults"], 1);
            }
        }
    }

    async fn r011_case_does_not_tell_names_apart_and_values_stay_as_received(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let sent = json!({
            "displayName": " Ada  BYRON ", "phoneNumbers": [{"value": "+44 (0)20 / 123-45", "type": "work"}],
            "emails": [{"value": "Straße@Acme.Test", "type": "work"}], "name": {"familyName": "ÉMILIE"},
        });
        let made = user(&gw, &idp, "Ada.Byron@ACME.test", sent.clone()).await.expect(201);
        let got = idp.get(&format!("/Users/{}", made.id())).await.expect(200).body;
        assert_eq!(got["userName"], "Ada.Byron@ACME.test");
        for name in ["displayName", "phoneNumbers", "emails", "name"] {
            assert_eq!(got[name], sent[name], "{name}");
        }
        for taken in ["ada.byron@acme.test", "ADA.BYRON@ACME.TEST"] {
            user(&gw, &idp, taken, json!({})).await.refused(409, "uniqueness");
        }
        for filter in ["userName eq \"ADA.byron@acme.TEST\"", "emails eq \"STRASSE@acme.test\"", "name.familyName eq \"émilie\"",
                       "displayName co \"byron\"", "displayName eq \" ada  byron \"", "phoneNumbers.value ew \"123-45\""] {
            assert_eq!(found(&idp, "/Users", filter).await, "Ada.Byron@ACME.test", "{filter}");
        }
        let path = format!("/Users/{}", made.id());
        let renamed = json!([{"op": "replace", "path": "userName", "value": "ADA.byron@acme.test"}]);
        assert_eq!(idp.patch(&path, renamed).await.expect(200).body["userName"], "ADA.byron@acme.test", "its own name");
        user(&gw, &idp, "Ünï@x.test", json!({})).await.expect(201);
        user(&gw, &idp, "üNÏ@x.test", json!({})).await.refused(409, "uniqueness");
        user(&gw, &idp, "u\u{308}ni\u{308}@x.test", json!({})).await.refused(409, "uniqueness");
    }

    async fn r012_r031_what_is_read_only_is_passed_over_and_refused_by_path(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let sent = json!({
            "id": "mine", "meta": {"created": "1999-01-01T00:00:00Z"}, "groups": [{"value": "x"}],
            "urn:ietf:params:scim:schemas:extension:doorward:2.0:User": {"role": "msp_admin"},
            ENTERPRISE: {"manager": {"value": "00uBoss", "displayName": "Mine"}},
        });
        let ada = user(&gw, &idp, "ada", sent.clone()).await.expect(201);
        assert!(ada.body.get("groups").is_none());
        assert_eq!(ada.body["active"], true, "the default");
        assert_eq!(ada.body[ENTERPRISE]["manager"], json!({"value": "00uBoss"}));
        let path = format!("/Users/{}", ada.id());
        let mut body = sent;
        body["userName"] = json!("ada");
        let put = idp.call("PUT", &path, Some(body)).await.expect(200);
        assert_eq!((put.id(), put.body.get("groups")), (ada.id(), None));
        for (path_of, value) in [("id", json!("x")), ("meta", json!({})), ("meta.created", json!("1999-01-01T00:00:00Z")),
                                 ("groups", json!([{"value": "x"}])), ("GROUPS", json!([]))] {
            let reply = idp.patch(&path, json!([{"op": "replace", "path": path_of, "value": value}])).await;
            assert_eq!((reply.status, &reply.body["scimType"]), (400, &json!("mutability")), "{path_of}: {}", reply.body);
        }
        let group = idp.create_group("g", &[&ada.id()]).await.expect(201).id();
        let other = json!([{"op": "replace", "path": format!("members[value eq \"{}\"].value", ada.id()), "value": group}]);
        idp.patch(&format!("/Groups/{group}"), other).await.refused(400, "mutability");
    }

    async fn r013_r020_a_password_is_in_no_answer_and_no_question(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let ada = user(&gw, &idp, "ada", json!({"password": "t1meMa$heen", "title": "x"})).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let put = idp.call("PUT", &path, Some(json!({"userName": "ada", "password": "t1meMa$heen", "title": "x"}))).await.expect(200);
        let patched = idp.patch(&path, json!([{"op": "replace", "path": "password", "value": "t1meMa$heen"}])).await.expect(200);
        let asked = idp.get(&format!("{path}?attributes=password,userName")).await.expect(200);
        let list = idp.get("/Users?attributes=password").await.expect(200);
        for reply in [&ada, &put, &patched, &asked, &list] {
            let text = reply.body.to_string();
            assert!(!text.contains("password") && !text.contains("t1me"), "{text}");
        }
        for filter in ["password eq \"t1meMa$heen\"", "password pr", "not (password pr)", &format!("{USER}:password sw \"t\"")] {
            idp.get(&address("/Users", &[("filter", filter)])).await.refused(400, "invalidFilter");
        }
        idp.get("/Users?sortBy=password").await.refused(400, "invalidPath");
        let kept = idp.get(&format!("{path}?excludedAttributes=id,schemas,meta,title")).await.expect(200).body;
        let keys: Vec<_> = kept.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["schemas", "id", "userName", "active", "meta"]);
    }

    async fn r014_names_of_groups_are_unique_unless_their_external_ids_tell_them_apart(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let group = async |name: &str, external: Value| idp.call("POST", "/Groups", Some(json!({"displayName": name, "externalId": external}))).await;
        group("Sales", json!(null)).await.expect(201);
        group("sales", json!(null)).await.refused(409, "uniqueness");
        group("SALES", json!("e1")).await.refused(409, "uniqueness");
        group("Ops", json!("e2")).await.expect(201);
        let second = group("ops", json!("e3")).await.expect(201).id();
        group("Ops", json!(null)).await.refused(409, "uniqueness");
        let rename = json!([{"op": "replace", "path": "displayName", "value": "Sales"}]);
        assert_eq!(idp.patch(&format!("/Groups/{second}"), rename).await.expect(200).body["displayName"], "Sales");
        assert_eq!(idp.get(&address("/Groups", &[("filter", "displayName eq \"sales\"")])).await.expect(200).body["totalResults"], 2);
        let people = directory(&gw, "people", "auto").await;
        user(&gw, &people, "a", json!({"displayName": "Same", "emails": [{"value": "s@x.test"}]})).await.expect(201);
        user(&gw, &people, "b", json!({"displayName": "Same", "emails": [{"value": "s@x.test"}]})).await.expect(201);
    }

    async fn r015_every_attribute_of_a_user_is_kept_as_it_was_sent(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "rfc-strict"] {
            let idp = directory(&gw, profile, profile).await;
            let plural = |value: &str, kind: &str| json!([{"value": value, "display": "d", "type": kind, "primary": true}]);
            let sent = json!({
                "displayName": "Ada", "nickName": "A", "profileUrl": "https://x.test/ada", "title": "Countess", "userType": "Employee",
                "preferredLanguage": "en-GB", "locale": "en-GB", "timezone": "Europe/London", "active": false, "externalId": "e",
                "name": {"formatted": "Ada Byron", "familyName": "Byron", "givenName": "Ada", "middleName": "K", "honorificPrefix": "Lady", "honorificSuffix": "I"},
                "emails": plural("ada@x.test", "work"), "phoneNumbers": plural("tel:+1", "mobile"), "ims": plural("ada", "xmpp"),
                "photos": plural("https://x.test/a.png", "photo"), "entitlements": plural("e", "other"), "roles": plural("r", "other"),
                "x509Certificates": plural("TUlJ", "other"),
                "addresses": [{"formatted": "1 Lane", "streetAddress": "1", "locality": "L", "region": "R", "postalCode": "P", "country": "GB", "type": "work", "primary": true}],
                ENTERPRISE: {"employeeNumber": "701984", "costCenter": "4130", "organization": "O", "division": "Di", "department": "De", "manager": {"value": "00uBoss", "$ref": "../Users/00uBoss"}},
            });
            let mut body = sent.clone();
            body["schemas"] = json!([USER, ENTERPRISE]);
            body["userName"] = json!("ada");
            let made = idp.call("POST", "/Users", Some(body)).await.expect(201);
            let got = idp.get(&format!("/Users/{}", made.id())).await.expect(200).body;
            for (name, value) in sent.as_object().unwrap() {
                assert_eq!(&got[name], value, "{name}");
            }
            let schema = idp.get(&format!("/Schemas/{USER}")).await.expect(200).body;
            let declared: BTreeSet<_> = schema["attributes"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
            for name in sent.as_object().unwrap().keys().filter(|name| !name.contains(':') && *name != "externalId") {
                assert!(declared.contains(name.as_str()), "{name}");
            }
        }
    }
}

on_both_engines! {
    async fn r016_the_groups_of_a_user_come_from_membership(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let ada = user(&gw, &idp, "ada", json!({"groups": [{"value": "made-up"}]})).await.expect(201).id();
        let bob = user(&gw, &idp, "bob", json!({})).await.expect(201).id();
        let inner = idp.create_group("inner", &[&ada]).await.expect(201).id();
        let outer = idp.create_group("outer", &[&inner, &bob]).await.expect(201).id();
        let got = idp.get(&format!("/Users/{ada}")).await.expect(200).body;
        let expected = json!([{"value": inner, "$ref": format!("{}/Groups/{inner}", idp.base), "display": "inner", "type": "direct"}]);
        assert_eq!(got["groups"], expected, "direct only: nesting gives nothing");
        let list = idp.get("/Users").await.expect(200).body;
        assert_eq!(list["Resources"][0]["groups"], expected);
        for (filter, expected) in [
            (format!("groups.value eq \"{inner}\""), "ada"), (format!("groups eq \"{outer}\""), "bob"), ("groups pr".to_owned(), "ada bob"),
            ("groups.display eq \"INNER\"".to_owned(), "ada"), (format!("groups[value eq \"{outer}\" and type eq \"direct\"]"), "bob"),
            ("groups.display sw \"nobody\"".to_owned(), ""),
        ] {
            assert_eq!(found(&idp, "/Users", &filter).await, expected, "{filter}");
        }
        let put = idp.call("PUT", &format!("/Users/{ada}"), Some(json!({"userName": "ada", "groups": []}))).await.expect(200);
        assert_eq!(put.body["groups"], expected);
        idp.call("DELETE", &format!("/Groups/{inner}"), None).await.expect(204);
        assert!(idp.get(&format!("/Users/{ada}")).await.expect(200).body.get("groups").is_none());
    }

    async fn r017_members_are_users_and_groups_with_address_type_and_name(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let ada = user(&gw, &idp, "ada", json!({"displayName": "Ada Byron"})).await.expect(201).id();
        let bob = user(&gw, &idp, "bob", json!({})).await.expect(201).id();
        gw.wait(chrono::Duration::milliseconds(1));
        let inner = idp.create_group("inner", &[]).await.expect(201);
        assert_eq!(inner.body["members"], json!([]));
        let inner = inner.id();
        let sent = json!({"displayName": "outer", "members": [
            {"value": ada}, {"value": bob, "display": "Bobby", "type": "User", "$ref": "https://elsewhere.test/Users/1"},
            {"value": inner, "type": "Group"}, {"value": ada, "type": "User"},
        ]});
        let outer = idp.call("POST", "/Groups", Some(sent)).await.expect(201);
        let address = |path: &str, id: &str| format!("{}/{path}/{id}", idp.base);
        let expected = json!([
            {"value": ada, "$ref": address("Users", &ada), "type": "User", "display": "Ada Byron"},
            {"value": bob, "$ref": address("Users", &bob), "type": "User", "display": "Bobby"},
            {"value": inner, "$ref": address("Groups", &inner), "type": "Group", "display": "inner"},
        ]);
        let in_order = |body: &Value| {
            let mut members = body["members"].as_array().unwrap().clone();
            members.sort_by_key(|one| one["value"].to_string());
            Value::Array(members)
        };
        assert_eq!(in_order(&outer.body), expected);
        assert_eq!(in_order(&idp.get(&format!("/Groups/{}", outer.id())).await.expect(200).body), expected);
        for (filter, expected) in [("members.type eq \"Group\"", "outer"), ("members.display eq \"bobby\"", "outer"), ("not (members pr)", "inner")] {
            assert_eq!(found(&idp, "/Groups", filter).await, expected, "{filter}");
        }
        let itself = json!([{"op": "add", "path": "members", "value": [{"value": outer.id()}]}]);
        let refused = idp.patch(&format!("/Groups/{}", outer.id()), itself).await.expect(200);
        assert_eq!(refused.header("scim-skipped"), outer.id(), "a group is no member of itself");
    }

    async fn r018_the_enterprise_extension_and_a_manager_in_every_form(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let boss = user(&gw, &idp, "boss", json!({"displayName": "The Boss"})).await.expect(201).id();
        let shown = json!({"value": boss, "$ref": format!("{}/Users/{boss}", idp.base), "displayName": "The Boss"});
        for (at, manager) in [json!(boss), json!({"value": boss}), json!([{"value": boss}]), json!({"value": boss, "displayName": "Forged"})].into_iter().enumerate() {
            let made = user(&gw, &idp, &format!("user{at}"), json!({ENTERPRISE: {"employeeNumber": 7, "manager": manager}})).await.expect(201);
            assert_eq!(made.body[ENTERPRISE], json!({"employeeNumber": "7", "manager": shown}), "{manager}");
            assert_eq!(idp.get(&format!("/Users/{}", made.id())).await.expect(200).body[ENTERPRISE]["manager"], shown);
        }
        let all = "user0 user1 user2 user3";
        for (filter, expected) in [
            (format!("manager eq \"{boss}\""), all), (format!("{ENTERPRISE}:manager.value eq \"{boss}\""), all),
            ("manager.displayName eq \"the boss\"".to_owned(), all), ("employeeNumber eq \"7\"".to_owned(), all),
            (format!("not ({ENTERPRISE}:manager pr)"), "boss"),
        ] {
            assert_eq!(found(&idp, "/Users", &filter).await, expected, "{filter}");
        }
        let page = idp.get("/Users?sortBy=userName&sortOrder=descending&count=1").await.expect(200).body;
        assert_eq!(page["Resources"][0][ENTERPRISE]["manager"], shown);
    }
}
