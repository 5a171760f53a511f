//! Access against a naive model: what a person holds, client by client, found by trying everything.

use super::tests::{member, now, org, rule};
use super::*;
use crate::domain::client::ClientScope;
use crate::domain::rule::MappingRule;
use proptest::prelude::*;

const CLIENTS: [&str; 3] = ["a", "b", "c"];
const GROUPS: [&str; 5] = ["g0", "g1", "g2", "team-a", "team-x"];
const ROLES: [&str; 4] = ["msp_admin", "msp_user", "billing_only", "end_client"];

fn arb_rule() -> impl Strategy<Value = MappingRule> {
    let when = prop_oneof![
        (0..5usize).prop_map(|g| format!(r#""group":"{}""#, GROUPS[g])),
        Just(r#""pattern":"team-{client}""#.to_owned()),
    ];
    let clients = proptest::sample::subsequence(CLIENTS.to_vec(), 1..=3);
    (when, 0..4usize, clients, proptest::bool::weighted(0.15), any::<bool>()).prop_map(
        |(when, role, clients, deny, by)| {
            let captured = when.contains("pattern") && by;
            let clients = if captured { vec!["{client}"] } else { clients };
            let clients = serde_json::to_string(&clients).unwrap();
            let role = ROLES[role];
            let clients = match role {
                "msp_admin" | "billing_only" if !deny => String::new(),
                _ => format!(r#","clients":{clients}"#),
            };
            rule(&format!(r#"{{{when},"role":"{role}"{clients},"deny":{deny}}}"#))
        },
    )
}

prop_compose! {
    fn arb_case()(
        rules in proptest::collection::vec(arb_rule(), 0..7),
        groups in proptest::sample::subsequence(GROUPS.to_vec(), 0..=5),
        clients in proptest::sample::subsequence(CLIENTS.to_vec(), 0..=3),
    ) -> (Vec<MappingRule>, Vec<&'static str>, Vec<&'static str>) {
        (rules, groups, clients)
    }
}

fn made(rules: &[MappingRule], clients: &[&str]) -> OrgFacts {
    let rules = RuleBook::new(rules.to_vec());
    OrgFacts { rules, clients: clients.iter().copied().collect(), ..org(&[]) }
}

/// (role, client) pairs that a rule names for a person of these groups; the client `*` is every client, `-` the panel.
fn named(rule: &MappingRule, groups: &[&str], clients: &[&str]) -> BTreeSet<(String, String)> {
    let json = serde_json::to_value(rule).unwrap();
    let role = json["role"].as_str().unwrap().to_owned();
    let mut pairs = BTreeSet::new();
    for group in groups {
        let captured = match (json["group"].as_str(), group.strip_prefix("team-")) {
            (Some(name), _) if name == *group => "",
            (None, Some(rest)) => rest,
            _ => continue,
        };
        match (role.as_str(), json["clients"].as_array()) {
            ("billing_only", None) => _ = pairs.insert((role.clone(), "-".to_owned())),
            (_, None) => _ = pairs.insert((role.clone(), "*".to_owned())),
            (_, Some(list)) => {
                for client in list.iter().map(|c| c.as_str().unwrap()) {
                    let client = if client == "{client}" { captured } else { client };
                    if clients.contains(&client) {
                        pairs.insert((role.clone(), client.to_owned()));
                    }
                }
            }
        }
    }
    pairs
}

/// The highest role in `place` (a client, or `-` for the panel), by the model.
fn model(rules: &[MappingRule], groups: &[&str], clients: &[&str], place: &str) -> Option<String> {
    let denied: BTreeSet<_> = rules.iter().filter(|r| r.deny).flat_map(|r| named(r, groups, clients)).collect();
    let given: BTreeSet<_> = rules.iter().filter(|r| !r.deny).flat_map(|r| named(r, groups, clients)).collect();
    let holds = |role: &str| {
        let here = given.contains(&(role.to_owned(), place.to_owned()));
        let cut = denied.iter().any(|(r, _)| r == role);
        // A role for all clients from which some are taken holds in the others, and no longer in the panel itself.
        let all = given.contains(&(role.to_owned(), "*".to_owned())) && (place != "-" || !cut);
        (here || all) && (place == "-" || !denied.contains(&(role.to_owned(), place.to_owned())))
    };
    ROLES.into_iter().find(|role| holds(role)).map(str::to_owned)
}

/// The highest role in `place`, by the product.
fn held(access: &Access, place: &str) -> Option<String> {
    let here = |clients: &ClientScope| match place {
        "-" => *clients == ClientScope::All || *clients == ClientScope::nothing(),
        client => clients.reaches(client),
    };
    access.grants.iter().find(|grant| here(&grant.clients)).map(|grant| grant.role.clone())
}

fn rank(role: Option<&String>) -> usize {
    role.map_or(ROLES.len(), |role| ROLES.iter().position(|r| r == role).unwrap())
}

proptest! {
    #[test]
    fn access_is_what_the_naive_model_says((rules, groups, clients) in arb_case()) {
        let access = resolve(&made(&rules, &clients), &member(&groups), now());
        for place in clients.iter().chain(&["-"]) {
            prop_assert_eq!(held(&access, place), model(&rules, &groups, &clients, place), "in {}", place);
        }
        for grant in &access.grants {
            prop_assert!(!grant.sources.is_empty(), "{:?} says who gave it", grant);
        }
    }

    #[test]
    fn the_order_of_rules_and_groups_does_not_matter(
        (rules, groups, clients) in arb_case(), turn in 0..7usize,
    ) {
        let access = resolve(&made(&rules, &clients), &member(&groups), now());
        let (mut other_rules, mut other_groups) = (rules, groups);
        other_rules.reverse();
        let turn = turn % other_rules.len().max(1);
        other_rules.rotate_left(turn);
        other_groups.reverse();
        prop_assert_eq!(access, resolve(&made(&other_rules, &clients), &member(&other_groups), now()));
    }

    #[test]
    fn one_more_giving_rule_takes_nothing_away((rules, groups, clients) in arb_case(), more in arb_rule()) {
        let before = resolve(&made(&rules, &clients), &member(&groups), now());
        let mut more_rules = rules;
        more_rules.push(MappingRule { deny: false, ..more });
        let after = resolve(&made(&more_rules, &clients), &member(&groups), now());
        for place in clients.iter().chain(&["-"]) {
            prop_assert!(rank(held(&after, place).as_ref()) <= rank(held(&before, place).as_ref()), "in {}", place);
        }
    }

    #[test]
    fn one_more_denial_gives_nothing((rules, groups, clients) in arb_case(), more in arb_rule()) {
        let before = resolve(&made(&rules, &clients), &member(&groups), now());
        let mut more_rules = rules;
        more_rules.push(MappingRule { deny: true, ..more });
        let after = resolve(&made(&more_rules, &clients), &member(&groups), now());
        for place in clients.iter().chain(&["-"]) {
            prop_assert!(rank(held(&after, place).as_ref()) >= rank(held(&before, place).as_ref()), "in {}", place);
        }
    }

    #[test]
    fn a_client_that_goes_widens_nothing(
        (rules, groups, clients) in arb_case(), gone in 0..3usize, first_match in any::<bool>(),
    ) {
        let precedence = if first_match { Precedence::FirstMatch } else { Precedence::Union };
        let before = resolve(&OrgFacts { precedence, ..made(&rules, &clients) }, &member(&groups), now());
        let left: Vec<&str> = clients.iter().copied().filter(|client| *client != CLIENTS[gone]).collect();
        let after = resolve(&OrgFacts { precedence, ..made(&rules, &left) }, &member(&groups), now());
        prop_assert_eq!(held(&after, CLIENTS[gone]).filter(|role| role != "msp_admin"), None);
        for place in &left {
            prop_assert_eq!(held(&after, place), held(&before, place), "in {}", place);
        }
    }
}
