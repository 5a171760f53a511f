//! The candidate plan: what an index of (path, folded value) rows can say about a filter.

use crate::protocol::scim::datetime;
use crate::protocol::scim::filter::AttrPath;
use crate::protocol::scim::filter::CompareOp;
use crate::protocol::scim::filter::Comparison;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::Literal;
use crate::protocol::scim::schema::AttributeType;

/// How many folded characters of a value an index row keeps.
pub const INDEXED_CHARACTERS: usize = 200;

/// How an index row is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TermOp {
    /// The value is the key.
    Eq,
    /// The value starts with the key.
    StartsWith,
    /// There is a row; the key is empty.
    Present,
    /// The value is greater than the key, byte by byte.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

/// One lookup in the index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// The canonical path, as the index rows spell it: `userName`, `emails.value`, `urn:…:User:department`. Of the
    /// virtual attributes: `id`, `meta.created`, `meta.lastModified`, `members.value`, `groups.value`.
    pub path: String,
    /// The comparison.
    pub op: TermOp,
    /// The key, as the index rows spell it.
    pub key: String,
}

/// A superset of the filter's matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Resources that are in all of these.
    All(Vec<Plan>),
    /// Resources that are in one of these at least.
    Any(Vec<Plan>),
    /// Resources with such a row.
    Term(Term),
    /// The index says nothing: every resource must be looked at.
    Scan,
    /// No resource at all.
    Nothing,
}

/// A plan, and whether it is the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    /// Where to look.
    pub plan: Plan,
    /// Whether every candidate is a match, so that a count of candidates is a count of matches.
    pub exact: bool,
}

impl Filter {
    /// The plan of this filter.
    #[must_use]
    pub fn candidates(&self) -> Candidates {
        self.plan_inside(None)
    }

    fn plan_inside(&self, parent: Option<&AttrPath>) -> Candidates {
        match self {
            Self::And(all) => {
                let parts: Vec<_> = all.iter().map(|one| one.plan_inside(parent)).collect();
                // Conditions of one element may hold on two different elements: the index cannot tell.
                let exact = parent.is_none() && parts.iter().all(|part| part.exact);
                Candidates { plan: all_of(parts.into_iter().map(|part| part.plan).collect()), exact }
            }
            Self::Or(all) => {
                let parts: Vec<_> = all.iter().map(|one| one.plan_inside(parent)).collect();
                let exact = parts.iter().all(|part| part.exact);
                Candidates { plan: any_of(parts.into_iter().map(|part| part.plan).collect()), exact }
            }
            Self::Not(_) => scan(),
            Self::Present(path) => present(path, parent),
            Self::Compare(term) => comparison(term, parent),
            Self::Element { path, filter } => filter.plan_inside(Some(path)),
            Self::Elsewhere(_) => Candidates { plan: Plan::Nothing, exact: true },
        }
    }
}

fn scan() -> Candidates {
    Candidates { plan: Plan::Scan, exact: false }
}

fn all_of(plans: Vec<Plan>) -> Plan {
    if plans.contains(&Plan::Nothing) {
        return Plan::Nothing;
    }
    let mut useful: Vec<_> = plans.into_iter().filter(|plan| *plan != Plan::Scan).collect();
    match useful.len() {
        0 => Plan::Scan,
        1 => useful.swap_remove(0),
        _ => Plan::All(useful),
    }
}

fn any_of(plans: Vec<Plan>) -> Plan {
    if plans.contains(&Plan::Scan) {
        return Plan::Scan;
    }
    let mut useful: Vec<_> = plans.into_iter().filter(|plan| *plan != Plan::Nothing).collect();
    match useful.len() {
        0 => Plan::Nothing,
        1 => useful.swap_remove(0),
        _ => Plan::Any(useful),
    }
}

fn full_path(path: &AttrPath, parent: Option<&AttrPath>) -> String {
    match parent {
        Some(parent) => format!("{parent}.{}", path.name),
        None => path.to_string(),
    }
}

fn present(path: &AttrPath, parent: Option<&AttrPath>) -> Candidates {
    if !path.searchable || path.leaf == AttributeType::Complex {
        return scan();
    }
    let exact = parent.is_none() && path.sub.is_none();
    let term = Term { path: full_path(path, parent), op: TermOp::Present, key: String::new() };
    Candidates { plan: Plan::Term(term), exact }
}

fn comparison(term: &Comparison, parent: Option<&AttrPath>) -> Candidates {
    if !term.path.searchable || term.is_empty_check() {
        return scan();
    }
    // An absent `primary` is false and has no row.
    if term.value == Literal::Boolean(false) && full_path(&term.path, parent).ends_with(".primary") {
        return scan();
    }
    let key = match &term.value {
        Literal::Text(_) if term.path.leaf == AttributeType::DateTime => return scan(),
        Literal::Text(_) => term.key().to_owned(),
        Literal::Boolean(value) => boolean_key(*value).to_owned(),
        Literal::Time(instant) => datetime::to_sortable(*instant),
        Literal::Null | Literal::Number(_) => return scan(),
    };
    let cut = cut(&key);
    let is_cut = cut.chars().count() >= INDEXED_CHARACTERS;
    let op = match term.op {
        CompareOp::Eq => TermOp::Eq,
        CompareOp::Sw => TermOp::StartsWith,
        CompareOp::Gt if is_cut => TermOp::Ge,
        CompareOp::Gt => TermOp::Gt,
        CompareOp::Ge => TermOp::Ge,
        CompareOp::Lt if is_cut => TermOp::Le,
        CompareOp::Lt => TermOp::Lt,
        CompareOp::Le => TermOp::Le,
        CompareOp::Ne | CompareOp::Co | CompareOp::Ew => return scan(),
    };
    let term = Term { path: full_path(&term.path, parent), op, key: cut.to_owned() };
    Candidates { plan: Plan::Term(term), exact: !is_cut }
}

/// The key of a boolean.
pub(crate) fn boolean_key(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

/// The part of a key that an index row keeps.
pub(crate) fn cut(key: &str) -> &str {
    match key.char_indices().nth(INDEXED_CHARACTERS) {
        Some((at, _)) => &key[..at],
        None => key,
    }
}
