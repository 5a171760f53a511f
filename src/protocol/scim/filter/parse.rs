//! The parser: precedence grouping, not, and, or; names resolved and literals typed while reading.

use serde_json::Value;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::AttrPath;
use crate::protocol::scim::filter::CompareOp;
use crate::protocol::scim::filter::Comparison;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::MAX_BYTES;
use crate::protocol::scim::filter::MAX_DEPTH;
use crate::protocol::scim::filter::MAX_TERMS;
use crate::protocol::scim::filter::read;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Returned;
use crate::protocol::scim::schema::Target;

/// Reads one text from left to right.
pub(crate) struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    terms: usize,
    registry: &'a Registry,
    kind: ResourceType,
    /// The attribute whose elements a value filter is about, inside its brackets.
    element_of: Option<&'a Attribute>,
    all_kinds: bool,
    pub(super) profile: Profile,
    pub(super) applied: &'a mut Applied,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(
        text: &'a str,
        registry: &'a Registry,
        kind: ResourceType,
        profile: Profile,
        applied: &'a mut Applied,
    ) -> Result<Self, ScimError> {
        if text.len() > MAX_BYTES {
            return Err(ScimError::too_many(format!("The filter is longer than {MAX_BYTES} bytes; ask in several.")));
        }
        // Without quotes it would come through as it is, and PostgreSQL cannot keep nor compare it.
        if text.contains('\0') {
            return Err(ScimError::invalid_filter("The filter has the character U+0000, which is in no value."));
        }
        Ok(Self {
            text,
            at: 0,
            depth: 0,
            terms: 0,
            registry,
            kind,
            element_of: None,
            all_kinds: false,
            profile,
            applied,
        })
    }

    pub(super) fn over_all_kinds(mut self) -> Self {
        self.all_kinds = true;
        self
    }

    pub(super) fn whole_filter(mut self) -> Result<Filter, ScimError> {
        let filter = self.any()?;
        self.blanks();
        match self.rest().chars().next() {
            None => Ok(filter),
            Some(found) => Err(self.fault(&format!("unexpected {found:?} after the end of the filter"))),
        }
    }

    /// `[filter]` of a path, with the bracket as the next character.
    pub(crate) fn value_filter(&mut self, attribute: &'a Attribute) -> Result<Filter, ScimError> {
        if self.element_of.is_some() {
            return Err(self.fault("a value filter inside a value filter"));
        }
        if !attribute.multi_valued && !attribute.is_complex() {
            return Err(self.fault(&format!("{} has one simple value and takes no filter", attribute.name)));
        }
        self.at += 1;
        self.deeper()?;
        self.element_of = Some(attribute);
        let filter = self.any()?;
        self.element_of = None;
        self.depth -= 1;
        self.blanks();
        if !self.take(']') {
            return Err(self.fault("']' is missing"));
        }
        Ok(filter)
    }

    fn any(&mut self) -> Result<Filter, ScimError> {
        let mut all = vec![self.every()?];
        while self.keyword("or") {
            all.push(self.every()?);
        }
        Ok(flat(all, Joint::Or))
    }

    fn every(&mut self) -> Result<Filter, ScimError> {
        let mut all = vec![self.unit()?];
        while self.keyword("and") {
            all.push(self.unit()?);
        }
        Ok(flat(all, Joint::And))
    }

    fn unit(&mut self) -> Result<Filter, ScimError> {
        self.blanks();
        if self.peek() == Some('(') {
            return self.group();
        }
        let start = self.at;
        let word = self.word();
        if word.eq_ignore_ascii_case("not") {
            self.blanks();
            if self.peek() != Some('(') {
                return Err(self.fault("'not' stands before a parenthesis, as in not (active eq true)"));
            }
            return Ok(Filter::Not(Box::new(self.group()?)));
        }
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(ScimError::too_many(format!("The filter has more than {MAX_TERMS} comparisons.")));
        }
        self.term(word, start)
    }

    fn group(&mut self) -> Result<Filter, ScimError> {
        self.at += 1;
        self.deeper()?;
        let filter = self.any()?;
        self.depth -= 1;
        self.blanks();
        if self.take(')') { Ok(filter) } else { Err(self.fault("')' is missing")) }
    }

    fn term(&mut self, word: &'a str, start: usize) -> Result<Filter, ScimError> {
        if word.is_empty() {
            return Err(self.fault("an attribute name is missing"));
        }
        let target = self.resolve(word);
        if target.is_none() && self.all_kinds && self.element_of.is_none() {
            self.kind = self.kind.other();
            let target = self.resolve(word);
            let filter = self.after_name(word, start, target);
            self.kind = self.kind.other();
            return Ok(Filter::Elsewhere(Box::new(filter?)));
        }
        self.after_name(word, start, target)
    }

    fn after_name(&mut self, word: &str, start: usize, target: Option<Resolved<'a>>) -> Result<Filter, ScimError> {
        let Some(target) = target else {
            return Err(self.fault_at(
                start,
                &format!("{} has no attribute {word:?}; /Schemas lists what there is", self.place()),
            ));
        };
        if target.leaf().returned == Returned::Never {
            return Err(self.fault_at(start, &format!("{word} cannot be filtered by: it is never returned")));
        }
        if target.urn.is_some_and(Registry::is_derived) {
            let rule = format!("{word} is derived and cannot be filtered by; ask for it with attributes");
            return Err(self.fault_at(start, &rule));
        }
        if self.peek() != Some('[') {
            return self.operator(target);
        }
        if target.sub.is_some() {
            return Err(self.fault("'[' stands after the attribute, before the sub-attribute"));
        }
        let inner = self.value_filter(target.attribute)?;
        if self.peek() == Some('.') {
            return self.trailing_sub(&target, inner);
        }
        Ok(Filter::Element { path: target.path(), filter: Box::new(inner) })
    }

    /// `emails[type eq "work"].value eq "x"`: the element satisfies both.
    fn trailing_sub(&mut self, target: &Resolved<'a>, inner: Filter) -> Result<Filter, ScimError> {
        if !self.applied.allow(self.profile, Quirk::ValuePathFilter) {
            return Err(self.fault("after ']' a filter ends; write attribute[type eq \"work\" and value eq \"x\"]"));
        }
        self.at += 1;
        let start = self.at;
        let word = self.word();
        self.element_of = Some(target.attribute);
        let sub = self.resolve(word);
        let condition = self.after_name(word, start, sub);
        self.element_of = None;
        let (negated, condition) = match condition? {
            Filter::Compare(term) if term.op == CompareOp::Ne && !term.is_empty_check() => {
                (true, Filter::Compare(Comparison::new(term.path, CompareOp::Eq, term.value)))
            }
            other => (false, other),
        };
        let both = flat(vec![inner, condition], Joint::And);
        let element = Filter::Element { path: target.path(), filter: Box::new(both) };
        Ok(if negated { Filter::Not(Box::new(element)) } else { element })
    }

    fn operator(&mut self, target: Resolved<'a>) -> Result<Filter, ScimError> {
        self.blanks();
        let start = self.at;
        let length = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = &self.text[start..start + length];
        self.at += length;
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(target.path()));
        }
        let all = [
            CompareOp::Eq,
            CompareOp::Ne,
            CompareOp::Co,
            CompareOp::Sw,
            CompareOp::Ew,
            CompareOp::Gt,
            CompareOp::Ge,
            CompareOp::Lt,
            CompareOp::Le,
        ];
        let Some(op) = all.into_iter().find(|op| op.word().eq_ignore_ascii_case(word)) else {
            return Err(self.fault_at(start, "an operator is expected: eq, ne, co, sw, ew, gt, ge, lt, le or pr"));
        };
        let Some(target) = target.comparable() else {
            return Err(self.fault_at(start, "the attribute is complex; name the sub-attribute to compare"));
        };
        self.blanks();
        let guarded = self.is_guarded(&target);
        let value = read::literal(self, &target.path(), op)?;
        let comparison = Comparison::new(target.path(), op, value);
        if guarded && op == CompareOp::Eq && comparison.is_empty_check() {
            return Err(self.fault_at(
                start,
                "an empty value would find whoever has none; check the attribute mapping and send a value",
            ));
        }
        Ok(Filter::Compare(comparison))
    }

    /// Attributes that IdPs match by: an empty mapping must not adopt whoever has no value.
    fn is_guarded(&self, target: &Resolved<'_>) -> bool {
        let (name, sub) = match self.element_of {
            Some(parent) => (parent.name.as_str(), Some(target.attribute.name.as_str())),
            None => (target.attribute.name.as_str(), target.sub.map(|sub| sub.name.as_str())),
        };
        target.urn.is_none()
            && match name {
                "id" | "externalId" | "userName" => true,
                "displayName" => self.kind == ResourceType::Group,
                "emails" => sub == Some("value"),
                _ => false,
            }
    }

    fn resolve(&mut self, word: &str) -> Option<Resolved<'a>> {
        if let Some(parent) = self.element_of {
            let attribute = match parent.sub(word) {
                Some(sub) => sub,
                None if !parent.is_complex() && word.eq_ignore_ascii_case("value") => parent,
                None => return None,
            };
            return Some(Resolved { urn: None, attribute, sub: None, inside: !parent.is_complex() });
        }
        match self.registry.resolve(self.kind, word, self.profile, self.applied).ok()? {
            Target::Attribute { urn, attribute, sub } => Some(Resolved { urn, attribute, sub, inside: false }),
            Target::Extension(_) => None,
        }
    }

    fn place(&self) -> String {
        match self.element_of {
            Some(parent) => parent.name.clone(),
            None => self.kind.name().to_owned(),
        }
    }

    fn deeper(&mut self) -> Result<(), ScimError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(&format!("the nesting is deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }

    /// Takes `and` or `or` if it stands next as a whole word.
    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        self.blanks();
        let start = self.at;
        if self.word().eq_ignore_ascii_case(keyword) {
            return true;
        }
        self.at = if self.text.len() == start { start } else { before };
        false
    }

    /// The run of characters that names and keywords are made of.
    pub(crate) fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|next: char| !(next.is_alphanumeric() || "-_$.:".contains(next))).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(super) fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(crate) fn fault(&self, what: &str) -> ScimError {
        self.fault_at(self.at, what)
    }

    fn fault_at(&self, at: usize, what: &str) -> ScimError {
        let position = self.text[..at.min(self.text.len())].chars().count() + 1;
        ScimError::invalid_filter(format!("Filter, character {position}: {what}."))
    }
}

