//! A predicate becomes parameterized SQL: texts are put together from constants, values are always parameters.

use super::{COLUMNS, Kind, ResourceRow, WIDTH, read};
use crate::base::ids::{ResourceId, SourceNo};
use crate::domain::query::{Predicate, Value};
use crate::store::engine::{Val, args, vals};
use crate::store::{StoreError, Tx};
use std::str::FromStr as _;
use std::sync::LazyLock;

/// The number under which `emails.value` is indexed.
pub const EMAIL_PATH: i64 = 1;

/// About how long a statement is, in bytes.
const TEXT: usize = 1024;

struct Compiler {
    sql: String,
    args: Vec<Val>,
}

impl Compiler {
    fn bind(&mut self, value: impl Into<Val>) -> usize {
        self.args.push(value.into());
        self.args.len()
    }

    fn push(&mut self, text: &str, value: impl Into<Val>) {
        let place = self.bind(value).to_string();
        let (before, behind) = text.split_once('?').unwrap_or((text, ""));
        self.add(&[before, "$", &place, behind]);
    }

    fn add(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.sql.push_str(part));
    }

    /// The whole statement. `$1` to `$3` are the organization, the directory, and the id behind which it looks.
    fn whole(&mut self, kind: Kind, predicate: &Predicate, limit: i64) {
        // The kind stands in the text, so that the partial indexes serve.
        let kind = kind.number().to_string();
        // A look-up goes by its own index, and not along the order of ids: the OR tells SQLite so (PostgreSQL drops it).
        let behind = if *predicate == Predicate::All { "r.id > $3" } else { "(r.id > $3 OR 1 = 0)" };
        self.add(&["SELECT * FROM (SELECT ", COLUMNS, ", CAST(NULL AS BIGINT) FROM resource r WHERE r.org = $1"]);
        self.add(&[" AND r.src = $2 AND r.kind = ", &kind, " AND ", behind, " AND "]);
        self.compile(predicate);
        self.push(" ORDER BY r.id LIMIT ?) found", limit);
        // One more row, of nobody, with how the facts stand: who finds nobody is told it as well, by the same statement.
        let nobody = "NULL, ".repeat(WIDTH);
        self.add(&[" UNION ALL SELECT ", &nobody, "(SELECT g.facts FROM guard g WHERE g.org = $1)"]);
    }

    fn list(&mut self, parts: &[Predicate], word: &str) {
        self.sql.push('(');
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.sql.push_str(word);
            }
            self.compile(part);
        }
        self.sql.push(')');
    }

    fn compile(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::And(parts) if !parts.is_empty() => self.list(parts, " AND "),
            Predicate::Or(parts) if !parts.is_empty() => self.list(parts, " OR "),
            Predicate::All | Predicate::And(_) => self.sql.push_str("1 = 1"),
            Predicate::Nothing | Predicate::Or(_) => self.sql.push_str("1 = 0"),
            Predicate::Eq(key, Value::Text(text)) => self.equals(key, text),
            Predicate::Eq(key, Value::Flag(flag)) if key == "active" => self.push("r.active = ?", *flag),
            Predicate::StartsWith(key, text) if key == "key" => {
                self.push("(r.key >= ?", text.as_str());
                self.push(" AND r.key < ?)", format!("{text}\u{10ffff}"));
            }
            // What no index helps is left to the caller, who looks at every candidate again.
            Predicate::Eq(..) | Predicate::StartsWith(..) | Predicate::Range { .. } => self.sql.push_str("1 = 1"),
        }
    }

    fn equals(&mut self, key: &str, text: &str) {
        let condition = match key {
            "key" => "r.key = ?",
            "ext" => "r.ext = ?",
            "id" => "r.id = ?",
            "member" => "r.id IN (SELECT m.gid FROM member m WHERE m.org = $1 AND m.mid = ?)",
            "group" => "r.id IN (SELECT m.mid FROM member m WHERE m.org = $1 AND m.gid = ?)",
            "email" => "r.id IN (SELECT a.id FROM attr a WHERE a.org = $1 AND a.src = $2 AND a.path = 1 AND a.val = ?)",
            _ => return self.sql.push_str("1 = 1"),
        };
        self.push(condition, operand(key, text));
    }
}

/// What a key is compared with. What is no id finds nobody.
fn operand(key: &str, text: &str) -> Val {
    match key {
        "id" | "member" | "group" => ResourceId::from_str(text).map_or_else(|_| Vec::new(), |id| id.0.to_vec()).into(),
        _ => text.into(),
    }
}

