//! Filters.

use super::{GRAMMARS, is_a_refusal, registry, stored};
use doorward::protocol::scim::filter::{Filter, MAX_TERMS, Plan, TermOp};
use doorward::protocol::scim::index;
use doorward::protocol::scim::profile::Applied;
use doorward::protocol::scim::schema::RESOURCE_TYPES;
use std::collections::BTreeSet;

/// A text is a filter that prints as itself and whose index loses nobody, or it is refused.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for kind in RESOURCE_TYPES {
        let document = stored(kind);
        let rows = index::rows(&document, registry(), kind);
        for profile in GRAMMARS {
            let read = |text: &str| Filter::parse(text, registry(), kind, profile);
            match read(text) {
                Ok(filter) => {
                    let printed = filter.to_string();
                    assert_eq!(read(&printed).as_ref(), Ok(&filter), "{printed:?} {profile}");
                    let again = Filter::parse(&printed, registry(), kind, GRAMMARS[0]);
                    assert_eq!(again.as_ref(), Ok(&filter), "{printed:?} in the tolerant grammar");
                    assert!(filter.terms() <= MAX_TERMS);
                    let (candidates, matches) = (filter.candidates(), filter.matches(&document));
                    let candidate = is_candidate(&candidates.plan, &rows);
                    assert!(candidate || !matches, "{printed:?} is lost by {candidates:?}");
                    assert!(!candidates.exact || candidate == matches, "{printed:?} is not what {candidates:?} finds");
                    let _ = filter.membership();
                }
                Err(refused) => is_a_refusal(&refused),
            }
            let root = |text: &str| Filter::parse_root(text, registry(), kind, profile, &mut Applied::default());
            match root(text) {
                // It reads back, though not as the same tree: what the other kind alone has prints as if it were ours, and
                // `emails[…].value ne "x"`, which is never true of a Group, as a `not`.
                Ok(filter) => assert!(root(&filter.to_string()).is_ok(), "{filter} {profile}"),
                Err(refused) => is_a_refusal(&refused),
            }
        }
    }
}

/// Whether a document is among the candidates of a plan, by its index rows alone.
fn is_candidate(plan: &Plan, rows: &BTreeSet<(String, String)>) -> bool {
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
