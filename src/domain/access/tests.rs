use super::*;
use crate::domain::claims::claims;
use crate::domain::client::ClientScope;
use crate::domain::grant::GivenBy;
use crate::domain::panel::shipped;
use crate::domain::rule::MappingRule;
use crate::domain::seat::SeatState;
use crate::domain::source::SourceKind;
use chrono::TimeDelta;

pub(super) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

pub(super) fn rule(json: &str) -> MappingRule {
    serde_json::from_str(json).unwrap()
}

pub(super) fn org(rules: &[&str]) -> OrgFacts {
    let (key, file, text) = shipped()[0];
    org_with(PanelDefinition::parse(key, file, text).unwrap(), rules)
}

fn org_with(definition: PanelDefinition, rules: &[&str]) -> OrgFacts {
    OrgFacts {
        definition: Arc::new(definition),
        rules: RuleBook::new(rules.iter().map(|text| rule(text)).collect()),
        precedence: Precedence::Union,
        clients: ["north", "south", "north-west"].into_iter().collect(),
        ceilings: BTreeMap::new(),
    }
}

fn source(kind: SourceKind) -> Source {
    Source::new(kind, if kind == SourceKind::Directory { "okta" } else { "saml" })
}

fn group(name: &str, kind: SourceKind) -> GroupFact {
    GroupFact {
        id: format!("id-{name}"),
        name: name.into(),
        external_id: Some(format!("ext-{name}")),
        from: source(kind),
    }
}

pub(super) fn member(groups: &[&str]) -> PersonFacts {
    let groups = groups.iter().map(|name| group(name, SourceKind::Directory)).collect();
    PersonFacts { groups, ..PersonFacts::default() }
}

/// Each grant as `role@clients`.
fn brief(access: &Access) -> Vec<String> {
    access.grants.iter().map(|grant| format!("{}@{}", grant.role, grant.clients)).collect()
}

fn of(org: &OrgFacts, person: &PersonFacts) -> Vec<String> {
    brief(&resolve(org, person, now()))
}

const ADMINS: &str = r#"{"group":"panel-admins","role":"msp_admin"}"#;
const USERS: &str = r#"{"pattern":"panel-{client}-users","role":"msp_user","clients":["{client}"]}"#;
const GUESTS: &str = r#"{"pattern":"guests-{client}","role":"end_client","clients":["{client}"]}"#;
const MONEY: &str = r#"{"group":"money","role":"billing_only"}"#;

#[test]
fn an_unmapped_group_gives_nothing() {
    let org = org(&[ADMINS, USERS]);
    for name in ["everyone", "admin", "owner", "msp_admin", "panel-admins-2"] {
        assert_eq!(resolve(&org, &member(&[name]), now()), Access::default(), "{name}");
    }
}

#[test]
fn scopes_are_united_with_the_highest_role_in_each() {
    let org = org(&[GUESTS, USERS]);
    let person = member(&["panel-north-users", "guests-north", "guests-south"]);
    assert_eq!(of(&org, &person), ["msp_user@north", "end_client@south"]);
}

#[test]
fn p2_4_an_admin_reaches_all_clients_regardless_of_those_assigned() {
    let org = org(&[ADMINS, USERS, MONEY]);
    assert_eq!(of(&org, &member(&["Panel-Admins", "panel-north-users", "money"])), ["msp_admin@all clients"]);
    let by_hand = ManualGrant::new("msp_admin", ClientScope::of(["north"]));
    assert_eq!(of(&org, &PersonFacts { manual: vec![by_hand], ..PersonFacts::default() }), ["msp_admin@all clients"]);
}

#[test]
fn a_role_of_the_panel_itself_stands_beside_those_of_clients() {
    let org = org(&[USERS, MONEY]);
    assert_eq!(of(&org, &member(&["money", "panel-south-users"])), ["msp_user@south", "billing_only@no client"]);
}

