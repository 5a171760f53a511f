//! Takes SQLite's write-ahead log over into the file, by a thread of its own: the writer, and who waits for it, would stand
//! still meanwhile.
//!
//! Only a log of which nothing is left begins anew, and beside a writer that never rests something always is. So the writer
//! takes the last of it, when the thread has left little: without that the file of the log would grow, and a commit that
//! makes a file longer takes twice as long to be safe as one that does not.

use super::{Lite, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

/// Pages in the log from which it is taken over; SQLite's own measure.
const LONG: u32 = 1000;
/// Pages in the log from which the writer takes it over, whatever the thread is at.
const TOO_LONG: u32 = 8 * LONG;
/// How often the thread goes over the log, so that only what comes during the last time is left to the writer.
const PASSES: usize = 2;

/// Who is told after each commit how long the log is.
pub(super) struct Watch {
    tell: mpsc::SyncSender<()>,
    told: bool,
    /// Set by the thread when it has left little.
    little_left: Arc<AtomicBool>,
}

/// What the writer has to do about the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing: it is short, or the thread is at it.
    Nothing,
    /// To take over what is left.
    Rest,
}

impl Watch {
    /// Begins to watch the log of this file. The thread ends with the watch; its connection is opened when it is first needed.
    pub(super) fn begin(path: PathBuf, lasting: bool) -> Result<Self, StoreError> {
        let (tell, told) = mpsc::sync_channel(1);
        let little_left = Arc::new(AtomicBool::new(false));
        let done = little_left.clone();
        let work = move || {
            let mut conn = None;
            while told.recv().is_ok() {
                conn = take_over(conn, &path, lasting);
                done.store(true, Ordering::SeqCst);
            }
        };
        std::thread::Builder::new().name("sqlite-log".to_owned()).spawn(work).map_err(|_| StoreError::Closed)?;
        Ok(Self { tell, told: false, little_left })
    }

    /// A commit has left the log so long.
    pub(super) fn committed(&mut self, pages: u32) -> Due {
        if pages < LONG {
            self.told = false;
            return Due::Nothing;
        }
        if !std::mem::replace(&mut self.told, true) {
            self.little_left.store(false, Ordering::SeqCst);
            // Who has yet to hear the last word will look at all of it.
            let _ = self.tell.try_send(());
            return Due::Nothing;
        }
        if self.little_left.load(Ordering::SeqCst) || pages >= TOO_LONG {
            // Where somebody still reads what is in the log it goes on, and all begins again.
            self.told = false;
            return Due::Rest;
        }
        Due::Nothing
    }
}

/// The connection for the next time, if this one went well.
fn take_over(conn: Option<Lite>, path: &Path, lasting: bool) -> Option<Lite> {
    let passes = |conn: Lite| {
        (0..PASSES).try_for_each(|_| conn.script("PRAGMA wal_checkpoint(PASSIVE)"))?;
        Ok(conn)
    };
    let outcome = conn.map_or_else(|| Lite::open(path, false, lasting), Ok).and_then(passes);
    // Nothing is lost: the log stays as it is, for the writer.
    outcome.inspect_err(|error| tracing::warn!(%error, "SQLite's log could not be taken over into its file")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> (Watch, mpsc::Receiver<()>) {
        let (tell, told) = mpsc::sync_channel(1);
        (Watch { tell, told: false, little_left: Arc::default() }, told)
    }

    #[test]
    fn the_thread_is_told_once_of_a_long_log() {
        let (mut watch, told) = watch();
        let tellings = [999, 1000, 1001, 1999].map(|pages| {
            assert_eq!(watch.committed(pages), Due::Nothing);
            told.try_recv().is_ok()
        });
        assert_eq!(tellings, [false, true, false, false]);
    }

    #[test]
    fn it_is_told_again_of_a_log_that_began_anew() {
        let (mut watch, told) = watch();
        watch.committed(1000);
        told.try_recv().unwrap();
        watch.committed(3);
        watch.committed(1000);
        assert!(told.try_recv().is_ok());
    }

    #[test]
    fn the_writer_takes_the_rest_once_little_is_left() {
        let (mut watch, _told) = watch();
        watch.committed(1000);
        assert_eq!(watch.committed(1100), Due::Nothing);
        watch.little_left.store(true, Ordering::SeqCst);
        assert_eq!(watch.committed(1200), Due::Rest);
        // Somebody still reads: it is the thread's turn again.
        assert_eq!([1201, 1202].map(|pages| watch.committed(pages)), [Due::Nothing; 2]);
    }

    #[test]
    fn the_writer_waits_for_no_thread_while_the_log_grows_too_long() {
        let (mut watch, _told) = watch();
        watch.committed(1000);
        assert_eq!([7999, 8000].map(|pages| watch.committed(pages)), [Due::Nothing, Due::Rest]);
    }
}
