//! Several writes as one statement, and several rows as one: on PostgreSQL round trips are what costs.

use super::{StoreError, Val, dialect};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// A write that waits to be sent.
pub(super) struct Waiting {
    pub(super) table: &'static str,
    pub(super) sql: Cow<'static, str>,
    pub(super) args: Vec<Val>,
}

/// An INSERT of any number of rows. SQLite runs it once a row (prepared, that is its quickest way); PostgreSQL takes
/// all rows as one statement whose text does not depend on their number.
pub(crate) struct Insert {
    /// The table.
    pub(crate) table: &'static str,
    columns: &'static str,
    tail: &'static str,
    texts: OnceLock<Texts>,
}

/// What an INSERT looks like; put together once.
struct Texts {
    /// For one row.
    one: String,
    /// The same in SQLite's words.
    lite: String,
    /// For many rows at once on PostgreSQL.
    many: String,
}

impl Insert {
    /// Into the columns `org, id, at` of a table; `tail` is what comes after the rows: `ON CONFLICT …`, `RETURNING …`.
    pub(crate) const fn new(table: &'static str, columns: &'static str, tail: &'static str) -> Self {
        Self { table, columns, tail, texts: OnceLock::new() }
    }

    fn texts(&self) -> &Texts {
        self.texts.get_or_init(|| {
            let places = self.columns.split(',').enumerate().map(|(at, _)| format!("${}", at + 1));
            let places = places.collect::<Vec<_>>().join(", ");
            let text = |rows: String| format!("INSERT INTO {} ({}) {rows} {}", self.table, self.columns, self.tail);
            let one = text(format!("VALUES ({places})"));
            let many = text(format!("SELECT * FROM UNNEST({places})"));
            Texts { lite: dialect::for_lite(&one), one, many }
        })
    }

    /// The statement for one row, in SQLite's words.
    pub(super) fn for_lite(&self) -> &str {
        &self.texts().lite
    }

    /// The statement and its arguments for these rows, of which there is one at least.
    pub(super) fn for_pg(&self, mut rows: Vec<Vec<Val>>) -> Result<(&str, Vec<Val>), StoreError> {
        if let [row] = rows.as_mut_slice() {
            return Ok((&self.texts().one, std::mem::take(row)));
        }
        let columns = rows.first().map_or(0, Vec::len);
        let mut lists: Vec<Vec<Val>> = (0..columns).map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (list, value) in lists.iter_mut().zip(row) {
                list.push(value);
            }
        }
        let args = lists.into_iter().map(Val::list).collect::<Result<_, _>>()?;
        Ok((&self.texts().many, args))
    }
}

/// One statement that does what all of them do. Each is a data-modifying WITH of its own, so none sees what another
/// does; the last one stands outside.
pub(super) fn fused(waiting: Vec<Waiting>) -> (Cow<'static, str>, Vec<Val>) {
    if waiting.len() == 1 {
        return waiting.into_iter().next().map(|one| (one.sql, one.args)).unwrap_or_default();
    }
    let (mut text, mut args) = (String::new(), Vec::new());
    let last = waiting.len() - 1;
    for (i, one) in waiting.into_iter().enumerate() {
        if i < last {
            // Writing to a String does not fail.
            let _ = write!(text, "{}w{i} AS (", if i == 0 { "WITH " } else { ", " });
        } else {
            text.push(' ');
        }
        renumber(&one.sql, args.len(), &mut text);
        if i < last {
            text.push(')');
        }
        args.extend(one.args);
    }
    (Cow::Owned(text), args)
}

/// Writes a statement with its `$n` moved by `by`. No literal of ours has a `$` in it: values are parameters.
fn renumber(sql: &str, by: usize, into: &mut String) {
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = after[..digits].parse().unwrap_or_default();
        // Writing to a String does not fail.
        let _ = write!(into, "{before}${}", number + by);
        rest = &after[digits..];
    }
    into.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(table: &'static str, sql: &'static str, args: &[Val]) -> Waiting {
        Waiting { table, sql: sql.into(), args: args.to_vec() }
    }

    #[test]
    fn writes_that_wait_become_one_statement_with_their_arguments_in_order() {
        let (sql, args) = fused(vec![
            waiting("a", "INSERT INTO a (x, y) VALUES ($1, $2)", &[Val::Int(Some(1)), Val::Int(Some(2))]),
            waiting("b", "DELETE FROM b WHERE x = $1", &[Val::Int(Some(3))]),
            waiting("c", "UPDATE c SET x = $2 WHERE y = $1 OR z = $1", &[Val::Int(Some(4)), Val::Int(Some(5))]),
        ]);
        assert_eq!(
            sql,
            "WITH w0 AS (INSERT INTO a (x, y) VALUES ($1, $2)), w1 AS (DELETE FROM b WHERE x = $3) \
             UPDATE c SET x = $5 WHERE y = $4 OR z = $4"
        );
        assert_eq!(args.len(), 5);
    }

    #[test]
    fn the_text_of_an_insert_does_not_depend_on_the_number_of_rows() {
        let insert = Insert::new("t", "a, b", "ON CONFLICT DO NOTHING");
        let row = |n| vec![Val::Int(Some(n)), Val::Text(Some("x".into()))];
        let (one, args) = insert.for_pg(vec![row(1)]).unwrap();
        assert_eq!((one, args.len()), ("INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING", 2));
        assert_eq!(insert.for_lite(), "INSERT INTO t (a, b) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
        let (two, args) = insert.for_pg(vec![row(1), row(2)]).unwrap();
        assert_eq!(two, "INSERT INTO t (a, b) SELECT * FROM UNNEST($1, $2) ON CONFLICT DO NOTHING");
        assert_eq!(args.len(), 2);
        assert_eq!(insert.for_pg(vec![row(1), row(2), row(3)]).unwrap().0, two);
    }
}
