//! What a line of the log looks like: a time, a level, where it comes from, and `name=value` without colours.
//!
//! Every request writes one, so that nothing goes through a formatter that is text already.

use crate::base::sources::Sources;
use std::cell::RefCell;
use std::fmt::{self, Debug};
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// The time in UTC (RFC 3339).
pub(super) struct Clock(pub(super) Sources);

thread_local! {
    /// The last second that a line was written in, and its text up to the point.
    static SECOND: RefCell<(i64, String)> = RefCell::default();
}

impl FormatTime for Clock {
    fn format_time(&self, line: &mut Writer<'_>) -> fmt::Result {
        let now = self.0.now();
        SECOND.with_borrow_mut(|(second, text)| {
            if *second != now.timestamp() || text.is_empty() {
                (*second, *text) = (now.timestamp(), now.format("%Y-%m-%dT%H:%M:%S").to_string());
            }
            line.write_str(text)
        })?;
        write!(line, ".{:06}Z", now.timestamp_subsec_micros())
    }
}

/// The message and the fields, in their order.
pub(super) struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, line: Writer<'w>, fields: R) -> fmt::Result {
        let mut told = Told { line, any: false, outcome: Ok(()) };
        fields.record(&mut told);
        told.outcome
    }
}

/// Fields on their way into a line.
struct Told<'w> {
    line: Writer<'w>,
    any: bool,
    outcome: fmt::Result,
}

impl Told<'_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let outcome = self.outcome.and_then(|()| self.name(field.name())).and_then(|()| value(&mut self.line));
        self.outcome = outcome;
    }

    fn name(&mut self, name: &str) -> fmt::Result {
        if std::mem::replace(&mut self.any, true) {
            self.line.write_char(' ')?;
        }
        if name != "message" {
            self.line.write_str(name)?;
            self.line.write_char('=')?;
        }
        Ok(())
    }
}

impl Visit for Told<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        if plain {
            self.put(field, |line| line.write_str(value));
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |line| write!(line, "{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sources::ManualClock;
    use crate::cli::shown::Shown;
    use chrono::{TimeDelta, TimeZone as _, Utc};

    /// What `told` writes, at a time that it may move.
    fn lines(told: impl FnOnce(&ManualClock)) -> String {
        let shown = Shown::default();
        let clock = ManualClock::at(Utc.with_ymd_and_hms(2026, 2, 3, 4, 5, 6).unwrap());
        let out = shown.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || out.clone())
            .with_ansi(false)
            .with_target(false)
            .with_timer(Clock(Sources::by_hand(clock.clone(), 1)))
            .fmt_fields(Fields)
            .finish();
        tracing::subscriber::with_default(subscriber, || told(&clock));
        shown.text()
    }

    #[test]
    fn a_line_tells_its_time_then_what_happened_then_the_fields() {
        let text = lines(|clock| {
            tracing::info!(method = "GET", status = 200_u16, done = true, path = %"/x", "request");
            clock.advance(TimeDelta::microseconds(1_000_042));
            tracing::info!(took = 7, "request");
        });
        assert_eq!(
            text,
            "2026-02-03T04:05:06.000000Z  INFO request method=GET status=200 done=true path=/x\n\
             2026-02-03T04:05:07.000042Z  INFO request took=7\n"
        );
    }

    #[test]
    fn a_text_that_is_not_plain_is_quoted_so_that_no_value_makes_a_line_of_its_own() {
        let text = lines(|_| tracing::warn!(name = "a\nb", words = "c d", mark = "\"", none = "", key = "ü", "odd"));
        let (_, fields) = text.split_once("odd ").unwrap();
        assert_eq!(fields, "name=\"a\\nb\" words=\"c d\" mark=\"\\\"\" none=\"\" key=\"ü\"\n");
    }
}
