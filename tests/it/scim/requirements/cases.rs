//! 73: the case table of PATCH, a test for each letter.

use super::patched::{ada, done, refused, world};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, TestOrganization, usual_rules};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OWN: &str = "urn:ietf:params:scim:schemas:extension:doorward:2.0:User";

async fn strict(gw: &TestGateway) -> (Directory, String) {
    let directory = gw.organization("zeta", None, usual_rules()).await.directory("strict", "rfc-strict").await;
    let path = ada(&directory).await;
    (directory, path)
}

fn values(body: &Value, attribute: &str) -> Vec<String> {
    let list = body[attribute].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|one| one["value"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A mapped group with these people in it.
struct Team {
    path: String,
    people: Vec<String>,
}

async fn team(idp: &Directory, size: usize) -> Team {
    let mut people = Vec::new();
    for n in 0..size {
        people.push(idp.create_user(&format!("user{n}@acme.test")).await.expect(201).id());
    }
    let refs: Vec<&str> = people.iter().map(String::as_str).collect();
    let path = format!("/Groups/{}", idp.create_group("panel-north-users", &refs).await.expect(201).id());
    Team { path, people }
}

/// Who is in the group, who may do something in the panel, whose `groups` name it: all three say the same.
async fn in_it(acme: &TestOrganization<'_>, idp: &Directory, team: &Team) -> Vec<usize> {
    let members = values(&idp.get(&team.path).await.expect(200).body, "members");
    let mut inside = Vec::new();
    for (n, id) in team.people.iter().enumerate() {
        let is_member = members.contains(id);
        assert_eq!(acme.access(id).await.0.is_some(), is_member, "access of {n}");
        let user = idp.get(&format!("/Users/{id}")).await.expect(200).body;
        assert_eq!(values(&user, "groups").len(), usize::from(is_member), "User.groups of {n}");
        if is_member {
            inside.push(n);
        }
    }
    assert_eq!(members.len(), inside.len(), "and nobody else");
    inside
}

on_both_engines! {
    async fn r073a_add_without_a_path_merges(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "add", "value": {
            "nickName": "A", "name.middleName": "King", "emails": [{"value": "x@acme.test", "type": "other"}, {"value": "ada@home.test", "type": "home"}],
            format!("{ENTERPRISE}:employeeNumber"): "7", ENTERPRISE: {"division": "D"}, format!("{USER}:title"): "Lady"}})).await;
        assert_eq!((&body["nickName"], &body["title"]), (&json!("A"), &json!("Lady")));
        assert_eq!(body["name"], json!({"givenName": "Ada", "familyName": "Byron", "middleName": "King"}));
        assert_eq!(values(&body, "emails"), ["ada@acme.test", "ada@home.test", "x@acme.test"]);
        assert_eq!(body[ENTERPRISE], json!({"employeeNumber": "7", "division": "D"}));
        for value in [json!("x"), json!(["x"]), json!(3), json!([{}, {}])] {
            refused(&idp, &path, json!([{"op": "add", "value": value}]), 400, "invalidValue").await;
        }
        refused(&idp, &path, json!([{"op": "add"}]), 400, "invalidValue").await;
    }

    async fn r073b_replace_without_a_path_replaces_lists_and_ignores_what_the_server_owns(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "replace", "value": {
            "id": "nonsense", "schemas": ["x"], "meta": {"version": "9"}, "emails": [{"value": "new@acme.test"}], "title": "Lady"}})).await;
        assert_eq!((values(&body, "emails"), &body["title"]), (vec!["new@acme.test".to_owned()], &json!("Lady")));
        assert_eq!(body["name"]["familyName"], "Byron");
        // Okta's rename of a group, and its push of members in the same shape.
        let team = team(&idp, 3).await;
        let gid = team.path.rsplit('/').next().unwrap().to_owned();
        let rename = json!({"op": "replace", "value": {"id": gid, "displayName": "panel-south-users"}});
        assert_eq!(done(&idp, &team.path, rename).await["displayName"], "panel-south-users");
        assert_eq!(acme.access(&team.people[0]).await.1, "south");
        let push = json!({"op": "replace", "value": {"members": [{"value": team.people[1]}]}});
        done(&idp, &team.path, push).await;
        assert_eq!(in_it(&acme, &idp, &team).await, [1]);
    }

    async fn r073c_remove_without_a_path_has_no_target(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        refused(&idp, &path, json!([{"op": "remove"}]), 400, "noTarget").await;
        refused(&idp, &path, json!([{"op": "remove", "value": {"title": "Countess"}}]), 400, "noTarget").await;
        let team = team(&idp, 2).await;
        refused(&idp, &team.path, json!([{"op": "remove"}]), 400, "noTarget").await;
        assert_eq!(in_it(&acme, &idp, &team).await, [0, 1]);
        // 3.1.12: with the members named, those go.
        done(&idp, &team.path, json!({"op": "remove", "value": {"members": [{"value": team.people[0]}]}})).await;
        assert_eq!(in_it(&acme, &idp, &team).await, [1]);
    }

    async fn r073d_add_sets_a_simple_attribute(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        assert_eq!(done(&idp, &path, json!({"op": "add", "path": "nickName", "value": "A"})).await["nickName"], "A");
        assert_eq!(done(&idp, &path, json!({"op": "add", "path": "TITLE", "value": "B"})).await["title"], "B");
        refused(&idp, &path, json!([{"op": "add", "path": "title", "value": {"x": 1}}]), 400, "invalidValue").await;
        refused(&idp, &path, json!([{"op": "add", "path": "title"}]), 400, "invalidValue").await;
        let (other, path) = strict(&gw).await;
        refused(&other, &path, json!([{"op": "add", "path": "title", "value": 3}]), 400, "invalidValue").await;
    }

    async fn r073e_add_merges_a_complex_attribute(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "add", "path": "name", "value": {"middleName": "K", "givenName": "Augusta"}})).await;
        assert_eq!(body["name"], json!({"givenName": "Augusta", "familyName": "Byron", "middleName": "K"}));
        let body = done(&idp, &path, json!({"op": "add", "path": "name.honorificPrefix", "value": "Lady"})).await;
        assert_eq!(body["name"]["honorificPrefix"], "Lady");
    }

    async fn r073f_add_appends_to_a_list_each_once(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "add", "path": "emails", "value": {"value": "b@acme.test", "type": "other"}})).await;
        assert_eq!(values(&body, "emails").len(), 3);
        let body = done(&idp, &path, json!({"op": "add", "path": "emails", "value": [{"value": "b@acme.test", "type": "other"}, {"value": "c@acme.test", "type": "other"}]})).await;
        assert_eq!(values(&body, "emails"), ["ada@acme.test", "ada@home.test", "b@acme.test", "c@acme.test"]);
        let team = team(&idp, 4).await;
        done(&idp, &team.path, json!({"op": "replace", "path": "members", "value": []})).await;
        for (n, value) in [json!({"value": team.people[0]}), json!([{"value": team.people[1], "type": "User"}]), json!([team.people[2]]), json!(team.people[3])].into_iter().enumerate() {
            done(&idp, &team.path, json!({"op": "add", "path": "members", "value": value})).await;
            assert_eq!(in_it(&acme, &idp, &team).await.len(), n + 1, "{value}");
            done(&idp, &team.path, json!({"op": "add", "path": "members", "value": value})).await;
            assert_eq!(in_it(&acme, &idp, &team).await.len(), n + 1, "{value} twice");
        }
    }

    async fn r073g_add_under_a_filter_sets_every_match(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "add", "path": "emails[type eq \"WORK\"].display", "value": "W"})).await;
        assert_eq!(body["emails"][0], json!({"value": "ada@acme.test", "type": "work", "primary": true, "display": "W"}));
        assert_eq!(body["emails"][1], json!({"value": "ada@home.test", "type": "home"}));
        let body = done(&idp, &path, json!({"op": "add", "path": "emails[value ew \".test\"].display", "value": "all"})).await;
        assert!(body["emails"].as_array().unwrap().iter().all(|email| email["display"] == "all"), "{body}");
    }

    async fn r073h_add_under_a_filter_without_a_match_makes_the_element(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44"})).await;
        assert_eq!(body["phoneNumbers"], json!([{"type": "mobile", "value": "+44"}]));
        let body = done(&idp, &path, json!({"op": "Add", "path": "addresses[type eq \"work\" and country eq \"GB\"].locality", "value": "London"})).await;
        assert_eq!(body["addresses"], json!([{"type": "work", "country": "GB", "locality": "London"}]));
        for vague in ["phoneNumbers[type eq \"a\" or type eq \"b\"].value", "phoneNumbers[type co \"fax\"].value", "phoneNumbers[not (type eq \"mobile\")].value", "ims[type pr].value"] {
            refused(&idp, &path, json!([{"op": "add", "path": vague, "value": "1"}]), 400, "noTarget").await;
        }
        let (other, path) = strict(&gw).await;
        refused(&other, &path, json!([{"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"}]), 400, "noTarget").await;
    }

    async fn r073i_replace_sets_a_value_and_never_what_is_read_only(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        assert_eq!(done(&idp, &path, json!({"op": "replace", "path": "nickName", "value": "A"})).await["nickName"], "A");
        assert_eq!(done(&idp, &path, json!({"op": "replace", "path": "name.givenName", "value": "G"})).await["name"]["givenName"], "G");
        for read_only in ["id", "meta", "meta.created", "groups", &format!("{ENTERPRISE}:manager.displayName")] {
            refused(&idp, &path, json!([{"op": "replace", "path": read_only, "value": "x"}]), 400, "mutability").await;
        }
    }

    async fn r073j_replace_of_a_complex_attribute_leaves_the_others(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "replace", "path": "name", "value": {"familyName": "King"}})).await;
        assert_eq!(body["name"], json!({"givenName": "Ada", "familyName": "King"}));
        let body = done(&idp, &path, json!({"op": "replace", "value": {"name": {"givenName": null}}})).await;
        assert_eq!(body["name"], json!({"familyName": "King"}));
    }

    async fn r073k_replace_of_a_list_replaces_it_whole(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "replace", "path": "emails", "value": [{"value": "n@acme.test", "type": "work"}]})).await;
        assert_eq!(values(&body, "emails"), ["n@acme.test"]);
        for nothing in [json!([]), Value::Null] {
            done(&idp, &path, json!({"op": "add", "path": "emails", "value": [{"value": "n@acme.test"}]})).await;
            let body = done(&idp, &path, json!({"op": "replace", "path": "emails", "value": nothing})).await;
            assert!(body.get("emails").is_none());
        }
        let team = team(&idp, 4).await;
        let list = [&team.people[3], &team.people[1], &team.people[1]].map(|id| json!({"value": id}));
        done(&idp, &team.path, json!({"op": "replace", "path": "members", "value": list})).await;
        assert_eq!(in_it(&acme, &idp, &team).await, [1, 3]);
        for nothing in [json!([]), Value::Null] {
            done(&idp, &team.path, json!({"op": "add", "path": "members", "value": [{"value": team.people[0]}]})).await;
            done(&idp, &team.path, json!({"op": "Replace", "path": "members", "value": nothing})).await;
            assert!(in_it(&acme, &idp, &team).await.is_empty());
        }
    }

    async fn r073l_replace_under_a_filter_replaces_the_element(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "o@acme.test", "type": "other"}})).await;
        assert_eq!(body["emails"][1], json!({"value": "o@acme.test", "type": "other"}));
        assert_eq!(body["emails"][0]["value"], "ada@acme.test");
    }

    async fn r073m_replace_under_a_filter_sets_the_part(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "w@acme.test"})).await;
        assert_eq!(body["emails"], json!([{"value": "w@acme.test", "type": "work", "primary": true}, {"value": "ada@home.test", "type": "home"}]));
        let found = idp.get("/Users?filter=emails%20eq%20%22w@acme.test%22").await.expect(200).body;
        assert_eq!(found["totalResults"], 1, "the index follows");
        assert_eq!(idp.get("/Users?filter=emails%20eq%20%22ada@acme.test%22").await.expect(200).body["totalResults"], 0);
    }

    async fn r073n_replace_under_a_filter_without_a_match_makes_the_element(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "Replace", "path": "emails[type eq \"other\"].value", "value": "o@acme.test"})).await;
        assert_eq!(values(&body, "emails"), ["ada@acme.test", "ada@home.test", "o@acme.test"], "and wipes nothing");
        let body = done(&idp, &path, json!({"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "boss"})).await;
        assert_eq!(body["roles"], json!([{"primary": true, "value": "boss"}]));
        let (other, path) = strict(&gw).await;
        refused(&other, &path, json!([{"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x"}]), 400, "noTarget").await;
    }

    async fn r073o_remove_unassigns_and_never_what_is_required(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        assert!(done(&idp, &path, json!({"op": "Remove", "path": "title"})).await.get("title").is_none());
        assert_eq!(done(&idp, &path, json!({"op": "remove", "path": "name.givenName"})).await["name"], json!({"familyName": "Byron"}));
        assert!(done(&idp, &path, json!({"op": "remove", "path": "name"})).await.get("name").is_none());
        for (path_, scim_type) in [("userName", "mutability"), ("id", "mutability"), ("meta", "mutability"), ("groups", "mutability"), ("schemas", "mutability"), ("active", "invalidValue")] {
            refused(&idp, &path, json!([{"op": "remove", "path": path_}]), 400, scim_type).await;
        }
        let team = team(&idp, 2).await;
        refused(&idp, &team.path, json!([{"op": "remove", "path": "displayName"}]), 400, "mutability").await;
        done(&idp, &team.path, json!({"op": "remove", "path": "members"})).await;
        assert!(in_it(&acme, &idp, &team).await.is_empty());
    }

    async fn r073p_remove_by_filter_takes_the_matches_and_no_match_is_no_error(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "remove", "path": "emails[type eq \"home\"]"})).await;
        assert_eq!(values(&body, "emails"), ["ada@acme.test"]);
        let same = done(&idp, &path, json!({"op": "remove", "path": "emails[type eq \"home\"]"})).await;
        assert_eq!(same, body);
        let team = team(&idp, 4).await;
        done(&idp, &team.path, json!({"op": "remove", "path": format!("members[value eq \"{}\"]", team.people[0])})).await;
        assert_eq!(in_it(&acme, &idp, &team).await, [1, 2, 3]);
        let two = format!("members[value eq \"{}\" or value eq \"{}\"]", team.people[1], team.people[2]);
        done(&idp, &team.path, json!({"op": "Remove", "path": two})).await;
        assert_eq!(in_it(&acme, &idp, &team).await, [3]);
        done(&idp, &team.path, json!({"op": "remove", "path": format!("members[value eq \"{}\"]", team.people[0])})).await;
        assert_eq!(in_it(&acme, &idp, &team).await, [3]);
    }

    async fn r073q_remove_of_a_part_drops_an_element_that_is_hollow(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "remove", "path": "emails[type eq \"home\"].value"})).await;
        assert_eq!(values(&body, "emails"), ["ada@acme.test"]);
        let body = done(&idp, &path, json!({"op": "remove", "path": "emails[value eq \"ada@acme.test\"].type"})).await;
        assert_eq!(body["emails"], json!([{"value": "ada@acme.test", "primary": true}]));
    }

    async fn r073r_remove_with_a_value_takes_what_is_listed_and_nothing_else(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "remove", "path": "emails", "value": [{"value": "ada@home.test"}]})).await;
        assert_eq!(values(&body, "emails"), ["ada@acme.test"]);
        let team = team(&idp, 6).await;
        let p = &team.people;
        for (value, left) in [
            (json!([]), 6), (Value::Null, 6), (json!([{"$ref": null, "value": p[0]}]), 5), (json!({"value": p[1]}), 4), (json!(p[2]), 3), (json!([p[3]]), 2),
            (json!([{"value": "00000000-0000-7000-8000-000000000000"}]), 2), (json!([{"value": p[4]}, {"value": p[4]}]), 1),
        ] {
            done(&idp, &team.path, json!({"op": "Remove", "path": "members", "value": value})).await;
            assert_eq!(in_it(&acme, &idp, &team).await.len(), left, "{value}");
        }
        assert_eq!(in_it(&acme, &idp, &team).await, [5]);
        let (other, path) = strict(&gw).await;
        refused(&other, &path, json!([{"op": "remove", "path": "emails", "value": [{"value": "x"}]}]), 400, "invalidValue").await;
    }

    async fn r073s_a_path_may_begin_with_its_urn(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        assert_eq!(done(&idp, &path, json!({"op": "replace", "path": format!("{USER}:title"), "value": "T"})).await["title"], "T");
        let body = done(&idp, &path, json!({"op": "replace", "path": format!("{}:name.familyName", USER.to_uppercase()), "value": "F"})).await;
        assert_eq!(body["name"]["familyName"], "F");
        let body = done(&idp, &path, json!({"op": "replace", "path": format!("{USER}:emails[type eq \"home\"].value"), "value": "h@x.test"})).await;
        assert_eq!(body["emails"][1]["value"], "h@x.test");
        assert_eq!(done(&idp, &path, json!({"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "D"})).await[ENTERPRISE]["department"], "D");
        for unknown in [format!("{USER}:shoeSize"), format!("{ENTERPRISE}:shoeSize"), "urn:nobody:2.0:User:x".to_owned()] {
            refused(&idp, &path, json!([{"op": "add", "path": unknown, "value": "x"}]), 400, "invalidPath").await;
        }
    }

    async fn r073t_a_path_may_be_an_extension_alone(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let body = done(&idp, &path, json!({"op": "add", "path": ENTERPRISE, "value": {"department": "D", "costCenter": "1"}})).await;
        assert_eq!(body[ENTERPRISE], json!({"department": "D", "costCenter": "1"}));
        assert_eq!(body["schemas"], json!([USER, ENTERPRISE]));
        let body = done(&idp, &path, json!({"op": "replace", "path": ENTERPRISE, "value": {"division": "V"}})).await;
        assert_eq!(body[ENTERPRISE]["division"], "V");
        let body = done(&idp, &path, json!({"op": "remove", "path": ENTERPRISE})).await;
        assert_eq!((body.get(ENTERPRISE), &body["schemas"]), (None, &json!([USER])));
        for own in [OWN.to_owned(), format!("{OWN}:role")] {
            refused(&idp, &path, json!([{"op": "add", "path": own, "value": {"role": "msp_admin"}}]), 400, "mutability").await;
        }
    }

    async fn r073u_a_path_that_is_none_is_told(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        for (bad, scim_type) in [
            ("emails[type eq", "invalidFilter"), ("emails[type zz \"x\"].value", "invalidFilter"), ("emails[size eq 3].value", "invalidFilter"),
            ("emails]", "invalidPath"), ("emails[type eq \"x\"]..value", "invalidPath"), ("name..givenName", "invalidPath"), ("", "invalidValue"),
            ("title[value eq \"x\"]", "invalidFilter"),
        ] {
            refused(&idp, &path, json!([{"op": "replace", "path": bad, "value": "x"}]), 400, scim_type).await;
        }
        refused(&idp, &path, json!([{"op": "replace", "path": ["title"], "value": "x"}]), 400, "invalidPath").await;
    }

    async fn r073v_what_is_immutable_is_set_once(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let team = team(&idp, 2).await;
        let filter = format!("members[value eq \"{}\"]", team.people[0]);
        for part in ["value", "type", "$ref"] {
            let value = if part == "value" { team.people[1].clone() } else { "Group".to_owned() };
            refused(&idp, &team.path, json!([{"op": "replace", "path": format!("{filter}.{part}"), "value": value}]), 400, "mutability").await;
        }
        assert_eq!(in_it(&acme, &idp, &team).await, [0, 1]);
    }

    async fn r073w_a_taken_value_is_a_conflict(engine) {
        let gw = TestGateway::start(engine).await;
        let (_, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        idp.create_user("bob@acme.test").await.expect(201);
        for operation in [
            json!({"op": "replace", "path": "userName", "value": "BOB@acme.test"}),
            json!({"op": "replace", "value": {"userName": "bob@acme.test"}}),
            json!({"op": "add", "path": "externalId", "value": "ext-bob@acme.test"}),
        ] {
            refused(&idp, &path, json!([{"op": "replace", "path": "title", "value": "x"}, operation]), 409, "uniqueness").await;
        }
        assert_eq!(done(&idp, &path, json!({"op": "replace", "path": "userName", "value": "ADA@acme.test"})).await["userName"], "ADA@acme.test");
    }

    async fn r073x_an_unknown_attribute_is_left_out_and_named(engine) {
        let gw = TestGateway::start(engine).await;
        let (acme, idp) = world(&gw, "auto").await;
        let path = ada(&idp).await;
        let id = path.rsplit('/').next().unwrap().to_owned();
        let reply = idp.patch(&path, json!([
            {"op": "Add", "path": "urn:acme:custom:2.0:User:shoeSize", "value": "42"},
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": "favouriteColour", "value": "red"},
        ])).await.expect(200);
        let named = reply.headers["scim-skipped"].to_str().unwrap();
        assert!(named.contains("shoeSize") && named.contains("favouriteColour") && !named.contains("active"), "{named}");
        assert_eq!(acme.person_row(&id).await.state, "inactive");
        refused(&idp, &path, json!([{"op": "replace", "path": "__ENABLE__", "value": true}]), 400, "invalidPath").await;
        refused(&idp, &path, json!([{"op": "replace", "value": {"__ENABLE__": true}}]), 400, "invalidPath").await;
        for profile in ["rfc-strict", "interop-strict"] {
            let other = acme.directory(profile, profile).await;
            let path = ada(&other).await;
            let both = json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "add", "path": "shoeSize", "value": "42"}]);
            let reply = other.patch(&path, both).await;
            assert_eq!(reply.status, 400, "{profile}: {}", reply.body);
            assert_eq!(other.get(&path).await.expect(200).body["title"], "Countess", "{profile}");
        }
    }
}
