//! Filters (RFC 7644 §3.4.2.2): one tree for query filters and for the value filters of PATCH paths.
//!
//! Owns grammar, typing of literals, evaluation and the candidate plan for a store's index. Hands on [`Filter`], whose
//! paths are resolved: canonical names, type and case rule of the attribute.
//! Must not know SQL: a [`Plan`] names paths and folded values only.

mod evaluate;
pub(crate) mod parse;
mod plan;
mod print;
mod read;

pub use evaluate::Subject;
pub(crate) use evaluate::is_assigned;
pub use plan::Candidates;
pub use plan::INDEXED_CHARACTERS;
pub use plan::Plan;
pub use plan::Term;
pub use plan::TermOp;
pub(crate) use plan::boolean_key;
pub(crate) use plan::cut;

use chrono::DateTime;
use chrono::Utc;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::parse::Parser;
use crate::protocol::scim::fold;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;

/// The deepest nesting of parentheses and brackets.
pub const MAX_DEPTH: usize = 64;
/// The most comparisons in one filter.
pub const MAX_TERMS: usize = 1024;
/// The longest filter, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// No value is equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

impl CompareOp {
    /// The operator as written in a filter.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }
}

/// The right side of a comparison, typed by the schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`: unassigned.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text, as written.
    Text(String),
    /// An instant.
    Time(DateTime<Utc>),
}

/// A resolved attribute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttrPath {
    /// The URN of the extension; `None` for core and common attributes, and inside a value filter.
    pub urn: Option<String>,
    /// The attribute (inside a value filter: the sub-attribute) in canonical spelling.
    pub name: String,
    /// The sub-attribute in canonical spelling; `value` where the client left it out.
    pub sub: Option<String>,
    /// The type of what is compared.
    pub leaf: AttributeType,
    /// Whether texts compare byte by byte.
    pub case_exact: bool,
    /// Whether its values are index rows.
    pub searchable: bool,
}

/// `path op literal`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The left side.
    pub path: AttrPath,
    /// The operator.
    pub op: CompareOp,
    /// The right side.
    pub value: Literal,
    /// The comparable form of a text; empty otherwise.
    key: String,
}

impl Comparison {
    /// A comparison, with its text made comparable once.
    #[must_use]
    pub fn new(path: AttrPath, op: CompareOp, value: Literal) -> Self {
        let key = match &value {
            Literal::Text(text) => fold::key_of(text, path.case_exact),
            _ => String::new(),
        };
        Self { path, op, value, key }
    }

    /// The comparable form of the text: folded unless the attribute is `caseExact`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it asks for "no value" (`eq null`, `eq ""`).
    #[must_use]
    pub fn is_empty_check(&self) -> bool {
        match &self.value {
            Literal::Null => true,
            Literal::Text(text) => text.is_empty() && matches!(self.op, CompareOp::Eq | CompareOp::Ne),
            _ => false,
        }
    }
}

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them.
    And(Vec<Filter>),
    /// One of them at least.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// A comparison.
    Compare(Comparison),
    /// `path pr`: there is a value.
    Present(AttrPath),
    /// `path[filter]`: one element satisfies the whole filter.
    Element {
        /// The attribute whose elements are tried.
        path: AttrPath,
        /// The filter over the element's sub-attributes.
        filter: Box<Filter>,
    },
    /// A term on an attribute that only the other kind of resource has: never true here (root queries).
    Elsewhere(Box<Filter>),
}

impl Filter {
    /// Reads the filter of a query on one kind of resource.
    ///
    /// # Errors
    /// 400 `invalidFilter` with the position, or `tooMany` above the limits.
    pub fn parse(text: &str, registry: &Registry, kind: ResourceType, profile: Profile) -> Result<Self, ScimError> {
        Self::parse_noting(text, registry, kind, profile, &mut Applied::default())
    }

    /// As [`Filter::parse`], noting the tolerances that it took.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn parse_noting(
        text: &str,
        registry: &Registry,
        kind: ResourceType,
        profile: Profile,
        applied: &mut Applied,
    ) -> Result<Self, ScimError> {
        Parser::new(text, registry, kind, profile, applied)?.whole_filter()
    }

    /// Reads the filter of a root query (`GET /?filter=`) for one kind: a term on an attribute of the other kind alone
    /// is accepted and never true.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn parse_root(
        text: &str,
        registry: &Registry,
        kind: ResourceType,
        profile: Profile,
        applied: &mut Applied,
    ) -> Result<Self, ScimError> {
        Parser::new(text, registry, kind, profile, applied)?.over_all_kinds().whole_filter()
    }

    /// How many comparisons it has.
    #[must_use]
    pub fn terms(&self) -> usize {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().map(Self::terms).sum(),
            Self::Not(one) | Self::Element { filter: one, .. } | Self::Elsewhere(one) => one.terms(),
            Self::Compare(_) | Self::Present(_) => 1,
        }
    }

    /// Every id that the filter compares with `members` or `groups` by `eq`, and whether those are all it asks.
    ///
    /// With `true` it is enough to look up which of these ids are members (or groups), and to hand only those to the
    /// evaluation; with `false` it needs all elements.
    #[must_use]
    pub fn membership(&self) -> Membership<'_> {
        let mut found = Membership { ids: Vec::new(), only_ids: true, asked: false };
        self.collect_membership(false, &mut found);
        found
    }

    fn collect_membership<'a>(&'a self, inside: bool, found: &mut Membership<'a>) {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.collect_membership(inside, found)),
            Self::Not(one) => one.collect_membership(inside, found),
            Self::Elsewhere(_) => {}
            Self::Element { path, filter } => {
                found.need_manager(path);
                filter.collect_membership(inside || is_membership(path), found);
            }
            Self::Present(path) => {
                found.need_manager(path);
                if inside || is_membership(path) {
                    found.asked = true;
                    found.only_ids = false;
                }
            }
            Self::Compare(term) => {
                found.need_manager(&term.path);
                let whole = is_membership(&term.path) && term.path.sub.as_deref() == Some("value");
                let element = inside && term.path.name == "value";
                found.asked |= inside || is_membership(&term.path);
                match &term.value {
                    Literal::Text(id) if (whole || element) && term.op == CompareOp::Eq && !id.is_empty() => {
                        found.ids.push(id);
                    }
                    _ if inside || is_membership(&term.path) => found.only_ids = false,
                    _ => {}
                }
            }
        }
    }
}

/// What a filter asks about membership (see [`Filter::membership`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership<'a> {
    /// The ids compared by `eq`.
    pub ids: Vec<&'a str>,
    /// Whether `members` or `groups` is asked for nothing but these ids.
    pub only_ids: bool,
    /// Whether the filter asks about membership at all, or about what else is not stored with the resource.
    pub asked: bool,
}

impl Membership<'_> {
    /// The name and address of a manager are no more in the stored document than members are.
    fn need_manager(&mut self, path: &AttrPath) {
        if path.name == "manager" && path.sub.as_deref() != Some("value") {
            self.asked = true;
            self.only_ids = false;
        }
    }
}

fn is_membership(path: &AttrPath) -> bool {
    path.urn.is_none() && matches!(path.name.as_str(), "members" | "groups")
}

#[cfg(test)]
mod tests;