/// A resolved name with its definition.
struct Resolved<'a> {
    urn: Option<&'a str>,
    attribute: &'a Attribute,
    sub: Option<&'a Attribute>,
    /// `value` of a simple multi-valued attribute inside its own brackets.
    inside: bool,
}

impl<'a> Resolved<'a> {
    fn leaf(&self) -> &'a Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// What a comparison means: `emails` is `emails.value`, `manager` is `manager.value`.
    fn comparable(mut self) -> Option<Self> {
        if self.leaf().kind == AttributeType::Complex {
            self.sub = Some(self.attribute.sub("value")?);
        }
        Some(self)
    }

    fn path(&self) -> AttrPath {
        let leaf = self.leaf();
        AttrPath {
            urn: self.urn.map(str::to_owned),
            name: if self.inside { "value".to_owned() } else { self.attribute.name.clone() },
            sub: self.sub.map(|sub| sub.name.clone()),
            leaf: leaf.kind,
            case_exact: leaf.case_exact,
            searchable: leaf.searchable,
        }
    }
}

#[derive(Clone, Copy)]
enum Joint {
    And,
    Or,
}

/// Joins conditions without nesting a joint in its like, so that a printed filter reads back as the same tree.
fn flat(all: Vec<Filter>, joint: Joint) -> Filter {
    let mut parts = Vec::with_capacity(all.len());
    for one in all {
        match (joint, one) {
            (Joint::And, Filter::And(inner)) | (Joint::Or, Filter::Or(inner)) => parts.extend(inner),
            (_, other) => parts.push(other),
        }
    }
    match <[Filter; 1]>::try_from(parts) {
        Ok([one]) => one,
        Err(parts) => match joint {
            Joint::And => Filter::And(parts),
            Joint::Or => Filter::Or(parts),
        },
    }
}

/// What stands on the right of an operator, before its type is known.
pub(super) struct Raw<'a> {
    /// The JSON value, a bare word being a string.
    pub(super) value: Value,
    /// The characters as written, for a number that is compared as a text.
    pub(super) written: &'a str,
}
