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
        // Each column is asked for once: that is a call into SQLite.
        let mut values = Vec::with_capacity(columns);
        for at in 0..columns {
            values.push(row.get_ref(at)?);
        }
        let bytes = |value: &ValueRef<'_>| match value {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        let mut heap = Vec::with_capacity(values.iter().map(bytes).sum());
        let mut place = |bytes: &[u8]| {
            let begin = heap.len();
            heap.extend_from_slice(bytes);
            begin..heap.len()
        };
        let mut cells = Vec::with_capacity(columns);
        for value in values {
            cells.push(match value {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Int(number),
                ValueRef::Text(text) => Cell::Text(place(text)),
                ValueRef::Blob(bytes) => Cell::Blob(place(bytes)),
                ValueRef::Real(_) => return Err(StoreError::Malformed("number")),
            });
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
