//! Values in and out of a statement.

use super::{LiteRow, StoreError};
use crate::base::ids::{
    AppId, ConnectionId, DirectoryClientId, DirectoryId, EventId, FamilyId, LogId, OrgId, OrgNo, PersonId, ResourceId,
    RuleId, SessionId, SourceNo, TokenId,
};
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// An argument of a statement. NULLs are typed, because PostgreSQL must know the type of a parameter.
#[derive(Debug, Clone)]
pub(crate) enum Val {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Int(Option<i64>),
    /// A truth value.
    Bool(Option<bool>),
    /// Bytes.
    Blob(Option<Vec<u8>>),
    /// The bytes of an id.
    Id(Option<[u8; 16]>),
    /// A column of several rows, for PostgreSQL alone ([`Insert`](super::Insert)).
    List(List),
}

/// The values of one column.
#[derive(Debug, Clone)]
pub(crate) enum List {
    /// Texts.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Byte strings.
    Blob(Vec<Option<Vec<u8>>>),
    /// Ids.
    Id(Vec<Option<[u8; 16]>>),
}

impl Val {
    /// The values of one column as one argument.
    ///
    /// # Errors
    /// When they are not all of one type.
    pub(super) fn list(values: Vec<Self>) -> Result<Self, StoreError> {
        fn all<T>(values: Vec<Val>, of: impl Fn(Val) -> Option<T>) -> Result<Vec<T>, StoreError> {
            values.into_iter().map(|value| of(value).ok_or(StoreError::Malformed("column"))).collect()
        }
        Ok(Self::List(match values.first() {
            Some(Self::Text(_)) => List::Text(all(values, |v| if let Self::Text(v) = v { Some(v) } else { None })?),
            Some(Self::Int(_)) => List::Int(all(values, |v| if let Self::Int(v) = v { Some(v) } else { None })?),
            Some(Self::Bool(_)) => List::Bool(all(values, |v| if let Self::Bool(v) = v { Some(v) } else { None })?),
            Some(Self::Blob(_)) => List::Blob(all(values, |v| if let Self::Blob(v) = v { Some(v) } else { None })?),
            Some(Self::Id(_)) => List::Id(all(values, |v| if let Self::Id(v) = v { Some(v) } else { None })?),
            Some(Self::List(_)) | None => return Err(StoreError::Malformed("column")),
        }))
    }
}

macro_rules! val_from {
    ($($from:ty => |$x:ident| $to:expr;)*) => {$(
        impl From<$from> for Val { fn from($x: $from) -> Self { $to } }
    )*};
}

val_from! {
    &str => |x| Val::Text(Some(x.to_owned()));
    &String => |x| Val::Text(Some(x.clone()));
    String => |x| Val::Text(Some(x));
    Option<String> => |x| Val::Text(x);
    Option<&str> => |x| Val::Text(x.map(str::to_owned));
    i64 => |x| Val::Int(Some(x));
    Option<i64> => |x| Val::Int(x);
    bool => |x| Val::Bool(Some(x));
    Vec<u8> => |x| Val::Blob(Some(x));
    &[u8] => |x| Val::Blob(Some(x.to_vec()));
    Option<Vec<u8>> => |x| Val::Blob(x);
    OrgNo => |x| Val::Int(Some(x.0));
    SourceNo => |x| Val::Int(Some(x.0));
    Option<SourceNo> => |x| Val::Int(x.map(|s| s.0));
    TokenHash => |x| Val::Blob(Some(x.0.to_vec()));
    Option<TokenHash> => |x| Val::Blob(x.map(|h| h.0.to_vec()));
    DateTime<Utc> => |x| Val::Int(Some(x.timestamp_micros()));
    Option<DateTime<Utc>> => |x| Val::Int(x.map(|t| t.timestamp_micros()));
}

macro_rules! val_from_id {
    ($($id:ident),*) => {$(
        impl From<$id> for Val { fn from(id: $id) -> Self { Val::Id(Some(id.0)) } }
        impl From<Option<$id>> for Val { fn from(id: Option<$id>) -> Self { Val::Id(id.map(|id| id.0)) } }
    )*};
}
val_from_id!(
    AppId,
    ConnectionId,
    DirectoryId,
    DirectoryClientId,
    EventId,
    FamilyId,
    LogId,
    OrgId,
    PersonId,
    ResourceId,
    RuleId,
    SessionId,
    TokenId
);

