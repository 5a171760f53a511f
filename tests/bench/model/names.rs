//! The ids and names of users that are made behind the server's back, and how each engine computes them.
//!
//! An id is a UUIDv7 as the product mints it: its time first, so that new rows come last in every index.

/// The name of the one user that is made by the server itself and that all others are copies of.
pub(crate) const SPECIMEN: &str = "specimen0000";
/// The instant (milliseconds) of the first loaded user.
const DAWN: i64 = 1_700_000_000_000;

/// What differs from user to user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// The number itself.
    Number,
    /// The name, as long as [`SPECIMEN`].
    Login,
    /// The id of the resource.
    Resource,
    /// The id of the person.
    Person,
    /// The id of the resource as text, with hyphens.
    ResourceText,
    /// The hexadecimal digits of the person's id.
    PersonHex,
    /// An id that nothing else names: of an event, say.
    Fresh(u8),
}

impl Name {
    /// What SQL calls it where it is a column.
    pub(crate) fn column(self) -> String {
        match self {
            Self::Number => "n".into(),
            Self::Login => "login".into(),
            Self::Resource => "rid".into(),
            Self::Person => "pid".into(),
            Self::ResourceText => "rtext".into(),
            Self::PersonHex => "phex".into(),
            Self::Fresh(k) => format!("f{k}"),
        }
    }

    /// Its place among the parameters of a SQLite statement.
    pub(crate) fn parameter(self) -> usize {
        match self {
            Self::Number => 1,
            Self::Login => 2,
            Self::Resource => 3,
            Self::Person => 4,
            Self::ResourceText => 5,
            Self::PersonHex => 6,
            Self::Fresh(k) => 7 + usize::from(k),
        }
    }

    fn kind(self) -> u8 {
        match self {
            Self::Fresh(k) => 16 + k,
            Self::Person | Self::PersonHex => 2,
            Self::Number | Self::Login | Self::Resource | Self::ResourceText => 1,
        }
    }
}

/// When an id was minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Minted {
    /// With the load: the number alone says which it is.
    Loaded,
    /// At this instant.
    Now,
}

/// Names are in no order, as those of people are: numbers are multiplied by this, modulo a prime of eleven digits.
const FACTOR: u64 = 38_196_601_123;
const PRIME: u64 = 99_999_999_977;

/// The name of the `n`th user.
pub(crate) fn login(n: usize) -> String {
    format!("u{:011}", n as u64 * FACTOR % PRIME)
}

/// An id of the `n`th user, minted at `millis`.
pub(crate) fn id_at(name: Name, n: i64, millis: i64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    id[6] = 0x70;
    id[7] = name.kind();
    id[8..].copy_from_slice(&n.to_be_bytes());
    id[8] = 0x80;
    id
}

/// The id of the resource of the `n`th loaded user, as SCIM has it.
pub(crate) fn resource(n: usize) -> String {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    hyphenated(&id_at(Name::Resource, n, DAWN + n))
}

/// An id in the canonical form of a UUID.
pub(crate) fn hyphenated(id: &[u8]) -> String {
    let hex = hex(id);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The number of the user that has an id.
pub(crate) fn number(id: [u8; 16]) -> i64 {
    let mut number = [0; 8];
    number[1..].copy_from_slice(&id[9..]);
    i64::from_be_bytes(number)
}

/// The bytes of an id, as SCIM has it.
pub(crate) fn bytes(id: &str) -> Option<[u8; 16]> {
    let hex: String = id.chars().filter(|c| *c != '-').collect();
    u128::from_str_radix(&hex, 16).ok().map(u128::to_be_bytes)
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The PostgreSQL expression of a name, where `n` is the number.
pub(crate) fn in_pg(name: Name, minted: Minted) -> String {
    let millis = match minted {
        Minted::Loaded => format!("{DAWN} + n"),
        Minted::Now => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)".to_owned(),
    };
    let id = format!(
        "substring(int8send({millis}) FROM 3) || '\\x70{:02x}80' || substring(int8send(n) FROM 2)",
        name.kind()
    );
    match name {
        Name::Number => "n".to_owned(),
        Name::Login => format!("'u' || lpad(CAST(n * {FACTOR} % {PRIME} AS text), 11, '0')"),
        Name::Resource | Name::Person | Name::Fresh(_) => id,
        Name::ResourceText => "CAST(CAST(encode(rid, 'hex') AS uuid) AS text)".to_owned(),
        Name::PersonHex => "encode(pid, 'hex')".to_owned(),
    }
}

/// The SQLite expression of a name of a loaded user, where `n` is the number.
pub(crate) fn in_lite(name: Name) -> String {
    let hex = format!("printf('%012x70{:02x}80%014x', {DAWN} + n, n)", name.kind());
    match name {
        Name::Number => "n".to_owned(),
        Name::Login => format!("printf('u%011d', n * {FACTOR} % {PRIME})"),
        Name::Resource | Name::Person | Name::Fresh(_) => format!("unhex({hex})"),
        Name::PersonHex => hex,
        Name::ResourceText => {
            let part = |from: u8, length: u8| format!("substr({hex}, {from}, {length})");
            [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ")
        }
    }
}

/// The instant of the `n`th loaded user.
pub(crate) fn millis(n: i64) -> i64 {
    DAWN + n
}
