use super::*;

fn msp() -> PanelDefinition {
    let (key, file, text) = shipped()[0];
    PanelDefinition::parse(key, file, text).unwrap()
}

/// A small definition in which one text is replaced, and what is wrong with it.
fn fault(from: &str, to: &str) -> (usize, PanelFault) {
    let good = "title = \"P\"\n\
        [scope_kind.client]\ntitle = \"C\"\n\
        [feature]\ndevices = [\"view\", \"edit\"]\n\
        [role.owner]\ntitle = \"O\"\nclients = \"all\"\nassignable = false\npermissions = \"all\"\n\
        [role.user]\ntitle = \"U\"\nclients = \"assigned\"\npermissions = { devices = \"view\" }\nadministers_users = true\n\
        [texts]\ndenied = \"no\"\nno_seat = \"none\"\n";
    assert!(PanelDefinition::parse("p", "p.toml", good).is_ok(), "the base is good");
    assert!(good.contains(from), "{from:?} stands in the base");
    let error = PanelDefinition::parse("p", "p.toml", &good.replacen(from, to, 1)).unwrap_err();
    assert_eq!(error.file, "p.toml");
    (error.line, error.fault)
}

#[test]
fn every_shipped_definition_is_good() {
    for (key, file, text) in shipped() {
        let definition = PanelDefinition::parse(key, file, text).unwrap();
        assert_eq!(definition.key, *key);
        assert_eq!(*file, format!("config/panels/{key}.toml"));
    }
}

#[test]
fn roles_rank_as_they_stand_in_the_file() {
    let keys: Vec<String> = msp().roles.into_iter().map(|role| role.key).collect();
    assert_eq!(keys, ["owner", "msp_admin", "msp_user", "billing_only", "end_client"]);
    let features: Vec<String> = msp().features.into_iter().map(|feature| feature.key).collect();
    assert_eq!(features, ["devices", "billing", "users", "clients", "departments"]);
}

#[test]
fn p2_5_msp_user_works_in_clients_and_touches_no_billing() {
    let msp = msp();
    let user = msp.role("msp_user").unwrap();
    let RolePermissions::Fixed(permissions) = &user.permissions else { panic!("fixed") };
    assert_eq!(permissions.level("billing"), NONE);
    assert_eq!(permissions.level("users"), NONE);
    assert_eq!(permissions.level("departments"), "create");
    assert!(!msp.suffices("clients", permissions.level("clients"), "create"));
    assert_eq!(user.clients, Reach::Assigned);
}

#[test]
fn p2_6_billing_only_sees_nothing_but_billing() {
    let RolePermissions::Fixed(permissions) = &msp().role("billing_only").unwrap().permissions.clone() else {
        panic!("fixed")
    };
    for (feature, level) in &permissions.0 {
        assert_eq!(level == NONE, feature != "billing", "{feature}");
    }
}

#[test]
fn p2_3_the_owner_has_everything_and_cannot_be_assigned() {
    let msp = msp();
    let owner = msp.owner_role().unwrap();
    assert_eq!((owner.key.as_str(), owner.assignable), ("owner", false));
    let RolePermissions::Fixed(permissions) = &owner.permissions else { panic!("fixed") };
    for feature in &msp.features {
        assert_eq!(Some(permissions.level(&feature.key)), feature.levels.last().map(String::as_str));
    }
}

#[test]
fn a_level_suffices_for_itself_and_those_below() {
    let msp = msp();
    assert!(msp.suffices("clients", "assign", "create"));
    assert!(msp.suffices("clients", "create", "create"));
    assert!(!msp.suffices("clients", "view", "create"));
    assert!(!msp.suffices("clients", "unheard", "view"));
    assert!(!msp.suffices("unheard", "view", "view"));
}

#[test]
fn an_unknown_key_is_an_error_with_its_line() {
    let (line, fault_) = fault("title = \"P\"\n", "title = \"P\"\ncolour = \"red\"\n");
    assert_eq!(line, 2);
    assert!(matches!(fault_, PanelFault::Shape(text) if text.contains("colour")));
    let (line, fault_) = fault("assignable = false", "assignable = false\nassinable = false");
    assert_eq!(line, 10);
    assert!(matches!(fault_, PanelFault::Shape(text) if text.contains("assinable")));
}

