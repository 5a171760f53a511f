//! Patterns over group names, with named captures: `panel-{client}-{role}`.

use crate::base::fold::fold;
use serde::{Deserialize, Serialize};

/// Names longer than this meet no pattern, so that a pushed name cannot cost time.
const LONGEST_NAME: usize = 512;
/// Captures that one pattern may have.
const MOST_CAPTURES: usize = 4;
/// Readings of one name that are looked at; a name with more of them is ambiguous anyway.
const MOST_READINGS: usize = 64;
/// Steps that reading one name may take.
const MOST_STEPS: usize = 4096;

/// A pattern that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `{` without `}`, or the other way round.
    #[error("pattern `{0}`: a brace is not closed or not opened")]
    Brace(String),
    /// `{…}` holds something else than small letters, digits and `_`.
    #[error("pattern `{pattern}`: `{{{name}}}` is not the name of a capture")]
    CaptureName {
        /// The pattern.
        pattern: String,
        /// What stands between the braces.
        name: String,
    },
    /// The same capture twice.
    #[error("pattern `{pattern}`: `{{{name}}}` stands twice")]
    CaptureTwice {
        /// The pattern.
        pattern: String,
        /// The capture.
        name: String,
    },
    /// Nothing says where one ends and the next begins.
    #[error("pattern `{0}`: two captures stand side by side, so nothing says where one ends")]
    Adjacent(String),
    /// It would take any group, whatever it is called.
    #[error("pattern `{0}`: some letters or digits must stand outside the captures, else any group would meet it")]
    TakesAnything(String),
    /// More captures than anybody needs.
    #[error("pattern `{0}`: more than 4 captures")]
    TooMany(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Folded.
    Text(String),
    Capture(String),
}

/// A pattern as written, ready to read names. Letter case does not count (`displayName` is not `caseExact`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    written: String,
    parts: Vec<Part>,
}

/// One way to read a name: (capture, folded value), in the order of the pattern.
pub type Reading<'p> = Vec<(&'p str, String)>;

