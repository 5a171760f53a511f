use serde_json::Value;
use serde_json::json;

use super::*;
use crate::protocol::scim::error::ScimType;

fn parse(text: &str) -> Result<Filter, ScimError> {
    Filter::parse(text, Registry::standard(), ResourceType::User, Profile::Auto)
}

fn strict(text: &str) -> Result<Filter, ScimError> {
    Filter::parse(text, Registry::standard(), ResourceType::User, Profile::RfcStrict)
}

fn ada() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "u1", "externalId": "00uAda", "userName": "Ada@corp.test", "displayName": "Åda \"the\" Byron", "active": true,
        "name": { "familyName": "Byron", "givenName": "Ada" },
        "emails": [
            { "type": "work", "value": "ada@corp.test", "primary": true },
            { "type": "home", "value": "ada@home.example" }
        ],
        "groups": [{ "value": "g1" }],
        "meta": { "lastModified": "2026-05-01T10:00:00.000Z" },
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "R&D", "manager": { "value": "u9" } }
    })
}

fn finds(text: &str) -> bool {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).matches(ada().as_object().unwrap())
}

#[test]
fn r040_r049_every_operator_finds_what_it_should() {
    for text in [
        "userName eq \"ADA@CORP.TEST\"",
        "USERNAME EQ \"ada@corp.test\"",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"ada\"",
        "name.familyName co \"yro\"",
        "emails ew \"home.example\"",
        "emails co \"@home\"",
        "emails.type eq \"HOME\"",
        "emails[type eq \"work\" and value co \"@corp\"]",
        "emails[type eq \"work\"].value eq \"ada@corp.test\"",
        "emails[type eq \"work\"].value ne \"x\"",
        "emails[type eq \"work\"].value pr",
        "emails[primary eq \"True\"].value eq \"ada@corp.test\"",
        "emails[primary eq false].value eq \"ada@home.example\"",
        "externalId eq 00uAda",
        "externalId eq '00uAda'",
        "userName sw A",
        "active eq True",
        "active eq true and not(active eq false)",
        "not (title pr)",
        "title eq null",
        "title eq \"\"",
        "title ne \"boss\"",
        "nickName ne null or userName pr",
        "meta.lastModified gt \"2026-05-01T11:59:59+02:00\"",
        "meta.lastModified ge \"2026-05-01T12:00:00+02:00\"",
        "meta.lastModified lt \"2026-05-01T12:00:01 02:00\"",
        "schemas eq \"URN:ietf:params:scim:schemas:core:2.0:User\"",
        "id eq \"u1\"",
        "groups.value eq \"g1\"",
        "groups eq g1",
        "manager eq u9",
        "department eq \"r&d\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"u9\"",
        "displayName eq \"åda \\\"THE\\\" byron\"",
        "displayName co \"\\u00c5da\"",
        "userName gt \"aaa\" and userName lt \"zzz\"",
        " ( ( userName pr ) ) ",
    ] {
        assert!(finds(text), "{text}");
    }
}

#[test]
fn r040_a_filter_that_does_not_hold_finds_nothing() {
    for text in [
        "emails[type eq \"work\" and value co \"@home\"]",
        "emails[type eq \"other\"].value ne \"x\" and title pr",
        "externalId eq \"00uada\"",
        "active eq false",
        "name.middleName pr",
        "not (userName pr)",
        "groups pr and groups.display pr",
        "emails ne \"ada@corp.test\"",
    ] {
        assert!(!finds(text), "{text}");
    }
}

#[test]
fn r041_and_binds_tighter_than_or() {
    assert!(finds("userName eq \"ada@corp.test\" or userName eq \"x\" and title pr"));
    assert!(finds("active eq false and userName eq \"bob\" or name.familyName pr"));
    assert!(!finds("(userName eq \"ada@corp.test\" or userName eq \"x\") and title pr"));
}

#[test]
fn r042_an_empty_mapping_never_adopts_whoever_has_none() {
    for text in [
        "userName eq \"\"",
        "id eq null",
        "externalId eq \"\"",
        "externalId eq ''",
        "emails eq \"\"",
        "emails.value eq null",
        "emails[type eq \"work\"].value eq \"\"",
        "emails[value eq \"\"]",
    ] {
        assert_eq!(parse(text).unwrap_err().scim_type, Some(ScimType::InvalidFilter), "{text}");
    }
    let group = |text| Filter::parse(text, Registry::standard(), ResourceType::Group, Profile::Auto);
    assert!(group("displayName eq \"\"").is_err());
    assert!(parse("displayName eq \"\"").is_ok());
}

#[test]
fn r044_r048_r049_faults_are_invalid_filter() {
    for text in [
        "",
        "  ",
        "userName",
        "userName eq",
        "userName is \"x\"",
        "userName eq \"x",
        "userName eq \"x\" and",
        "userName eq \"x\" \"y\"",
        "userName eq \"x\")",
        "(userName eq \"x\"",
        "emails[type eq \"work\"",
        "emails[emails[type eq \"x\"]]",
        "userName[value eq \"x\"]",
        "shoeSize eq 3",
        "emails[size eq 3]",
        "password eq \"x\"",
        "password pr",
        "active gt true",
        "active co \"t\"",
        "active eq \"perhaps\"",
        "x509Certificates.value gt \"a\"",
        "meta.created gt \"yesterday\"",
        "name eq \"x\"",
        "not userName pr",
        "userName eq \"\\x\"",
        "title prx",
        "userName gt null",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "[",
        "\u{0}",
        "éa eq \"x\"",
    ] {
        assert_eq!(parse(text).map_err(|error| error.scim_type), Err(Some(ScimType::InvalidFilter)), "{text}");
    }
    assert!(parse("title eq \"a\" and shoeSize eq 3").unwrap_err().detail.contains("character 18"));
}

