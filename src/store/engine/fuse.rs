//! Several writes as one statement, and several rows as one: on PostgreSQL round trips are what costs.

use super::{StoreError, Val};
use std::borrow::Cow;
use std::fmt::Write as _;

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
    /// Its columns: `org, id, at`.
    pub(crate) columns: &'static str,
    /// What comes after the rows: `ON CONFLICT …`, `RETURNING …`.
    pub(crate) tail: &'static str,
}

impl Insert {
    fn text(&self, rows: &str) -> String {
        format!("INSERT INTO {} ({}) {rows} {}", self.table, self.columns, self.tail)
    }

    fn placeholders(&self) -> String {
        let mut list = String::new();
        for n in 1..=self.columns.split(',').count() {
            // Writing to a String does not fail.
            let _ = write!(list, "{}${n}", if n == 1 { "" } else { ", " });
        }
        list
    }

    /// The statement for one row.
    pub(super) fn one_row(&self) -> String {
        self.text(&format!("VALUES ({})", self.placeholders()))
    }

    /// The statement and its arguments for these rows, of which there is one at least.
    pub(super) fn for_pg(&self, rows: Vec<Vec<Val>>) -> Result<(String, Vec<Val>), StoreError> {
        if let [row] = rows.as_slice() {
            return Ok((self.one_row(), row.clone()));
        }
        let columns = rows.first().map_or(0, Vec::len);
        let mut lists: Vec<Vec<Val>> = (0..columns).map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (list, value) in lists.iter_mut().zip(row) {
                list.push(value);
            }
        }
        let args = lists.into_iter().map(Val::list).collect::<Result<_, _>>()?;
        Ok((self.text(&format!("SELECT * FROM UNNEST({})", self.placeholders())), args))
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
        let insert = Insert { table: "t", columns: "a, b", tail: "ON CONFLICT DO NOTHING" };
        let row = |n| vec![Val::Int(Some(n)), Val::Text(Some("x".into()))];
        assert_eq!(insert.for_pg(vec![row(1)]).unwrap().0, insert.one_row());
        let (two, args) = insert.for_pg(vec![row(1), row(2)]).unwrap();
        assert_eq!(two, "INSERT INTO t (a, b) SELECT * FROM UNNEST($1, $2) ON CONFLICT DO NOTHING");
        assert_eq!(args.len(), 2);
        assert_eq!(insert.for_pg(vec![row(1), row(2), row(3)]).unwrap().0, two);
    }
}