/// The ways to read a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings<'p> {
    /// Those that were found.
    pub ways: Vec<Reading<'p>>,
    /// Whether there are no others. A name with too many to be tried is not to be trusted to mean any one of them.
    pub complete: bool,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`]: braces, names of captures, captures side by side, nothing but captures.
    pub fn parse(written: &str) -> Result<Self, PatternError> {
        let own = || written.to_owned();
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = written;
        while !rest.is_empty() {
            if let Some(opened) = rest.strip_prefix('{') {
                let (name, after) = opened.split_once('}').ok_or_else(|| PatternError::Brace(own()))?;
                parts.push(Part::Capture(capture_name(written, name)?));
                rest = after;
            } else {
                let (text, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
                if after.starts_with('}') {
                    return Err(PatternError::Brace(own()));
                }
                parts.push(Part::Text(fold(text)));
                rest = after;
            }
        }
        let pattern = Self { written: own(), parts };
        pattern.checked()
    }

    fn checked(self) -> Result<Self, PatternError> {
        let mut seen: Vec<&str> = Vec::new();
        for name in self.captures() {
            if seen.contains(&name) {
                return Err(PatternError::CaptureTwice { pattern: self.written.clone(), name: name.to_owned() });
            }
            seen.push(name);
        }
        if seen.len() > MOST_CAPTURES {
            return Err(PatternError::TooMany(self.written));
        }
        if self.parts.windows(2).any(|two| matches!(two, [Part::Capture(_), Part::Capture(_)])) {
            return Err(PatternError::Adjacent(self.written));
        }
        let says_something = |part: &Part| matches!(part, Part::Text(text) if text.chars().any(char::is_alphanumeric));
        if self.parts.iter().any(says_something) { Ok(self) } else { Err(PatternError::TakesAnything(self.written)) }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The names of its captures, in order.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Capture(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Every way to read a folded name; none where it does not meet the pattern. A capture is never empty.
    ///
    /// `panel-{client}-{role}` reads `panel-a-b-c` in two ways; who knows the clients chooses.
    #[must_use]
    pub fn readings(&self, folded_name: &str) -> Readings<'_> {
        let (mut ways, mut steps) = (Vec::new(), MOST_STEPS);
        if folded_name.len() <= LONGEST_NAME {
            read(&self.parts, folded_name, &mut Vec::new(), &mut ways, &mut steps);
        }
        let complete = ways.len() < MOST_READINGS && steps > 0;
        Readings { ways, complete }
    }
}

fn capture_name(pattern: &str, name: &str) -> Result<String, PatternError> {
    let good = !name.is_empty() && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    let bad = || PatternError::CaptureName { pattern: pattern.to_owned(), name: name.to_owned() };
    if good { Ok(name.to_owned()) } else { Err(bad()) }
}

fn read<'p>(parts: &'p [Part], name: &str, so_far: &mut Reading<'p>, found: &mut Vec<Reading<'p>>, steps: &mut usize) {
    if found.len() >= MOST_READINGS || *steps == 0 {
        return;
    }
    *steps -= 1;
    match parts {
        [] if name.is_empty() => found.push(so_far.clone()),
        [] => {}
        [Part::Text(text), rest @ ..] => {
            if let Some(name) = name.strip_prefix(text.as_str()) {
                read(rest, name, so_far, found, steps);
            }
        }
        [Part::Capture(capture)] => {
            if !name.is_empty() {
                so_far.push((capture, name.to_owned()));
                found.push(so_far.clone());
                so_far.pop();
            }
        }
        [Part::Capture(capture), rest @ ..] => {
            let Some(Part::Text(text)) = rest.first() else { return };
            for (at, _) in name.char_indices().skip(1).filter(|(at, _)| name[*at..].starts_with(text.as_str())) {
                so_far.push((capture, name[..at].to_owned()));
                read(rest, &name[at..], so_far, found, steps);
                so_far.pop();
            }
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(written: String) -> Result<Self, PatternError> {
        Self::parse(&written)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(pattern: &str, name: &str) -> Vec<Vec<String>> {
        let pattern = Pattern::parse(pattern).unwrap();
        pattern
            .readings(&fold(name))
            .ways
            .into_iter()
            .map(|r| r.into_iter().map(|(_, value)| value).collect())
            .collect()
    }

    #[test]
    fn a_name_is_read_whatever_its_case() {
        assert_eq!(readings("panel-{client}-users", "Panel-NORTH-Users"), [["north"]]);
        assert_eq!(readings("Panel-{client}", "panel-north"), [["north"]]);
    }

    #[test]
    fn a_capture_is_never_empty_and_the_whole_name_counts() {
        assert!(readings("panel-{client}-users", "panel--users").is_empty());
        assert!(readings("panel-{client}-users", "panel-north-users2").is_empty());
        assert!(readings("panel-{client}-users", "xpanel-north-users").is_empty());
    }

    #[test]
    fn every_reading_of_a_name_is_found() {
        assert_eq!(readings("panel-{client}-{role}", "panel-a-b-c"), [["a", "b-c"], ["a-b", "c"]]);
    }

    #[test]
    fn a_long_run_of_separators_costs_no_time_and_is_said_to_be_unread() {
        let pattern = Pattern::parse("x-{a}-{b}-{c}-{d}").unwrap();
        assert!(!pattern.readings(&format!("x-{}", "-".repeat(500))).complete);
        assert!(pattern.readings("x-1-2-3-4").complete);
        assert!(readings("x-{a}-{b}-{c}-{d}", &format!("x-{}", "-".repeat(500))).len() <= MOST_READINGS);
        assert!(readings("x-{a}-{b}-{c}-{d}-z", &format!("x-{}", "-".repeat(500))).is_empty());
    }

    #[test]
    fn a_pattern_that_could_not_be_read_is_refused() {
        let fault = |pattern| Pattern::parse(pattern).unwrap_err();
        assert_eq!(fault("p-{client}{role}"), PatternError::Adjacent("p-{client}{role}".into()));
        assert!(matches!(fault("p-{client"), PatternError::Brace(_)));
        assert!(matches!(fault("p-client}"), PatternError::Brace(_)));
        assert!(matches!(fault("p-{}"), PatternError::CaptureName { .. }));
        assert!(matches!(fault("p-{a}-{a}"), PatternError::CaptureTwice { .. }));
        assert!(matches!(fault("{client}-{role}"), PatternError::TakesAnything(_)));
        assert!(matches!(fault("{role}"), PatternError::TakesAnything(_)));
        assert!(matches!(fault(""), PatternError::TakesAnything(_)));
    }
}