/// The keys by which resources are looked up one by one.
const LOOKED_UP: [&str; 4] = ["key", "ext", "id", "email"];

/// A statement that is asked far more often than all others, put together once.
struct LookUp {
    sql: String,
    /// Whether it may find several, so that it says how many.
    several: bool,
}

static LOOK_UPS: LazyLock<[[LookUp; LOOKED_UP.len()]; 2]> =
    LazyLock::new(|| [Kind::User, Kind::Group].map(|kind| LOOKED_UP.map(|key| LookUp::by(key, kind))));

impl LookUp {
    fn by(key: &str, kind: Kind) -> Self {
        // E-mails are anybody's, and Groups may be named alike.
        let several = key == "email" || (key == "key" && kind == Kind::Group);
        let sql = if several {
            let mut compiler = Compiler { sql: String::with_capacity(TEXT), args: vals![0, 0, 0] };
            compiler.whole(kind, &Predicate::Eq(key.to_owned(), Value::Text(String::new())), 0);
            compiler.sql
        } else {
            one(key, kind)
        };
        Self { sql, several }
    }

    /// The look-up that a predicate is, with what stands in it behind `$3`.
    fn of(kind: Kind, predicate: &Predicate, limit: i64) -> Option<(&'static str, Vec<Val>)> {
        let Predicate::Eq(key, Value::Text(text)) = predicate else { return None };
        let at = LOOKED_UP.iter().position(|known| known == key)?;
        let of_kind = match kind {
            Kind::User => &LOOK_UPS[0],
            Kind::Group => &LOOK_UPS[1],
        };
        let (known, operand) = (&of_kind[at], operand(key, text));
        Some((&known.sql, if known.several { vals![operand, limit] } else { vals![operand] }))
    }
}

/// A look-up of one at most: as [`Compiler::whole`], but a single row tells of the resource and of how the facts stand.
fn one(key: &str, kind: Kind) -> String {
    format!(
        "SELECT {COLUMNS}, g.facts FROM guard g LEFT JOIN resource r ON r.org = g.org AND r.src = $2 AND r.kind = {} \
         AND (r.id > $3 OR 1 = 0) AND r.{key} = $4 WHERE g.org = $1",
        kind.number()
    )
}

/// What a look-up found.
#[derive(Debug)]
pub struct Candidates {
    /// The rows.
    pub rows: Vec<ResourceRow>,
    /// How the organization's facts stand ([`Standing::facts`](crate::store::standing::Standing::facts)).
    pub facts: i64,
}

/// Candidates for a predicate in the order of their ids, after `after`: keys are `id`, `key` (folded userName or
/// displayName), `ext`, `email` (folded), `active`, `member`, `group`. An unknown key narrows nothing.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut Tx,
    src: SourceNo,
    kind: Kind,
    predicate: &Predicate,
    after: Option<ResourceId>,
    limit: i64,
) -> Result<Candidates, StoreError> {
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let mut args = vals![tx.org, src, after];
    let found = match LookUp::of(kind, predicate, limit) {
        Some((sql, more)) => {
            args.extend(more);
            tx.conn.all(sql, &args).await?
        }
        None => {
            let mut compiler = Compiler { sql: String::with_capacity(TEXT), args };
            compiler.whole(kind, predicate, limit);
            tx.conn.all(compiler.sql, &compiler.args).await?
        }
    };
    if found.is_empty() {
        return Err(StoreError::Malformed("standing"));
    }
    let facts = found.iter().find_map(|row| row.opt_int(WIDTH).transpose()).transpose()?.unwrap_or(0);
    // A row of nobody is there for the facts alone.
    let somebody = found.iter().filter(|row| !matches!(row.is_null(0), Ok(true)));
    Ok(Candidates { rows: somebody.map(read).collect::<Result<_, _>>()?, facts })
}

/// The id of the `n`th resource of this kind, counted from 1, in the order of ids: read off the narrow index alone.
///
/// # Errors
/// When the database fails.
pub async fn nth(tx: &mut Tx, src: SourceNo, kind: Kind, n: i64) -> Result<Option<ResourceId>, StoreError> {
    let org = tx.org;
    let sql =
        "SELECT r.id FROM resource r WHERE r.org = $1 AND r.src = $2 AND r.kind = $3 ORDER BY r.id LIMIT 1 OFFSET $4";
    let row = tx.conn.one(sql, args![org, src, kind.number(), n.saturating_sub(1)]).await?;
    row.map(|row| Ok(ResourceId(row.key(0)?))).transpose()
}