#[test]
fn a_role_without_permissions_is_an_error_with_its_line() {
    let none = PanelFault::NoPermissions("user".into());
    assert_eq!(fault("permissions = { devices = \"view\" }\n", ""), (11, none.clone()));
    assert_eq!(
        fault("permissions = { devices = \"view\" }\n", "permissions = { devices = \"none\" }\n"),
        (11, none.clone())
    );
    assert_eq!(fault("permissions = { devices = \"view\" }\n", "permissions = {}\n"), (11, none));
}

#[test]
fn two_owners_are_an_error_with_the_line_of_the_second() {
    let two = PanelFault::TwoOwners { first: "owner".into(), second: "user".into() };
    assert_eq!(fault("clients = \"assigned\"\n", "clients = \"all\"\nassignable = false\n"), (11, two));
}

#[test]
fn an_owner_stands_first_and_reaches_everything() {
    let owner_second = "[role.first]\ntitle = \"F\"\nclients = \"all\"\npermissions = \"all\"\n[role.owner]\n";
    assert_eq!(fault("[role.owner]\n", owner_second), (10, PanelFault::OwnerNotFirst("owner".into())));
    let fault_ = fault("clients = \"all\"\n", "clients = \"assigned\"\n");
    assert_eq!(fault_, (6, PanelFault::OwnerNotEverywhere("owner".into())));
}

#[test]
fn names_that_the_panel_does_not_have_are_errors_with_their_line() {
    let feature = PanelFault::UnknownFeature("doors".into());
    assert_eq!(fault("{ devices = \"view\" }", "{ doors = \"view\" }"), (14, feature));
    let level = PanelFault::UnknownLevel { feature: "devices".into(), level: "drive".into() };
    assert_eq!(fault("{ devices = \"view\" }", "{ devices = \"drive\" }"), (14, level));
    assert_eq!(fault("scope_kind.client", "scope_kind.planet"), (2, PanelFault::UnknownScopeKind("planet".into())));
    let clients = PanelFault::UnknownClients { role: "user".into(), word: "some".into() };
    assert_eq!(fault("\"assigned\"", "\"some\""), (13, clients));
    let word = PanelFault::UnknownPermissions { role: "owner".into(), word: "most".into() };
    assert_eq!(fault("permissions = \"all\"", "permissions = \"most\""), (6, word));
    assert_eq!(
        fault("title = \"C\"\n", "title = \"C\"\ncontains = \"room\"\n"),
        (4, PanelFault::UnknownScopeKind("room".into()))
    );
}

#[test]
fn clients_can_be_assigned_only_where_there_are_some() {
    let (_, fault_) = fault("[scope_kind.client]\ntitle = \"C\"\n", "");
    assert_eq!(fault_, PanelFault::NothingToAssign("user".into()));
    assert_eq!(fault("clients = \"assigned\"\n", ""), (11, PanelFault::NoClients("user".into())));
}

#[test]
fn features_have_levels_and_none_is_implied() {
    assert_eq!(fault("[\"view\", \"edit\"]", "[]"), (5, PanelFault::NoLevels("devices".into())));
    assert_eq!(fault("[\"view\", \"edit\"]", "[\"none\", \"view\"]"), (5, PanelFault::NoneIsImplied("devices".into())));
    let twice = PanelFault::LevelTwice { feature: "devices".into(), level: "view".into() };
    assert_eq!(fault("[\"view\", \"edit\"]", "[\"view\", \"view\"]"), (5, twice));
}

#[test]
fn a_panel_that_nobody_could_administer_is_an_error() {
    assert_eq!(fault("administers_users = true\n", "").1, PanelFault::NobodyAdministers);
}

#[test]
fn seats_are_the_organizations_or_a_number() {
    let seats = PanelFault::UnknownSeats("many".into());
    assert_eq!(fault("[texts]", "[limits]\nseats = \"many\"\n[texts]"), (17, seats));
    assert_eq!(SeatCount::Fixed(50).limit(None), Some(50));
    assert_eq!(SeatCount::Fixed(50).limit(Some(25)), Some(25));
    assert_eq!(SeatCount::Organization.limit(None), None);
}
