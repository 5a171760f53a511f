//! What one request writes, learned from the server itself: a user is made by it, and every row that came or changed is a
//! model for the rows of other users. So the raw engine and the load write what the product writes, whatever that is.

mod load;
pub(crate) mod names;
pub(crate) mod snapshot;

pub(crate) use load::{load, source, tidy};

use crate::place::Cell;
use anyhow::{Context as _, bail, ensure};
use names::Name;
use snapshot::Snapshot;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Tables that a request does not write itself: notes of what was used, and what is written behind the answers.
const BEHIND: [&str; 7] =
    ["directory_token", "number", "seal", "schema_version", "scim_log_block", "scim_log_quirk", "scim_log_tally"];

/// A value of a row, with what of it differs from user to user.
#[derive(Debug, Clone)]
enum Value {
    Same(Cell),
    Is(Name),
    /// Text with names in it: pieces in their order.
    Pieces(Vec<Result<String, Name>>),
}

/// One row that a request writes.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// The table.
    pub(crate) table: String,
    columns: Vec<String>,
    values: Vec<Value>,
    /// For a row that was there: which columns name it, and which were changed.
    update: Option<(Vec<usize>, Vec<usize>)>,
}

/// All rows that a request writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unit {
    /// The rows.
    pub(crate) rows: Vec<Written>,
    /// The slots of counts that it moves: organization, directory.
    pub(crate) counted: Option<(i64, i64)>,
}

/// How a name is written: as a column, or as a parameter.
pub(crate) type Render = fn(Name) -> String;

impl Value {
    fn sql(&self, lite: bool, render: Render) -> String {
        match self {
            Self::Same(cell) => literal(cell, lite),
            Self::Is(name) => render(*name),
            Self::Pieces(pieces) => {
                let parts = pieces.iter().map(|piece| match piece {
                    Ok(text) => literal(&Cell::Text(text.clone()), lite),
                    Err(name) => render(*name),
                });
                format!("({})", parts.collect::<Vec<_>>().join(" || "))
            }
        }
    }

    fn names(&self, into: &mut BTreeSet<Name>) {
        match self {
            Self::Same(_) => {}
            Self::Is(name) => into.extend([*name]),
            Self::Pieces(pieces) => into.extend(pieces.iter().filter_map(|piece| piece.as_ref().err())),
        }
    }
}

/// A literal. No colon stands in one of PostgreSQL: pgbench would take it for the begin of a variable.
fn literal(cell: &Cell, lite: bool) -> String {
    match cell {
        Cell::Null => "NULL".into(),
        Cell::Int(number) => number.to_string(),
        Cell::Bool(truth) => truth.to_string(),
        Cell::Text(text) if lite => format!("'{}'", text.replace('\'', "''")),
        Cell::Text(text) => {
            format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\x3a"))
        }
        Cell::Blob(bytes) if lite => format!("x'{}'", names::hex(bytes)),
        Cell::Blob(bytes) => format!("CAST('\\x{}' AS bytea)", names::hex(bytes)),
    }
}

impl Written {
    /// Whether the row was there before.
    pub(crate) fn is_update(&self) -> bool {
        self.update.is_some()
    }

    /// Whether the row is one user's alone: the group that somebody joins, say, is not.
    pub(crate) fn is_of_one(&self) -> bool {
        self.update.as_ref().is_none_or(|(key, _)| key.iter().any(|i| !matches!(self.values[*i], Value::Same(_))))
    }

    /// As one statement, reading names from `source` (` FROM i`) or parameters (nothing).
    pub(crate) fn sql(&self, lite: bool, render: Render, source: &str) -> String {
        let value = |i: &usize| self.values[*i].sql(lite, render);
        let Some((key, changed)) = &self.update else {
            let values: Vec<_> = (0..self.values.len()).map(|i| value(&i)).collect();
            return format!(
                "INSERT INTO {} ({}) SELECT {}{source}",
                self.table,
                self.columns.join(", "),
                values.join(", ")
            );
        };
        let pairs = |of: &[usize], prefix: &str| -> Vec<String> {
            of.iter().map(|i| format!("{prefix}{} = {}", self.columns[*i], value(i))).collect()
        };
        let named = pairs(key, &format!("{}.", self.table)).join(" AND ");
        format!("UPDATE {} SET {}{source} WHERE {named}", self.table, pairs(changed, "").join(", "))
    }
}

impl Unit {
    /// The names that its rows need.
    pub(crate) fn names(&self) -> BTreeSet<Name> {
        let mut all = BTreeSet::from([Name::Number]);
        self.rows.iter().flat_map(|row| &row.values).for_each(|value| value.names(&mut all));
        if all.contains(&Name::ResourceText) {
            all.insert(Name::Resource);
        }
        if all.contains(&Name::PersonHex) {
            all.insert(Name::Person);
        }
        all
    }

    /// The counts that it moves, as a statement.
    pub(crate) fn count_sql(&self, render: Render, source: &str) -> Option<String> {
        let (org, src) = self.counted?;
        let n = render(Name::Number);
        // SQLite cannot tell `ON CONFLICT` from a join's ON without a WHERE.
        Some(format!(
            "INSERT INTO counter (org, src, kind, slot, n) SELECT {org}, {src}, 1, {n} % 16, 1{source} WHERE true \
             ON CONFLICT (org, src, kind, slot) DO UPDATE SET n = counter.n + excluded.n"
        ))
    }

