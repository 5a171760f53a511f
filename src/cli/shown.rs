//! Standard error, to be looked at by a test.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// What was written, whoever holds a clone.
#[derive(Clone, Default)]
pub(super) struct Shown(Arc<Mutex<Vec<u8>>>);

impl Shown {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
