//! 40 to 51: the filter language (RFC 7644 §3.4.2.2).

use super::{ENTERPRISE, USER, address, directory, found, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway};
use serde_json::json;

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Ada, Bob and Cleo, who differ in everything that a filter can ask for. The ids, in this order.
async fn people(gw: &TestGateway, idp: &Directory) -> [String; 3] {
    let ada = json!({
        "externalId": "E-1", "displayName": "Ada Byron", "title": "Countess", "active": true, "userType": "Employee",
        "name": {"givenName": "Ada", "familyName": "Byron"}, "x509Certificates": [{"value": "TUlJ"}],
        "emails": [{"value": "ada@work.test", "type": "work", "primary": true}, {"value": "ada@home.test", "type": "home"}],
        "phoneNumbers": [{"value": "+1 555", "type": "mobile"}], ENTERPRISE: {"department": "R&D", "employeeNumber": "701"},
    });
    let ada = user(gw, idp, "ada", ada).await.expect(201).id();
    gw.wait(chrono::Duration::days(1));
    let bob = json!({
        "externalId": "E-2", "displayName": "Bob \"B\" O'Brien (Ops)", "active": false, "name": {"familyName": "O'Brien"},
        "emails": [{"value": "bob@work.test", "type": "work"}], ENTERPRISE: {"manager": {"value": ada}},
    });
    let bob = user(gw, idp, "bob", bob).await.expect(201).id();
    gw.wait(chrono::Duration::days(1));
    let cleo = user(gw, idp, "cleo", json!({"title": ""})).await.expect(201).id();
    [ada, bob, cleo]
}

async fn all_found(idp: &Directory, cases: &[(&str, &str)]) {
    for (filter, expected) in cases {
        assert_eq!(found(idp, "/Users", filter).await, *expected, "{filter}");
    }
}

async fn all_refused(idp: &Directory, filters: &[&str]) {
    for filter in filters {
        let reply = idp.get(&address("/Users", &[("filter", filter)])).await;
        assert_eq!((reply.status, &reply.body["scimType"]), (400, &json!("invalidFilter")), "{filter}: {}", reply.body);
        let search = idp.call("POST", "/Users/.search", Some(json!({"schemas": [SEARCH], "filter": filter}))).await;
        assert_eq!(search.body, reply.body, "{filter}");
    }
}

