//! The log lines of the server on their way to standard error: gathered for a moment, since each write is a call to the
//! system that others wait behind.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits at most. Warnings and errors do not wait.
const PACE: Duration = Duration::from_millis(50);
/// How many bytes wait at most.
const ROOM: usize = 64 * 1024;

/// Gathers lines. Whoever ends the program flushes them: the subscriber that has them lives as long as it.
#[derive(Debug)]
pub(super) struct LogLines<W: Write>(Arc<Gathered<W>>);

impl<W: Write> Clone for LogLines<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[derive(Debug)]
struct Gathered<W: Write> {
    waiting: Mutex<Vec<u8>>,
    /// Taken before `waiting`, so that lines stay in their order; nobody who has a line waits for it.
    out: Mutex<W>,
}

impl<W: Write + Send + 'static> LogLines<W> {
    /// Lines for `out`, which a thread of their own writes.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn to(out: W) -> io::Result<Self> {
        let lines = Self(Arc::new(Gathered { waiting: Mutex::default(), out: Mutex::new(out) }));
        let gathered = lines.0.clone();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                gathered.write();
                std::thread::sleep(PACE);
            }
        })?;
        Ok(lines)
    }

    /// Writes what waits, for the end of the program.
    pub(super) fn flush(&self) {
        self.0.write();
    }
}

impl<W: Write> Gathered<W> {
    fn write(&self) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        // There is nobody to tell that nobody can be told.
        let _ = out.write_all(&lines).and_then(|()| out.flush());
    }
}

/// One line.
#[derive(Debug)]
pub(super) struct LogLine<'a, W: Write> {
    to: &'a Gathered<W>,
    urgent: bool,
}

impl<'a, W: Write + Send + 'static> MakeWriter<'a> for LogLines<W> {
    type Writer = LogLine<'a, W>;

    fn make_writer(&'a self) -> LogLine<'a, W> {
        LogLine { to: &self.0, urgent: true }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> LogLine<'a, W> {
        LogLine { to: &self.0, urgent: *meta.level() <= Level::WARN }
    }
}

impl<W: Write> Write for LogLine<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.to.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(line);
        let full = waiting.len() >= ROOM;
        drop(waiting);
        if self.urgent || full {
            self.to.write();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::shown::Shown;

    /// Without the thread, whose pace is no test's.
    fn still(out: Shown) -> LogLines<Shown> {
        LogLines(Arc::new(Gathered { waiting: Mutex::default(), out: Mutex::new(out) }))
    }

    #[test]
    fn a_warning_is_written_at_once_behind_the_lines_that_waited() {
        let shown = Shown::default();
        let subscriber = tracing_subscriber::fmt().without_time().with_writer(still(shown.clone())).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("first");
            assert_eq!(shown.text(), "");
            tracing::warn!("second");
        });
        let text = shown.text();
        assert!(text.find("first").unwrap() < text.find("second").unwrap(), "{text}");
    }

    #[test]
    fn lines_beyond_the_room_and_the_last_ones_are_written() {
        let shown = Shown::default();
        let lines = still(shown.clone());
        let line = |text: &[u8]| LogLine { to: &lines.0, urgent: false }.write_all(text).unwrap();
        line(&vec![b'x'; ROOM]);
        assert_eq!(shown.text().len(), ROOM);
        line(b"last");
        assert_eq!(shown.text().len(), ROOM);
        lines.flush();
        assert!(shown.text().ends_with("last"));
    }
}
