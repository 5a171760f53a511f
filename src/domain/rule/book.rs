//! The rules of an organization, found by what a person brings: settling a person does not read every rule.

use super::{MappingRule, Pattern, When};
use crate::base::fold::fold;
use std::collections::HashMap;

/// An organization's rules in their order, with ways to find them.
#[derive(Debug, Clone, Default)]
pub struct RuleBook {
    rules: Vec<MappingRule>,
    by_name: HashMap<String, Vec<usize>>,
    by_id: HashMap<String, Vec<usize>>,
    patterns: Vec<(usize, Pattern)>,
    by_attribute: HashMap<String, Vec<usize>>,
}

impl RuleBook {
    /// A book of these rules, in this order.
    #[must_use]
    pub fn new(rules: Vec<MappingRule>) -> Self {
        let mut book = Self::default();
        for (number, rule) in rules.iter().enumerate() {
            match &rule.when {
                When::Group(name) => book.by_name.entry(fold(name)).or_default().push(number),
                When::GroupId(id) => book.by_id.entry(id.clone()).or_default().push(number),
                When::Pattern(pattern) => book.patterns.push((number, pattern.clone())),
                When::Attribute { name, .. } => book.by_attribute.entry(fold(name)).or_default().push(number),
            }
        }
        book.rules = rules;
        book
    }

    /// The rules, in their order.
    #[must_use]
    pub fn rules(&self) -> &[MappingRule] {
        &self.rules
    }

    /// The rule of that number, from 0.
    #[must_use]
    pub fn rule(&self, number: usize) -> Option<&MappingRule> {
        self.rules.get(number)
    }

    /// Numbers of the rules for a group of this folded name.
    #[must_use]
    pub(in crate::domain) fn for_name(&self, folded: &str) -> &[usize] {
        self.by_name.get(folded).map_or(&[], Vec::as_slice)
    }

    /// Numbers of the rules for a group of this id.
    #[must_use]
    pub(in crate::domain) fn for_id(&self, id: &str) -> &[usize] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }

    /// Numbers of the rules that test an attribute of this folded name.
    #[must_use]
    pub(in crate::domain) fn for_attribute(&self, folded: &str) -> &[usize] {
        self.by_attribute.get(folded).map_or(&[], Vec::as_slice)
    }

    /// The rules with a pattern.
    #[must_use]
    pub(in crate::domain) fn patterns(&self) -> &[(usize, Pattern)] {
        &self.patterns
    }
}