#[test]
fn r050_depth_length_and_number_of_terms_are_bounded() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
    assert!(parse(&"(".repeat(10_000)).is_err());
    assert_eq!(parse(&"x".repeat(MAX_BYTES + 1)).unwrap_err().scim_type, Some(ScimType::TooMany));
    assert_eq!(parse(&vec!["title pr"; 1025].join(" or ")).unwrap_err().scim_type, Some(ScimType::TooMany));
    assert!(parse(&vec!["title pr"; 1024].join(" or ")).is_ok());
}

#[test]
fn r043_strict_profiles_want_json_literals_and_the_grammar_of_the_rfc() {
    for text in [
        "externalId eq 00uAda",
        "externalId eq '00uAda'",
        "active eq True",
        "active eq \"true\"",
        "emails[type eq \"work\"].value eq \"x\"",
        "department eq \"x\"",
    ] {
        assert!(strict(text).is_err(), "{text}");
        assert!(parse(text).is_ok(), "{text}");
    }
    assert!(strict("emails[type eq \"work\" and not (value pr)] or active EQ true").is_ok());
}

#[test]
fn r043_tolerances_are_noted() {
    let mut applied = Applied::default();
    let text = "emails[type eq work].value eq \"x\"";
    Filter::parse_noting(text, Registry::standard(), ResourceType::User, Profile::Auto, &mut applied).unwrap();
    let quirks =
        [crate::protocol::scim::profile::Quirk::ValuePathFilter, crate::protocol::scim::profile::Quirk::LooseLiteral];
    assert_eq!(applied.quirks(), quirks);
}

#[test]
fn r038_a_root_query_lets_an_attribute_of_the_other_kind_simply_not_match() {
    let text = "userName eq \"ada\" or displayName eq \"Eng\"";
    let registry = Registry::standard();
    let root = |kind| Filter::parse_root(text, registry, kind, Profile::Auto, &mut Applied::default()).unwrap();
    let group = json!({ "displayName": "eng" });
    assert!(root(ResourceType::Group).matches(group.as_object().unwrap()));
    assert_eq!(root(ResourceType::Group).to_string(), root(ResourceType::User).to_string());
    assert!(
        Filter::parse_root("shoeSize pr", registry, ResourceType::User, Profile::Auto, &mut Applied::default())
            .is_err()
    );
}

#[test]
fn the_plan_of_a_filter_names_index_terms_and_says_when_it_must_scan() {
    let plan = |text: &str| parse(text).unwrap().candidates();
    let term = |path: &str, op, key: &str| Plan::Term(Term { path: path.into(), op, key: key.into() });
    let exact = plan("userName eq \"ADA\"");
    assert_eq!(exact, Candidates { plan: term("userName", TermOp::Eq, "ada"), exact: true });
    let element = plan("emails[type eq \"work\" and value eq \"A@b\"]");
    let both = vec![term("emails.type", TermOp::Eq, "work"), term("emails.value", TermOp::Eq, "a@b")];
    assert_eq!(element, Candidates { plan: Plan::All(both), exact: false });
    assert_eq!(plan("userName co \"a\"").plan, Plan::Scan);
    assert_eq!(plan("userName co \"a\" and active eq true").plan, term("active", TermOp::Eq, "1"));
    assert_eq!(plan("userName co \"a\" or active eq true").plan, Plan::Scan);
    let changed = plan("meta.lastModified gt \"2026-01-01T00:00:00Z\"");
    assert_eq!(changed.plan, term("meta.lastModified", TermOp::Gt, "2026-01-01T00:00:00.000000000Z"));
    assert!(!plan(&format!("userName eq \"{}\"", "x".repeat(300))).exact);
    assert!(!plan("id eq \"u1\" and groups eq \"g1\"").plan.eq(&Plan::Scan));
}

#[test]
fn a_filter_says_which_memberships_it_asks_for() {
    let registry = Registry::standard();
    let group = |text| Filter::parse(text, registry, ResourceType::Group, Profile::Auto).unwrap();
    let filter = group("id eq \"g\" and members eq \"u1\"");
    assert_eq!(filter.membership(), Membership { ids: vec!["u1"], only_ids: true, asked: true });
    let filter = group("members[value eq \"u1\" and type eq \"User\"]");
    assert_eq!((filter.membership().ids, filter.membership().only_ids), (vec!["u1"], false));
    assert!(!group("displayName eq \"x\"").membership().asked);
}

#[test]
fn r043_a_text_without_quotes_may_have_spaces() {
    let registry = Registry::standard();
    let filter = Filter::parse("displayName eq Sales North AND id pr", registry, ResourceType::Group, Profile::Auto);
    assert_eq!(filter.unwrap().to_string(), "displayName eq \"Sales North\" and id pr");
    assert!(Filter::parse("displayName eq Sales North", registry, ResourceType::Group, Profile::RfcStrict).is_err());
}
