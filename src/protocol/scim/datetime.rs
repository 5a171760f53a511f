//! SCIM dateTimes (`xsd:dateTime`, RFC 7643 §2.3.5): read as instants, written in UTC.

use chrono::DateTime;
use chrono::NaiveDate;
use chrono::SecondsFormat;
use chrono::TimeDelta;
use chrono::Utc;

/// Reads a dateTime as an instant; without a zone it is UTC.
///
/// A blank before the zone is read as `+`: that is what a query string makes of an unescaped plus.
#[must_use]
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || !text.is_ascii() || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    if !matches!(bytes[10], b'T' | b't') || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let date =
        NaiveDate::from_ymd_opt(i32::try_from(digits(&text[..4])?).ok()?, digits(&text[5..7])?, digits(&text[8..10])?)?;
    let (nanos, zone) = fraction(&text[19..])?;
    let time = date.and_hms_nano_opt(digits(&text[11..13])?, digits(&text[14..16])?, digits(&text[17..19])?, nanos)?;
    let utc = time.checked_sub_signed(TimeDelta::minutes(offset(zone)?))?;
    Some(utc.and_utc())
}

/// As SCIM answers carry it: UTC, always three fraction digits.
#[must_use]
pub fn to_wire(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A text whose byte order is the order of the instants (UTC, nine fraction digits).
#[must_use]
pub fn to_sortable(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn fraction(rest: &str) -> Option<(u32, &str)> {
    let Some(after) = rest.strip_prefix('.') else { return Some((0, rest)) };
    let length = after.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let kept = &after[..length.min(9)];
    Some((digits(kept)? * 10_u32.pow(9 - u32::try_from(kept.len()).ok()?), &after[length..]))
}

fn offset(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.as_bytes()[0] {
        b'+' | b' ' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours <= 14 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r044_the_same_instant_in_two_zones_is_equal() {
        assert_eq!(parse("2011-05-13T04:42:34Z"), parse("2011-05-13T06:42:34+02:00"));
        assert_eq!(parse("2011-05-13T04:42:34.000Z"), parse("2011-05-13T06:42:34 02:00"));
        assert!(parse("2011-05-13T04:42:34.5Z") > parse("2011-05-13T04:42:34"));
    }

    #[test]
    fn what_is_no_date_time_is_refused_without_a_panic() {
        for text in [
            "",
            "2011-05-13",
            "2011-13-13T04:42:34Z",
            "2011-05-13T04:42:34+2",
            "é011-05-13T04:42:34Zé",
            "2011-05-13T04:42:34.",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn r005_the_wire_form_has_three_fraction_digits() {
        let instant = parse("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(to_wire(instant), "2026-01-02T03:04:05.000Z");
        assert_eq!(to_sortable(instant), "2026-01-02T03:04:05.000000000Z");
    }
}
