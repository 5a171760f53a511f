//! The words in which the engines differ. Everything else is one text.
//!
//! Statements are written in PostgreSQL's words; SQLite's single writer needs no row locks, and its planner goes from left
//! to right where it is told so, so those words are dropped there.

/// Which words an engine speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite.
    Lite,
    /// PostgreSQL.
    Pg,
}

/// The ways to lock the rows of a SELECT until the unit of work ends, the longer one first: passing over rows that
/// another unit holds, or waiting for them.
const ROW_LOCKS: [&str; 2] = [" FOR NO KEY UPDATE SKIP LOCKED", " FOR NO KEY UPDATE"];

/// What has PostgreSQL ask a part of a statement first. On SQLite it would fill a table of its own with it, each time.
const APART: &str = " AS MATERIALIZED (";

/// A statement as SQLite reads it. Its third parameter is `?3`: `$3` is a name to it, which it numbers by first appearance.
/// No literal of ours has a `$` in it: values are parameters.
pub(crate) fn for_lite(sql: &str) -> String {
    let mut text = sql.replace('$', "?");
    if text.contains(APART) {
        text = text.replace(APART, " AS (");
    }
    if text.contains(" FOR NO KEY UPDATE") {
        return ROW_LOCKS.iter().fold(text, |text, lock| text.replace(lock, ""));
    }
    text
}

/// Whether a statement leaves no trace: it neither writes nor holds a row. A text that may do either is not said to.
pub(crate) fn only_reads(sql: &str) -> bool {
    sql.starts_with("SELECT ") && !sql.contains(" FOR ")
}

/// A migration's text with its tokens spelled for the engine.
pub(crate) fn spell(dialect: Dialect, migration: &str) -> String {
    let words: [(&str, &str); 8] = match dialect {
        Dialect::Lite => [
            ("{int}", "INTEGER"),
            ("{text}", "TEXT"),
            ("{bool}", "INTEGER"),
            ("{blob}", "BLOB"),
            ("{strict}", " STRICT"),
            ("{keyed}", " STRICT, WITHOUT ROWID"),
            ("{hot}", " STRICT"),
            ("{pg}", "--"),
        ],
        Dialect::Pg => [
            ("{int}", "BIGINT"),
            ("{text}", "TEXT COLLATE \"C\""),
            ("{bool}", "BOOLEAN"),
            ("{blob}", "BYTEA"),
            ("{strict}", ""),
            ("{keyed}", ""),
            ("{hot}", " WITH (fillfactor = 80)"),
            ("{pg}", ""),
        ],
    };
    words.iter().fold(migration.to_owned(), |text, (token, word)| text.replace(token, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_row_or_writes_does_not_only_read() {
        assert!(only_reads("SELECT 1"));
        assert!(!only_reads("SELECT 1 FOR NO KEY UPDATE"));
        assert!(!only_reads("WITH w AS (DELETE FROM t) SELECT 1"));
        assert!(!only_reads("UPDATE t SET n = n + 1 RETURNING n"));
    }

    #[test]
    fn a_part_that_is_asked_first_is_a_word_of_postgresql_alone() {
        assert_eq!(
            for_lite("SELECT * FROM (WITH a AS MATERIALIZED (SELECT 1) TABLE a) b"),
            "SELECT * FROM (WITH a AS (SELECT 1) TABLE a) b"
        );
    }

    #[test]
    fn row_locks_are_words_of_postgresql_alone() {
        assert_eq!(for_lite("SELECT 1 FOR NO KEY UPDATE"), "SELECT 1");
        assert_eq!(for_lite("SELECT (SELECT $2 FOR NO KEY UPDATE SKIP LOCKED)"), "SELECT (SELECT ?2)");
    }
}