on_both_engines! {
    async fn r040_every_operator_in_any_case(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "rfc-strict"] {
            let idp = directory(&gw, profile, profile).await;
            people(&gw, &idp).await;
            all_found(&idp, &[
                ("userName eq \"ada\"", "ada"), ("userName ne \"ada\"", "bob cleo"), ("userName co \"o\"", "bob cleo"), ("userName sw \"b\"", "bob"),
                ("userName ew \"o\"", "cleo"), ("title pr", "ada"), ("userName gt \"ada\"", "bob cleo"), ("userName ge \"bob\"", "bob cleo"), ("userName lt \"bob\"", "ada"),
                ("userName le \"bob\"", "ada bob"), ("userName EQ \"ADA\"", "ada"), ("title PR", "ada"), ("userName Sw \"B\" OR userName eQ \"cleo\"", "bob cleo"),
                ("userName pr AND NOT (active eq true)", "bob"), ("emails[type eq \"work\" and value co \"@work\"]", "ada bob"), ("emails[type eq \"home\"]", "ada"),
                ("EMAILS[TYPE EQ \"HOME\" AND NOT (VALUE SW \"x\")]", "ada"), ("emails[not (type eq \"work\")]", "ada"), ("emails[type eq \"work\" or type eq \"home\"]", "ada bob"),
                ("((userName eq \"ada\"))", "ada"), ("  userName   eq   \"ada\"  ", "ada"), ("name.familyName eq \"o'brien\"", "bob"),
                ("displayName eq \"Bob \\\"B\\\" O'Brien (Ops)\"", "bob"), ("displayName co \"(\"", "bob"), ("displayName co \"\\u0042yron\"", "ada"),
                ("emails[type eq \"work\"] and not (emails[type eq \"home\"])", "bob"), ("userName eq \"a_a\"", ""), ("userName co \"%\"", ""), ("userName sw \"_\"", ""),
            ]).await;
        }
        let idp = directory(&gw, "entra", "auto").await;
        people(&gw, &idp).await;
        all_found(&idp, &[
            ("emails[type eq \"work\"].value eq \"ADA@work.test\"", "ada"), ("emails[type eq \"work\"].value eq \"ada@home.test\"", ""),
            ("emails[type eq \"work\"].value sw \"bob\" and active eq false", "bob"), ("emails[primary eq true].value pr", "ada"), ("emails[type eq \"home\"].value ne \"x\"", "ada bob cleo"),
            ("phoneNumbers[type eq \"mobile\"].value co \"555\"", "ada"), ("(emails[type eq \"work\"].value eq \"bob@work.test\")", "bob"),
        ]).await;
    }

    async fn r041_not_binds_before_and_and_and_before_or(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        people(&gw, &idp).await;
        all_found(&idp, &[
            ("userName eq \"ada\" or userName eq \"bob\" and active eq true", "ada"), ("(userName eq \"ada\" or userName eq \"bob\") and active eq false", "bob"),
            ("active eq false and userName eq \"x\" or userName eq \"cleo\"", "cleo"), ("not (userName eq \"ada\") and active eq true", "cleo"),
            ("not(userName eq \"ada\")", "bob cleo"), ("not (userName eq \"ada\" or userName eq \"bob\")", "cleo"), ("not (not (userName eq \"ada\"))", "ada"),
            ("not (active eq true) or userName eq \"ada\"", "ada bob"), ("userName eq \"bob\"or userName eq \"ada\"", "ada bob"), ("(userName eq \"ada\")or(userName eq \"bob\")", "ada bob"),
        ]).await;
        all_refused(&idp, &["not userName eq \"ada\"", "not", "not ()", "userName eq \"a\" not (active eq true)", "not emails[type eq \"work\"]"]).await;
    }

    async fn r042_present_means_not_empty_and_an_empty_mapping_adopts_nobody(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        people(&gw, &idp).await;
        all_found(&idp, &[
            ("emails pr", "ada bob"), ("name pr", "ada bob"), ("title pr", "ada"), ("emails.type pr", "ada bob"), ("emails[type pr and primary eq true]", "ada"), ("addresses pr", ""),
            ("meta pr", "ada bob cleo"), (&format!("{ENTERPRISE}:manager pr"), "bob"), ("groups pr", ""), ("title eq \"\"", "bob cleo"), ("title eq null", "bob cleo"), ("title ne null", "ada"),
            ("title ne \"\"", "ada"), ("title eq ''", "bob cleo"), ("name.givenName eq null", "bob cleo"), ("phoneNumbers eq null", "bob cleo"), ("phoneNumbers.value eq \"\"", "bob cleo"),
            ("displayName eq \"\"", "cleo"), ("manager eq null", "ada cleo"), ("department eq \"\"", "bob cleo"), ("externalId ne null", "ada bob"), ("not (externalId pr)", "cleo"),
            ("not (emails pr)", "cleo"), ("active ne null", "ada bob cleo"), ("active eq null", ""),
        ]).await;
        let guarded = ["id", "userName", "externalId", "emails", "emails.value", "USERNAME", "urn:ietf:params:scim:schemas:core:2.0:User:userName", "emails[type eq \"work\"].value"];
        for path in guarded {
            for empty in ["\"\"", "null", "''"] {
                all_refused(&idp, &[&format!("{path} eq {empty}"), &format!("active eq true and {path} EQ {empty}"), &format!("not ({path} eq {empty})")]).await;
            }
            all_refused(&idp, &[&format!("{path} eq"), &format!("{path} eq ")]).await;
        }
        all_refused(&idp, &["emails[value eq \"\"]", "emails[type eq \"work\" and value eq null]"]).await;
        idp.create_group("g", &[]).await.expect(201);
        for filter in ["displayName eq \"\"", "displayName eq null", "externalId eq \"\"", "id eq \"\"", "urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq \"\""] {
            idp.get(&address("/Groups", &[("filter", filter)])).await.refused(400, "invalidFilter");
        }
    }

    async fn r043_literals_with_quotes_and_without(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let [ada, ..] = people(&gw, &idp).await;
        all_found(&idp, &[
            ("externalId eq E-1", "ada"), ("userName sw C", "cleo"), (&format!("manager eq {ada}"), "bob"), (&format!("id eq {ada}"), "ada"), ("userName eq 'ada'", "ada"),
            ("displayName eq Ada Byron", "ada"), ("displayName eq Ada Byron and active eq true", "ada"), ("(displayName eq Ada Byron) or (userName eq bob)", "ada bob"),
            ("active eq True", "ada cleo"), ("active eq FALSE", "bob"), ("active eq \"False\"", "bob"), ("emails[primary eq \"True\"]", "ada"), ("employeeNumber eq 701", "ada"),
            ("emails eq ada@work.test", "ada"), ("emails[type eq work].value eq bob@work.test", "bob"), ("emails[type eq 'work' and value eq 'bob@work.test']", "bob"),
            ("meta.created gt 2026-01-01T12:00:00Z", "bob cleo"), ("userName eq \"\\u0061da\"", "ada"), ("displayName sw \"Bob \\\"B\"", "bob"),
        ]).await;
        all_refused(&idp, &["userName eq \"ada", "userName eq 'ada", "userName eq \"a\\x\"", "active eq 7", "active eq \"perhaps\"", "active eq yes", "userName eq \"a\" \"b\"", "userName co null", "userName eq ada or", "userName eq ada and ", "(userName eq ada or) or active eq true"]).await;
        let strict = directory(&gw, "strict", "rfc-strict").await;
        people(&gw, &strict).await;
        all_refused(&strict, &["externalId eq E-1", "userName eq 'ada'", "active eq True", "active eq \"true\"", "userName eq 7", "emails[type eq \"work\"].value eq \"x\"", "employeeNumber eq \"701\""]).await;
        assert_eq!(found(&strict, "/Users", "active eq false").await, "bob");
    }
}

