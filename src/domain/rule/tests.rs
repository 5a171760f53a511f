use super::*;
use crate::domain::client::ClientKeys;
use crate::domain::panel::{PanelDefinition, shipped};

#[derive(Deserialize)]
struct Rules {
    rule: Vec<MappingRule>,
}

fn rule(text: &str) -> Result<MappingRule, String> {
    toml::from_str::<Rules>(&format!("rule = [{text}]")).map(|mut r| r.rule.remove(0)).map_err(|e| e.to_string())
}

fn checked(text: &str) -> Result<(), RuleError> {
    checked_among(text, &[], false)
}

fn checked_among(text: &str, sources: &[String], several_bring_groups: bool) -> Result<(), RuleError> {
    let (key, file, toml) = shipped()[0];
    let definition = PanelDefinition::parse(key, file, toml).unwrap();
    let clients: ClientKeys = ["north", "south"].into_iter().collect();
    rule(text).unwrap().check(&RuleGround { definition: &definition, clients: &clients, sources, several_bring_groups })
}

#[test]
fn the_rules_of_the_apply_file_are_read_and_whole() {
    assert_eq!(checked(r#"{ group = "panel-admins", role = "msp_admin" }"#), Ok(()));
    assert_eq!(checked(r#"{ pattern = "panel-{client}-users", role = "msp_user", clients = ["{client}"] }"#), Ok(()));
    assert_eq!(checked(r#"{ pattern = "panel-{client}-{role}", role = "{role}", clients = ["{client}"] }"#), Ok(()));
    assert_eq!(
        checked(r#"{ attribute = "department", equals = "Sales", role = "msp_user", clients = "all" }"#),
        Ok(())
    );
    assert_eq!(checked(r#"{ group = "money", role = "billing_only" }"#), Ok(()));
    assert_eq!(checked(r#"{ group = "out", deny = true }"#), Ok(()));
    assert_eq!(checked(r#"{ group = "seated", seat = true }"#), Ok(()));
}

#[test]
fn a_rule_goes_through_json_unchanged() {
    for text in [
        r#"{ pattern = "p-{client}", role = "msp_user", clients = ["{client}", "north"], from = "okta", seat = false }"#,
        r#"{ group_id = "00g1", role = "msp_user", clients = "all", flags = ["x"], deny = true }"#,
        r#"{ attribute = "a.b", one_of = ["x", "y"], role = "r", template = "t", permissions = { devices = "view" } }"#,
    ] {
        let rule = rule(text).unwrap();
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<MappingRule>(&json).unwrap(), rule, "{json}");
    }
}

#[test]
fn p2_1_a_client_bound_role_without_a_client_is_refused_at_save() {
    for clients in ["", ", clients = []"] {
        let fault = checked(&format!(r#"{{ group = "g", role = "msp_user"{clients} }}"#)).unwrap_err();
        assert_eq!(fault, RuleError::ClientsMissing { when: "g".into(), role: "msp_user".into() });
    }
    let captured = checked(r#"{ pattern = "g-{role}", role = "{role}" }"#).unwrap_err();
    assert!(matches!(captured, RuleError::ClientsMissing { .. }));
}

#[test]
fn p2_3_owner_cannot_be_a_target() {
    let fault = checked(r#"{ group = "g", role = "owner" }"#).unwrap_err();
    assert_eq!(fault, RuleError::NotAssignable { when: "g".into(), role: "owner".into() });
}

#[test]
fn a_role_that_reaches_all_clients_names_none() {
    assert!(matches!(
        checked(r#"{ group = "g", role = "msp_admin", clients = ["north"] }"#),
        Err(RuleError::ClientsNotForRole { .. })
    ));
    assert!(matches!(
        checked(r#"{ group = "g", role = "billing_only", clients = ["north"] }"#),
        Err(RuleError::ClientsNotForRole { .. })
    ));
    assert_eq!(checked(r#"{ group = "g", role = "msp_admin", clients = "all" }"#), Ok(()));
}

#[test]
fn names_that_do_not_exist_are_refused() {
    assert!(matches!(checked(r#"{ group = "g", role = "boss" }"#), Err(RuleError::UnknownRole { .. })));
    assert!(
        matches!(checked(r#"{ group = "g", role = "msp_user", clients = ["east"] }"#), Err(RuleError::UnknownClient { client, .. }) if client == "east")
    );
    assert!(matches!(
        checked(r#"{ group = "g", role = "msp_admin", flags = ["fly"] }"#),
        Err(RuleError::UnknownFlag { .. })
    ));
    assert!(matches!(
        checked(r#"{ group = "g", role = "msp_admin", from = "okta" }"#),
        Err(RuleError::UnknownSource { .. })
    ));
    assert_eq!(checked_among(r#"{ group = "g", role = "msp_admin", from = "okta" }"#, &["okta".into()], true), Ok(()));
}

#[test]
fn a_capture_that_the_condition_does_not_have_is_refused() {
    let fault = RuleError::NoSuchCapture { when: "p-{team}".into(), capture: "client".into() };
    assert_eq!(checked(r#"{ pattern = "p-{team}", role = "msp_user", clients = ["{client}"] }"#), Err(fault));
    assert!(matches!(
        checked(r#"{ group = "p-{client}", role = "msp_user", clients = ["{client}"] }"#),
        Err(RuleError::NoSuchCapture { .. })
    ));
    assert!(matches!(
        checked(r#"{ pattern = "p-{team}", role = "{role}", clients = "all" }"#),
        Err(RuleError::NoSuchCapture { .. })
    ));
}

#[test]
fn a_rule_that_gives_nothing_is_refused() {
    assert_eq!(checked(r#"{ group = "g" }"#), Err(RuleError::GivesNothing("g".into())));
    assert_eq!(checked(r#"{ group = "g", clients = ["north"] }"#), Err(RuleError::ClientsWithoutRole("g".into())));
    assert_eq!(checked(r#"{ group = "g", deny = true, seat = true }"#), Err(RuleError::DenialWithSeat("g".into())));
}

#[test]
fn a_role_with_fixed_permissions_takes_no_template() {
    let fault = Err(RuleError::PermissionsNotForRole("g".into()));
    assert_eq!(checked(r#"{ group = "g", role = "msp_admin", template = "developer" }"#), fault);
}

#[test]
fn where_two_idps_bring_groups_a_rule_says_whose() {
    let fault = checked_among(r#"{ group = "g", role = "msp_admin" }"#, &["okta".into(), "entra".into()], true);
    assert_eq!(fault, Err(RuleError::FromMissing("g".into())));
}

#[test]
fn a_rule_has_one_condition_and_no_unknown_key() {
    for (text, says) in [
        (r#"{ role = "msp_admin" }"#, "needs one of"),
        (r#"{ group = "a", pattern = "b", role = "msp_admin" }"#, "one condition"),
        (r#"{ group = " ", role = "msp_admin" }"#, "empty"),
        (r#"{ attribute = "a", role = "msp_admin" }"#, "equals or one_of"),
        (r#"{ group = "a", equals = "b", role = "msp_admin" }"#, "equals or one_of"),
        (r#"{ pattern = "p-{a}{b}", role = "msp_admin" }"#, "side by side"),
        (r#"{ group = "a", roles = "msp_admin" }"#, "unknown field"),
        (r#"{ group = "a", role = "msp_user", clients = "some" }"#, "list of client keys"),
    ] {
        let error = rule(text).unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
    }
}
