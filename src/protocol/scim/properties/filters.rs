use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::Plan;
use crate::protocol::scim::filter::TermOp;
use crate::protocol::scim::index;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;

fn term() -> impl Strategy<Value = String> {
    let text_path = prop::sample::select(vec![
        "userName",
        "NAME.familyName",
        "title",
        "emails",
        "emails.type",
        "department",
        "externalId",
        "urn:ietf:params:scim:schemas:core:2.0:User:nickName",
        "manager",
        "emails[type eq \"work\"].value",
    ]);
    let op = prop::sample::select(vec!["eq", "NE", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let text = prop_oneof![
        prop::sample::select(vec!["a", "A", "b", "work", "x\"y\\", "ß"]).prop_map(str::to_owned),
        "[^\u{0}]{1,6}",
    ];
    prop_oneof![
        4 => (text_path.clone(), op, text).prop_map(|(path, op, text)| format!("{path} {op} {}", Value::from(text))),
        1 => text_path.prop_map(|path| format!("{path} pr")),
        1 => any::<bool>().prop_map(|value| format!("active eq {value}")),
        1 => Just("emails[type eq \"work\" and value co \"a\"]".to_owned()),
        1 => Just("emails[primary eq false or not (value sw \"a\")]".to_owned()),
        1 => Just("title eq null".to_owned()),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    term().prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) and {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} or ({right})")),
            inner.prop_map(|one| format!("not ({one})")),
        ]
    })
}

fn person() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec!["a", "A", "b", "ab", "work", "ß", "SS", ""]);
    (text.clone(), text.clone(), text.clone(), text.clone(), any::<bool>(), any::<bool>()).prop_map(
        |(user_name, title, first, second, active, primary)| {
            let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
            json!({
                "userName": user_name, "title": title, "active": active, "externalId": second,
                "name": { "familyName": first },
                "emails": [{ "value": first, "type": "work", "primary": primary }, { "value": second, "type": title }],
                enterprise: { "department": second, "manager": { "value": title } }
            })
        },
    )
}

fn parse(text: &str) -> Option<Filter> {
    Filter::parse(text, Registry::standard(), ResourceType::User, Profile::Auto).ok()
}

/// Whether a document is among the candidates of a plan, by its index rows alone.
fn is_candidate(plan: &Plan, rows: &std::collections::BTreeSet<(String, String)>) -> bool {
    match plan {
        Plan::All(all) => all.iter().all(|one| is_candidate(one, rows)),
        Plan::Any(all) => all.iter().any(|one| is_candidate(one, rows)),
        Plan::Scan => true,
        Plan::Nothing => false,
        Plan::Term(term) => rows.iter().filter(|(path, _)| *path == term.path).any(|(_, key)| match term.op {
            TermOp::Eq => *key == term.key,
            TermOp::StartsWith => key.starts_with(&term.key),
            TermOp::Present => true,
            TermOp::Gt => *key > term.key,
            TermOp::Ge => *key >= term.key,
            TermOp::Lt => *key < term.key,
            TermOp::Le => *key <= term.key,
        }),
    }
}

proptest! {
    #[test]
    fn a_printed_filter_reads_back_as_the_same_tree(text in filter()) {
        let filter = parse(&text).ok_or_else(|| TestCaseError::fail(text.clone()))?;
        let printed = filter.to_string();
        prop_assert_eq!(parse(&printed), Some(filter), "{}", printed);
    }

    #[test]
    fn the_index_never_loses_a_match_and_an_exact_plan_adds_none(text in filter(), person in person()) {
        let filter = parse(&text).ok_or_else(|| TestCaseError::fail(text.clone()))?;
        let document = person.as_object().cloned().unwrap_or_default();
        let rows = index::rows(&document, Registry::standard(), ResourceType::User);
        let candidates = filter.candidates();
        let (candidate, matched) = (is_candidate(&candidates.plan, &rows), filter.matches(&document));
        prop_assert!(candidate || !matched, "{text}: {candidates:?}");
        prop_assert!(!candidates.exact || candidate == matched, "{text}: {candidates:?}");
    }

    #[test]
    fn no_text_brings_the_filter_parser_down(text in "\\PC{0,60}", tail in "[\\[\\]()\" .:$eqorandnot\\\\a-z']{0,60}") {
        for text in [format!("userName eq {text}"), format!("emails[{tail}"), tail.clone(), text] {
            let _ = parse(&text);
        }
    }
}