#[test]
fn a_rule_whose_client_is_gone_is_dropped_and_never_widened() {
    let mut org = org(&[r#"{"group":"g","role":"msp_user","clients":["north","south"]}"#]);
    assert_eq!(of(&org, &member(&["g"])), ["msp_user@north, south"]);
    org.clients = ["south"].into_iter().collect();
    assert_eq!(of(&org, &member(&["g"])), ["msp_user@south"]);
    org.clients = ClientKeys::default();
    let access = resolve(&org, &member(&["g"]), now());
    assert!(access.grants.is_empty() && access.role.is_none());
    assert_eq!(access.parked.len(), 2);
}

#[test]
fn an_unknown_captured_client_is_parked() {
    let access = resolve(&org(&[USERS]), &member(&["panel-mars-users"]), now());
    assert_eq!(brief(&access), Vec::<String>::new());
    let why = NoGift::UnknownClient { client: "mars".into() };
    assert_eq!(
        access.parked,
        [Parked { when: "panel-{client}-users".into(), group: Some("panel-mars-users".into()), why }]
    );
}

#[test]
fn a_captured_role_is_one_that_a_rule_may_give_there() {
    let org = org(&[r#"{"pattern":"panel-{client}-{role}","role":"{role}","clients":["{client}"]}"#]);
    assert_eq!(of(&org, &member(&["PANEL-North-MSP_User"])), ["msp_user@north"]);
    assert_eq!(of(&org, &member(&["panel-north-west-end_client"])), ["end_client@north-west"]);
    for name in ["panel-north-owner", "panel-north-msp_admin", "panel-north-billing_only", "panel-north-boss"] {
        let access = resolve(&org, &member(&[name]), now());
        assert!(access.grants.is_empty() && access.parked.len() == 1, "{name}");
    }
}

#[test]
fn a_name_that_can_be_read_in_two_ways_gives_nothing() {
    let mut org = org(&[r#"{"pattern":"{client}-x-{rest}","role":"msp_user","clients":["{client}"]}"#]);
    org.clients = ["a", "a-x-b"].into_iter().collect();
    let access = resolve(&org, &member(&["a-x-b-x-c"]), now());
    assert!(access.grants.is_empty());
    assert_eq!(access.parked[0].why, NoGift::Ambiguous);
    org.clients = ["a"].into_iter().collect();
    assert_eq!(of(&org, &member(&["a-x-b-x-c"])), ["msp_user@a"]);
}

#[test]
fn a_group_is_met_by_either_of_its_ids_exactly() {
    let by = |id: &str| format!(r#"{{"group_id":"{id}","role":"msp_admin"}}"#);
    let person = member(&["g"]);
    for (id, expected) in [("id-g", 1), ("ext-g", 1), ("EXT-G", 0), ("g", 0)] {
        assert_eq!(resolve(&org(&[&by(id)]), &person, now()).grants.len(), expected, "{id}");
    }
}

#[test]
fn an_attribute_is_met_whatever_its_case() {
    let org = org(&[r#"{"attribute":"enterprise.department","one_of":["Sales","Field"],"role":"msp_admin"}"#]);
    let with = |name: &str, value: &str| PersonFacts {
        attributes: vec![AttributeFacts {
            from: source(SourceKind::Directory),
            values: BTreeMap::from([(name.to_owned(), vec!["other".to_owned(), value.to_owned()])]),
        }],
        ..PersonFacts::default()
    };
    assert_eq!(of(&org, &with("Enterprise.Department", "SALES")), ["msp_admin@all clients"]);
    assert!(of(&org, &with("enterprise.department", "Finance")).is_empty());
    assert!(of(&org, &with("enterprise.division", "Sales")).is_empty());
}

#[test]
fn only_groups_of_the_named_source_count() {
    let org = org(&[r#"{"group":"panel-admins","role":"msp_admin","from":"okta"}"#]);
    assert_eq!(of(&org, &member(&["panel-admins"])), ["msp_admin@all clients"]);
    let claimed = PersonFacts { groups: vec![group("panel-admins", SourceKind::Connection)], ..PersonFacts::default() };
    assert!(of(&org, &claimed).is_empty());
}

#[test]
fn a_connection_yields_nothing_above_its_ceiling() {
    let mut org = org(&[ADMINS, USERS]);
    org.ceilings = BTreeMap::from([("saml".to_owned(), "msp_user".to_owned())]);
    let groups =
        vec![group("panel-admins", SourceKind::Connection), group("panel-north-users", SourceKind::Connection)];
    let claimed = PersonFacts { groups, ..PersonFacts::default() };
    assert_eq!(of(&org, &claimed), ["msp_user@north"]);
    assert_eq!(of(&org, &member(&["panel-admins"])), ["msp_admin@all clients"], "a directory has no ceiling");
    org.ceilings = BTreeMap::from([("saml".to_owned(), "gone".to_owned())]);
    assert!(of(&org, &claimed).is_empty(), "an unknown ceiling lets nothing through");
}

#[test]
fn a_denial_wins_over_rules_hands_and_overrides() {
    let org = org(&[r#"{"group":"out","deny":true}"#, ADMINS]);
    let grant = ManualGrant::new("msp_user", ClientScope::of(["north"]));
    let over = Override { grant: grant.clone(), reason: "help".into(), until: now() + TimeDelta::hours(1) };
    let person = PersonFacts { manual: vec![grant], overrides: vec![over], ..member(&["panel-admins", "out"]) };
    let access = resolve(&org, &person, now());
    assert!(access.grants.is_empty() && !access.wants_seat && !access.administers);
}

#[test]
fn a_denial_takes_only_the_role_or_the_clients_that_it_names() {
    let role = org(&[r#"{"group":"out","deny":true,"role":"msp_user"}"#, USERS, GUESTS]);
    assert_eq!(of(&role, &member(&["panel-north-users", "guests-north", "out"])), ["end_client@north"]);
    let client = org(&[r#"{"pattern":"out-{client}","deny":true,"clients":["{client}"]}"#, USERS, ADMINS]);
    let person = member(&["panel-north-users", "panel-south-users", "out-north"]);
    assert_eq!(of(&client, &person), ["msp_user@south"]);
    assert_eq!(of(&client, &member(&["panel-admins", "out-north"])), ["msp_admin@north-west, south"]);
}

#[test]
fn the_owner_is_outside_of_rules_and_denials() {
    let org = org(&[r#"{"group":"out","deny":true}"#, GUESTS]);
    let owner = PersonFacts { is_owner: true, ..member(&["out", "guests-north"]) };
    let access = resolve(&org, &owner, now());
    assert_eq!(brief(&access), ["owner@all clients"]);
    assert_eq!(access.grants[0].sources[0].by, GivenBy::Owner);
    assert!(access.administers && !access.wants_seat);
    let by_hand = PersonFacts { manual: vec![ManualGrant::new("owner", ClientScope::All)], ..PersonFacts::default() };
    assert!(of(&org, &by_hand).is_empty(), "nobody becomes owner by hand");
}

#[test]
fn an_override_holds_until_its_instant_and_not_at_it() {
    let org = org(&[]);
    let until = now() + TimeDelta::hours(1);
    let grant = ManualGrant::new("msp_user", ClientScope::of(["north"]));
    let over = Override { grant, reason: "holiday".into(), until };
    let person = PersonFacts { overrides: vec![over], ..PersonFacts::default() };
    let access = resolve(&org, &person, now());
    assert_eq!((brief(&access), access.until), (vec!["msp_user@north".to_owned()], Some(until)));
    assert!(!access.is_stale(now()) && access.is_stale(until));
    assert_eq!(resolve(&org, &person, until), Access::default());
}

#[test]
fn the_first_match_counts_alone_where_the_organization_says_so() {
    let mut org = org(&[GUESTS, USERS, r#"{"group":"seated","seat":true}"#]);
    org.precedence = Precedence::FirstMatch;
    let person = member(&["panel-south-users", "guests-north", "seated"]);
    assert_eq!(of(&org, &person), ["end_client@north"]);
    assert!(resolve(&org, &person, now()).wants_seat, "a rule without a role does not compete");
    org.clients = ["south"].into_iter().collect();
    assert!(of(&org, &person).is_empty(), "a client that is gone lets no later rule in");
}

#[test]
fn each_grant_names_every_giver_and_its_part() {
    let access =
        resolve(&org(&[USERS, GUESTS]), &member(&["panel-north-users", "panel-south-users", "guests-south"]), now());
    assert_eq!(brief(&access), ["msp_user@north, south"]);
    let parts: Vec<String> = access.grants[0].sources.iter().map(|s| format!("{} from {}", s.clients, s.by)).collect();
    assert_eq!(
        parts,
        [
            "north from rule `panel-{client}-users`, met by group `panel-north-users` of directory `okta`",
            "south from rule `panel-{client}-users`, met by group `panel-south-users` of directory `okta`",
        ]
    );
}

const CUSTOM: &str = r#"
title = "Custom"
[scope_kind.region]
title = "Region"
[feature]
data = ["view", "edit"]
money = ["view", "edit"]
[role.admin]
title = "Administrator"
clients = "all"
permissions = "all"
administers_users = true
[role.custom]
title = "Custom"
clients = "assigned"
permissions = "custom"
takes_seat = true
[template.developer]
title = "Developer"
permissions = { data = "edit" }
[template.finance]
title = "Finance"
permissions = { money = "view" }
[flag.remote_view]
title = "Remote View"
[texts]
denied = "no"
no_seat = "none"
"#;

fn custom(rules: &[&str]) -> OrgFacts {
    org_with(PanelDefinition::parse("custom", "custom.toml", CUSTOM).unwrap(), rules)
}

#[test]
fn custom_permissions_are_joined_inside_a_scope_and_never_leak_into_another() {
    let org = custom(&[
        r#"{"pattern":"dev-{r}","role":"custom","template":"developer","clients":["{r}"]}"#,
        r#"{"pattern":"fin-{r}","role":"custom","template":"finance","clients":["{r}"]}"#,
    ]);
    let access = resolve(&org, &member(&["dev-north", "fin-north", "fin-south"]), now());
    let level = |client: &str, feature: &str| {
        let grant = access.grants.iter().find(|grant| grant.clients.reaches(client)).unwrap();
        grant.permissions.level(feature).to_owned()
    };
    assert_eq!((level("north", "data"), level("north", "money")), ("edit".into(), "view".into()));
    assert_eq!((level("south", "data"), level("south", "money")), ("none".into(), "view".into()));
}

#[test]
fn flags_come_with_their_grant_and_go_with_a_denial() {
    let give = r#"{"group":"g","role":"admin","flags":["remote_view","unheard"]}"#;
    let person = member(&["g", "blind"]);
    let flags = |rules: &[&str]| resolve(&custom(rules), &person, now()).flags.into_iter().collect::<Vec<_>>();
    assert_eq!(flags(&[give]), ["remote_view"]);
    assert_eq!(flags(&[give, r#"{"group":"blind","deny":true,"flags":["remote_view"]}"#]), Vec::<String>::new());
    assert_eq!(
        flags(&[r#"{"group":"g","flags":["remote_view"]}"#]),
        Vec::<String>::new(),
        "a flag alone opens nothing"
    );
    let kept = resolve(&custom(&[give, r#"{"group":"blind","deny":true,"flags":["remote_view"]}"#]), &person, now());
    assert_eq!(kept.role.as_deref(), Some("admin"), "a denial of flags takes no role");
}

#[test]
fn the_claims_are_those_of_the_contract() {
    let access = resolve(&org(&[USERS]), &member(&["panel-south-users", "panel-north-users"]), now());
    let json = serde_json::to_string(&claims(&access, SeatState::Held)).unwrap();
    let expected = concat!(
        r#"{"role":"msp_user","grants":[{"role":"msp_user","clients":["north","south"],"permissions":{"billing":"none","#,
        r#""clients":"view","departments":"create","devices":"edit","users":"none"}}],"panel_access":true,"seat":"held","flags":[]}"#
    );
    assert_eq!(json, expected);
}

#[test]
fn who_waits_for_a_seat_is_call_only() {
    let access = resolve(&org(&[USERS]), &member(&["panel-south-users"]), now());
    assert!(access.wants_seat);
    let waiting = claims(&access, SeatState::Waiting);
    assert_eq!((waiting.panel_access, waiting.role.as_deref(), waiting.grants.len()), (false, Some("msp_user"), 1));
    assert!(!claims(&Access::default(), SeatState::Held).panel_access, "a seat alone opens nothing");
}

#[test]
fn without_a_seat_only_grants_that_need_none_hold() {
    let access = resolve(&org(&[USERS, GUESTS]), &member(&["panel-south-users", "guests-north"]), now());
    let waiting = claims(&access, SeatState::Waiting);
    let roles: Vec<&str> = waiting.grants.iter().map(|grant| grant.role.as_str()).collect();
    assert_eq!((waiting.panel_access, roles, waiting.role.as_deref()), (true, vec!["end_client"], Some("end_client")));
    assert_eq!(claims(&access, SeatState::Held).grants.len(), 2);
}

#[test]
fn a_rule_may_leave_a_person_without_a_seat() {
    let none = r#"{"group":"calls","role":"msp_user","clients":["north"],"seat":false}"#;
    let access = resolve(&org(&[none]), &member(&["calls"]), now());
    assert!(!access.wants_seat);
    assert!(!claims(&access, SeatState::None).panel_access);
}

#[test]
fn access_goes_through_json_unchanged() {
    let person = member(&["panel-south-users", "panel-mars-users", "money"]);
    let access = resolve(&org(&[USERS, MONEY]), &person, now());
    let json = serde_json::to_string(&access).unwrap();
    assert_eq!(serde_json::from_str::<Access>(&json).unwrap(), access);
    assert_eq!(serde_json::from_str::<Access>("{}").unwrap(), Access::default());
    assert_eq!(serde_json::to_string(&Access::default()).unwrap(), r#"{"grants":[]}"#);
}
