//! Points in time on the wire, and the window in which they count as now.

use chrono::{DateTime, Datelike as _, Duration, NaiveDate, Utc};

/// Why a time on the wire is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// Not `YYYY-MM-DDThh:mm:ss[.fraction]Z` (SAML Core 1.3.3: UTC, with no other zone).
    #[error("is not a UTC time that ends in Z")]
    Form,
    /// A year outside 1990 to 9998.
    #[error("is out of range")]
    Year,
}

/// Reads an `xs:dateTime` of SAML: it must end in `Z`, with any number of fraction digits.
pub(super) fn parse_instant(text: &str) -> Result<DateTime<Utc>, TimeFault> {
    let bytes = text.as_bytes();
    if bytes.len() > 64 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') || bytes.get(10) != Some(&b'T') {
        return Err(TimeFault::Form);
    }
    if bytes.get(13) != Some(&b':') || bytes.get(16) != Some(&b':') {
        return Err(TimeFault::Form);
    }
    let field = |from: usize, to: usize| digits(bytes.get(from..to).ok_or(TimeFault::Form)?);
    let tail = bytes.get(19..).ok_or(TimeFault::Form)?;
    let nanos = match tail {
        [b'Z'] => 0,
        [b'.', fraction @ .., b'Z'] if !fraction.is_empty() => {
            digits(fraction)?;
            let mut nine = [b'0'; 9];
            let kept = fraction.len().min(9);
            nine[..kept].copy_from_slice(&fraction[..kept]);
            digits(&nine)?
        }
        _ => return Err(TimeFault::Form),
    };
    let year = i32::try_from(field(0, 4)?).map_err(|_| TimeFault::Form)?;
    let date = NaiveDate::from_ymd_opt(year, field(5, 7)?, field(8, 10)?).ok_or(TimeFault::Form)?;
    let time = date.and_hms_nano_opt(field(11, 13)?, field(14, 16)?, field(17, 19)?, nanos).ok_or(TimeFault::Form)?;
    if !(1990..=9998).contains(&date.year()) {
        return Err(TimeFault::Year);
    }
    Ok(time.and_utc())
}

/// The number that ASCII digits write; digits beyond nine only have to be digits.
fn digits(text: &[u8]) -> Result<u32, TimeFault> {
    if !text.iter().all(u8::is_ascii_digit) {
        return Err(TimeFault::Form);
    }
    Ok(text.iter().take(9).fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

/// The widest clock skew that is taken.
pub(super) const MAX_SKEW: Duration = Duration::seconds(300);

/// A skew below zero counts as zero, one above 300 s as 300 s.
pub(super) fn clamp(skew: Duration) -> Duration {
    skew.clamp(Duration::zero(), MAX_SKEW)
}

/// Now, give or take the clock skew between the IdP and us.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    early: DateTime<Utc>,
    late: DateTime<Utc>,
}

impl Window {
    pub(super) fn new(now: DateTime<Utc>, skew: Duration) -> Self {
        let skew = clamp(skew);
        Self { early: back(now, skew), late: now.checked_add_signed(skew).unwrap_or(DateTime::<Utc>::MAX_UTC) }
    }

    /// Whether `instant` is still ahead, even by the clock that is furthest ahead.
    pub(super) fn has_begun(&self, instant: DateTime<Utc>) -> bool {
        instant <= self.late
    }

    /// Whether `instant`, a moment on or after which something ends, has come.
    pub(super) fn has_ended(&self, instant: DateTime<Utc>) -> bool {
        instant <= self.early
    }

    /// Whether `instant` lies more than `age` back.
    pub(super) fn is_older(&self, instant: DateTime<Utc>, age: Duration) -> bool {
        instant < back(self.early, age)
    }
}

fn back(from: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    from.checked_sub_signed(by).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_in_z_with_any_fraction() {
        let plain = parse_instant("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(plain.to_rfc3339(), "2026-01-02T03:04:05+00:00");
        assert_eq!(parse_instant("2026-01-02T03:04:05.0Z").unwrap(), plain);
        let fine = parse_instant("2026-01-02T03:04:05.1234567891234Z").unwrap();
        assert_eq!(fine.timestamp_subsec_nanos(), 123_456_789);
        assert_eq!(parse_instant("2026-01-02T03:04:05.5Z").unwrap().timestamp_subsec_millis(), 500);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "Z",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05+00:00",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05z",
            "2026-01-02t03:04:05Z",
            " 2026-01-02T03:04:05Z",
            "2026-13-02T03:04:05Z",
            "2026-02-30T03:04:05Z",
            "2026-01-02T24:00:00Z",
            "2026-01-02T23:59:60Z",
            "+026-01-02T03:04:05Z",
            "-2026-01-02T03:04:05Z",
            "12026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.1xZ",
            "2026-01-02T03:04:0５Z",
        ] {
            assert_eq!(parse_instant(text), Err(TimeFault::Form), "{text}");
        }
    }

    #[test]
    fn far_years_are_refused_and_never_panic() {
        for text in ["0000-01-01T00:00:00Z", "1989-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"] {
            assert_eq!(parse_instant(text), Err(TimeFault::Year), "{text}");
        }
        let last = parse_instant("9998-12-31T23:59:59Z").unwrap();
        let window = Window::new(DateTime::<Utc>::MAX_UTC, Duration::seconds(120));
        assert!(window.has_begun(last) && !window.is_older(last, Duration::MAX));
    }

    #[test]
    fn the_skew_is_never_wider_than_five_minutes() {
        let now = parse_instant("2026-01-01T00:00:00Z").unwrap();
        let wide = Window::new(now, Duration::hours(1));
        assert!(wide.has_begun(now + Duration::seconds(300)) && !wide.has_begun(now + Duration::seconds(301)));
        assert!(wide.has_ended(now - Duration::seconds(300)) && !wide.has_ended(now - Duration::seconds(299)));
        let none = Window::new(now, Duration::seconds(-5));
        assert!(none.has_begun(now) && none.has_ended(now));
    }
}
