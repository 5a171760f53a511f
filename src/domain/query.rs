//! Questions to the store, without a word of a protocol in them: whoever asks has chosen the key already.

/// A question about rows, over keys that the store keeps indexed. Texts are compared as given: fold them first where
/// the key is kept folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// Every row.
    All,
    /// No row.
    Nothing,
    /// The key has this value.
    Eq(String, Value),
    /// The key's text begins with this.
    StartsWith(String, String),
    /// The key lies in this range.
    Range {
        /// The key.
        key: String,
        /// Where it begins; `None`: nowhere.
        from: Option<Bound>,
        /// Where it ends; `None`: nowhere.
        to: Option<Bound>,
    },
    /// All of these hold. Of none: every row.
    And(Vec<Predicate>),
    /// One of these holds. Of none: no row.
    Or(Vec<Predicate>),
}

/// A value that a key is compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number; instants are microseconds since 1970 UTC.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The value.
    pub value: Value,
    /// Whether the value itself is inside.
    pub inclusive: bool,
}

impl Predicate {
    /// Both hold; the simplest form of it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, one) | (one, Self::All) => one,
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::And(mut all), Self::And(more)) => {
                all.extend(more);
                Self::And(all)
            }
            (Self::And(mut all), one) => {
                all.push(one);
                Self::And(all)
            }
            (one, Self::And(mut all)) => {
                all.insert(0, one);
                Self::And(all)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// One of them holds; the simplest form of it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, one) | (one, Self::Nothing) => one,
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Or(mut any), Self::Or(more)) => {
                any.extend(more);
                Self::Or(any)
            }
            (Self::Or(mut any), one) => {
                any.push(one);
                Self::Or(any)
            }
            (one, Self::Or(mut any)) => {
                any.insert(0, one);
                Self::Or(any)
            }
            (one, other) => Self::Or(vec![one, other]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eq(key: &str) -> Predicate {
        Predicate::Eq(key.into(), Value::Flag(true))
    }

    #[test]
    fn everything_and_nothing_vanish_where_they_say_nothing() {
        assert_eq!(Predicate::All.and(eq("a")), eq("a"));
        assert_eq!(Predicate::Nothing.or(eq("a")), eq("a"));
        assert_eq!(eq("a").and(Predicate::Nothing), Predicate::Nothing);
        assert_eq!(eq("a").or(Predicate::All), Predicate::All);
    }

    #[test]
    fn chains_lie_flat_in_their_order() {
        let chain = eq("a").and(eq("b")).and(eq("c"));
        assert_eq!(chain, Predicate::And(vec![eq("a"), eq("b"), eq("c")]));
        assert_eq!(eq("a").or(eq("b").or(eq("c"))), Predicate::Or(vec![eq("a"), eq("b"), eq("c")]));
    }
}