/// A row of an answer; columns by their place.
pub(crate) enum Row {
    /// From SQLite.
    Lite(LiteRow),
    /// From PostgreSQL.
    Pg(PgRow),
}

impl Row {
    /// Text, or NULL.
    ///
    /// # Errors
    /// When the column is of another type.
    pub(crate) fn opt_text(&self, i: usize) -> Result<Option<String>, StoreError> {
        match self {
            Self::Pg(row) => Ok(row.try_get(i)?),
            Self::Lite(row) => Ok(row.text(i)?.map(str::to_owned)),
        }
    }

    /// Text.
    ///
    /// # Errors
    /// When the column is NULL or of another type.
    pub(crate) fn text(&self, i: usize) -> Result<String, StoreError> {
        self.opt_text(i)?.ok_or(StoreError::Malformed("text"))
    }

    /// A whole number, or NULL.
    ///
    /// # Errors
    /// When the column is of another type.
    pub(crate) fn opt_int(&self, i: usize) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Pg(row) => Ok(row.try_get(i)?),
            Self::Lite(row) => row.int(i),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// When the column is NULL or of another type.
    pub(crate) fn int(&self, i: usize) -> Result<i64, StoreError> {
        self.opt_int(i)?.ok_or(StoreError::Malformed("number"))
    }

    /// A truth value.
    ///
    /// # Errors
    /// When the column is NULL or of another type.
    pub(crate) fn bool(&self, i: usize) -> Result<bool, StoreError> {
        match self {
            Self::Pg(row) => Ok(row.try_get(i)?),
            Self::Lite(_) => Ok(self.int(i)? != 0),
        }
    }

    /// Bytes as they stand in the row, or NULL.
    fn bytes(&self, i: usize) -> Result<Option<&[u8]>, StoreError> {
        match self {
            Self::Pg(row) => Ok(row.try_get(i)?),
            Self::Lite(row) => row.bytes(i),
        }
    }

    /// Whether a column of bytes is NULL.
    ///
    /// # Errors
    /// When the column is of another type.
    pub(crate) fn is_null(&self, i: usize) -> Result<bool, StoreError> {
        Ok(self.bytes(i)?.is_none())
    }

    /// Bytes, or NULL.
    ///
    /// # Errors
    /// When the column is of another type.
    pub(crate) fn opt_blob(&self, i: usize) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.bytes(i)?.map(<[u8]>::to_vec))
    }

    /// Bytes.
    ///
    /// # Errors
    /// When the column is NULL or of another type.
    pub(crate) fn blob(&self, i: usize) -> Result<Vec<u8>, StoreError> {
        self.opt_blob(i)?.ok_or(StoreError::Malformed("bytes"))
    }

    /// Exactly `N` bytes: `PersonId(row.key(0)?)`.
    ///
    /// # Errors
    /// When the column is NULL or of another length.
    pub(crate) fn key<const N: usize>(&self, i: usize) -> Result<[u8; N], StoreError> {
        self.opt_key(i)?.ok_or(StoreError::Malformed("key"))
    }

    /// Exactly `N` bytes, or NULL.
    ///
    /// # Errors
    /// When the column is of another length.
    pub(crate) fn opt_key<const N: usize>(&self, i: usize) -> Result<Option<[u8; N]>, StoreError> {
        self.bytes(i)?.map(|bytes| bytes.try_into().map_err(|_| StoreError::Malformed("key"))).transpose()
    }

    /// An instant, kept as microseconds since 1970, UTC.
    ///
    /// # Errors
    /// When the column is NULL or out of range.
    pub(crate) fn time(&self, i: usize) -> Result<DateTime<Utc>, StoreError> {
        DateTime::from_timestamp_micros(self.int(i)?).ok_or(StoreError::Malformed("time"))
    }

    /// An instant, or NULL.
    ///
    /// # Errors
    /// When the column is out of range.
    pub(crate) fn opt_time(&self, i: usize) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.opt_int(i)?.map(|t| DateTime::from_timestamp_micros(t).ok_or(StoreError::Malformed("time"))).transpose()
    }
}