on_both_engines! {
    async fn r044_order_is_for_what_has_one(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        people(&gw, &idp).await;
        for op in ["gt", "ge", "lt", "le"] {
            for boolean in ["active", "emails.primary"] {
                all_refused(&idp, &[&format!("{boolean} {op} true")]).await;
            }
            all_refused(&idp, &[&format!("x509Certificates.value {op} \"TUlJ\""), &format!("emails[primary {op} false]")]).await;
        }
        let second = idp.get("/Users?startIndex=2&count=1").await.expect(200).body["Resources"][0]["meta"]["created"].as_str().unwrap().to_owned();
        let moved = second.replace('Z', "+00:00");
        all_found(&idp, &[
            (&format!("meta.created eq \"{second}\""), "bob"), (&format!("meta.created eq \"{moved}\""), "bob"), (&format!("meta.created ge \"{second}\""), "bob cleo"),
            (&format!("meta.created lt \"{second}\""), "ada"), (&format!("meta.lastModified le \"{second}\""), "ada bob"), ("meta.created gt \"2026-01-02T01:00:00.000+01:00\"", "bob cleo"),
            ("meta.created gt \"2026-01-02T06:00:00+05:00\"", "cleo"), ("meta.created lt \"2026-01-01T19:00:00-05:00\"", "ada"), ("meta.created gt \"1999-12-31T23:59:59Z\"", "ada bob cleo"),
            ("meta.created sw \"2026-01-02\"", "bob"), ("userName gt \"BOB\"", "cleo"), ("externalId gt \"E-1\"", "bob"), ("x509Certificates.value eq \"TUlJ\"", "ada"),
        ]).await;
        all_refused(&idp, &["meta.created gt \"yesterday\"", "meta.created eq \"2026-13-01T00:00:00Z\"", "meta.lastModified gt 7", "meta.created gt true", "name gt \"a\"", "addresses eq \"x\""]).await;
    }

    async fn r045_r046_lists_are_compared_by_value_and_ne_means_no_value_is(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let [ada, bob, _] = people(&gw, &idp).await;
        all_found(&idp, &[
            ("emails co \"@home\"", "ada"), ("emails eq \"bob@WORK.test\"", "bob"), ("emails sw \"ada\"", "ada"), (&format!("manager eq \"{ada}\""), "bob"), ("phoneNumbers ew \"555\"", "ada"),
            ("emails ne \"ada@home.test\"", "bob cleo"), ("emails.value ne \"bob@work.test\"", "ada cleo"), ("emails.type ne \"home\"", "bob cleo"), ("phoneNumbers ne \"x\"", "ada bob cleo"),
            ("emails[value ne \"ada@home.test\"]", "ada bob"), ("title ne \"Countess\"", "bob cleo"), (&format!("manager ne \"{ada}\""), "ada cleo"), ("active ne true", "bob"),
            ("not (emails eq \"ada@home.test\")", "bob cleo"), ("emails.primary eq true", "ada"), ("emails.primary ne true", "bob cleo"),
        ]).await;
        let both = idp.create_group("both", &[&ada, &bob]).await.expect(201).id();
        gw.wait(chrono::Duration::seconds(1));
        let none = idp.create_group("none", &[]).await.expect(201).id();
        for (filter, expected) in [
            (format!("members eq \"{ada}\""), "both"), (format!("id eq \"{both}\" and members eq \"{bob}\""), "both"), (format!("id eq \"{none}\" and members eq \"{bob}\""), ""),
            (format!("members[value eq \"{ada}\"]"), "both"), (format!("members.value eq \"{ada}\" and members.value eq \"{bob}\""), "both"), (format!("members ne \"{ada}\""), "none"),
            (format!("not (members eq \"{ada}\")"), "none"), ("members ne \"nobody\"".into(), "both none"), (format!("members[value eq \"{ada}\" and type eq \"Group\"]"), ""),
            ("members eq \"nobody\"".into(), ""), ("members pr".into(), "both"),
        ] {
            assert_eq!(found(&idp, "/Groups", &filter).await, expected, "{filter}");
        }
        let check = idp.get(&address("/Groups", &[("filter", &format!("id eq \"{both}\" and members eq \"{ada}\"")), ("attributes", "id")])).await.expect(200).body;
        assert_eq!((&check["totalResults"], check["Resources"][0].get("members")), (&json!(1), None));
    }

    async fn r047_names_may_be_whole_urns_or_bare(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let [ada, ..] = people(&gw, &idp).await;
        all_found(&idp, &[
            (&format!("{USER}:userName eq \"ada\""), "ada"), (&format!("{}:USERNAME eq \"ada\"", USER.to_uppercase()), "ada"), (&format!("{USER}:name.familyName eq \"Byron\""), "ada"),
            (&format!("{USER}:emails[type eq \"home\"]"), "ada"), (&format!("{USER}:emails.value sw \"bob\""), "bob"), (&format!("{USER}:externalId eq \"E-2\""), "bob"),
            (&format!("{ENTERPRISE}:manager.value eq \"{ada}\""), "bob"), (&format!("{ENTERPRISE}:manager eq \"{ada}\""), "bob"), (&format!("{ENTERPRISE}:department eq \"r&d\""), "ada"),
            (&format!("{}:Department sw \"R\"", ENTERPRISE.to_uppercase()), "ada"), ("department eq \"R&D\"", "ada"), ("employeeNumber pr", "ada"), ("manager.value pr", "bob"),
            (&format!("{USER}:meta.resourceType eq \"User\" and {USER}:id eq \"{ada}\""), "ada"),
        ]).await;
        all_refused(&idp, &["urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq \"x\"", "urn:unknown:User:userName eq \"x\"", &format!("{USER} eq \"x\""), &format!("{ENTERPRISE}:shoe eq \"x\""), &format!("{USER}:department eq \"x\"")]).await;
        let strict = directory(&gw, "strict", "rfc-strict").await;
        people(&gw, &strict).await;
        assert_eq!(found(&strict, "/Users", &format!("{ENTERPRISE}:department eq \"R&D\"")).await, "ada");
        all_refused(&strict, &["department eq \"R&D\""]).await;
    }

    async fn r048_a_filter_that_cannot_be_read_is_told_where_and_never_finds_nobody(engine) {
        let gw = TestGateway::start(engine).await;
        for profile in ["auto", "entra", "rfc-strict", "interop-strict"] {
            let idp = directory(&gw, profile, profile).await;
            people(&gw, &idp).await;
            all_refused(&idp, &[
                "", " ", "shoeSize eq \"42\"", "userName", "userName xx \"ada\"", "userName = \"ada\"", "userName == \"ada\"", "userName eq \"ada\" and", "and userName pr", "(userName pr", "userName pr)",
                "emails[type eq \"work\"", "emails type eq \"work\"]", "emails[]", "emails[shoe eq \"x\"]", "userName[value eq \"x\"]", "emails[emails[type eq \"work\"]]", "()", "\"ada\" eq userName", "eq \"ada\"",
                "userName eq \"ada\" userName eq \"bob\"", "userName eq \"ada\"; drop table resource", "name.shoe eq \"x\"", "emails.value.deeper eq \"x\"", ".userName pr", "userName. pr", "members pr", "userName eq \"a\" && active eq true", "[type eq \"work\"]",
                "userName pr \"ada\"", "displayName eq \"a\" or", "%", "\u{1F980}", "userName in (\"ada\")", "userName like \"a%\"",
            ]).await;
        }
        let idp = directory(&gw, "told", "auto").await;
        let at = async |filter: &str| idp.get(&address("/Users", &[("filter", filter)])).await.body["detail"].as_str().unwrap().to_owned();
        assert!(at("userName eq \"é\" and shoeSize pr").await.contains("character 21"), "{}", at("userName eq \"é\" and shoeSize pr").await);
        assert!(at("shoeSize pr").await.contains("shoeSize"));
        idp.get("/Users?filter").await.refused(400, "invalidFilter");
        idp.get("/Groups?filter=userName+eq+%22x%22").await.refused(400, "invalidFilter");
    }

    async fn r049_what_every_client_asks_for_works_and_passwords_are_no_question(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let [ada, bob, _] = people(&gw, &idp).await;
        let group = idp.create_group("g", &[&ada]).await.expect(201).id();
        all_found(&idp, &[
            (&format!("schemas eq \"{USER}\""), "ada bob cleo"), (&format!("schemas eq \"{ENTERPRISE}\""), "ada bob"), (&format!("schemas eq \"{}\"", USER.to_lowercase()), "ada bob cleo"),
            ("schemas eq \"urn:x\"", ""), (&format!("not (schemas eq \"{ENTERPRISE}\")"), "cleo"), (&format!("id eq \"{bob}\""), "bob"), (&format!("id ne \"{bob}\""), "ada cleo"), ("id eq \"x\"", ""), ("id sw \"0\"", "ada bob cleo"),
            ("meta.lastModified gt \"2026-01-01T12:00:00Z\"", "bob cleo"), (&format!("groups.value eq \"{group}\""), "ada"), (&format!("groups eq \"{group}\" and active eq true"), "ada"),
            ("active eq true", "ada cleo"), ("active eq false", "bob"), ("meta.resourceType eq \"User\"", "ada bob cleo"), (&format!("meta.location ew \"{ada}\""), "ada"), ("externalId eq \"e-1\"", ""),
            ("userName eq \"ada\" and externalId eq \"E-1\"", "ada"), ("meta.version eq \"W/\\\"1\\\"\"", "ada bob cleo"),
        ]).await;
        all_refused(&idp, &["password eq \"x\"", "password pr", "userName eq \"ada\" or password sw \"a\"", "PASSWORD pr"]).await;
    }

    async fn r050_what_asks_too_much_is_refused_and_nothing_reaches_the_database(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        people(&gw, &idp).await;
        let search = async |filter: String| idp.call("POST", "/Users/.search", Some(json!({"filter": filter}))).await;
        let wide = |many: usize| vec!["userName eq \"a\""; many].join(" or ");
        let deep = |many: usize| format!("{}userName pr{}", "(".repeat(many), ")".repeat(many));
        search(wide(100)).await.expect(200);
        search(deep(30)).await.expect(200);
        for too_much in [wide(5_000), deep(1_000), "not (".repeat(3_000), format!("userName eq \"{}\"", "a".repeat(100_000)), format!("emails[{}]", wide(5_000))] {
            let reply = search(too_much).await;
            assert!(reply.body["scimType"] == "tooMany" || reply.body["scimType"] == "invalidFilter", "{}", reply.body);
            reply.refused(400, reply.body["scimType"].as_str().unwrap());
        }
        all_found(&idp, &[
            ("userName eq \"' OR '1'='1\"", ""), ("userName eq \"ada'; DROP TABLE resource; --\"", ""), ("emails eq \"x' UNION SELECT 1\"", ""), ("userName sw \"$1\"", ""), ("userName co \"\\\\\"", ""),
            ("externalId eq \"E-1' --\"", ""), ("userName pr", "ada bob cleo"),
        ]).await;
    }
}
