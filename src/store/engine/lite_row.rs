//! A row of SQLite, copied out of the statement that found it.

use super::StoreError;
use rusqlite::types::ValueRef;
use std::ops::Range;

/// The columns of a row. Texts and bytes stand behind each other in one piece of memory, however many they are.
pub(crate) struct LiteRow {
    cells: Vec<Cell>,
    heap: Vec<u8>,
}

/// A column: a number, or where its bytes are.
enum Cell {
    Null,
    Int(i64),
    Text(Range<usize>),
    Blob(Range<usize>),
}

impl LiteRow {
    /// Copies the first `columns` of a row.
    pub(super) fn copy(row: &rusqlite::Row<'_>, columns: usize) -> Result<Self, StoreError> {
        let (mut cells, mut size) = (Vec::with_capacity(columns), 0);
        let mut place = |bytes: &[u8]| {
            let begin = size;
            size += bytes.len();
            begin..size
        };
        for at in 0..columns {
            cells.push(match row.get_ref(at)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Int(number),
                ValueRef::Text(text) => Cell::Text(place(text)),
                ValueRef::Blob(bytes) => Cell::Blob(place(bytes)),
                ValueRef::Real(_) => return Err(StoreError::Malformed("number")),
            });
        }
        let mut heap = Vec::with_capacity(size);
        for at in 0..columns {
            if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(at)? {
                heap.extend_from_slice(bytes);
            }
        }
        Ok(Self { cells, heap })
    }

    pub(super) fn text(&self, at: usize) -> Result<Option<&str>, StoreError> {
        match self.cells.get(at) {
            Some(Cell::Text(place)) => match std::str::from_utf8(&self.heap[place.clone()]) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(StoreError::Malformed("text")),
            },
            Some(Cell::Null) => Ok(None),
            _ => Err(StoreError::Malformed("text")),
        }
    }

    pub(super) fn int(&self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.cells.get(at) {
            Some(Cell::Int(number)) => Ok(Some(*number)),
            Some(Cell::Null) => Ok(None),
            _ => Err(StoreError::Malformed("number")),
        }
    }

    pub(super) fn bytes(&self, at: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.cells.get(at) {
            Some(Cell::Blob(place)) => Ok(Some(&self.heap[place.clone()])),
            Some(Cell::Null) => Ok(None),
            _ => Err(StoreError::Malformed("bytes")),
        }
    }
}