    /// Which rows these are, in words.
    pub(crate) fn told(&self) -> String {
        let mut told = String::new();
        for row in &self.rows {
            // Writing to a String does not fail.
            let _ = write!(told, "{}{} ", if row.is_update() { "~" } else { "+" }, row.table);
        }
        told + if self.counted.is_some() { "~counter" } else { "" }
    }
}

/// Whom the model is taken from.
#[derive(Debug, Clone)]
pub(crate) struct Specimen {
    /// The id of the resource.
    pub(crate) resource: Vec<u8>,
    /// The id of the person.
    pub(crate) person: Vec<u8>,
}

impl Specimen {
    /// Whoever `before` did not have and `after` has.
    pub(crate) fn of(before: &Snapshot, after: &Snapshot) -> anyhow::Result<Self> {
        let (old, new) = (&before["resource"], &after["resource"]);
        let row = new.rows.iter().find(|(key, _)| !old.rows.contains_key(*key)).context("no resource came")?.1;
        let of = |name: &str| {
            let at = new.columns.iter().position(|column| column == name)?;
            if let Cell::Blob(bytes) = &row[at] { Some(bytes.clone()) } else { None }
        };
        Ok(Self { resource: of("id").context("no id")?, person: of("person").context("no person")? })
    }

    /// What was written between two snapshots. Ids that nothing else names are numbered from `fresh` on: two units that
    /// are loaded for the same user must not share one.
    pub(crate) fn unit(&self, before: &Snapshot, after: &Snapshot, mut fresh: u8) -> anyhow::Result<Unit> {
        let mut unit = Unit::default();
        let blobs = before.values().flat_map(|table| table.rows.values()).flatten();
        let known: BTreeSet<&Cell> = blobs.filter(|cell| matches!(cell, Cell::Blob(_))).collect();
        for (name, table) in after.iter().filter(|(name, _)| !BEHIND.contains(&name.as_str())) {
            let old = &before.get(name).context("a new table")?.rows;
            ensure!(
                old.keys().all(|key| table.rows.contains_key(key)),
                "a row of {name} went: the bench has no model of a unit that takes rows away"
            );
            for (key, row) in table.rows.iter().filter(|(key, row)| old.get(*key) != Some(*row)) {
                if name == "counter" {
                    let [Cell::Int(org), Cell::Int(src), ..] = key.as_slice() else { bail!("a counter {key:?}") };
                    unit.counted = Some((*org, *src));
                    continue;
                }
                let update = old.get(key).map(|was| {
                    let changed = (0..row.len()).filter(|i| was[*i] != row[*i]).collect();
                    (table.key.clone(), changed)
                });
                let is_new = update.is_none();
                let is_fresh = |i: usize, cell: &Cell| is_new && table.key.contains(&i) && !known.contains(cell);
                let value = |(i, cell): (usize, &Cell)| self.value(cell, is_fresh(i, cell), &mut fresh);
                let values = row.iter().enumerate().map(value).collect();
                unit.rows.push(Written { table: name.clone(), columns: table.columns.clone(), values, update });
            }
        }
        Ok(unit)
    }

    fn value(&self, cell: &Cell, is_fresh: bool, fresh: &mut u8) -> Value {
        match cell {
            Cell::Blob(bytes) if *bytes == self.resource => Value::Is(Name::Resource),
            Cell::Blob(bytes) if *bytes == self.person => Value::Is(Name::Person),
            Cell::Blob(bytes) if is_fresh && bytes.len() == 16 => {
                *fresh += 1;
                Value::Is(Name::Fresh(*fresh - 1))
            }
            Cell::Text(text) => self.pieces(text),
            other => Value::Same(other.clone()),
        }
    }

    fn pieces(&self, text: &str) -> Value {
        let marks = [
            (names::SPECIMEN.to_owned(), Name::Login),
            (names::hyphenated(&self.resource), Name::ResourceText),
            (names::hex(&self.person), Name::PersonHex),
        ];
        let (mut pieces, mut rest) = (Vec::new(), text);
        loop {
            let found = marks.iter().filter_map(|(mark, name)| Some((rest.find(mark.as_str())?, mark.len(), *name)));
            let Some((at, length, name)) = found.min() else { break };
            if at > 0 {
                pieces.push(Ok(rest[..at].to_owned()));
            }
            pieces.push(Err(name));
            rest = &rest[at + length..];
        }
        if pieces.is_empty() {
            return Value::Same(Cell::Text(text.to_owned()));
        }
        if !rest.is_empty() {
            pieces.push(Ok(rest.to_owned()));
        }
        Value::Pieces(pieces)
    }

    /// The text of an answer about the specimen, as it is for another user.
    pub(crate) fn as_other(&self, text: &str, login: &str, resource: &str) -> String {
        text.replace(names::SPECIMEN, login).replace(&names::hyphenated(&self.resource), resource)
    }
}
